package sampler

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestDenseWindows(t *testing.T) {
	for _, c := range []struct {
		name   string
		t      Temporal
		n      int
		want   []int
		refuse string
	}{
		{name: "centred", t: Temporal{Frames: 3, Stride: 2}, n: 9, want: []int{2, 4, 6}},
		{name: "just fits", t: Temporal{Frames: 3, Stride: 2}, n: 5, want: []int{0, 2, 4}},
		{name: "short", t: Temporal{Frames: 4, Stride: 2}, n: 4, want: []int{0, 2, 3, 3}},
		{name: "loop", t: Temporal{Frames: 4, Stride: 2, EndPolicy: Loop}, n: 3, want: []int{0, 2, 1, 0}},
		{name: "error", t: Temporal{Frames: 4, Stride: 2, EndPolicy: Fail}, n: 3, refuse: "needs 7 frames"},
		{name: "no frames", t: Temporal{Frames: 4, Stride: 2}, n: 0, refuse: "0 frames"},
		{name: "one frame", t: Temporal{Frames: 2, Stride: 5}, n: 1, want: []int{0, 0}},
		{name: "bad stride", t: Temporal{Frames: 2}, n: 1, refuse: "stride 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.t.Policy = Dense
			got, err := c.t.Indices(c.n, Key{})
			if c.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), c.refuse) {
					t.Fatalf("got %v, %v, want an error with %q", got, err, c.refuse)
				}
				return
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestSegmentsSpanTheVideo(t *testing.T) {
	temporal := Temporal{Policy: Dense, Frames: 4, Stride: 2, Segments: 3}
	for view, first := range []int{0, 10, 20} {
		got, err := temporal.Indices(27, Key{View: view})
		if err != nil || got[0] != first {
			t.Errorf("view %d: got %v, %v, want the first frame %d", view, got, err, first)
		}
	}
}

func TestUniform(t *testing.T) {
	temporal := Temporal{Policy: Uniform, Frames: 4}
	for n, want := range map[int][]int{40: {5, 15, 25, 35}, 4: {0, 1, 2, 3}, 2: {0, 0, 1, 1}, 1: {0, 0, 0, 0}, 9: {1, 3, 5, 7}} {
		if got, err := temporal.Indices(n, Key{}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d frames: got %v, %v, want %v", n, got, err, want)
		}
	}
	temporal.EndPolicy = Fail
	if _, err := temporal.Indices(3, Key{}); err == nil {
		t.Error("four segments of three frames were taken under the error policy")
	}
}

// chiSquare is the sum of (seen - expected)² / expected.
func chiSquare(counts []int) float64 {
	total := 0
	for _, c := range counts {
		total += c
	}
	expected, sum := float64(total)/float64(len(counts)), 0.0
	for _, c := range counts {
		sum += (float64(c) - expected) * (float64(c) - expected) / expected
	}
	return sum
}

// checkUniform allows five standard deviations of the chi-square distribution.
func checkUniform(t *testing.T, what string, counts []int) {
	t.Helper()
	k := float64(len(counts) - 1)
	if x := chiSquare(counts); math.Abs(x-k) > 5*math.Sqrt(2*k) {
		t.Errorf("%s: chi-square %.1f with %.0f degrees of freedom: %v", what, x, k, counts)
	}
}

func TestRandomWindowsAreUniform(t *testing.T) {
	temporal := Temporal{Policy: Dense, Frames: 4, Stride: 3, Random: true}
	starts := make([]int, 11) // 20 - 10 + 1
	for i := range 11000 {
		got, err := temporal.Indices(20, Key{Seed: 7, RecordID: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		starts[got[0]]++
	}
	checkUniform(t, "starts", starts)
}

func TestEveryPartOfTheKeyMatters(t *testing.T) {
	base := Key{Seed: 1, Epoch: 2, RecordID: "a", View: 3}
	draw := func(k Key, purpose string) [4]int {
		d := k.Draws(purpose)
		return [4]int{d.Below(1 << 30), d.Below(1 << 30), d.Below(1 << 30), d.Below(1 << 30)}
	}
	seen := map[[4]int]string{draw(base, "time"): "base"}
	for name, k := range map[string]Key{
		"seed": {Seed: 2, Epoch: 2, RecordID: "a", View: 3}, "epoch": {Seed: 1, Epoch: 3, RecordID: "a", View: 3},
		"id": {Seed: 1, Epoch: 2, RecordID: "b", View: 3}, "view": {Seed: 1, Epoch: 2, RecordID: "a", View: 4},
		"negative epoch": {Seed: 1, Epoch: -1, RecordID: "a", View: 3},
	} {
		values := draw(k, "time")
		if other, ok := seen[values]; ok {
			t.Errorf("%s draws the same as %s", name, other)
		}
		seen[values] = name
	}
	if _, ok := seen[draw(base, "crop")]; ok {
		t.Error("another purpose draws the same")
	}
	if first, second := draw(base, "time"), draw(base, "time"); first != second {
		t.Error("the same key drew something else")
	}
}

// TestDrawsStayAsTheyAre pins the stream: a change would change every clip of every seed.
func TestDrawsStayAsTheyAre(t *testing.T) {
	d := Key{Seed: 1, Epoch: 2, RecordID: "clip", View: 3}.Draws("time")
	var got []int
	for range 6 {
		got = append(got, d.Below(1000))
	}
	if want := []int{783, 612, 556, 67, 315, 743}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestUnitAndBelowAreUniform(t *testing.T) {
	d := Key{Seed: 3}.Draws("test")
	units, sevens := make([]int, 16), make([]int, 7)
	for range 20000 {
		units[int(d.Unit()*16)]++
		sevens[d.Below(7)]++
	}
	checkUniform(t, "fractions", units)
	checkUniform(t, "numbers below 7", sevens)
}

func TestPermutationsAreUniform(t *testing.T) {
	counts := map[string]int{}
	for i := range 12000 {
		counts[fmt.Sprint(Permutation(4, Key{Epoch: i}.Draws("order")))]++
	}
	if len(counts) != 24 {
		t.Fatalf("%d permutations of 4, want 24", len(counts))
	}
	var list []int
	for _, c := range counts {
		list = append(list, c)
	}
	checkUniform(t, "permutations", list)
}

func TestRandomCropsAreUniform(t *testing.T) {
	s := Spatial{ShortSide: 12, Height: 10, Width: 10, Crop: CropRandom, Flip: true}
	places, flips := make([]int, 3*9), make([]int, 2)
	for i := range 13500 {
		r, flip, err := s.Region(36, 24, Key{RecordID: fmt.Sprint(i)}) // resized to 18 x 12
		if err != nil || r.W != 20 || r.H != 20 {
			t.Fatalf("%+v, %v", r, err)
		}
		places[int(r.Y)/2*9+int(r.X)/2]++
		if flip {
			flips[1]++
		} else {
			flips[0]++
		}
	}
	checkUniform(t, "places", places)
	checkUniform(t, "flips", flips)
}

func TestMultiscaleCropsAreUniform(t *testing.T) {
	s := Spatial{Height: 20, Width: 20, Crop: CropMultiscale}
	seen := map[Region]int{}
	for i := range 13000 {
		r, _, err := s.Region(120, 90, Key{RecordID: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		seen[r]++
	}
	expected := map[Region]float64{}
	sizes := multiscaleSizes(120, 90, size{W: 20, H: 20}, multiscaleScales())
	for _, size := range sizes {
		offsets := multiscaleOffsets(120, 90, size)
		for _, at := range offsets {
			expected[Region{X: float64(at.X), Y: float64(at.Y), W: float64(size.W), H: float64(size.H)}] += 13000 / float64(len(sizes)*len(offsets))
		}
	}
	sum := 0.0
	for r, n := range seen {
		if expected[r] == 0 {
			t.Fatalf("crop %+v is not in the table", r)
		}
		sum += (float64(n) - expected[r]) * (float64(n) - expected[r]) / expected[r]
	}
	if k := float64(len(expected) - 1); len(seen) != len(expected) || math.Abs(sum-k) > 5*math.Sqrt(2*k) {
		t.Errorf("%d of %d crops seen, chi-square %.1f", len(seen), len(expected), sum)
	}
}

func TestResizedCropsHaveTheirDistribution(t *testing.T) {
	s := Spatial{Height: 8, Width: 8, Crop: CropResized, Area: [2]float64{.25, .5}, Aspect: [2]float64{.5, 2}}
	areas := make([]int, 5)
	for i := range 5000 {
		r, _, err := s.Region(1000, 1000, Key{RecordID: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		if ratio := r.W / r.H; ratio < .49 || ratio > 2.02 || r.X < 0 || r.Y < 0 || r.X+r.W > 1000 || r.Y+r.H > 1000 {
			t.Fatalf("region %+v", r)
		}
		areas[min(4, max(0, int((r.W*r.H/1e6-.25)/.05)))]++
	}
	checkUniform(t, "areas", areas)
	// A picture too long for any allowed shape: the largest centred one.
	r, _, err := Spatial{Height: 8, Width: 8, Crop: CropResized, Area: [2]float64{1, 1}}.Region(1000, 100, Key{})
	if want := (Region{X: 433, Y: 0, W: 133, H: 100}); err != nil || r != want {
		t.Errorf("got %+v, %v, want %+v", r, err, want)
	}
}

func TestThreeAndFiveCrops(t *testing.T) {
	want := map[string][][2]float64{
		CropThree: {{0, 2}, {5, 2}, {10, 2}},
		CropFive:  {{0, 0}, {10, 0}, {0, 4}, {10, 4}, {5, 2}},
	}
	for crop, corners := range want {
		for view, corner := range corners {
			s := Spatial{ShortSide: 14, Height: 10, Width: 10, Crop: crop}
			r, _, err := s.Region(20, 14, Key{View: view})
			if err != nil || [2]float64{r.X, r.Y} != corner {
				t.Errorf("%s, view %d: got %+v, %v, want %v", crop, view, r, err, corner)
			}
		}
	}
}

func TestBadSpatialValuesAreNamed(t *testing.T) {
	for text, s := range map[string]Spatial{
		`crop "middle"`: {Crop: "middle", Height: 1, Width: 1, ShortSide: 1},
		"short side":    {Crop: CropCenter, Height: 8, Width: 8, ShortSide: 7},
		"output of":     {Crop: CropCenter, ShortSide: 8},
		"crop area":     {Crop: CropResized, Height: 8, Width: 8, Area: [2]float64{.5, 2}},
		"crop aspect":   {Crop: CropResized, Height: 8, Width: 8, Aspect: [2]float64{2, 1}},
	} {
		if _, _, err := s.Region(10, 10, Key{}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want an error with %q", err, text)
		}
	}
	if _, _, err := (Spatial{Crop: CropCenter, Height: 8, Width: 8, ShortSide: 8}).Region(0, 5, Key{}); err == nil {
		t.Error("an empty picture was taken")
	}
}

func FuzzIndices(f *testing.F) {
	f.Add(uint8(0), uint8(8), uint8(4), uint16(100), true, uint8(0), uint64(1))
	f.Add(uint8(3), uint8(16), uint8(2), uint16(1), false, uint8(1), uint64(2))
	policies := []string{Dense, Uniform, Spread, VideoMAE}
	ends := []string{"", RepeatLast, Loop}
	f.Fuzz(func(t *testing.T, policy, frames, stride uint8, n uint16, random bool, end uint8, seed uint64) {
		temporal := Temporal{Policy: policies[int(policy)%4], Frames: int(frames) + 1, Stride: int(stride) + 1, Random: random, EndPolicy: ends[int(end)%3]}
		numFrames := int(n) + 1
		got, err := temporal.Indices(numFrames, Key{Seed: seed, View: int(seed % 7)})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != temporal.Frames {
			t.Fatalf("%d indices, want %d", len(got), temporal.Frames)
		}
		for i, index := range got {
			if index < 0 || index >= numFrames {
				t.Fatalf("%+v, %d frames: index %d in %v", temporal, numFrames, index, got)
			}
			if i > 0 && index < got[i-1] && temporal.EndPolicy != Loop {
				t.Fatalf("%+v, %d frames: %v decreases", temporal, numFrames, got)
			}
		}
	})
}

func FuzzRegion(f *testing.F) {
	f.Add(uint8(0), uint16(340), uint16(256), uint16(224), uint8(100), uint64(1))
	f.Fuzz(func(t *testing.T, crop uint8, width, height, shortSide uint16, side uint8, seed uint64) {
		crops := crops()
		s := Spatial{ShortSide: int(shortSide)%4096 + int(side) + 1, Height: int(side) + 1, Width: int(side) + 1, Crop: crops[int(crop)%len(crops)], Flip: true}
		w, h := int(width)+1, int(height)+1
		r, _, err := s.Region(w, h, Key{Seed: seed, View: int(seed % 9)})
		if err != nil {
			t.Fatal(err)
		}
		const slack = 1e-6
		if !(r.W > 0 && r.H > 0 && r.X >= -slack && r.Y >= -slack && r.X+r.W <= float64(w)+slack && r.Y+r.H <= float64(h)+slack) {
			t.Fatalf("%+v on %d x %d: region %+v leaves the picture", s, w, h, r)
		}
	})
}
