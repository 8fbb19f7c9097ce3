package weights

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Initializer draws the initial values of a parameter of the given shape.
type Initializer func(rng *rand.Rand, shape []int, values []float32)

// constant sets every element to v.
func constant(v float32) Initializer {
	return func(_ *rand.Rand, _ []int, values []float32) {
		for i := range values {
			values[i] = v
		}
	}
}

// Zero sets every element to 0.
var Zero = constant(0)

// One sets every element to 1.
var One = constant(1)

// Uniform draws from the uniform distribution over [-bound, bound).
func Uniform(bound float64) Initializer {
	return func(rng *rand.Rand, _ []int, values []float32) {
		for i := range values {
			values[i] = float32((2*rng.Float64() - 1) * bound)
		}
	}
}

// Normal draws from N(0, sigma²), truncated at two sigma: values outside are drawn again.
func Normal(sigma float64) Initializer {
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

// Xavier draws from the uniform distribution within ±√(6/(fanIn+fanOut)) (Glorot and Bengio 2010).
func Xavier(fanIn, fanOut int) Initializer { return Uniform(math.Sqrt(6 / float64(fanIn+fanOut))) }

// Kaiming draws from the uniform distribution within ±1/√fanIn: He initialization with a = √5, PyTorch's default for
// linear layers and convolutions.
func Kaiming(fanIn int) Initializer { return Uniform(1 / math.Sqrt(float64(fanIn))) }

// Draw returns the parameter's initial values, which depend on the seed and the parameter's name only.
func (p Parameter) Draw(seed uint64) []float32 {
	key := append(binary.LittleEndian.AppendUint64([]byte("start\x00"), seed), p.Name...)
	sum := sha256.Sum256(key)
	rng := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
	values := make([]float32, p.Size())
	p.Initializer(rng, p.Shape, values)
	return values
}
