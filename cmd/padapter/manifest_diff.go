package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/manifests"
	"padapter/manifests/change"
)

func newManifestDiffCommand() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "What differs between two manifests, by record id",
		Long: `Lists records that were added (+), removed (-) or changed (~), and what differs in the headers. Exit code 0 means
the manifests are the same, 1 that they differ, as with diff(1). With --json all differences are listed.`,
		Example: `  padapter manifest diff before.parquet after.parquet`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return usageErrorf("--first %d: it must be at least 0", most)
			}
			old, err := loadManifest(args[0])
			if err != nil {
				return err
			}
			in, err := manifests.Open(args[1])
			if err != nil {
				return err
			}
			defer in.Close()
			d, err := change.Diff(old, in.Head(), in.Parts())
			if err != nil {
				return err
			}
			if err := ui.From(cmd.Context()).Result(d, func() string { return differenceText(d, most) }); err != nil {
				return err
			}
			if !d.Empty() {
				return fmt.Errorf("%s and %s differ: %d records added, %d removed, %d changed", args[0], args[1], len(d.Added), len(d.Removed), len(d.Changed))
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&most, "first", "n", 20, "how many records of each sort to print")
	return cmd
}

func differenceText(d *change.Difference, most int) string {
	var out strings.Builder
	for _, f := range d.Header {
		fmt.Fprintf(&out, "header %s: %q -> %q\n", f.Field, f.From, f.To)
	}
	if d.Reordered {
		out.WriteString("the records stand in another order\n")
	}
	list := func(sign string, n int, line func(i int) string) {
		for i := range min(n, most) {
			fmt.Fprintf(&out, "%s %s\n", sign, line(i))
		}
		if n > most {
			fmt.Fprintf(&out, "%s and %d more\n", sign, n-most)
		}
	}
	list("-", len(d.Removed), func(i int) string { return d.Removed[i] })
	list("+", len(d.Added), func(i int) string { return d.Added[i] })
	list("~", len(d.Changed), func(i int) string {
		c := d.Changed[i]
		fields := make([]string, len(c.Fields))
		for j, f := range c.Fields {
			fields[j] = fmt.Sprintf("%s %q -> %q", f.Field, f.From, f.To)
		}
		return c.ID + ": " + strings.Join(fields, ", ")
	})
	return out.String()
}
