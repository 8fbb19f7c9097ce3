package weights

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Start draws the first values of a parameter.
type Start func(rng *rand.Rand, shape []int, values []float32)

// constant fills with one value.
func constant(v float32) Start {
	return func(_ *rand.Rand, _ []int, values []float32) {
		for i := range values {
			values[i] = v
		}
	}
}

// Zero fills with 0.
var Zero = constant(0)

// One fills with 1.
var One = constant(1)

// Uniform draws from [-bound, bound).
func Uniform(bound float64) Start {
	return func(rng *rand.Rand, _ []int, values []float32) {
		for i := range values {
			values[i] = float32((2*rng.Float64() - 1) * bound)
		}
	}
}

// Normal draws from N(0, sigma²), cut off at two sigma: values outside are drawn again.
func Normal(sigma float64) Start {
	return func(rng *rand.Rand, _ []int, values []float32) {
		for i := range values {
			v := rng.NormFloat64()
			for math.Abs(v) > 2 {
				v = rng.NormFloat64()
			}
			values[i] = float32(v * sigma)
		}
	}
}

// Xavier draws uniformly within √(6/(fanIn+fanOut)) (Glorot and Bengio 2010).
func Xavier(fanIn, fanOut int) Start { return Uniform(math.Sqrt(6 / float64(fanIn+fanOut))) }

// Kaiming draws uniformly within 1/√fanIn, which is He's rule with a = √5, the usual start of linear layers and
// convolutions.
func Kaiming(fanIn int) Start { return Uniform(1 / math.Sqrt(float64(fanIn))) }

// Draw returns the parameter's start values, a function of the seed and the parameter's name.
func (p Parameter) Draw(seed uint64) []float32 {
	key := append(binary.LittleEndian.AppendUint64([]byte("start\x00"), seed), p.Name...)
	sum := sha256.Sum256(key)
	rng := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
	values := make([]float32, p.Size())
	p.Start(rng, p.Shape, values)
	return values
}
