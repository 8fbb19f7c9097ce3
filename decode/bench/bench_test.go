package bench

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"padapter/decode"
	"padapter/decode/encode"
)

func TestMiddle(t *testing.T) {
	for _, test := range []struct {
		frames int
		opt    Options
		want   []int
	}{
		{100, Options{Frames: 4, Stride: 4}, []int{43, 47, 51, 55}},
		{13, Options{Frames: 4, Stride: 4}, []int{0, 4, 8, 12}},
		{6, Options{Frames: 4, Stride: 4}, []int{0, 4, 5, 5}},
		{1, Options{Frames: 2, Stride: 1}, []int{0, 0}},
	} {
		if got := middle(test.frames, test.opt); !slices.Equal(got, test.want) {
			t.Errorf("%d frames, %+v: %v, want %v", test.frames, test.opt, got, test.want)
		}
	}
}

// twoClips makes a directory of two short clips.
func twoClips(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a.avi", "b.avi"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		w, err := encode.Create(f, encode.Options{Codec: "mpeg4", Width: 64, Height: 48, BFrames: 2})
		if err != nil {
			t.Fatal(err)
		}
		frame := make([]byte, 64*48*3)
		for n := range 40 {
			for i := range frame {
				frame[i] = byte(i/7 + 5*n)
			}
			if err := w.WriteRGB(frame); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

func TestRunChecksAndMeasures(t *testing.T) {
	dir := twoClips(t)
	r, err := Run(t.Context(), dir, Options{Frames: 4, Stride: 4, Size: 32, Workers: 2, Repeat: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rates) != 3 || r.Checked != 2 || r.Clips != 2 || !(r.Min > 0 && r.Min <= r.Median && r.Median <= r.Max) || r.Packets < 4 {
		t.Errorf("report %+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.avi"), []byte("no video at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), dir, Options{Frames: 4, Stride: 4, Size: 32, Workers: 2, Repeat: 1}); err == nil {
		t.Error("a file that is no clip went unnoticed")
	}
}

func TestRounds(t *testing.T) {
	before := decode.LiveHandles()
	rounds, err := OpenRounds(twoClips(t), Options{Frames: 4, Stride: 4, Size: 32, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		round, err := rounds.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !(round.Rate > 0 && round.CPUMs > 0) {
			t.Errorf("round %+v", round)
		}
	}
	rounds.Close()
	if after := decode.LiveHandles(); after != before {
		t.Errorf("%d handles live, %d before", after, before)
	}
	if _, err := OpenRounds(t.TempDir(), Options{Workers: 1}); err == nil {
		t.Error("a directory without files went unnoticed")
	}
}
