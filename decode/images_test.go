package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// goSource is the folder of the Go distribution's own image packages, whose tests come with images.
var goSource = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return filepath.Join(strings.TrimSpace(string(out)), "src", "image")
})

// goImages are the test images that come with the Go distribution.
func goImages(t *testing.T, patterns ...string) []string {
	t.Helper()
	root := goSource()
	var files []string
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("this Go installation has no image test data")
	}
	return files
}

// difference is the mean absolute difference of RGB pixels from img's, whose
// alpha is ignored as package decode ignores it.
func difference(rgb []byte, img image.Image) (mean, worst float64) {
	b := img.Bounds()
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var c color.NRGBA64
			switch at := img.At(x, y).(type) {
			case color.NRGBA: // a conversion would lose the colour of transparent pixels
				c = color.NRGBA64{R: uint16(at.R) * 257, G: uint16(at.G) * 257, B: uint16(at.B) * 257}
			case color.NRGBA64:
				c = at
			default:
				c = color.NRGBA64Model.Convert(at).(color.NRGBA64)
			}
			for k, v := range []uint16{c.R, c.G, c.B} {
				d := math.Abs(float64(rgb[i+k]) - float64(v)/257)
				mean, worst = mean+d, max(worst, d)
			}
			i += 3
		}
	}
	return mean / float64(i), worst
}

func TestPNG(t *testing.T) {
	d := newDecoder(t, Options{})
	for _, path := range goImages(t, "png/testdata/pngsuite/basn*.png", "testdata/*.png") {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			continue // deliberately broken ones
		}
		_, plan, got := render(t, d, inMemory(file), whole(0))
		if plan.Width != want.Bounds().Dx() || plan.Height != want.Bounds().Dy() {
			t.Errorf("%s: %dx%d, want %v", filepath.Base(path), plan.Width, plan.Height, want.Bounds())
			continue
		}
		if mean, worst := difference(got, want); worst > 1 {
			t.Errorf("%s: differs by %.2f levels on average, %.2f at most", filepath.Base(path), mean, worst)
		}
	}
}

func TestJPEG(t *testing.T) {
	d := newDecoder(t, Options{})
	for _, path := range goImages(t, "testdata/*.jpeg") {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if strings.Contains(name, ".rgb.") {
			continue // RGB samples with 4:2:0 subsampling: FFmpeg takes them for YCbCr
		}
		want, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		clip, plan, got := render(t, d, inMemory(file), whole(0))
		if plan.Width != want.Bounds().Dx() || plan.Height != want.Bounds().Dy() || !clip.Info.Image || clip.Info.Frames != 1 {
			t.Errorf("%s: %+v, want one frame of %v", name, clip.Info, want.Bounds())
			continue
		}
		// Go repeats chroma samples, this package blends them.
		mean, _ := difference(got, want)
		if mean > 2.5 {
			t.Errorf("%s (%s): differs by %.2f levels on average", name, clip.Info.PixelFormat, mean)
		}
	}
}

// withOrientation inserts an EXIF block that names an orientation into a JPEG.
func withOrientation(file []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(tiff[18:], orientation)
	block := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, byte(len(block) + 2)}, block...)
	return append(out, file[2:]...)
}

func TestEXIFOrientation(t *testing.T) {
	// Where stored pixel (0,0) and (1,0) go, by orientation 1 to 8, in a
	// display of w × h: the corner, and the direction of a stored row.
	places := []struct {
		right, low bool // corner of stored pixel (0,0)
		turned     bool // stored rows run down or up the display
	}{{false, false, false}, {true, false, false}, {true, true, false}, {false, true, false},
		{false, false, true}, {true, false, true}, {true, true, true}, {false, true, true}}
	const w, h = 48, 32
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(40 + 4*x), uint8(200 - 4*y), 120, 255})
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	d := newDecoder(t, Options{})
	_, _, base := render(t, d, inMemory(buf.Bytes()), whole(0))
	for i, place := range places {
		_, plan, got := render(t, d, inMemory(withOrientation(buf.Bytes(), uint16(i+1))), whole(0))
		dw, dh := w, h
		if place.turned {
			dw, dh = h, w
		}
		if plan.Width != dw || plan.Height != dh {
			t.Errorf("orientation %d: %dx%d, want %dx%d", i+1, plan.Width, plan.Height, dw, dh)
			continue
		}
		for y := range h {
			for x := range w {
				dx, dy := x, y
				if place.turned {
					dx, dy = y, x
				}
				if place.right {
					dx = dw - 1 - dx
				}
				if place.low {
					dy = dh - 1 - dy
				}
				if !bytes.Equal(got[3*(dy*dw+dx):][:3], base[3*(y*w+x):][:3]) {
					t.Fatalf("orientation %d: stored pixel %d,%d is not at %d,%d", i+1, x, y, dx, dy)
				}
			}
		}
	}
}

// paletted is an image of a few flat areas.
func paletted(n int) *image.Paletted {
	p := image.NewPaletted(image.Rect(0, 0, 40, 30), palette.WebSafe)
	draw.Draw(p, p.Bounds(), image.NewUniform(color.RGBA{0, 51, 204, 255}), image.Point{}, draw.Src)
	draw.Draw(p, image.Rect(4*n, 5, 4*n+9, 20), image.NewUniform(color.RGBA{255, 102, 0, 255}), image.Point{}, draw.Src)
	return p
}

func TestGIFIsAClip(t *testing.T) {
	animation := &gif.GIF{}
	for n := range 5 {
		animation.Image = append(animation.Image, paletted(n))
		animation.Delay = append(animation.Delay, 10+10*(n%2))
	}
	var buf bytes.Buffer
	if err := gif.EncodeAll(&buf, animation); err != nil {
		t.Fatal(err)
	}
	d := newDecoder(t, Options{})
	clip, plan, got := render(t, d, inMemory(buf.Bytes()), whole(0, 2, 4))
	if clip.Info.Frames != 5 {
		t.Fatalf("%d frames, want 5", clip.Info.Frames)
	}
	for k, n := range plan.Indices {
		size := plan.Width * plan.Height * 3
		if _, worst := difference(got[k*size:][:size], paletted(n)); worst > 0 {
			t.Errorf("frame %d differs by up to %.0f levels", n, worst)
		}
	}
	if i := clip.Info.FrameAt(.35); i != 2 {
		t.Errorf("frame %d at 0.35 s, want 2: the frames begin at 0, 0.1, 0.3, 0.4, 0.6", i)
	}
}

// bitmap is a BMP file of 24 bits a pixel, rows from the last to the first.
func bitmap(img image.Image) []byte {
	b := img.Bounds()
	row := (b.Dx()*3 + 3) / 4 * 4
	out := make([]byte, 54+row*b.Dy())
	copy(out, "BM")
	le := binary.LittleEndian
	le.PutUint32(out[2:], uint32(len(out)))
	le.PutUint32(out[10:], 54)
	le.PutUint32(out[14:], 40)
	le.PutUint32(out[18:], uint32(b.Dx()))
	le.PutUint32(out[22:], uint32(b.Dy()))
	le.PutUint16(out[26:], 1)
	le.PutUint16(out[28:], 24)
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, _ := img.At(x, b.Dy()-1-y).RGBA()
			copy(out[54+y*row+3*x:], []byte{byte(bl >> 8), byte(g >> 8), byte(r >> 8)})
		}
	}
	return out
}

func TestBMP(t *testing.T) {
	img := paletted(3)
	_, _, got := render(t, newDecoder(t, Options{}), inMemory(bitmap(img)), whole(0))
	if _, worst := difference(got, img); worst > 0 {
		t.Errorf("differs by up to %.0f levels", worst)
	}
}

// Images made by the ffmpeg program in pixel formats that Go cannot write.
func TestImageFormats(t *testing.T) {
	dir := t.TempDir()
	d := newDecoder(t, Options{})
	for _, test := range []struct {
		name, format string
		args         []string
		limit        float64 // mean difference from the source, in levels
	}{
		{"lossless.webp", "bgra", []string{"-c:v", "libwebp", "-lossless", "1"}, 0.01},
		{"lossy.webp", "yuv420p", []string{"-c:v", "libwebp", "-q:v", "95"}, 12},
		{"gray.png", "gray", nil, 80},
		{"gray16.png", "gray16be", nil, 80},
		{"deep.png", "rgb48be", nil, 0.6},
		{"alpha.png", "rgba", nil, 0.01},
		{"grayalpha.png", "ya8", nil, 80},
		{"palette.png", "pal8", nil, 60},
		{"bits.png", "monob", nil, 128},
		{"q.jpg", "yuvj444p", []string{"-q:v", "1"}, 3},
		{"half.jpg", "yuvj422p", []string{"-q:v", "1"}, 8},
		{"narrow.bmp", "rgb565le", nil, 6},
		{"indexed.bmp", "pal8", nil, 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, test.name)
			runFFmpeg(t, append([]string{"-f", "lavfi", "-i", "testsrc2=size=98x62,format=rgb24", "-frames:v", "1", "-pix_fmt", test.format}, append(test.args, path)...)...)
			clip, plan, got := render(t, d, readFile(t, path), whole(0))
			if !clip.Info.Image || plan.Width != 98 || plan.Height != 62 {
				t.Fatalf("%+v", clip.Info)
			}
			source := filepath.Join(dir, "source.png")
			runFFmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=98x62,format=rgb24", "-frames:v", "1", source)
			file, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			want, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if mean, _ := difference(got, want); mean > test.limit {
				t.Errorf("%s: differs from the source by %.2f levels on average, want at most %.2f", clip.Info.PixelFormat, mean, test.limit)
			}
		})
	}
}

// A cut image gives what its bytes hold, or an error that says so.
func TestTruncatedImages(t *testing.T) {
	d := newDecoder(t, Options{})
	for _, path := range goImages(t, "testdata/video-001.jpeg", "testdata/video-001.png", "testdata/video-001.progressive.jpeg") {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, share := range []int{1, 10, 50, 90, 99} {
			cut := file[:max(1, len(file)*share/100)]
			var buf []byte
			clip, err := d.Clip(t.Context(), inMemory(cut), whole(0), func(p Plan) ([]byte, error) {
				buf = make([]byte, p.Bytes())
				return buf, nil
			})
			what := fmt.Sprintf("%s cut to %d %%", filepath.Base(path), share)
			if err != nil {
				if r := ReasonOf(err); r != Corrupt && r != Truncated && r != Unsupported {
					t.Errorf("%s: reason %q (%v)", what, r, err)
				}
				continue
			}
			if len(clip.Frames) != 1 {
				t.Errorf("%s: %d frames", what, len(clip.Frames))
			}
		}
	}
}
