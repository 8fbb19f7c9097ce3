package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/manifest"
	"padapter/cmd/internal/ui"
	"padapter/ingest"
)

func newManifestBuildCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build FORM",
		Short: "Make a manifest of a dataset as it is published",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	for _, form := range buildForms() {
		cmd.AddCommand(newBuildCommand(form))
	}
	return cmd
}

// buildOptions are the flags of all forms; each form has some of them.
type buildOptions struct {
	root, out, dataset string
	classes            string // file
	list, lists        string
	split              string
	annotations        string
	tables             []string
	extension          string
	replacements       string
	image, label       string
	coarse             bool

	names  []string // read from classes; nil without it
	number int      // of the split, of datasets with three ways to split them
}

// named is the dataset's name: as given, or the form's own.
func (o *buildOptions) named(form string) string {
	if o.dataset != "" {
		return o.dataset
	}
	return form
}

// buildForm is one kind of dataset.
type buildForm struct {
	name, short, long, example string

	classes     bool                                      // there is --classes
	threeSplits string                                    // the dataset has three ways to split it, in lists as this says
	flags       func(cmd *cobra.Command, o *buildOptions) // its own; may be nil
	required    []string                                  // beside out
	read        func(ctx context.Context, o *buildOptions) (*ingest.Result, error)
}

// splitMark stands in a manifest's name for the number of its split.
const splitMark = "{split}"

func newBuildCommand(form buildForm) *cobra.Command {
	var opt buildOptions
	cmd := &cobra.Command{
		Use: form.name, Short: form.short, Long: form.long, Example: form.example,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opt.classes != "" {
				if opt.names, err = ingest.ReadClasses(opt.classes); err != nil {
					return err
				}
			}
			if form.threeSplits != "" {
				return buildSplits(cmd.Context(), form, opt)
			}
			return build(cmd.Context(), form, opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.root, "root", "", "folder that holds the files")
	f.StringVar(&opt.out, "out", "", "manifest to write: .parquet, .csv or .jsonl")
	f.StringVar(&opt.dataset, "dataset", "", "name of the dataset, recorded in the manifest")
	if form.classes {
		f.StringVar(&opt.classes, "classes", "", "file with one class name a line, in the order of their numbers")
	}
	if form.threeSplits != "" {
		f.StringVar(&opt.lists, "splits", "", form.threeSplits)
		f.StringVar(&opt.split, "split", "1", "which of the splits: 1, 2, 3, or all; all write a manifest each, --out holds "+splitMark+" for the number")
	}
	if form.flags != nil {
		form.flags(cmd, &opt)
	}
	require(cmd, append(form.required, "out")...)
	return cmd
}

// build makes one manifest and prints what became of the dataset's items.
func build(ctx context.Context, form buildForm, opt buildOptions) error {
	report, err := manifest.Build(ctx, func(ctx context.Context) (*ingest.Result, error) { return form.read(ctx, &opt) }, opt.out)
	if err != nil {
		return err
	}
	return errors.Join(ui.From(ctx).Result(report, report.Text), report.Failed())
}

// buildSplits makes the manifest of the split that was asked for, or of each of the three.
func buildSplits(ctx context.Context, form buildForm, opt buildOptions) error {
	splits := map[string][]int{"1": {1}, "2": {2}, "3": {3}, "all": {1, 2, 3}}[opt.split]
	if splits == nil {
		return usageErrorf("--split %s: use 1, 2, 3 or all", opt.split)
	}
	if len(splits) > 1 && !strings.Contains(opt.out, splitMark) {
		return usageErrorf("--out %s: the splits overlap, so that each needs a manifest of its own: put %s into the name", opt.out, splitMark)
	}
	var failed error
	for _, split := range splits {
		part := opt
		part.number, part.out = split, strings.ReplaceAll(opt.out, splitMark, strconv.Itoa(split))
		err := build(ctx, form, part)
		if records := (jobs.RecordsError{}); err != nil && !errors.As(err, &records) {
			return err
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
