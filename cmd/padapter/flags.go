package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"padapter/cmd/internal/jobs/fit"
)

// require marks flags that must be given.
func require(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag does not exist: a mistake in this package
		}
	}
}

// bindClips binds the flags of one set of labelled clips, --NAME and --NAME-split. kind is what the clips are for.
func bindClips(f *pflag.FlagSet, clips *fit.Clips, name, usage, kind string) {
	f.StringVar(&clips.Path, name, "", usage)
	f.StringVar(&clips.Split, name+"-split", "", "split of the "+kind+" manifest, or all (default: "+name+", where there is one)")
}
