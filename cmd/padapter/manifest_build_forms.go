package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"padapter/ingest"
)

// buildForms lists every form of 'manifest build', in the order of its help.
func buildForms() []buildForm {
	return []buildForm{
		{
			name: "folder", short: "A folder a class: ROOT/[split/]CLASS/FILE",
			example: `  padapter manifest build folder --root ucf101 --out ucf101.parquet`,
			classes: true, required: []string{"root"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.Folder(ctx, ingest.FolderOptions{Root: o.root, Dataset: o.dataset, Classes: o.names, Tool: toolName()})
			},
		},
		{
			name: "list", short: "A list with \"path label\" a line, as VideoMAE-style training kits have",
			example: `  padapter manifest build list --list train.csv --root videos --split train --out train.parquet
  padapter manifest build list --list val.csv --classes classes.txt --split val --out val.parquet`,
			classes: true, required: []string{"list"},
			flags: func(cmd *cobra.Command, o *buildOptions) {
				cmd.Flags().StringVar(&o.list, "list", "", "the list; its paths start from --root, or from its own folder")
				cmd.Flags().StringVar(&o.split, "split", "", "split to record for every line")
			},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.List(ctx, ingest.ListOptions{List: o.list, Root: o.root, Dataset: o.dataset, Split: o.split, Classes: o.names, Tool: toolName()})
			},
		},
		{
			name: "directory", short: "All videos and images of a folder, a tar archive or an object store, unlabelled",
			example: `  padapter manifest build directory --root archive --out archive.parquet
  padapter manifest build directory --root clips.tar --out clips.parquet
  padapter manifest build directory --root s3://bucket/clips --out clips.parquet`,
			required: []string{"root"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.Directory(ctx, ingest.DirectoryOptions{Root: o.root, Tool: toolName()})
			},
		},
		{
			name: "ssv2", short: "Something-Something V2: clips and the JSON annotations of either publisher",
			example:  `  padapter manifest build ssv2 --root ssv2 --annotations ssv2/labels --out ssv2.parquet`,
			required: []string{"root", "annotations"},
			flags: func(cmd *cobra.Command, o *buildOptions) {
				cmd.Flags().StringVar(&o.annotations, "annotations", "", "folder with labels.json, train.json, validation.json, test.json, test-answers.csv, or the first publisher's names")
				cmd.Flags().StringVar(&o.extension, "extension", ".webm", "ending of the clips' names")
			},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.SSv2(ctx, ingest.SSv2Options{Root: o.root, Annotations: o.annotations, Extension: o.extension, Dataset: o.named("ssv2"), Tool: toolName()})
			},
		},
		{
			name: "hmdb51", short: "HMDB-51, or what is laid out like it: ROOT/CLASS/FILE and split lists",
			example: `  padapter manifest build hmdb51 --root hmdb51_org --splits testTrainMulti_7030_splits --out hmdb51-1.parquet
  padapter manifest build hmdb51 --root hmdb51_org --splits testTrainMulti_7030_splits --split all --out hmdb51-{split}.parquet`,
			threeSplits: "folder with the lists CLASS_test_splitN.txt", required: []string{"root", "splits"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.HMDB51(ctx, ingest.HMDB51Options{Root: o.root, Splits: o.lists, Split: o.number, Dataset: o.named("hmdb51"), Tool: toolName()})
			},
		},
		{
			name: "ucf101", short: "UCF-101: ROOT/CLASS/FILE and split lists",
			example: `  padapter manifest build ucf101 --root UCF-101 --splits ucfTrainTestlist --out ucf101-1.parquet
  padapter manifest build ucf101 --root UCF-101 --splits ucfTrainTestlist --split all --out ucf101-{split}.parquet`,
			threeSplits: "folder with classInd.txt, trainlist0N.txt and testlist0N.txt", required: []string{"root", "splits"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.UCF101(ctx, ingest.UCF101Options{Root: o.root, Splits: o.lists, Split: o.number, Dataset: o.named("ucf101"), Tool: toolName()})
			},
		},
		kinetics(400), kinetics(600), kinetics(700),
		{
			name: "food101", short: "Food-101: ROOT/images/CLASS/FILE and ROOT/meta/{train,test}.json",
			example:  `  padapter manifest build food101 --root food-101 --out food101.parquet`,
			required: []string{"root"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.Food101(ctx, ingest.Food101Options{Root: o.root, Dataset: o.named("food101"), Tool: toolName()})
			},
		},
		{
			name: "cifar100", short: "CIFAR-100, binary version: ROOT/cifar-100-binary/{train,test}.bin and class lists",
			example:  `  padapter manifest build cifar100 --root cifar --out cifar100.parquet`,
			required: []string{"root"},
			flags: func(cmd *cobra.Command, o *buildOptions) {
				cmd.Flags().BoolVar(&o.coarse, "coarse", false, "label with the 20 superclasses")
			},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.CIFAR100(ctx, ingest.CIFAR100Options{Root: o.root, Coarse: o.coarse, Dataset: o.named("cifar100"), Tool: toolName()})
			},
		},
		{
			name: "svhn", short: "SVHN, cropped digits: ROOT/{train,test,extra}_32x32.mat",
			example:  `  padapter manifest build svhn --root svhn --out svhn.parquet`,
			required: []string{"root"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.SVHN(ctx, ingest.SVHNOptions{Root: o.root, Dataset: o.named("svhn"), Tool: toolName()})
			},
		},
		{
			name: "flowers102", short: "Flowers-102: ROOT/jpg/image_NNNNN.jpg, ROOT/imagelabels.mat, ROOT/setid.mat",
			example: `  padapter manifest build flowers102 --root flowers --classes names.txt --out flowers102.parquet`,
			classes: true, required: []string{"root"},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.Flowers102(ctx, ingest.Flowers102Options{Root: o.root, Classes: o.names, Dataset: o.named("flowers102"), Tool: toolName()})
			},
		},
		{
			name: "parquet", short: "Images in Parquet files, as Hugging Face's hub has them: columns of {bytes, path} and of labels",
			long: `Every row of every .parquet file below ROOT becomes a record. Class names come from the files' metadata, or from
--classes; splits from the files' names (train-00000-of-00002.parquet) or their folders'. Other columns are kept.`,
			example: `  padapter manifest build parquet --root cifar100/data --label fine_label --out cifar100.parquet`,
			classes: true, required: []string{"root"},
			flags: func(cmd *cobra.Command, o *buildOptions) {
				cmd.Flags().StringVar(&o.image, "image", "", "column of the images (default: the only one of structs with bytes)")
				cmd.Flags().StringVar(&o.label, "label", "", "column of the labels (default: the only one)")
				cmd.Flags().StringVar(&o.split, "split", "", "split of all rows (default: by the files' names)")
			},
			read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
				return ingest.Parquet(ctx, ingest.ParquetOptions{Root: o.root, Image: o.image, Label: o.label, Split: o.split, Classes: o.names, Dataset: o.named("parquet"), Tool: toolName()})
			},
		},
	}
}

// kinetics is the form of one version of Kinetics.
func kinetics(version int) buildForm {
	name := fmt.Sprintf("kinetics%d", version)
	return buildForm{
		name: name, short: fmt.Sprintf("Kinetics-%d: CSV annotations, clips in folders of splits or classes", version),
		example: fmt.Sprintf("  padapter manifest build %s --root k%d --annotations k%d/train.csv --annotations k%d/val.csv --out %s.parquet",
			name, version, version, version, name),
		classes: true, required: []string{"root", "annotations"},
		flags: func(cmd *cobra.Command, o *buildOptions) {
			cmd.Flags().StringArrayVar(&o.tables, "annotations", nil, "CSV file with a header line: train.csv, val.csv, train.txt, …; may be given several times")
			cmd.Flags().StringVar(&o.replacements, "replacements", "", "name of a folder whose clips stand in for broken ones (the mirror's name for it)")
		},
		read: func(ctx context.Context, o *buildOptions) (*ingest.Result, error) {
			return ingest.Kinetics(ctx, ingest.KineticsOptions{
				Version: version, Root: o.root, Annotations: o.tables, Replacements: o.replacements, Classes: o.names, Dataset: o.named(name), Tool: toolName(),
			})
		},
	}
}
