package decode

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

// thumbnail wants some frames at 32 × 32.
func thumbnail(info *Info, indices []int) Plan {
	return Plan{Indices: indices, Region: Region{W: float64(info.Width), H: float64(info.Height)}, Width: 32, Height: 32}
}

func every(n, step int) (indices []int) {
	for i := 0; i < n; i += step {
		indices = append(indices, i)
	}
	return indices
}

// A stream gives the frames that Clip gives, from memory and from files that are read as needed.
func TestStreamGivesWhatClipGives(t *testing.T) {
	for _, path := range allClips(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src := readFile(t, path)
			for _, held := range []int64{0, 4096} {
				d := newDecoder(t, Options{MaxHeld: held})
				var want []byte
				clip, err := d.Clip(t.Context(), src,
					func(info *Info) (Plan, error) { return thumbnail(info, every(info.Frames, 3)), nil },
					func(p Plan) ([]byte, error) { want = make([]byte, p.Bytes()); return want, nil })
				if err != nil {
					t.Fatal(err)
				}
				var got []byte
				var frames []Frame
				all := 0
				streamed, err := d.Stream(t.Context(), src,
					func(info *Info) (Plan, error) {
						all = info.Frames
						return thumbnail(info, every(info.Frames, 3)[len(frames):]), nil
					},
					func(f Frame, rgb []byte) error {
						frames, got = append(frames, f), append(got, rgb...)
						return nil
					})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(frames, clip.Frames) || len(frames) != len(every(all, 3)) || !bytes.Equal(got, want) {
					t.Errorf("held %d: %d frames, Clip gives %d; pixels equal: %t", held, len(frames), len(clip.Frames), bytes.Equal(got, want))
				}
				if streamed.Info.Frames != clip.Info.Frames || !slices.Equal(streamed.Warnings, clip.Warnings) {
					t.Errorf("held %d: %d frames and %q, Clip says %d and %q", held, streamed.Info.Frames, streamed.Warnings, clip.Info.Frames, clip.Warnings)
				}
			}
		})
	}
}

func TestStreamEndsWhenItsReaderDoes(t *testing.T) {
	d := newDecoder(t, Options{})
	src := readFile(t, realClips(t)[0])
	enough := errors.New("enough")
	seen := 0
	_, err := d.Stream(t.Context(), src,
		func(info *Info) (Plan, error) { return thumbnail(info, every(info.Frames, 1)), nil },
		func(Frame, []byte) error {
			if seen++; seen == 3 {
				return enough
			}
			return nil
		})
	if !errors.Is(err, enough) || seen != 3 {
		t.Errorf("%v after %d frames", err, seen)
	}
	if _, err := d.Stream(t.Context(), src, func(info *Info) (Plan, error) { return thumbnail(info, []int{1, 1}), nil }, nil); err == nil {
		t.Error("a repeated frame is no error")
	}
	clip, err := d.Stream(t.Context(), src, func(info *Info) (Plan, error) { return thumbnail(info, nil), nil }, nil)
	if err != nil || clip.Info.Frames == 0 {
		t.Errorf("without frames: %v, %v", clip, err)
	}
}
