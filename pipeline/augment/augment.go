package augment

import (
	"math"

	"padapter/manifests/recipe"
	"padapter/sampler"
)

// Clip is the pixels of one clip, [T, H, W, 3] RGB.
type Clip struct {
	Pixels                []byte
	Frames, Height, Width int
}

// Apply changes a clip as a recipe says: RandAugment first, then jitter, then erasing.
func Apply(spec recipe.Augment, c Clip, key sampler.Key) {
	if spec.Ops > 0 {
		d := key.Draws("randaugment")
		for range spec.Ops {
			ops[d.Below(len(ops))].do(c, spec.Magnitude/10, d)
		}
	}
	if spec.Jitter > 0 || spec.Hue > 0 {
		jitter(c, spec, key.Draws("jitter"))
	}
	if spec.Erase > 0 {
		erase(c, spec.Erase, key.Draws("erase"))
	}
}

// jitter scales brightness, contrast and saturation by factors uniform in [1-j, 1+j] and turns hues by a part of the
// circle uniform in [-h, h], in this order.
func jitter(c Clip, spec recipe.Augment, d sampler.Draws) {
	factor := func() float64 { return 1 + spec.Jitter*(2*d.Unit()-1) }
	brighten, contrast, saturate, turn := factor(), factor(), factor(), spec.Hue*(2*d.Unit()-1)
	if spec.Jitter > 0 {
		c.scaled(brighten, 0)
		c.scaled(contrast, c.grey())
		c.saturated(saturate)
	}
	if spec.Hue > 0 {
		c.turned(turn)
	}
}

// erase fills, with probability p, one rectangle of all frames with noise, the same in each. Its area is uniform in 2 %
// to a third of the picture's, the logarithm of its aspect uniform in that of 0.3 to 1/0.3; ten tries to make it fit.
func erase(c Clip, p float64, d sampler.Draws) {
	if d.Unit() >= p {
		return
	}
	for range 10 {
		area := (0.02 + d.Unit()*(1./3-0.02)) * float64(c.Height*c.Width)
		ratio := math.Exp((2*d.Unit() - 1) * math.Log(1/0.3))
		h, w := int(math.Round(math.Sqrt(area*ratio))), int(math.Round(math.Sqrt(area/ratio)))
		if h < 1 || w < 1 || h >= c.Height || w >= c.Width {
			continue
		}
		top, left := d.Below(c.Height-h+1), d.Below(c.Width-w+1)
		row := make([]byte, 3*w)
		for y := top; y < top+h; y++ {
			for i := range row {
				row[i] = byte(d.Below(256))
			}
			for f := range c.Frames {
				copy(c.Pixels[((f*c.Height+y)*c.Width+left)*3:], row)
			}
		}
		return
	}
}
