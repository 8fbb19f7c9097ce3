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
