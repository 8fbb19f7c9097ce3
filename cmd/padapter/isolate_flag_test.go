package main

import (
	"strconv"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"padapter/pipeline/isolate"
)

func TestIsolateFlag(t *testing.T) {
	for _, c := range []struct {
		args      []string
		otherwise isolate.Mode
		want      isolate.Mode
	}{
		{nil, isolate.Off, isolate.Off},
		{nil, isolate.Preferred, isolate.Preferred},
		{[]string{"--isolate"}, isolate.Off, isolate.Required},
		{[]string{"--isolate"}, isolate.Preferred, isolate.Required},
		{[]string{"--isolate=true"}, isolate.Preferred, isolate.Required},
		{[]string{"--isolate=false"}, isolate.Preferred, isolate.Off},
	} {
		if c.want == isolate.Preferred && !isolate.Supported {
			c.want = isolate.Off
		}
		var mode isolate.Mode
		f := pflag.NewFlagSet("test", pflag.ContinueOnError)
		bindIsolate(f, &mode, c.otherwise)
		if err := f.Parse(c.args); err != nil || mode != c.want {
			t.Errorf("%q, otherwise %d: %d, %v, want %d", c.args, c.otherwise, mode, err, c.want)
		}
		if err := f.Parse([]string{"--isolate=perhaps"}); err == nil {
			t.Error("--isolate=perhaps was taken")
		}
		if err := checkIsolate(c.want); (err != nil) != (c.want == isolate.Required && !isolate.Supported) {
			t.Errorf("mode %d: %v", c.want, err)
		}
	}
}

// Commands that go through archives decode in child processes unless they are told not to.
func TestWhoIsolates(t *testing.T) {
	check := func(want bool, commands ...*cobra.Command) {
		for _, c := range commands {
			if flag := c.Flags().Lookup("isolate"); flag == nil || flag.DefValue != strconv.FormatBool(want) || flag.Value.String() != flag.DefValue {
				t.Errorf("%s: --isolate is not %t otherwise: %+v", c.Name(), want, flag)
			}
		}
	}
	check(isolate.Supported, newPreprocessCommand(), newManifestProbeCommand(), newLabelCommand(), newWorkerCommand())
	check(false, newTrainCommand(), newEvalCommand(), newReportCommand(), newCompareCommand())
}
