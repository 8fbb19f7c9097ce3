package decode

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestOwnPartsEqualFFmpeg compares clips of the codecs of which decode/ffmpeg
// replaces parts with the ffmpeg program, which has its own.
func TestOwnPartsEqualFFmpeg(t *testing.T) {
	compared := 0
	for _, path := range fixtures(t) {
		name := filepath.Base(path)
		own := false
		for _, codec := range []string{"vp9", "vp8.", "mpeg4", "xvid", "h263", "flv1", "msmpeg4", "wmv", "mpeg1", "mpeg2"} {
			own = own || strings.HasPrefix(name, codec)
		}
		if !own {
			continue
		}
		compared++
		t.Run(name, func(t *testing.T) {
			want := outsideFrames(t, path)
			got := nativeSums(t, newDecoder(t, Options{}), readFile(t, path), nil)
			if len(got) != len(want) {
				t.Fatalf("%d frames, ffmpeg gives %d", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i].md5 {
					t.Fatalf("frame %d of %d: MD5 %s, ffmpeg gives %s", i, len(got), got[i], want[i].md5)
				}
			}
		})
	}
	if compared == 0 {
		t.Skip("no generated clips: run decode/testdata/fixtures.sh .deps/fixtures for them")
	}
}
