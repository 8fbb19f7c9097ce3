package decode_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"padapter/decode"
	"padapter/decode/encode"
)

// Frames 0, 4 and 8 of a clip, 32 x 24 pixels from the whole picture, into memory of the caller. The plan is made when the
// number of frames is known.
func ExampleDecoder_Clip() {
	src, err := greyClip()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	d, err := decode.NewDecoder(decode.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()

	var rgb []byte // [3, 24, 32, 3] uint8
	clip, err := d.Clip(context.Background(), src,
		func(info *decode.Info) (decode.Plan, error) {
			fmt.Printf("%s, %d frames of %d x %d\n", info.Codec, info.Frames, info.Width, info.Height)
			return decode.Plan{
				Indices: []int{0, 4, 8},
				Region:  decode.Region{W: float64(info.Width), H: float64(info.Height)},
				Width:   32, Height: 24,
			}, nil
		},
		func(plan decode.Plan) ([]byte, error) {
			rgb = make([]byte, plan.Bytes())
			return rgb, nil
		})
	if err != nil {
		fmt.Println(decode.ReasonOf(err), err)
		return
	}
	for i, frame := range clip.Frames {
		fmt.Printf("frame %d at %.1f s: level %d\n", frame.Index, frame.Seconds, rgb[i*32*24*3])
	}
	// Output:
	// ffv1, 10 frames of 64 x 48
	// frame 0 at 0.0 s: level 10
	// frame 4 at 0.4 s: level 50
	// frame 8 at 0.8 s: level 90
}

// What cannot be decoded is an error with a reason.
func ExampleReasonOf() {
	d, err := decode.NewDecoder(decode.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	_, err = d.Info(context.Background(), text("not a video"))
	fmt.Println(decode.ReasonOf(err))
	// Output: unsupported
}

// text is a source of the bytes of a string.
type text string

func (t text) ReadAt(p []byte, off int64) (int, error) { return copy(p, t[min(off, t.Size()):]), nil }
func (t text) Size() int64                             { return int64(len(t)) }

// greyClip writes ten frames, each ten levels lighter than the one before, ten a second and without loss.
func greyClip() (*decode.File, error) {
	dir, err := os.MkdirTemp("", "clip")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // an open file can still be read
	path := filepath.Join(dir, "grey.avi")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w, err := encode.Create(f, encode.Options{Codec: "ffv1", Width: 64, Height: 48, FPSNum: 10, FPSDen: 1})
	if err != nil {
		return nil, err
	}
	frame := make([]byte, 64*48*3)
	for i := range 10 {
		for j := range frame {
			frame[j] = byte(10 * (i + 1))
		}
		if err := w.WriteRGB(frame); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return decode.OpenFile(path)
}
