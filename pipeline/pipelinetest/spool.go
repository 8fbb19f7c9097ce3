package pipelinetest

import (
	"testing"

	"padapter/manifests"
)

// Spool is a manifest's records as Preprocess takes them, until the test ends.
func Spool(t testing.TB, man *manifests.Manifest) *manifests.Spool {
	t.Helper()
	records, err := man.Spool()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := records.Close(); err != nil {
			t.Error(err)
		}
	})
	return records
}
