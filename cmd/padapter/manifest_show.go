package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/manifests"
)

func newManifestShowCommand() *cobra.Command {
	var first int
	cmd := &cobra.Command{
		Use:     "show MANIFEST",
		Short:   "Print a manifest's first records",
		Example: `  padapter manifest show train.parquet --first 20`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if first < 0 {
				return usageErrorf("--first %d: it must be at least 0", first)
			}
			m, err := loadManifest(args[0])
			if err != nil {
				return err
			}
			records := m.Records[:min(first, len(m.Records))]
			return ui.From(cmd.Context()).Result(records, func() string { return showRecords(m, records) })
		},
	}
	cmd.Flags().IntVarP(&first, "first", "n", 10, "how many records")
	return cmd
}

func showRecords(m *manifests.Manifest, records []manifests.Record) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tLABEL\tSPLIT\tSTATUS\tREASON")
	for _, r := range records {
		label := "-"
		if r.Label != manifests.NoLabel {
			label = fmt.Sprintf("%d %s", r.Label, r.LabelName)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, label, r.Split, r.Status, r.Reason)
	}
	_ = w.Flush() // a strings.Builder takes everything
	if more := len(m.Records) - len(records); more > 0 {
		fmt.Fprintf(&out, "and %d more\n", more)
	}
	return out.String()
}

// manifestStats is what a manifest holds, in numbers.
type manifestStats struct {
	Dataset string         `json:"dataset"`
	Hash    string         `json:"hash"`
	Records int            `json:"records"`
	Status  map[string]int `json:"status"`
	Kinds   map[string]int `json:"kinds"`
	Splits  map[string]int `json:"splits"`
	Classes map[string]int `json:"classes"` // records of each class
}

func newManifestStatsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stats MANIFEST",
		Short:   "Count a manifest's records by state, kind, split and class",
		Example: `  padapter manifest stats train.parquet`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := loadManifest(args[0])
			if err != nil {
				return err
			}
			stats := countManifest(m)
			return ui.From(cmd.Context()).Result(stats, stats.text)
		},
	}
}

func countManifest(m *manifests.Manifest) manifestStats {
	s := manifestStats{Dataset: m.Dataset, Hash: m.Hash(), Records: len(m.Records), Status: map[string]int{}, Kinds: map[string]int{}, Splits: map[string]int{}, Classes: map[string]int{}}
	for _, name := range m.Classes {
		s.Classes[name] = 0
	}
	for i := range m.Records {
		r := &m.Records[i]
		s.Status[string(r.Status)]++
		s.Kinds[string(r.Kind)]++
		if r.Split != "" {
			s.Splits[r.Split]++
		}
		if r.LabelName != "" {
			s.Classes[r.LabelName]++
		}
	}
	return s
}

func (s manifestStats) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d records, hash %s\n", s.Records, s.Hash)
	for _, part := range []struct {
		name   string
		counts map[string]int
	}{{"status", s.Status}, {"kind", s.Kinds}, {"split", s.Splits}, {"class", s.Classes}} {
		for _, key := range sortedKeys(part.counts) {
			fmt.Fprintf(&out, "  %s %s: %d\n", part.name, key, part.counts[key])
		}
	}
	return out.String()
}

func newManifestConvertCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "convert FROM TO",
		Short:   "Write a manifest in another form: .parquet, .csv or .jsonl",
		Example: `  padapter manifest convert train.parquet train.csv`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := loadManifest(args[0])
			if err != nil {
				return err
			}
			if err := m.WriteFile(args[1]); err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(map[string]any{"out": args[1], "records": len(m.Records)}, func() string {
				return fmt.Sprintf("%s: %d records", args[1], len(m.Records))
			})
		},
	}
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }
