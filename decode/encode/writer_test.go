package encode_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"padapter/decode"
	"padapter/decode/encode"
)

// picture is a moving gradient with a bright square, smooth enough for lossy codecs.
func picture(w, h, n int) []byte {
	rgb := make([]byte, w*h*3)
	for y := range h {
		for x := range w {
			p := rgb[3*(y*w+x):]
			p[0], p[1], p[2] = byte(40+2*x+n), byte(60+2*y), byte(90+x+y)
			if x >= 4*n && x < 4*n+16 && y >= 16 && y < 32 {
				p[0], p[1], p[2] = 230, 220, 40
			}
		}
	}
	return rgb
}

func write(t *testing.T, path string, opt encode.Options, frames int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := encode.Create(f, opt)
	if err != nil {
		t.Fatal(err)
	}
	for n := range frames {
		if err := w.WriteRGB(picture(opt.Width, opt.Height, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is written comes back: exactly from lossless codecs, closely from others.
func TestRoundTrip(t *testing.T) {
	const w, h, frames = 80, 48, 9
	for _, test := range []struct {
		opt       encode.Options
		meanLimit float64 // mean absolute difference in levels
	}{
		{encode.Options{Codec: "ffv1"}, 0},
		{encode.Options{Codec: "png"}, 0},
		{encode.Options{Codec: "mjpeg", Quality: 2}, 3},
		{encode.Options{Codec: "mpeg4", Quality: 2}, 3},
		{encode.Options{Codec: "mpeg4", Quality: 2, BFrames: 2}, 3},
	} {
		t.Run(test.opt.Codec, func(t *testing.T) {
			test.opt.Width, test.opt.Height = w, h
			path := filepath.Join(t.TempDir(), "clip.avi")
			write(t, path, test.opt, frames)
			file, err := decode.OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			d, err := decode.NewDecoder(decode.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			var buf []byte
			clip, err := d.Clip(t.Context(), file, func(info *decode.Info) (decode.Plan, error) {
				plan := decode.Plan{Width: w, Height: h, Region: decode.Region{W: w, H: h}}
				for i := range info.Frames {
					plan.Indices = append(plan.Indices, i)
				}
				return plan, nil
			}, func(p decode.Plan) ([]byte, error) {
				buf = make([]byte, p.Bytes())
				return buf, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if clip.Info.Frames != frames || clip.Info.FPSNum != 25*clip.Info.FPSDen {
				t.Fatalf("%d frames at %d/%d a second, want %d at 25", clip.Info.Frames, clip.Info.FPSNum, clip.Info.FPSDen, frames)
			}
			for n := range frames {
				want, sum := picture(w, h, n), 0
				for i, v := range buf[n*len(want):][:len(want)] {
					sum += max(int(v)-int(want[i]), int(want[i])-int(v))
				}
				if mean := float64(sum) / float64(len(want)); mean > test.meanLimit {
					t.Errorf("frame %d differs by %.3f levels on average, at most %.3f expected", n, mean, test.meanLimit)
				}
			}
		})
	}
}

func TestSameBytesEachTime(t *testing.T) {
	for _, codec := range encode.Codecs() {
		var sums [2][32]byte
		for i := range sums {
			path := filepath.Join(t.TempDir(), "clip")
			write(t, path, encode.Options{Codec: codec, Width: 64, Height: 48}, 15)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sums[i] = sha256.Sum256(b)
		}
		if sums[0] != sums[1] {
			t.Errorf("%s: two files of the same frames differ", codec)
		}
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	good := encode.Options{Codec: "mpeg4", Width: 64, Height: 48}
	for name, spoil := range map[string]func(*encode.Options){
		"codec":     func(o *encode.Options) { o.Codec = "h264" },
		"container": func(o *encode.Options) { o.Container = "no such muxer" },
		"odd size":  func(o *encode.Options) { o.Width = 63 },
		"no size":   func(o *encode.Options) { o.Height = 0 },
		"rate":      func(o *encode.Options) { o.FPSNum = -1 },
		"quality":   func(o *encode.Options) { o.Quality = 32 },
		"gop":       func(o *encode.Options) { o.GOP = -1 },
	} {
		opt := good
		spoil(&opt)
		if w, err := encode.Create(&failing{}, opt); err == nil {
			w.Close()
			t.Errorf("%s: Create accepted %+v", name, opt)
		}
	}
}

var errDiskFull = errors.New("disk full")

// failing takes some bytes, then refuses.
type failing struct {
	buf  bytes.Buffer
	left int
}

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errDiskFull
	}
	return f.buf.Write(b)
}

func (f *failing) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		return offset, nil
	}
	return int64(f.buf.Len()), nil
}

func TestDestinationErrorIsReported(t *testing.T) {
	w, err := encode.Create(&failing{left: 40 << 10}, encode.Options{Codec: "png", Width: 128, Height: 128})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; err == nil && n < 50; n++ {
		err = w.WriteRGB(picture(128, 128, n))
	}
	closeErr := w.Close()
	if !errors.Is(errors.Join(err, closeErr), errDiskFull) {
		t.Errorf("errors %v and %v, want one that wraps %v", err, closeErr, errDiskFull)
	}
}
