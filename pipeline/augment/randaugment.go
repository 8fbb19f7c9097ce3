package augment

import (
	"math"

	"padapter/sampler"
)

// op is one operation of RandAugment (Cubuk et al. 2020). strength is 0 to 1; directions are drawn.
type op struct {
	name string
	do   func(c Clip, strength float64, d sampler.Draws)
}

// sign is -v or v, equally likely.
func sign(v float64, d sampler.Draws) float64 {
	if d.Below(2) == 0 {
		return -v
	}
	return v
}

// ops are equally likely.
var ops = []op{
	{"identity", func(Clip, float64, sampler.Draws) {}},
	{"autocontrast", func(c Clip, _ float64, _ sampler.Draws) { c.stretched() }},
	{"equalize", func(c Clip, _ float64, _ sampler.Draws) { c.equalized() }},
	{"rotate", func(c Clip, s float64, d sampler.Draws) {
		sin, cos := math.Sincos(sign(30*s, d) * math.Pi / 180)
		c.moved([2][2]float64{{cos, sin}, {-sin, cos}}, 0, 0)
	}},
	{"solarize", func(c Clip, s float64, _ sampler.Draws) {
		from := int(math.Round(256 * (1 - s)))
		c.all(func(v int) byte {
			if v >= from {
				return byte(255 - v)
			}
			return byte(v)
		})
	}},
	{"posterize", func(c Clip, s float64, _ sampler.Draws) {
		gone := int(math.Round(4 * s)) // low bits that are cleared
		c.all(func(v int) byte { return byte(v >> gone << gone) })
	}},
	{"colour", func(c Clip, s float64, d sampler.Draws) { c.saturated(1 + sign(0.9*s, d)) }},
	{"contrast", func(c Clip, s float64, d sampler.Draws) { c.scaled(1+sign(0.9*s, d), c.grey()) }},
	{"brightness", func(c Clip, s float64, d sampler.Draws) { c.scaled(1+sign(0.9*s, d), 0) }},
	{"sharpness", func(c Clip, s float64, d sampler.Draws) { c.sharpened(1 + sign(0.9*s, d)) }},
	{"shear along x", func(c Clip, s float64, d sampler.Draws) { c.moved([2][2]float64{{1, sign(0.3*s, d)}, {0, 1}}, 0, 0) }},
	{"shear along y", func(c Clip, s float64, d sampler.Draws) { c.moved([2][2]float64{{1, 0}, {sign(0.3*s, d), 1}}, 0, 0) }},
	{"move along x", func(c Clip, s float64, d sampler.Draws) {
		c.moved([2][2]float64{{1, 0}, {0, 1}}, sign(0.45*s*float64(c.Width), d), 0)
	}},
	{"move along y", func(c Clip, s float64, d sampler.Draws) {
		c.moved([2][2]float64{{1, 0}, {0, 1}}, 0, sign(0.45*s*float64(c.Height), d))
	}},
}
