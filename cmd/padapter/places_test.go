package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every such flag of every command refuses a place on an object store, and nothing called "s3:" appears.
func TestPlacesOnObjectStoresAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	checked := 0
	var visit func(cmd *cobra.Command, path []string)
	visit = func(cmd *cobra.Command, path []string) {
		for _, sub := range cmd.Commands() {
			visit(sub, append(slices.Clone(path), sub.Name()))
		}
		if cmd.RunE == nil {
			return
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			written, read := slices.Contains(writtenFlags, f.Name), slices.Contains(readFlags, f.Name)
			if !written && !read {
				return
			}
			checked++
			const place = "s3://bucket/a"
			args := append(slices.Clone(path), "--"+f.Name, place)
			code, _, stderr := padapter(t, append(args, fillers(cmd, f.Name)...)...)
			if code != exitUsage || !strings.Contains(stderr, place) || !strings.Contains(stderr, "this machine") {
				t.Errorf("%v: exit code %d: %s", args, code, stderr)
			}
		})
	}
	visit(newRootCommand(os.Stdout, os.Stderr), nil)
	if checked < 30 {
		t.Errorf("%d flags were tried", checked)
	}
	for _, args := range [][]string{{"manifest", "stats", "gs://b/m.parquet"}, {"manifest", "convert", "a.csv", "azblob://b/m.parquet"}, {"manifest", "merge", "--out", "s3://b/m.csv", "x.csv"}, {"label", "--checkpoint", "c", "--input", "i", "--out", "l.csv", "--also", "d=s3://b/l.csv"}} {
		if code, _, stderr := padapter(t, args...); code != exitUsage || !strings.Contains(stderr, "this machine") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

// fillers give a command's other required flags some value.
func fillers(cmd *cobra.Command, but string) (args []string) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != but && len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 {
			args = append(args, "--"+f.Name, "x")
		}
	})
	for n := range 4 { // and as many arguments as it wants
		if cmd.Args == nil || cmd.Args(cmd, slices.Repeat([]string{"x"}, n)) == nil {
			return append(args, slices.Repeat([]string{"x"}, n)...)
		}
	}
	return args
}
