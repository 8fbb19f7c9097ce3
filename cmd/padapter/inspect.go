package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/inspect"
	"padapter/cmd/internal/ui"
)

func newInspectCommand() *cobra.Command {
	var opt inspect.Options
	cmd := &cobra.Command{
		Use:   "inspect SHARD|DIR",
		Short: "Look into shards: schema, rows, a contact sheet",
		Long: `Prints what a shard, or a folder of shards, says of itself and its first rows. --sheet draws these rows as a
picture: the frames of each clip side by side with its id, label and times. --verify compares the checksums of a folder
first.`,
		Example: `  padapter inspect shards/train
  padapter inspect shards/train --rows 12 --sheet clips.png
  padapter inspect shards/train --failed
  padapter inspect shards/train/clips-000003.arrow --skip 100 --rows 5`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opt.Rows < 0 || opt.Skip < 0 {
				return usageErrorf("--rows %d, --skip %d: use 0 or more", opt.Rows, opt.Skip)
			}
			found, err := inspect.Run(cmd.Context(), args[0], opt)
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(found, found.Text)
		},
	}
	f := cmd.Flags()
	f.IntVar(&opt.Rows, "rows", 10, "rows to show")
	f.IntVar(&opt.Skip, "skip", 0, "rows to pass over first")
	f.BoolVar(&opt.Failed, "failed", false, "show only rows with an error")
	f.StringVar(&opt.Sheet, "sheet", "", "write a contact sheet of the rows to this PNG file")
	f.BoolVar(&opt.Verify, "verify", false, "compare every file of a folder with its checksum first")
	return cmd
}
