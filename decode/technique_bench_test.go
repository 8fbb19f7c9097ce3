package decode

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
)

// BenchmarkTechniques measures what each technique saves: processor time a
// clip with everything on, then with one technique off. The variants alternate
// clip by clip, so that a busy machine slows all alike. Corpora come from
// decode/bench/corpora.sh; PADAPTER_CORPORA names their directory.
//
//	go test ./decode -run '^$' -bench Techniques -benchtime 5x
func BenchmarkTechniques(b *testing.B) {
	dir := os.Getenv("PADAPTER_CORPORA")
	if dir == "" {
		dir = filepath.Join(repositoryRoot(b), ".deps", "corpora")
	}
	corpora, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(corpora) == 0 {
		b.Skipf("no corpora in %s: run decode/bench/corpora.sh", dir)
	}
	variants := []struct {
		name     string
		switches int
	}{
		{"all", 0},
		{"no-drop", switchNoDrop},
		{"from-packet-0", switchFromStart},
		{"probe-streams", switchStreamInfo},
		{"count-by-decoding", switchFullScan},
		{"scalar-kernel", switchNoSIMD},
		{"no-pixels", switchNoRender},
		{"plain", switchNoDrop | switchFromStart | switchStreamInfo},
	}
	for _, corpus := range corpora {
		files, _ := filepath.Glob(filepath.Join(corpus, "*"))
		b.Run(filepath.Base(corpus), func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			buf := make([]byte, 16*224*224*3)
			times := make([][]float64, len(variants))
			decoders := make([]*Decoder, len(variants))
			for i, v := range variants {
				decoders[i] = newDecoder(b, Options{switches: v.switches})
			}
			for range b.N {
				sums := make([]time.Duration, len(variants))
				for _, path := range files {
					for i, d := range decoders {
						start := threadTime(b)
						file, err := OpenFile(path)
						if err != nil {
							b.Fatal(err)
						}
						_, err = d.Clip(b.Context(), file, middleWindow, func(Plan) ([]byte, error) { return buf, nil })
						file.Close()
						if err != nil {
							b.Fatal(err)
						}
						sums[i] += threadTime(b) - start
					}
				}
				for i, s := range sums {
					times[i] = append(times[i], s.Seconds()*1000/float64(len(files)))
				}
			}
			for i, v := range variants {
				slices.Sort(times[i])
				b.ReportMetric(times[i][len(times[i])/2], v.name+"-ms")
			}
			b.ReportMetric(swscaleMs(b, files[0]), "swscale-16-frames-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// middleWindow is the benchmark's work: 16 frames at stride 4, centre square.
func middleWindow(info *Info) (Plan, error) {
	side := float64(min(info.Width, info.Height))
	p := Plan{Width: 224, Height: 224, Region: Region{X: (float64(info.Width) - side) / 2, Y: (float64(info.Height) - side) / 2, W: side, H: side}}
	start := max(0, (info.Frames-61)/2)
	for i := range 16 {
		p.Indices = append(p.Indices, min(start+4*i, info.Frames-1))
	}
	return p, nil
}

func threadTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(1, &u); err != nil { // RUSAGE_THREAD
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// swscaleMs is the processor time that swscale takes for 16 whole frames:
// short side to 224, bilinear, RGB.
func swscaleMs(b *testing.B, path string) float64 {
	var pixels []byte
	var w, h int
	err := newDecoder(b, Options{}).Native(b.Context(), readFile(b, path), []int{0}, func(f NativeFrame) error {
		if f.PixelFormat != "yuv420p" {
			b.Skipf("%s is %s", path, f.PixelFormat)
		}
		for _, p := range f.Planes {
			for y := range p.Height {
				pixels = append(pixels, p.Data[y*p.Stride:][:p.RowBytes]...)
			}
		}
		w, h = f.Width, f.Height
		return nil
	})
	must(b, err)
	src, dst := astiav.AllocFrame(), astiav.AllocFrame()
	defer src.Free()
	defer dst.Free()
	src.SetWidth(w)
	src.SetHeight(h)
	src.SetPixelFormat(astiav.PixelFormatYuv420P)
	must(b, src.AllocBuffer(0))
	must(b, src.Data().SetBytes(pixels, 1))
	scale := 224 / float64(min(w, h))
	ow, oh := int(float64(w)*scale+.5), int(float64(h)*scale+.5)
	dst.SetWidth(ow)
	dst.SetHeight(oh)
	dst.SetPixelFormat(astiav.PixelFormatRgb24)
	must(b, dst.AllocBuffer(0))
	scaler, err := astiav.CreateSoftwareScaleContext(w, h, astiav.PixelFormatYuv420P, ow, oh, astiav.PixelFormatRgb24,
		astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagBilinear))
	must(b, err)
	defer scaler.Free()
	const rounds = 5
	start := threadTime(b)
	for range rounds * 16 {
		must(b, scaler.ScaleFrame(src, dst))
	}
	return (threadTime(b) - start).Seconds() * 1000 / rounds
}
