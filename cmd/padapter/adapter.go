package main

import (
	"context"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/adapter"
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
			return ui.From(cmd.Context()).Result(found, func() string { return adapter.Table(found) })
		},
	}
}

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
			return ui.From(cmd.Context()).Result(one, func() string { return adapter.Text(one) })
		},
	}
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
	require(cmd, "out")
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
	require(cmd, "out")
	return cmd
}

func reportAdapter(ctx context.Context, dir string) error {
	one, err := checkpoint.Read(dir)
	if err != nil {
		return err
	}
	return ui.From(ctx).Result(one, func() string { return adapter.Text(one) })
}
