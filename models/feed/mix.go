package feed

import (
	"math"
	"math/rand/v2"
)

// Mixing blends the clips of a batch in pairs: the first with the last, and so on. Each batch draws one weight λ ~
// Beta(α, α).
type Mixing struct {
	// Mixup is α of mixup (Zhang et al. 2018): every pixel becomes λ·own + (1 - λ)·partner. 0 disables it.
	Mixup float64
	// CutMix is α of CutMix (Yun et al. 2019): a rectangle of 1 - λ of the area comes from the partner, in all frames.
	// 0 disables it. If both are enabled, each batch uses one of them with probability 1/2.
	CutMix float64
}

func (m Mixing) on() bool { return m.Mixup > 0 || m.CutMix > 0 }

// apply mixes a full batch. The draws depend on seed, epoch and the first clip of the batch. It sets Share to the
// weight of each clip in its own slot.
func (m Mixing) apply(b *Batch, seed uint64, epoch int) {
	rng := generator("mix", seed, epoch, b.IDs()[0], 0)
	cut := m.CutMix > 0 && (m.Mixup == 0 || rng.IntN(2) == 0)
	alpha := m.Mixup
	if cut {
		alpha = m.CutMix
	}
	own := beta(rng, alpha)
	if cut {
		b.Share = cutMix(b, own, rng)
		return
	}
	b.Share = mixup(b, own)
}

// mixup blends pixels with 8-bit weights and returns the exact weight used.
func mixup(b *Batch, own float64) float64 {
	weight := uint32(math.Round(own * 256))
	for i, j := 0, b.Filled-1; i < j; i, j = i+1, j-1 {
		first, last := b.Clip(i), b.Clip(j)
		for k, a := range first {
			c := last[k]
			first[k] = uint8((uint32(a)*weight + uint32(c)*(256-weight) + 128) >> 8)
			last[k] = uint8((uint32(c)*weight + uint32(a)*(256-weight) + 128) >> 8)
		}
	}
	return float64(weight) / 256
}

// cutMix swaps a rectangle and returns the share of pixels outside it. The sides of the rectangle are √(1 - λ) of the
// clip's. Its centre is uniform, and it is clipped to the picture.
func cutMix(b *Batch, own float64, rng *rand.Rand) float64 {
	s, side := b.Shape, math.Sqrt(1-own)
	top, bottom := span(s.Height, side, rng)
	left, right := span(s.Width, side, rng)
	buffer := make([]uint8, (right-left)*s.Channels)
	for i, j := 0, b.Filled-1; i < j; i, j = i+1, j-1 {
		first, last := b.Clip(i), b.Clip(j)
		for f := range s.Frames {
			for y := top; y < bottom; y++ {
				from := ((f*s.Height+y)*s.Width + left) * s.Channels
				a, c := first[from:from+len(buffer)], last[from:from+len(buffer)]
				copy(buffer, a)
				copy(a, c)
				copy(c, buffer)
			}
		}
	}
	return 1 - float64((bottom-top)*(right-left))/float64(s.Height*s.Width)
}

// span draws one side of the rectangle.
func span(size int, share float64, rng *rand.Rand) (from, to int) {
	half, centre := int(float64(size)*share)/2, rng.IntN(size)
	return max(centre-half, 0), min(centre+half, size)
}

// beta draws from Beta(a, a) as X/(X + Y) with X, Y from Gamma(a).
func beta(rng *rand.Rand, a float64) float64 {
	x, y := gamma(rng, a), gamma(rng, a)
	if x+y == 0 { // both underflow for tiny a, where Beta is 0 or 1
		return float64(rng.IntN(2))
	}
	return x / (x + y)
}

// gamma draws from the gamma distribution of shape a and scale 1 (Marsaglia and Tsang 2000).
func gamma(rng *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(rng, a+1) * math.Pow(rng.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if u := rng.Float64(); math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
