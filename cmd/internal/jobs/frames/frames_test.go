package frames

import (
	"path/filepath"
	"strings"
	"testing"

	"padapter/pipeline/pipelinetest"
)

// A frame that a clip does not have is an error; the table begins with the first frame that there is.
func TestFramesBeforeAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.avi")
	pipelinetest.WriteClip(t, path, 3)
	for _, c := range []struct {
		path    string
		indices []int
		lines   int
		fails   bool
	}{
		{path, []int{0, 2}, 3, false},
		{path, []int{0, pipelinetest.Frames}, 0, true},
		{path + ".not", []int{0}, 0, true},
	} {
		var out strings.Builder
		err := Run(t.Context(), c.path, Options{Indices: c.indices}, &out)
		if got := strings.Count(out.String(), "\n"); (err != nil) != c.fails || got != c.lines {
			t.Errorf("frames %d of %s: %d lines, error %v; want %d lines", c.indices, filepath.Base(c.path), got, err, c.lines)
		}
	}
}
