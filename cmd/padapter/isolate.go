package main

import (
	"strconv"

	"github.com/spf13/pflag"

	"padapter/pipeline/isolate"
)

// isolateFlag is a flag that is true, false or not given.
type isolateFlag struct{ mode *isolate.Mode }

// bindIsolate binds --isolate, which has a value of its own when it is not given.
func bindIsolate(f *pflag.FlagSet, mode *isolate.Mode, otherwise isolate.Mode) {
	if *mode = otherwise; !isolate.Supported {
		*mode = isolate.Off
	}
	f.Var(isolateFlag{mode}, "isolate", "decode in child processes: a file that crashes or hangs the decoder costs its own row and no more (Linux)")
	f.Lookup("isolate").NoOptDefVal = "true"
}

func (v isolateFlag) String() string {
	return strconv.FormatBool(v.mode != nil && *v.mode != isolate.Off)
}

func (v isolateFlag) Type() string { return "bool" }

func (v isolateFlag) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return err
	}
	if *v.mode = isolate.Off; on {
		*v.mode = isolate.Required
	}
	return nil
}

// checkIsolate rejects what this system cannot do.
func checkIsolate(mode isolate.Mode) error {
	if mode == isolate.Required && !isolate.Supported {
		return usageErrorf("--isolate works on Linux only")
	}
	return nil
}
