package segment

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestSegmentsMeet(t *testing.T) {
	opt := Options{On: 0.5, Off: 0.5, MinLengthSeconds: 1.5, CloseGapSeconds: 2}
	a, b, none := []float32{1, 0}, []float32{0, 1}, []float32{0, 0}
	for _, c := range []struct {
		name   string
		opt    Options
		scores [][]float32
		want   []Segment
	}{
		{"not asked for", Options{On: 0.5, Off: 0.5}, [][]float32{a, none, b}, []Segment{{0, 0, 1.5, 1, 1}, {1, 2.5, 4, 1, 1}}},
		{"in the middle", opt, [][]float32{a, a, none, none, b, b}, []Segment{{0, 0, 3.5, 1, 1}, {1, 3.5, 7, 1, 1}}},
		{"too far apart", opt, [][]float32{a, a, none, none, none, b, b}, []Segment{{0, 0, 2.5, 1, 1}, {1, 5.5, 8, 1, 1}}},
		{"across what is dropped", opt, [][]float32{b, b, a, none, a, a}, []Segment{{1, 0, 3.5, 1, 1}, {0, 3.5, 7, 1, 1}}},
		{"one class", opt, [][]float32{a, a, none, a, a}, []Segment{{0, 0, 2.5, 1, 1}, {0, 3.5, 6, 1, 1}}},
		{"one class beside another", opt, [][]float32{{1, 1}, {1, 1}, none, a, a}, []Segment{{0, 0, 2.5, 1, 1}, {1, 0, 2.5, 1, 1}, {0, 3.5, 6, 1, 1}}},
		{"touching and overlapping", opt, [][]float32{a, a, {1, 1}, b, b}, []Segment{{0, 0, 3.5, 1, 1}, {1, 2.5, 6, 1, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := windows(t, c.opt, c.scores...); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSeveralSegmentsMeet(t *testing.T) {
	got := []Segment{{Label: 0, StartSeconds: 0, EndSeconds: 4}, {Label: 1, StartSeconds: 1, EndSeconds: 4}, {Label: 2, StartSeconds: 2, EndSeconds: 3}, {Label: 3, StartSeconds: 5, EndSeconds: 6}, {Label: 4, StartSeconds: 5, EndSeconds: 7}, {Label: 3, StartSeconds: 8, EndSeconds: 9}}
	closeGaps(got, 1)
	want := []Segment{{Label: 0, StartSeconds: 0, EndSeconds: 4.5}, {Label: 1, StartSeconds: 1, EndSeconds: 4.5}, {Label: 2, StartSeconds: 2, EndSeconds: 3}, {Label: 3, StartSeconds: 4.5, EndSeconds: 6}, {Label: 4, StartSeconds: 4.5, EndSeconds: 7.5}, {Label: 3, StartSeconds: 7.5, EndSeconds: 9}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestCutWithinOneHop has windows over a cut taken for the action that fills more of them or, half of the time, for a
// third class.
func TestCutWithinOneHop(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	beyond := 0
	for range 1000 {
		length := 1 + 3*r.Float64()
		hop := length * (0.5 + 0.5*r.Float64())
		cut := 20 + 10*r.Float64()
		opt := Options{On: 0.5, Off: 0.5, MinLengthSeconds: 2.5 * hop}
		plain, err := NewFinder(3, opt)
		if err != nil {
			t.Fatal(err)
		}
		opt.CloseGapSeconds = 2 * length
		meeting, err := NewFinder(3, opt)
		if err != nil {
			t.Fatal(err)
		}
		for start := 0.0; start < 50; start += hop {
			scores := make([]float32, 3)
			switch middle := start + length/2; {
			case math.Abs(middle-cut) < length/2 && r.IntN(2) == 0:
				scores[2] = 1
			case middle < cut:
				scores[0] = 1
			default:
				scores[1] = 1
			}
			for _, f := range []*Finder{plain, meeting} {
				if err := f.Add(start, start+length, scores); err != nil {
					t.Fatal(err)
				}
			}
		}
		apart, got := plain.Finish(), meeting.Finish()
		if len(got) != 2 || got[0].EndSeconds != got[1].StartSeconds || math.Abs(got[0].EndSeconds-cut) > hop+1e-9 {
			t.Fatalf("cut at %v s, windows of %v s every %v s: found %v", cut, length, hop, got)
		}
		if math.Abs(apart[0].EndSeconds-cut) > hop || math.Abs(apart[1].StartSeconds-cut) > hop {
			beyond++
		}
	}
	if beyond == 0 {
		t.Error("segments that do not meet are within one hop, too: the test shows nothing")
	}
}
