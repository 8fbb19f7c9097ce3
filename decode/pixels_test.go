package decode

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// whole plans every frame in full size.
func whole(indices ...int) func(*Info) (Plan, error) {
	return func(info *Info) (Plan, error) {
		return Plan{
			Indices: indices, Width: info.Width, Height: info.Height,
			Region: Region{W: float64(info.Width), H: float64(info.Height)},
		}, nil
	}
}

// render runs one plan and returns its pixels.
func render(t testing.TB, d *Decoder, src Source, plan func(*Info) (Plan, error)) (*Clip, Plan, []byte) {
	t.Helper()
	var buf []byte
	var last Plan
	clip, err := d.Clip(t.Context(), src, plan, func(p Plan) ([]byte, error) {
		last, buf = p, make([]byte, p.Bytes())
		return buf, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return clip, last, buf
}

// samples is one plane as numbers, in units of eight-bit levels.
type samples struct {
	w, h int
	v    []float64
}

func (s samples) at(x, y int) float64 {
	return s.v[min(max(y, 0), s.h-1)*s.w+min(max(x, 0), s.w-1)]
}

// blend is the bilinear value at sample coordinates.
func (s samples) blend(x, y float64) float64 {
	x, y = min(max(x, 0), float64(s.w-1)), min(max(y, 0), float64(s.h-1))
	i, j := math.Floor(x), math.Floor(y)
	fx, fy := x-i, y-j
	a, b := int(i), int(j)
	top := s.at(a, b)*(1-fx) + s.at(a+1, b)*fx
	low := s.at(a, b+1)*(1-fx) + s.at(a+1, b+1)*fx
	return top*(1-fy) + low*fy
}

func planeSamples(p Plane, depth int) samples {
	wide := depth > 8
	s := samples{w: p.RowBytes, h: p.Height}
	if wide {
		s.w /= 2
	}
	for y := range s.h {
		for x := range s.w {
			if wide {
				v := binary.LittleEndian.Uint16(p.Data[y*p.Stride+2*x:])
				s.v = append(s.v, float64(v)/float64(int(1)<<(depth-8)))
			} else {
				s.v = append(s.v, float64(p.Data[y*p.Stride+x]))
			}
		}
	}
	return s
}

// reference renders planar YUV in floating point, straight from the
// definition: bilinear per plane, left-sited chroma, then the matrix.
func reference(planes []samples, plan Plan, displayW float64, kr, kb float64, full bool) []float64 {
	kg := 1 - kr - kb
	luma := planes[0]
	ratioX, ratioY := planes[1].w*2 <= luma.w+1 && luma.w > 1, planes[1].h*2 <= luma.h+1 && luma.h > 1
	yScale, cScale, black := 255.0/219, 255.0/224, 16.0
	if full {
		yScale, cScale, black = 1, 1, 0
	}
	out := make([]float64, 0, plan.Width*plan.Height*3)
	for oy := range plan.Height {
		for ox := range plan.Width {
			i := ox
			if plan.HFlip {
				i = plan.Width - 1 - ox
			}
			x := (plan.Region.X+(float64(i)+.5)*plan.Region.W/float64(plan.Width))*float64(luma.w)/displayW - .5
			y := plan.Region.Y + (float64(oy)+.5)*plan.Region.H/float64(plan.Height) - .5
			cx, cy := x, y
			if ratioX {
				cx = x / 2
			}
			if ratioY {
				cy = (y - .5) / 2
			}
			l := (luma.blend(x, y) - black) * yScale
			u, v := (planes[1].blend(cx, cy)-128)*cScale, (planes[2].blend(cx, cy)-128)*cScale
			out = append(out, l+2*(1-kr)*v, l-2*(1-kb)*kb/kg*u-2*(1-kr)*kr/kg*v, l+2*(1-kb)*u)
		}
	}
	return out
}

func TestPixelsFollowTheDefinition(t *testing.T) {
	for _, path := range realClips(t) {
		name := filepath.Base(path)
		if strings.Contains(name, "rotated") || strings.Contains(name, "corrupted") {
			continue // turned clips have a test of their own; planes of damaged ones prove nothing more
		}
		t.Run(name, func(t *testing.T) {
			d := newDecoder(t, Options{})
			src := readFile(t, path)
			index := 2
			var planes []samples
			depth := 8
			err := d.Native(t.Context(), src, []int{index}, func(f NativeFrame) error {
				if strings.Contains(f.PixelFormat, "10le") {
					depth = 10
				}
				for _, p := range f.Planes {
					planes = append(planes, planeSamples(p, depth))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			full, kr, kb := strings.Contains(name, "full_range"), .299, .114
			if strings.Contains(name, "bt709") {
				kr, kb = .2126, .0722
			}
			plans := map[string]func(*Info) (Plan, error){
				"whole": whole(index),
				"crop": func(info *Info) (Plan, error) {
					side := float64(min(info.Width, info.Height)) * .83
					return Plan{Indices: []int{index}, Width: 112, Height: 96, HFlip: true,
						Region: Region{X: 3.3, Y: 5.7, W: side * 112 / 96 * .9, H: side * .9}}, nil
				},
				"beyond": func(info *Info) (Plan, error) {
					return Plan{Indices: []int{index}, Width: 61, Height: 75,
						Region: Region{X: -10, Y: -10, W: float64(info.Width) + 25, H: float64(info.Height) + 13}}, nil
				},
			}
			for what, plan := range plans {
				clip, p, got := render(t, d, src, plan)
				want := reference(planes, p, float64(clip.Info.Width), kr, kb, full)
				worst, sum := 0.0, 0.0
				for i, v := range want {
					diff := math.Abs(float64(got[i]) - min(max(v, 0), 255))
					worst, sum = max(worst, diff), sum+diff
				}
				mean := sum / float64(len(want))
				if worst > 1 || mean > .3 {
					t.Errorf("%s: pixels differ from the definition by %.2f levels at most, %.3f on average", what, worst, mean)
				}
			}
		})
	}
}

// Scalar code, AVX2 code and the generic reader give the same bytes.
func TestKernelTwins(t *testing.T) {
	clips := realClipsFound(t)
	for _, path := range fixtures(t) {
		if name := filepath.Base(path); strings.Contains(name, "444") || strings.Contains(name, "422") || strings.Contains(name, "gray") {
			clips = append(clips, path)
		}
	}
	if len(clips) == 0 {
		t.Skip("no real clips in ../shared/clips, and no generated ones in .deps/fixtures")
	}
	for _, path := range clips {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src := readFile(t, path)
			for _, filter := range []Filter{Bilinear, Bicubic, Area} {
				for _, width := range []int{1, 7, 8, 61, 130, 224} {
					plan := func(info *Info) (Plan, error) {
						return Plan{Indices: []int{0, 2}, Width: width, Height: 53, Filter: filter, HFlip: width%2 == 1,
							Region: Region{X: 1.5, Y: 2.25, W: float64(info.Width) * .7, H: float64(info.Height) * .8}}, nil
					}
					if width < 8 && filter == Area {
						continue // a reduction beyond the filter's bound
					}
					_, _, fast := render(t, newDecoder(t, Options{}), src, plan)
					for name, switches := range map[string]int{"scalar": switchNoSIMD, "generic": switchGeneric | switchNoSIMD} {
						_, _, slow := render(t, newDecoder(t, Options{switches: switches}), src, plan)
						for i := range fast {
							if fast[i] != slow[i] {
								t.Fatalf("filter %d, width %d: byte %d is %d, %s gives %d", filter, width, i, fast[i], name, slow[i])
							}
						}
					}
				}
			}
		})
	}
}

// matrices are the eight display matrices, by the transposition and flips they mean.
var matrices = map[string][4]int32{
	"as stored":      {1, 0, 0, 1},
	"turned 90":      {0, 1, -1, 0},
	"turned 180":     {-1, 0, 0, -1},
	"turned 270":     {0, -1, 1, 0},
	"flipped down":   {1, 0, 0, -1},
	"transposed":     {0, 1, 1, 0},
	"antitransposed": {0, -1, -1, 0},
}

// withMatrix patches the display matrix of an MP4 file's only video track.
func withMatrix(t *testing.T, file []byte, m [4]int32) []byte {
	t.Helper()
	out := append([]byte(nil), file...)
	patched := 0
	for at := 0; ; {
		i := strings.Index(string(out[at:]), "tkhd")
		if i < 0 {
			break
		}
		at += i + 4
		matrix := out[at+4+4+4+4+4+4+8+8:] // version and flags, times, track, reserved, duration, reserved, layer to volume
		if out[at] == 1 {
			matrix = matrix[12:]
		}
		for k, offset := range []int{0, 4, 12, 16} {
			binary.BigEndian.PutUint32(matrix[offset:], uint32(m[k]<<16))
		}
		patched++
	}
	if patched == 0 {
		t.Fatal("no track header to patch")
	}
	return out
}

// Turned and flipped frames are permutations of the stored frame, in Clip and
// in Native alike.
func TestOrientation(t *testing.T) {
	var path string
	for _, p := range realClips(t) {
		if strings.Contains(p, "h264_6fps") {
			path = p
		}
	}
	if path == "" {
		t.Skip("h264_6fps.mp4 is not among the real clips")
	}
	file := readFile(t, path)
	bytes := make([]byte, file.Size())
	file.ReadAt(bytes, 0)
	d := newDecoder(t, Options{})
	stored, plan, base := render(t, d, inMemory(withMatrix(t, bytes, matrices["as stored"])), whole(3))
	w, h := plan.Width, plan.Height
	for name, m := range matrices {
		t.Run(name, func(t *testing.T) {
			src := inMemory(withMatrix(t, bytes, m))
			clip, p, got := render(t, d, src, whole(3))
			wantW, wantH := w, h
			if m[0] == 0 {
				wantW, wantH = h, w
			}
			if p.Width != wantW || p.Height != wantH {
				t.Fatalf("size %dx%d, want %dx%d", p.Width, p.Height, wantW, wantH)
			}
			// The matrix maps stored (x, y) to display a·x+c·y, b·x+d·y, shifted to be positive.
			for y := range h {
				for x := range w {
					dx, dy := int(m[0])*x+int(m[2])*y, int(m[1])*x+int(m[3])*y
					if dx < 0 || (m[0] < 0 || m[2] < 0) {
						dx += wantW - 1
					}
					if dy < 0 || (m[1] < 0 || m[3] < 0) {
						dy += wantH - 1
					}
					for k := range 3 {
						if got[3*(dy*wantW+dx)+k] != base[3*(y*w+x)+k] {
							t.Fatalf("stored pixel %d,%d is not at %d,%d of the display", x, y, dx, dy)
						}
					}
				}
			}
			if clip.Info.StoredWidth != stored.Info.StoredWidth {
				t.Errorf("stored width %d, want %d", clip.Info.StoredWidth, stored.Info.StoredWidth)
			}
		})
	}
}
