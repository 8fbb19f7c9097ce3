package decode

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

// endless is a file that says it is an exbibyte, of which all behind its beginning is zeros.
type endless struct {
	beginning []byte
	read      int64 // bytes of the zeros
	most      int64 // a reading of more fails
}

func (e *endless) Size() int64 { return 1 << 60 }

func (e *endless) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(e.beginning)) {
		copy(p, e.beginning[off:])
		return len(p), nil
	}
	if e.read += int64(len(p)); e.read > e.most {
		return 0, errors.New("it was read on and on")
	}
	return len(p), nil
}

// A demuxer that asks to be tried again (AVERROR(EAGAIN)) for ever is not: that of MPEG transport streams does so each time
// it has looked for a packet in 64 KiB and found none. The frames before are delivered.
func TestTryingAgainEnds(t *testing.T) {
	paths := fixtures(t)
	i := slices.IndexFunc(paths, func(path string) bool { return filepath.Base(path) == "h264.ts" })
	if i < 0 {
		t.Skip("no h264.ts: run decode/testdata/fixtures.sh .deps/fixtures")
	}
	clip := readFile(t, paths[i])
	whole, err := take(t.Context(), newDecoder(t, Options{}), clip)
	if err != nil {
		t.Fatal(err)
	}
	src := &endless{beginning: make([]byte, clip.Size()), most: 1 << 30}
	if _, err := clip.ReadAt(src.beginning, 0); err != nil {
		t.Fatal(err)
	}
	got, err := take(t.Context(), newDecoder(t, Options{}), src)
	if err != nil {
		t.Fatal(err)
	}
	if n := whole.Info.Frames; got.Info.Frames < n-1 { // the parser waits for what follows the last one
		t.Errorf("%d frames, %d without the zeros", got.Info.Frames, n)
	}
}
