package decode

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// withHostileTimes overwrites fields of an MP4 file's boxes that hold times with numbers at the ends of their ranges.
func withHostileTimes(file []byte, rng *rand.Rand) []byte {
	out := bytes.Clone(file)
	extremes := []uint32{0, 1, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 1}
	for _, box := range []string{"mvhd", "mdhd", "tkhd", "stts", "ctts", "elst", "tfdt", "trun", "mehd"} {
		for at := 0; ; {
			i := bytes.Index(out[at:], []byte(box))
			if i < 0 {
				break
			}
			at += i + 4
			end := min(len(out), at+4+int(binary.BigEndian.Uint32(out[at-8:]))-8)
			if rng.IntN(3) == 0 && at < len(out) {
				out[at] = byte(rng.IntN(2)) // version: fields of 64 bits in some boxes
			}
			for range 1 + rng.IntN(6) {
				if words := (end - at - 4) / 4; words > 0 {
					binary.BigEndian.PutUint32(out[at+4+4*rng.IntN(min(words, 16)):], extremes[rng.IntN(len(extremes))])
				}
			}
		}
	}
	return out
}

// withHostileClusters does the same to the times of Matroska's clusters, by bytes that change no size.
func withHostileClusters(file []byte, rng *rand.Rand) []byte {
	out := bytes.Clone(file)
	cluster := []byte{0x1F, 0x43, 0xB6, 0x75}
	for at := 0; ; {
		i := bytes.Index(out[at:], cluster)
		if i < 0 || at+i+14 >= len(out) {
			break
		}
		at += i + 4
		for k := at; k < at+12; k++ {
			if out[k] == 0xE7 && out[k+1] > 0x80 && out[k+1] <= 0x88 { // Timestamp, of so many bytes
				for b := range int(out[k+1] & 15) {
					out[k+2+b] = []byte{0, 0x7F, 0x80, 0xFF}[rng.IntN(4)]
				}
				break
			}
		}
		if scale := bytes.Index(out, []byte{0x2A, 0xD7, 0xB1, 0x83}); scale >= 0 && rng.IntN(2) == 0 {
			copy(out[scale+4:], []byte{0xFF, 0xFF, 0xFF})
		}
	}
	return out
}

// Times at the ends of 64 bits give frames or an error with a reason, and (under the sanitizers) no overflow.
func TestHostileTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 4))
	decoded, refused := 0, 0
	for _, name := range []string{"h264_b3.mp4", "h264_fragmented.mp4", "h264_edit.mp4", "mpeg4_b.mp4", "vp9.mp4", "h264_negative.mkv", "vp9.webm", "mpeg4_b.mkv"} {
		var file []byte
		for _, path := range fixtures(t) {
			if filepath.Base(path) == name {
				b, err := os.ReadFile(path)
				must(t, err)
				file = b
			}
		}
		if file == nil {
			continue
		}
		hostile := withHostileTimes
		if filepath.Ext(name) != ".mp4" {
			hostile = withHostileClusters
		}
		for _, opt := range []Options{{}, {switches: switchFullScan}} {
			d := newDecoder(t, opt)
			for range 8 {
				clip, err := take(t.Context(), d, inMemory(hostile(file, rng)))
				if err == nil {
					decoded++
					if clip.Info.DurationSeconds < 0 {
						t.Errorf("%s: a duration of %g s", name, clip.Info.DurationSeconds)
					}
					continue
				}
				refused++
				if r := ReasonOf(err); r == "" || r == Failed {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	if decoded+refused == 0 {
		t.Skip("no generated clips: run decode/testdata/fixtures.sh .deps/fixtures for them")
	}
	if decoded == 0 {
		t.Error("not one clip with hostile times gave frames: the times were not reached")
	}
	t.Logf("%d clips decoded, %d refused", decoded, refused)
}
