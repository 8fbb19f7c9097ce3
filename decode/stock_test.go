package decode

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// Parts of FFmpeg's decoders are the project's own on some machines (decode/ffmpeg), so a comparison with the same
// FFmpeg would not see them go wrong. These are the frames that Debian 12's FFmpeg 5.1 shows, through PyAV 10 and with
// one thread: SHA-256 of all planes of all frames.
func TestFramesOfStockFFmpeg(t *testing.T) {
	for name, want := range map[string]struct {
		frames int
		sum    string
	}{
		"ucf_mpeg4_320x240.avi": {164, "d1c5744b682365af74dd0bc0743b2d9029d7c9492629b3b1353c386382b69bf7"},
	} {
		t.Run(name, func(t *testing.T) {
			files := realClips(t)
			at := slices.IndexFunc(files, func(f string) bool { return filepath.Base(f) == name })
			if at < 0 {
				t.Skipf("%s is not among the real clips", name)
			}
			d := newDecoder(t, Options{})
			sum, frames := sha256.New(), 0
			must(t, d.Native(t.Context(), readFile(t, files[at]), nil, func(f NativeFrame) error {
				f.hash(sum)
				frames++
				return nil
			}))
			if got := fmt.Sprintf("%x", sum.Sum(nil)); frames != want.frames || got != want.sum {
				t.Errorf("%d frames, %s; want %d, %s", frames, got, want.frames, want.sum)
			}
		})
	}
}
