package augment

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"padapter/manifests/recipe"
	"padapter/sampler"
)

// scene is a clip whose pixels all differ a little, two frames of which are alike.
func scene() Clip {
	c := Clip{Frames: 2, Height: 12, Width: 16}
	frame := make([]byte, c.Height*c.Width*3)
	for i := range frame {
		frame[i] = byte(40 + (i*37)%150)
	}
	c.Pixels = append(slices.Clone(frame), frame...)
	return c
}

func TestAllFramesAreChangedAlike(t *testing.T) {
	everything := recipe.Augment{Jitter: 0.4, Hue: 0.1, Ops: 2, Magnitude: 9, Erase: 1}
	different := map[string]bool{}
	for i := range 200 {
		key := sampler.Key{Seed: 1, RecordID: fmt.Sprint(i)}
		a, b := scene(), scene()
		Apply(everything, a, key)
		Apply(everything, b, key)
		if !bytes.Equal(a.Pixels, b.Pixels) {
			t.Fatal("the same key changed the same clip in two ways")
		}
		half := len(a.Pixels) / 2
		if !bytes.Equal(a.Pixels[:half], a.Pixels[half:]) {
			t.Fatalf("clip %d: two equal frames became different", i)
		}
		different[string(a.Pixels)] = true
	}
	if len(different) < 195 {
		t.Errorf("%d different clips of 200", len(different))
	}
	untouched := scene()
	Apply(recipe.Augment{}, untouched, sampler.Key{})
	if !bytes.Equal(untouched.Pixels, scene().Pixels) {
		t.Error("nothing to do, and yet the clip changed")
	}
}

func TestOperationsWithoutStrengthChangeNothing(t *testing.T) {
	for _, o := range ops {
		c := scene()
		o.do(c, 0, sampler.Key{}.Draws("x"))
		same := bytes.Equal(c.Pixels, scene().Pixels)
		if statistics := o.name == "autocontrast" || o.name == "equalize"; same == statistics {
			t.Errorf("%s at strength 0: unchanged is %v", o.name, same)
		}
		c = scene()
		o.do(c, 1, sampler.Key{}.Draws("x"))
		if bytes.Equal(c.Pixels, scene().Pixels) != (o.name == "identity") {
			t.Errorf("%s at full strength: unchanged is %v", o.name, o.name != "identity")
		}
	}
}

func TestOperationsAreEquallyLikely(t *testing.T) {
	saved := ops
	defer func() { ops = saved }()
	counts := make([]float64, len(saved))
	ops = make([]op, len(saved))
	for i := range ops {
		ops[i] = op{do: func(Clip, float64, sampler.Draws) { counts[i]++ }}
	}
	for i := range 7000 {
		Apply(recipe.Augment{Ops: 2}, Clip{}, sampler.Key{RecordID: fmt.Sprint(i)})
	}
	sum, expected := 0.0, 14000/float64(len(saved))
	for _, n := range counts {
		sum += (n - expected) * (n - expected) / expected
	}
	if k := float64(len(saved) - 1); math.Abs(sum-k) > 5*math.Sqrt(2*k) {
		t.Errorf("chi-square %.1f: %v", sum, counts)
	}
}

func pixel(v ...byte) Clip { return Clip{Pixels: v, Frames: 1, Height: 1, Width: len(v) / 3} }

func TestColours(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(Clip)
		in   []byte
		want []byte
	}{
		{"half as bright", func(c Clip) { c.scaled(0.5, 0) }, []byte{100, 201, 255}, []byte{50, 101, 128}},
		{"clamped", func(c Clip) { c.scaled(2, 0) }, []byte{100, 200, 255}, []byte{200, 255, 255}},
		{"no colour", func(c Clip) { c.saturated(0) }, []byte{255, 0, 0}, []byte{76, 76, 76}},
		{"as it was", func(c Clip) { c.saturated(1) }, []byte{200, 17, 99}, []byte{200, 17, 99}},
		{"stretched", Clip.stretched, []byte{50, 10, 7, 100, 20, 7, 75, 15, 7}, []byte{0, 0, 7, 255, 255, 7, 128, 128, 7}},
		{"equalized", Clip.equalized, []byte{1, 0, 0, 2, 0, 0, 200, 0, 0}, []byte{0, 0, 0, 128, 0, 0, 255, 0, 0}},
		{"a whole turn", func(c Clip) { c.turned(1) }, []byte{120, 90, 60}, []byte{120, 90, 60}},
	} {
		clip := pixel(slices.Clone(c.in)...)
		c.do(clip)
		for i := range c.want {
			if d := int(clip.Pixels[i]) - int(c.want[i]); d < -1 || d > 1 {
				t.Errorf("%s: got %v, want %v", c.name, clip.Pixels, c.want)
				break
			}
		}
	}
	grey := pixel(90, 90, 90)
	grey.turned(0.3)
	if !slices.Equal(grey.Pixels, []byte{90, 90, 90}) {
		t.Errorf("grey turned into %v", grey.Pixels)
	}
}

func TestErasing(t *testing.T) {
	erased := 0
	for i := range 4000 {
		c := Clip{Pixels: make([]byte, 20*20*3), Frames: 1, Height: 20, Width: 20}
		Apply(recipe.Augment{Erase: 0.25}, c, sampler.Key{RecordID: fmt.Sprint(i)})
		n := 0
		for p := range 400 {
			if c.Pixels[3*p] != 0 || c.Pixels[3*p+1] != 0 || c.Pixels[3*p+2] != 0 {
				n++
			}
		}
		if n > 0 {
			erased++
		}
		if n > 400/3+20 {
			t.Fatalf("%d of 400 pixels were erased", n)
		}
	}
	if want, sd := 1000.0, math.Sqrt(4000*.25*.75); math.Abs(float64(erased)-want) > 5*sd {
		t.Errorf("%d of 4000 clips were erased, want about %.0f", erased, want)
	}
}

func BenchmarkRandAugment(b *testing.B) {
	c := Clip{Pixels: make([]byte, 16*224*224*3), Frames: 16, Height: 224, Width: 224}
	b.SetBytes(int64(len(c.Pixels)))
	for i := 0; b.Loop(); i++ {
		Apply(recipe.Augment{Ops: 2, Magnitude: 9}, c, sampler.Key{Epoch: i})
	}
}
