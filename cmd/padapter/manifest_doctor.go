package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/ingest"
	"padapter/manifests"
	"padapter/manifests/check"
	"padapter/manifests/recipe"
)

func newManifestDoctorCommand() *cobra.Command {
	var recipeName string
	cmd := &cobra.Command{
		Use:   "doctor MANIFEST",
		Short: "Find what is wrong or doubtful with a manifest",
		Long: `Checks labels (numbered from 1? names and numbers in agreement?), classes without clips, the balance of classes, the
same clip in several records or on both sides of a split, groups torn apart by a split, times outside of the files, and
the numbers that the dataset's publishers give. With --recipe also clips too short or too small for it.

Contents, times, lengths and sizes are checked for records that 'padapter manifest probe' has looked into.

Exit code 1 means errors were found; with warnings only it is 0.`,
		Example: `  padapter manifest doctor ucf101.parquet
  padapter manifest doctor train.parquet --recipe ssv2-padapter --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var opt check.Options
			if recipeName != "" {
				r, err := recipe.Load(recipeName)
				if err != nil {
					return err
				}
				opt.Clip = &r.Clip
			}
			boundMemory(args[0])
			m, err := manifests.ReadUnchecked(args[0])
			if err != nil {
				return err
			}
			for _, c := range ingest.CompareOfficial(m) {
				opt.Official = append(opt.Official, check.Count(c))
			}
			report := check.Run(m, opt)
			if err := ui.From(cmd.Context()).Result(report, func() string { return checkText(args[0], report) }); err != nil {
				return err
			}
			if report.Errors > 0 {
				return fmt.Errorf("%s: %d errors, %d warnings", args[0], report.Errors, report.Warnings)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&recipeName, "recipe", "", "recipe whose clips are to be made: a built-in name or a YAML file")
	return cmd
}

func checkText(path string, r *check.Report) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d records, %d there, %d probed: %d errors, %d warnings\n", path, r.Records, r.Found, r.Probed, r.Errors, r.Warnings)
	if len(r.Balance) > 0 {
		w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "\nSPLIT\tCLIPS\tCLASSES\tLEAST\tMEDIAN\tMOST")
		for _, b := range r.Balance {
			split := b.Split
			if split == "" {
				split = "-"
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%d (%s)\t%d\t%d (%s)\n", split, b.Found, b.Classes, b.Least, b.Smallest, b.Median, b.Most, b.Largest)
		}
		_ = w.Flush() // a strings.Builder takes everything
	}
	if len(r.Findings) == 0 {
		return out.String()
	}
	out.WriteString("\n")
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SEVERITY\tCHECK\tCOUNT\tFINDING")
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", f.Severity, f.Check, f.Count, f.Message)
		for _, example := range f.Examples {
			fmt.Fprintf(w, "\t\t\t  %s\n", strings.ReplaceAll(example, "\t", " "))
		}
		if more := f.Count - len(f.Examples); more > 0 && len(f.Examples) > 0 {
			fmt.Fprintf(w, "\t\t\t  and %d more\n", more)
		}
	}
	_ = w.Flush()
	return out.String()
}
