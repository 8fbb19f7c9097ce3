package main

import (
	"cmp"
	"os"
	"testing"

	"padapter/models/backend"
	"padapter/pipeline/isolate"
)

// testBackend is the engine of commands for which the tests ask for one: that of PADAPTER_TEST_BACKEND, or pure Go.
var testBackend = cmp.Or(os.Getenv("PADAPTER_TEST_BACKEND"), "go")

// TestMain lets the tests' program be the child that main's would be, and removes the programs that tests have built.
func TestMain(m *testing.M) {
	backend.ServeTrial()
	if len(os.Args) > 1 && os.Args[1] == isolate.Child {
		os.Exit(isolate.Serve())
	}
	code := m.Run()
	if programs != "" {
		os.RemoveAll(programs)
	}
	os.Exit(code)
}
