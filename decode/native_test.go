package decode

import (
	"math"
	"path/filepath"
	"testing"
)

// Every frame of every real clip equals what the ffmpeg program decodes.
func TestNativeFramesEqualFFmpeg(t *testing.T) {
	for _, path := range realClips(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want := outsideFrames(t, path)
			d := newDecoder(t, Options{})
			var got []NativeFrame
			var sums []string
			err := d.Native(t.Context(), readFile(t, path), nil, func(f NativeFrame) error {
				sums = append(sums, f.MD5())
				f.Planes = nil
				got = append(got, f)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Fatalf("%d frames, ffmpeg gives %d", len(got), len(want))
			}
			for i, f := range got {
				if sums[i] != want[i].md5 {
					t.Errorf("frame %d: MD5 %s, ffmpeg gives %s", i, sums[i], want[i].md5)
				}
				seconds := float64(f.Pts) * float64(f.TimeBaseNum) / float64(f.TimeBaseDen)
				if math.Abs(seconds-want[i].seconds) > 1e-3 {
					t.Errorf("frame %d: at %.4f s, ffmpeg says %.4f s", i, seconds, want[i].seconds)
				}
				if t.Failed() && i > 10 {
					t.FailNow()
				}
			}
		})
	}
}
