package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"padapter/manifests/storage"
)

// localFlags are the flags of each command whose values are paths of this machine, and localArguments the commands whose
// arguments are. All other files and folders of results, shards, checkpoints, labels and manifests may lie on object
// stores as well.
var (
	localFlags = map[string][]string{
		"compare":        {"out"}, // many runs, each with a log that grows
		"demo":           {"out"},
		"frames":         {"png"},
		"manifest probe": {"out"}, // with what is known so far beside it
	}
	localArguments = []string{"adapter list", "bench decode", "frames", "manifest probe"}
)

// checkPlaces refuses object stores where files are read and written by their paths: a folder called "s3:" would be made,
// or a file looked for that cannot be there.
func checkPlaces(cmd *cobra.Command, args []string) (err error) {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	refuse := func(what, value string) {
		if err == nil && storage.Remote(value) {
			err = usageErrorf("%s %s: here it must be a path of this machine: copy it here, or what was made here to the store afterwards", what, value)
		}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(localFlags[path], f.Name) {
			refuse("--"+f.Name, f.Value.String())
		}
	})
	if slices.Contains(localArguments, path) {
		for _, arg := range args {
			refuse("argument", arg)
		}
	}
	return err
}
