package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"padapter/cmd/internal/jobs/fit"
	"padapter/models/backend"
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

// bindPrecision binds --precision of a command that runs networks.
func bindPrecision(cmd *cobra.Command, precision *string) {
	bindWords(cmd, precision, "precision", string(backend.Float32), backend.Precisions,
		"number format of matrix products: float32, bfloat16 (on processors with AMX-BF16 or AVX512-BF16, and accelerators), or auto (bfloat16 where the checkpoint was measured to agree with float32, see eval --against)")
}

// bindDevices binds --devices of a command that runs networks. what says what is divided among the devices.
func bindDevices(cmd *cobra.Command, devices *string, what string) {
	bindWords(cmd, devices, "devices", "1", []string{"1", backend.AllDevices},
		"devices of the engine to use at once, a number or "+backend.AllDevices+": "+what)
}

// checkDevices rejects what --devices cannot be.
func checkDevices(devices string) error {
	if err := backend.CheckDevices(devices); err != nil {
		return usageErrorf("--%w", err)
	}
	return nil
}

// bindWords binds a flag whose values are a few words, which completion offers.
func bindWords(cmd *cobra.Command, value *string, name, initial string, words []string, usage string) {
	cmd.Flags().StringVar(value, name, initial, usage)
	if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist: a mistake in this package
	}
}
