package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/ui"
	"padapter/models/checkpoint"
)

func newAdapterCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "adapter",
		Short: "Adapters apart from their backbones: list, info, extract, merge, resize",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newAdapterListCommand(), newAdapterInfoCommand(), newAdapterExtractCommand(), newAdapterMergeCommand(), newAdapterResizeCommand())
	return cmd
}

func newAdapterListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list [DIR]",
		Short:   "Every checkpoint in a folder and below it",
		Example: `  padapter adapter list runs`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := "."
			if len(args) > 0 {
				root = args[0]
			}
			found, err := checkpoint.List(root)
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(found, func() string { return adapterTable(found) })
		},
	}
}

// adapterTable is one line a checkpoint. Backbones are told apart by the start of their hash.
func adapterTable(found []checkpoint.Listed) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FOLDER\tTUNING\tCLASSES\tTRAINED\tADAPTER\tBACKBONE\tTOP-1")
	for _, l := range found {
		backbone := shortHash(l.Config.BackboneSHA256)
		if !l.Backbone {
			backbone += " (elsewhere)"
		}
		top1 := "-"
		if v, ok := l.Config.Metrics["val_top1"]; ok {
			top1 = fmt.Sprintf("%.1f %%", 100*v)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%.2f MB\t%s\t%s\n", l.Dir, l.Config.Recipe.Tuning.Kind, len(l.Config.Classes), l.Config.Trained,
			float64(l.AdapterBytes)/1e6, backbone, top1)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

func shortHash(hash string) string { return hash[:min(12, len(hash))] }

func newAdapterInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "info DIR",
		Short:   "What one checkpoint says about itself",
		Example: `  padapter adapter info runs/hmdb51/best`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			one, err := checkpoint.Read(networks.BestOf(args[0]))
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(one, func() string { return adapterText(one) })
		},
	}
}

func adapterText(l checkpoint.Listed) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	c := l.Config
	row("folder", "%s", l.Dir)
	row("written by", "%s", c.Tool)
	row("recipe", "%s (%s)", c.Recipe.Name, shortHash(c.Recipe.Hash()))
	row("network", "dim %d, depth %d, heads %d, patch %d, tubelet %d, on %d×%d×%d", c.Recipe.Model.Dim, c.Recipe.Model.Depth, c.Recipe.Model.Heads,
		c.Recipe.Model.Patch, c.Recipe.Model.Tubelet, c.Recipe.Clip.Frames, c.Recipe.Clip.Height, c.Recipe.Clip.Width)
	row("tuning", "%s", c.Recipe.Tuning.Kind)
	row("trained", "%d of %d weights (%.2f %%)", c.Trained, c.Total, 100*float64(c.Trained)/float64(max(c.Total, 1)))
	row("adapter", "%.2f MB, SHA-256 %s", float64(l.AdapterBytes)/1e6, c.AdapterSHA256)
	where := "in the folder"
	if !l.Backbone {
		where = "elsewhere"
	}
	row("backbone", "%s, SHA-256 %s", where, c.BackboneSHA256)
	row("classes", "%d: %s", len(c.Classes), strings.Join(c.Classes, ", "))
	names := make([]string, 0, len(c.Metrics))
	for name := range c.Metrics {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		row(name, "%g", c.Metrics[name])
	}
	if c.Temperature > 0 {
		row("temperature", "%.4g, fitted on validation clips", c.Temperature)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

func newAdapterExtractCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "extract DIR --out DIR",
		Short:   "Write the adapter alone, for those who have the backbone",
		Example: `  padapter adapter extract runs/hmdb51/best --out hmdb51-adapter`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkpoint.Extract(networks.BestOf(args[0]), out); err != nil {
				return err
			}
			return reportAdapter(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write (required)")
	_ = cmd.MarkFlagRequired("out") // the flag exists
	return cmd
}

func newAdapterMergeCommand() *cobra.Command {
	var out, backbone string
	cmd := &cobra.Command{
		Use:   "merge DIR --out DIR",
		Short: "Put an adapter and its backbone together into one checkpoint",
		Long: `Writes a checkpoint that needs no other file. LoRA's products are added to the kernels they widen and are gone
afterwards; other tunings stay as they are, since no kernel computes what they do. The backbone must be the one that
the adapter was trained on, its weights bit for bit; it may be a file of any published layout.`,
		Example: `  padapter adapter merge hmdb51-adapter --backbone runs/source/best --out merged`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := networks.BestOf(args[0])
			if backbone != "" {
				backbone = networks.BestOf(backbone)
			}
			if err := checkpoint.Merge(dir, backbone, out); err != nil {
				return err
			}
			return reportAdapter(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write (required)")
	cmd.Flags().StringVar(&backbone, "backbone", "", "checkpoint folder or file with the backbone (default: the adapter's own folder)")
	_ = cmd.MarkFlagRequired("out") // the flag exists
	return cmd
}

func reportAdapter(ctx context.Context, dir string) error {
	one, err := checkpoint.Read(dir)
	if err != nil {
		return err
	}
	return ui.From(ctx).Result(one, func() string { return adapterText(one) })
}
