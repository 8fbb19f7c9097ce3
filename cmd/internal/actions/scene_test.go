package actions

import (
	"bytes"
	"math"
	"testing"
)

const (
	testWidth  = 64
	testHeight = 48
	testFrames = 24
)

func render(t *testing.T, sc *Scene) [][]byte {
	t.Helper()
	frames := make([][]byte, sc.frames)
	for i := range frames {
		frames[i] = make([]byte, sc.width*sc.height*3)
		sc.Render(frames[i], i)
	}
	return frames
}

func scene(t *testing.T, set Set, seed uint64, index, class int) *Scene {
	t.Helper()
	sc, err := set.Scene(seed, index, class, testWidth, testHeight, testFrames)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestSceneIsAFunctionOfItsArguments(t *testing.T) {
	for _, set := range []Set{Source(), Target()} {
		a, b := render(t, scene(t, set, 7, 3, 2)), render(t, scene(t, set, 7, 3, 2))
		other := render(t, scene(t, set, 8, 3, 2))
		for i := range a {
			if !bytes.Equal(a[i], b[i]) {
				t.Errorf("%s: frame %d differs between two renderings", set.Name, i)
			}
		}
		if bytes.Equal(a[0], other[0]) {
			t.Errorf("%s: another seed gives the same first frame", set.Name)
		}
	}
}

// A clip of one class shown backwards must be a possible clip of the other class of its pair, with equal probability:
// the clip that starts where the first one ends, at the same speed, with the change at the mirrored time.
func TestReversedClipBelongsToTheOtherClassOfThePair(t *testing.T) {
	for _, set := range []Set{Source(), Target()} {
		for class := range set.Motions {
			forward := scene(t, set, 11, 5, class)
			partner := scene(t, set, 11, 5, class^1)
			// Same index, other class: everything but the velocity is the same draw.
			partner.start = forward.state(1)
			partner.change = 1 - forward.change
			partner.groundStart[0] -= forward.groundDrift[0]
			partner.groundStart[1] -= forward.groundDrift[1]
			partner.groundDrift = [2]float64{-forward.groundDrift[0], -forward.groundDrift[1]}
			a, b := render(t, forward), render(t, partner)
			for i := range a {
				if worst := largestDifference(a[i], b[testFrames-1-i]); worst > 1 {
					t.Fatalf("%s: %s backwards is not %s: frame %d differs by up to %d levels",
						set.Name, set.Motions[class].Name, set.Motions[class^1].Name, i, worst)
				}
			}
		}
	}
}

func largestDifference(a, b []byte) int {
	worst := 0
	for i := range a {
		worst = max(worst, int(math.Abs(float64(a[i])-float64(b[i]))))
	}
	return worst
}

// The clips with one index start from the same state in every class, so that the first frames coincide up to the half
// frame step that has passed, and later frames do not.
func TestClassesShareEverythingButTheMotion(t *testing.T) {
	set := Target()
	for class := 1; class < len(set.Motions); class++ {
		a, b := scene(t, set, 3, 9, 0), scene(t, set, 3, 9, class)
		if a.start != b.start || a.change != b.change || a.groundDrift != b.groundDrift || a.skinColours != b.skinColours {
			t.Errorf("class %d: appearance depends on the class", class)
		}
		if a.first == b.first && a.second == b.second {
			t.Errorf("class %d has the motion of class 0", class)
		}
	}
}

// At every frame number, each factor must be uniform whatever the class: one frame says nothing about the action.
func TestSingleFramesAreDistributedAlikeInEveryClass(t *testing.T) {
	const clips, bins = 2000, 8
	for _, set := range []Set{Source(), Target()} {
		for class := range set.Motions {
			for _, part := range []float64{0, 0.5, 1} {
				var counts [factors][bins]int
				for i := range clips {
					sc, err := set.Scene(5, i, class, 16, 16, testFrames)
					if err != nil {
						t.Fatal(err)
					}
					for f, value := range sc.state(part) {
						counts[f][int(value*bins)]++
					}
				}
				for f := range counts {
					chi2 := 0.0
					for _, n := range counts[f] {
						want := float64(clips) / bins
						chi2 += (float64(n) - want) * (float64(n) - want) / want
					}
					if chi2 > 26 { // 7 degrees of freedom: p ≈ 0.0005 for one draw
						t.Errorf("%s, %s, part %g: factor %d is not uniform, χ² %.1f, counts %v",
							set.Name, set.Motions[class].Name, part, f, chi2, counts[f])
					}
				}
			}
		}
	}
}

func TestSceneRejects(t *testing.T) {
	for name, args := range map[string][4]int{
		"class too large": {8, 64, 48, 24},
		"negative class":  {-1, 64, 48, 24},
		"tiny frame":      {0, 8, 48, 24},
		"one frame":       {0, 64, 48, 1},
	} {
		if _, err := Source().Scene(1, 0, args[0], args[1], args[2], args[3]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSetsShareNothing(t *testing.T) {
	source, target := Source(), Target()
	seen := map[string]bool{}
	names := func(s Set) (out []string) {
		out = append(out, s.Classes()...)
		for _, x := range s.shapes {
			out = append(out, x.name)
		}
		for _, x := range s.skins {
			out = append(out, x.name)
		}
		for _, x := range s.grounds {
			out = append(out, x.name)
		}
		return out
	}
	for _, n := range names(source) {
		seen[n] = true
	}
	for _, n := range names(target) {
		if seen[n] {
			t.Errorf("%s occurs in both sets", n)
		}
	}
}

func TestShapesAreInsideTheUnitCircle(t *testing.T) {
	for _, s := range append(Source().shapes, Target().shapes...) {
		if s.distance(0, 0) >= 0 {
			t.Errorf("%s: the centre is outside", s.name)
		}
		for i := range 360 {
			sin, cos := math.Sincos(float64(i) * math.Pi / 180)
			if s.distance(1.05*cos, 1.05*sin) < 0 {
				t.Errorf("%s reaches beyond the unit circle at %d°", s.name, i)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	sc, err := Target().Scene(1, 1, 1, 96, 72, testFrames)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, sc.width*sc.height*3)
	for i := 0; b.Loop(); i++ {
		sc.Render(dst, i%testFrames)
	}
}
