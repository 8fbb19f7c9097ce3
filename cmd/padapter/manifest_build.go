package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/ingest"
	"padapter/manifests"
)

func newManifestBuildCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build FORM",
		Short: "Make a manifest of a dataset as it is published",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newBuildFolderCommand(), newBuildListCommand(), newBuildDirectoryCommand(),
		newBuildSSv2Command(), newBuildHMDB51Command(), newBuildUCF101Command(),
		newBuildKineticsCommand(400), newBuildKineticsCommand(600), newBuildKineticsCommand(700),
		newBuildFood101Command(), newBuildCIFAR100Command(), newBuildSVHNCommand(), newBuildFlowers102Command(), newBuildParquetCommand())
	return cmd
}

// buildOptions are the flags that all forms share.
type buildOptions struct {
	root, out, dataset, classes string
}

// AddFlags adds them to a command.
func (o *buildOptions) AddFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.root, "root", "", "folder that holds the files")
	flags.StringVar(&o.out, "out", "", "manifest to write: .parquet, .csv or .jsonl")
	flags.StringVar(&o.dataset, "dataset", "", "name of the dataset, recorded in the manifest")
	require(cmd, "out")
}

func (o *buildOptions) addClasses(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.classes, "classes", "", "file with one class name a line, in the order of their numbers")
}

// named is the dataset's name: as given, or the form's own.
func (o *buildOptions) named(form string) string {
	if o.dataset != "" {
		return o.dataset
	}
	return form
}

// classList reads --classes; nil without it.
func (o *buildOptions) classList() ([]string, error) {
	if o.classes == "" {
		return nil, nil
	}
	return ingest.ReadClasses(o.classes)
}

// require marks flags that must be given.
func require(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag doesn't exist: a mistake in this file
		}
	}
}

// build runs one form and writes its manifest.
func (o *buildOptions) build(cmd *cobra.Command, form func(ctx context.Context) (*ingest.Result, error)) error {
	if !manifests.IsManifest(o.out) {
		return usageErrorf("--out %s: the name must end in .parquet, .csv or .jsonl", o.out)
	}
	boundMemory()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // a million records are half a gigabyte; the heap must not double that
	}
	res, err := form(cmd.Context())
	if err != nil {
		return err
	}
	if err := res.Manifest.WriteFile(o.out); err != nil {
		return err
	}
	report := newBuildReport(res, o.out)
	if err := ui.From(cmd.Context()).Result(report, report.text); err != nil {
		return err
	}
	return jobs.RecordsFailed(report.Missing+report.Rejected, report.Records, o.out)
}

// buildReport says what became of a dataset's items.
type buildReport struct {
	Out      string           `json:"out"`
	Records  int              `json:"records"`
	Found    int              `json:"found"`
	Missing  int              `json:"missing"`
	Rejected int              `json:"rejected"`
	Classes  int              `json:"classes"`
	Splits   map[string]int   `json:"splits"`
	Problems []string         `json:"problems"` // the first records that are missing or rejected
	Skipped  []ingest.Skipped `json:"skipped"`  // files that are no records
	Official []ingest.Count   `json:"official"` // beside the publishers' numbers
}

// mostProblems bounds what a report lists; the manifest has all of them.
const mostProblems = 10

func newBuildReport(res *ingest.Result, out string) buildReport {
	m := res.Manifest
	counts := m.Counts()
	r := buildReport{
		Out: out, Records: len(m.Records), Classes: len(m.Classes), Splits: map[string]int{}, Skipped: res.Skipped, Official: ingest.CompareOfficial(m),
		Found: counts[manifests.Found], Missing: counts[manifests.Missing], Rejected: counts[manifests.Rejected],
	}
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Split != "" {
			r.Splits[rec.Split]++
		}
		if rec.Status != manifests.Found && len(r.Problems) < mostProblems {
			r.Problems = append(r.Problems, fmt.Sprintf("%s %s: %s", rec.Status, rec.ID, rec.Reason))
		}
	}
	return r
}

func (r buildReport) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d records, %d classes: %d found, %d missing, %d rejected\n", r.Out, r.Records, r.Classes, r.Found, r.Missing, r.Rejected)
	for _, split := range sortedKeys(r.Splits) {
		fmt.Fprintf(&out, "  split %s: %d\n", split, r.Splits[split])
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&out, "  %s\n", p)
	}
	if more := r.Missing + r.Rejected - len(r.Problems); more > 0 {
		fmt.Fprintf(&out, "  and %d more, see the status column\n", more)
	}
	for i, s := range r.Skipped {
		if i == mostProblems {
			fmt.Fprintf(&out, "  and %d more files that are no records\n", len(r.Skipped)-i)
			break
		}
		fmt.Fprintf(&out, "  no record: %s: %s\n", s.Path, s.Reason)
	}
	agree := 0
	for _, c := range r.Official {
		if c.Got == c.Official {
			agree++
		} else {
			fmt.Fprintf(&out, "  note: %s: %d here, %d officially\n", c.What, c.Got, c.Official)
		}
	}
	if agree > 0 {
		fmt.Fprintf(&out, "  %d of %d counts are the official ones\n", agree, len(r.Official))
	}
	return out.String()
}

func newBuildFolderCommand() *cobra.Command {
	var opt buildOptions
	cmd := &cobra.Command{
		Use:     "folder",
		Short:   "A folder a class: ROOT/[split/]CLASS/FILE",
		Example: `  padapter manifest build folder --root ucf101 --out ucf101.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			classes, err := opt.classList()
			if err != nil {
				return err
			}
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.Folder(ctx, ingest.FolderOptions{Root: opt.root, Dataset: opt.dataset, Classes: classes, Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	opt.addClasses(cmd)
	require(cmd, "root")
	return cmd
}

func newBuildListCommand() *cobra.Command {
	var opt buildOptions
	var list, split string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "A list with \"path label\" a line, as VideoMAE-style training kits have",
		Example: `  padapter manifest build list --list train.csv --root videos --split train --out train.parquet
  padapter manifest build list --list val.csv --classes classes.txt --split val --out val.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			classes, err := opt.classList()
			if err != nil {
				return err
			}
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.List(ctx, ingest.ListOptions{List: list, Root: opt.root, Dataset: opt.dataset, Split: split, Classes: classes, Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	opt.addClasses(cmd)
	cmd.Flags().StringVar(&list, "list", "", "the list; its paths start from --root, or from its own folder")
	cmd.Flags().StringVar(&split, "split", "", "split to record for every line")
	require(cmd, "list")
	return cmd
}

func newBuildDirectoryCommand() *cobra.Command {
	var opt buildOptions
	cmd := &cobra.Command{
		Use:   "directory",
		Short: "All videos and images of a folder, a tar archive or an object store, unlabelled",
		Example: `  padapter manifest build directory --root archive --out archive.parquet
  padapter manifest build directory --root clips.tar --out clips.parquet
  padapter manifest build directory --root s3://bucket/clips --out clips.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.Directory(ctx, ingest.DirectoryOptions{Root: opt.root, Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	require(cmd, "root")
	return cmd
}
