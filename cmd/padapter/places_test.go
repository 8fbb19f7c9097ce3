package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// No flag of any command makes a folder called "s3:", whatever becomes of the command: paths of this machine are refused
// with their name, and for the rest there is a store that nobody can reach.
func TestNoFlagMakesAStoreAFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1") // where nobody listens
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	const place = "s3://bucket/a"
	tried := 0
	var visit func(cmd *cobra.Command, path []string)
	visit = func(cmd *cobra.Command, path []string) {
		for _, sub := range cmd.Commands() {
			visit(sub, append(slices.Clone(path), sub.Name()))
		}
		name := strings.Join(path, " ")
		if cmd.RunE == nil || name == "worker" || name == "demo" {
			return
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "string" && f.Value.Type() != "stringArray" && f.Value.Type() != "stringSlice" {
				return
			}
			tried++
			args := append(slices.Clone(path), "--"+f.Name, place)
			code, _, stderr := padapter(t, append(args, fillers(cmd, f.Name)...)...)
			local := slices.Contains(localFlags[name], f.Name)
			if code == exitOK || local && (code != exitUsage || !strings.Contains(stderr, place) || !strings.Contains(stderr, "this machine")) {
				t.Errorf("%v: exit code %d: %s", args, code, stderr)
			}
		})
		if slices.Contains(localArguments, name) {
			tried++
			if code, _, stderr := padapter(t, append(slices.Clone(path), place)...); code != exitUsage || !strings.Contains(stderr, "this machine") {
				t.Errorf("%s %s: exit code %d: %s", name, place, code, stderr)
			}
		}
	}
	visit(newRootCommand(io.Discard, io.Discard), nil)
	if tried < 100 {
		t.Errorf("%d flags and arguments were tried", tried)
	}
	for _, args := range [][]string{
		{"manifest", "stats", "s3://b/m.parquet"}, {"manifest", "convert", "s3://b/a.csv", "s3://b/m.parquet"}, {"inspect", "s3://b/shards"},
		{"manifest", "stats", "ftp://b/m.parquet"}, {"label", "--checkpoint", "s3://b/c", "--input", "s3://b/i", "--out", "l.csv", "--also", "s3://b/d=s3://b/l.csv"},
	} {
		if code, _, stderr := padapter(t, args...); code != exitFailed || !strings.Contains(stderr, "://b/") {
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
