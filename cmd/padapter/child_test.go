package main

import (
	"os"
	"testing"

	"padapter/pipeline/isolate"
)

// TestMain lets the tests' program be the child that main's would be.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == isolate.Child {
		os.Exit(isolate.Serve())
	}
	os.Exit(m.Run())
}
