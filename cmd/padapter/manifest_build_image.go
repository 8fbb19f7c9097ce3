package main

import (
	"context"

	"github.com/spf13/cobra"

	"padapter/ingest"
)

func newBuildFood101Command() *cobra.Command {
	var opt buildOptions
	cmd := &cobra.Command{
		Use:     "food101",
		Short:   "Food-101: ROOT/images/CLASS/FILE and ROOT/meta/{train,test}.json",
		Example: `  padapter manifest build food101 --root food-101 --out food101.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.Food101(ctx, ingest.Food101Options{Root: opt.root, Dataset: opt.named("food101"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	require(cmd, "root")
	return cmd
}

func newBuildCIFAR100Command() *cobra.Command {
	var opt buildOptions
	var coarse bool
	cmd := &cobra.Command{
		Use:     "cifar100",
		Short:   "CIFAR-100, binary version: ROOT/cifar-100-binary/{train,test}.bin and class lists",
		Example: `  padapter manifest build cifar100 --root cifar --out cifar100.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.CIFAR100(ctx, ingest.CIFAR100Options{Root: opt.root, Coarse: coarse, Dataset: opt.named("cifar100"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	cmd.Flags().BoolVar(&coarse, "coarse", false, "label with the 20 superclasses")
	require(cmd, "root")
	return cmd
}

func newBuildSVHNCommand() *cobra.Command {
	var opt buildOptions
	cmd := &cobra.Command{
		Use:     "svhn",
		Short:   "SVHN, cropped digits: ROOT/{train,test,extra}_32x32.mat",
		Example: `  padapter manifest build svhn --root svhn --out svhn.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.SVHN(ctx, ingest.SVHNOptions{Root: opt.root, Dataset: opt.named("svhn"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	require(cmd, "root")
	return cmd
}

func newBuildFlowers102Command() *cobra.Command {
	var opt buildOptions
	cmd := &cobra.Command{
		Use:     "flowers102",
		Short:   "Flowers-102: ROOT/jpg/image_NNNNN.jpg, ROOT/imagelabels.mat, ROOT/setid.mat",
		Example: `  padapter manifest build flowers102 --root flowers --classes names.txt --out flowers102.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			classes, err := opt.classList()
			if err != nil {
				return err
			}
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.Flowers102(ctx, ingest.Flowers102Options{Root: opt.root, Classes: classes, Dataset: opt.named("flowers102"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	opt.addClasses(cmd)
	require(cmd, "root")
	return cmd
}

func newBuildParquetCommand() *cobra.Command {
	var opt buildOptions
	var image, label, split string
	cmd := &cobra.Command{
		Use:   "parquet",
		Short: "Images in Parquet files, as Hugging Face's hub has them: columns of {bytes, path} and of labels",
		Long: `Every row of every .parquet file below ROOT becomes a record. Class names come from the files' metadata, or from
--classes; splits from the files' names (train-00000-of-00002.parquet) or their folders'. Other columns are kept.`,
		Example: `  padapter manifest build parquet --root cifar100/data --label fine_label --out cifar100.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			classes, err := opt.classList()
			if err != nil {
				return err
			}
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.Parquet(ctx, ingest.ParquetOptions{
					Root: opt.root, Image: image, Label: label, Split: split, Classes: classes, Dataset: opt.named("parquet"), Tool: toolName(),
				})
			})
		},
	}
	opt.AddFlags(cmd)
	opt.addClasses(cmd)
	cmd.Flags().StringVar(&image, "image", "", "column of the images (default: the only one of structs with bytes)")
	cmd.Flags().StringVar(&label, "label", "", "column of the labels (default: the only one)")
	cmd.Flags().StringVar(&split, "split", "", "split of all rows (default: by the files' names)")
	require(cmd, "root")
	return cmd
}
