package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/ingest"
)

func newBuildSSv2Command() *cobra.Command {
	var opt buildOptions
	var annotations, extension string
	cmd := &cobra.Command{
		Use:     "ssv2",
		Short:   "Something-Something V2: clips and the JSON annotations of either publisher",
		Example: `  padapter manifest build ssv2 --root ssv2 --annotations ssv2/labels --out ssv2.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.SSv2(ctx, ingest.SSv2Options{Root: opt.root, Annotations: annotations, Extension: extension, Dataset: opt.named("ssv2"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	cmd.Flags().StringVar(&annotations, "annotations", "", "folder with labels.json, train.json, validation.json, test.json, test-answers.csv, or the first publisher's names")
	cmd.Flags().StringVar(&extension, "extension", ".webm", "ending of the clips' names")
	require(cmd, "root", "annotations")
	return cmd
}

// splitOptions are the flags of datasets that come with three ways to split them.
type splitOptions struct {
	lists, split string
}

// AddFlags adds them to a command.
func (o *splitOptions) AddFlags(cmd *cobra.Command, lists string) {
	cmd.Flags().StringVar(&o.lists, "splits", "", lists)
	cmd.Flags().StringVar(&o.split, "split", "1", "which of the splits: 1, 2, 3, or all; all write a manifest each, --out holds "+splitMark+" for the number")
	require(cmd, "root", "splits")
}

// splitMark stands in a manifest's name for the number of its split.
const splitMark = "{split}"

// build runs the form for the split, or for each of them.
func (o *splitOptions) build(cmd *cobra.Command, opt buildOptions, form func(ctx context.Context, split int) (*ingest.Result, error)) error {
	splits := map[string][]int{"1": {1}, "2": {2}, "3": {3}, "all": {1, 2, 3}}[o.split]
	if splits == nil {
		return usageErrorf("--split %s: use 1, 2, 3 or all", o.split)
	}
	if len(splits) > 1 && !strings.Contains(opt.out, splitMark) {
		return usageErrorf("--out %s: the splits overlap, so that each needs a manifest of its own: put %s into the name", opt.out, splitMark)
	}
	var failed error
	for _, split := range splits {
		part := opt
		part.out = strings.ReplaceAll(opt.out, splitMark, strconv.Itoa(split))
		err := part.build(cmd, func(ctx context.Context) (*ingest.Result, error) { return form(ctx, split) })
		if records := (jobs.RecordsError{}); err != nil && !errors.As(err, &records) {
			return err
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func newBuildHMDB51Command() *cobra.Command {
	var opt buildOptions
	var splits splitOptions
	cmd := &cobra.Command{
		Use:   "hmdb51",
		Short: "HMDB-51, or what is laid out like it: ROOT/CLASS/FILE and split lists",
		Example: `  padapter manifest build hmdb51 --root hmdb51_org --splits testTrainMulti_7030_splits --out hmdb51-1.parquet
  padapter manifest build hmdb51 --root hmdb51_org --splits testTrainMulti_7030_splits --split all --out hmdb51-{split}.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return splits.build(cmd, opt, func(ctx context.Context, split int) (*ingest.Result, error) {
				return ingest.HMDB51(ctx, ingest.HMDB51Options{Root: opt.root, Splits: splits.lists, Split: split, Dataset: opt.named("hmdb51"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	splits.AddFlags(cmd, "folder with the lists CLASS_test_splitN.txt")
	return cmd
}

func newBuildUCF101Command() *cobra.Command {
	var opt buildOptions
	var splits splitOptions
	cmd := &cobra.Command{
		Use:   "ucf101",
		Short: "UCF-101: ROOT/CLASS/FILE and split lists",
		Example: `  padapter manifest build ucf101 --root UCF-101 --splits ucfTrainTestlist --out ucf101-1.parquet
  padapter manifest build ucf101 --root UCF-101 --splits ucfTrainTestlist --split all --out ucf101-{split}.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return splits.build(cmd, opt, func(ctx context.Context, split int) (*ingest.Result, error) {
				return ingest.UCF101(ctx, ingest.UCF101Options{Root: opt.root, Splits: splits.lists, Split: split, Dataset: opt.named("ucf101"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	splits.AddFlags(cmd, "folder with classInd.txt, trainlist0N.txt and testlist0N.txt")
	return cmd
}

func newBuildKineticsCommand(version int) *cobra.Command {
	var opt buildOptions
	var annotations []string
	var replacements string
	name := fmt.Sprintf("kinetics%d", version)
	cmd := &cobra.Command{
		Use:   name,
		Short: fmt.Sprintf("Kinetics-%d: CSV annotations, clips in folders of splits or classes", version),
		Example: fmt.Sprintf("  padapter manifest build %s --root k%d --annotations k%d/train.csv --annotations k%d/val.csv --out %s.parquet",
			name, version, version, version, name),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			classes, err := opt.classList()
			if err != nil {
				return err
			}
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.Kinetics(ctx, ingest.KineticsOptions{
					Version: version, Root: opt.root, Annotations: annotations, Replacements: replacements,
					Classes: classes, Dataset: opt.named(name), Tool: toolName(),
				})
			})
		},
	}
	opt.AddFlags(cmd)
	opt.addClasses(cmd)
	cmd.Flags().StringArrayVar(&annotations, "annotations", nil, "CSV file with a header line: train.csv, val.csv, train.txt, …; may be given several times")
	cmd.Flags().StringVar(&replacements, "replacements", "", "name of a folder whose clips stand in for broken ones (the mirror's name for it)")
	require(cmd, "root", "annotations")
	return cmd
}
