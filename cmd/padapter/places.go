package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags whose values are paths of this machine, by what the program does there. Of a value DIR=FILE both are. label's
// --input and --root of manifest build are not among them: what lies there is listed, and then read by ranges.
var (
	writtenFlags = []string{"out", "ledger", "segments", "webvtt", "png", "sheet", "also"}
	readFlags    = []string{"manifest", "data", "train", "val", "test", "checkpoint", "backbone", "calibrate", "run", "recipe"}
)

// checkPlaces refuses object stores where files are read and written by their paths: a folder called "s3:" would be made,
// or a file looked for that cannot be there. Records of a manifest, and its root, may lie on object stores all the same.
func checkPlaces(cmd *cobra.Command, args []string) (err error) {
	refuse := func(what, value string, write bool) {
		for part := range strings.SplitSeq(value, "=") {
			scheme, _, ok := strings.Cut(part, "://")
			if !ok || err != nil || strings.ContainsAny(scheme, "/\\.") {
				continue
			}
			if write {
				err = usageErrorf("%s %s: results are written to files of this machine: name a path, and copy what it holds to the store afterwards", what, value)
			} else {
				err = usageErrorf("%s %s: this is read from files of this machine: copy it here first (videos may stay where they are: see --input of label, --root of manifest build)", what, value)
			}
		}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			switch {
			case slices.Contains(writtenFlags, f.Name):
				refuse("--"+f.Name, value, true)
			case slices.Contains(readFlags, f.Name):
				refuse("--"+f.Name, value, false)
			}
		}
	})
	for _, arg := range args {
		refuse("argument", arg, false)
	}
	return err
}
