package segment

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// windows runs windows of length 2 s with a hop of 1 s and the given scores of two classes through a Finder.
func windows(t *testing.T, opt Options, scores ...[]float32) []Segment {
	t.Helper()
	f, err := NewFinder(2, opt)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range scores {
		if err := f.Add(float64(i), float64(i)+2, s); err != nil {
			t.Fatal(err)
		}
	}
	return f.Finish()
}

func class0(scores ...float32) [][]float32 {
	var all [][]float32
	for _, s := range scores {
		all = append(all, []float32{s, 0})
	}
	return all
}

func TestSegments(t *testing.T) {
	base := Options{On: 0.5, Off: 0.25}
	with := func(minLength, gap float64) Options {
		o := base
		o.MinLengthSeconds, o.JoinGapSeconds = minLength, gap
		return o
	}
	for _, c := range []struct {
		name   string
		opt    Options
		scores [][]float32
		want   []Segment
	}{
		{"nothing on", base, class0(0.4, 0.49, 0.4), nil},
		{"no windows", base, nil, nil},
		{"on throughout", base, class0(1, 1, 1), []Segment{{0, 0, 4, 1, 1}}}, // from the first start to the last end
		{"inside", base, class0(0, 1, 1, 0), []Segment{{0, 1.5, 3.5, 1, 1}}},
		{"hysteresis keeps", base, class0(0, 0.75, 0.25, 0), []Segment{{0, 1.5, 3.5, 0.5, 0.75}}},
		{"hysteresis does not start", base, class0(0.25, 0.75, 0, 0), []Segment{{0, 1.5, 2.5, 0.75, 0.75}}},
		{"gap kept", with(0, 0.5), class0(0, 1, 0, 1, 0), []Segment{{0, 1.5, 2.5, 1, 1}, {0, 3.5, 4.5, 1, 1}}},
		{"gap joined", with(0, 1), class0(0, 1, 0, 0.5, 0), []Segment{{0, 1.5, 4.5, 0.75, 1}}},
		{"joined, then long enough", with(3, 1), class0(0, 1, 0, 1, 0), []Segment{{0, 1.5, 4.5, 1, 1}}},
		{"too short", with(1.5, 0), class0(0, 1, 0, 0), nil},
		{"two classes at once", base, [][]float32{{1, 0}, {1, 1}, {0, 1}, {0, 0}}, []Segment{{0, 0, 2.5, 1, 1}, {1, 1.5, 3.5, 1, 1}}},
		{"not a number is off", base, class0(1, float32(math.NaN()), 1, 0), []Segment{{0, 0, 1.5, 1, 1}, {0, 2.5, 3.5, 1, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := windows(t, c.opt, c.scores...); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestBoundaryWithinOneHop scores windows by how much of them an action fills and looks for its ends.
func TestBoundaryWithinOneHop(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		length := 1 + 3*r.Float64()
		hop := length * (0.1 + 0.9*r.Float64())
		from := 10 * r.Float64()
		to := from + length + 10*r.Float64()
		f, err := NewFinder(1, Options{On: 0.5, Off: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		for start := 0.0; start < 40; start += hop {
			share := max(0, min(to, start+length)-max(from, start)) / length
			if err := f.Add(start, start+length, []float32{float32(share)}); err != nil {
				t.Fatal(err)
			}
		}
		got := f.Finish()
		if len(got) != 1 || math.Abs(got[0].StartSeconds-from) > hop && from > length || math.Abs(got[0].EndSeconds-to) > hop {
			t.Fatalf("action %v to %v s, windows of %v s every %v s: found %v", from, to, length, hop, got)
		}
	}
}

func TestFinderServesVideoAfterVideo(t *testing.T) {
	f, err := NewFinder(1, DefaultOptions)
	if err != nil {
		t.Fatal(err)
	}
	var first []Segment
	for i := range 2 {
		for k := range 3 {
			if err := f.Add(float64(k), float64(k)+2, []float32{1}); err != nil {
				t.Fatal(err)
			}
		}
		got := f.Finish()
		if i == 0 {
			first = got
		}
		if len(got) != 1 || !reflect.DeepEqual(got, first) {
			t.Errorf("video %d: %v, the first gave %v", i, got, first)
		}
	}
}

func TestWindowsThatCannotBe(t *testing.T) {
	f, err := NewFinder(1, DefaultOptions)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add(1, 3, []float32{1}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"scores":    f.Add(2, 4, []float32{1, 0}),
		"no length": f.Add(2, 2, []float32{1}),
		"order":     f.Add(0, 2, []float32{1}),
		"on":        Options{On: 1.5}.Validate(),
		"off":       Options{On: 0.5, Off: 0.6}.Validate(),
		"length":    Options{On: 0.5, MinLengthSeconds: math.NaN()}.Validate(),
		"gap":       Options{On: 0.5, JoinGapSeconds: -1}.Validate(),
		"meet":      Options{On: 0.5, CloseGapSeconds: math.Inf(1)}.Validate(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWebVTT(t *testing.T) {
	var b bytes.Buffer
	err := WriteWebVTT(&b, []Segment{
		{Label: 1, StartSeconds: 0, EndSeconds: 1.5, Score: 0.75},
		{Label: 0, StartSeconds: 3661.25, EndSeconds: 3661.25, Score: 1},
		{Label: 7, StartSeconds: 36000 * 11, EndSeconds: 36000*11 + 1, Score: 0.5},
	}, []string{"a --> b & <c>", "run\n\nfast"})
	if err != nil {
		t.Fatal(err)
	}
	want := "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.500\nrun  fast 0.750\n" +
		"\n2\n01:01:01.250 --> 01:01:01.251\na --&gt; b &amp; &lt;c&gt; 1.000\n" +
		"\n3\n110:00:00.000 --> 110:00:01.000\n7 0.500\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
