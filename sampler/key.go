package sampler

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// Key determines all random draws for a clip.
type Key struct {
	Seed     uint64 // of the run
	Epoch    int    // pass over the data
	RecordID string
	View     int // which clip of the record, from 0
}

// Draws is a source of uniform random numbers.
type Draws interface {
	Below(n int) int // uniform in [0, n); n must be positive
	Unit() float64   // uniform in [0, 1)
}

// Draws returns the key's random numbers for one purpose.
//
// They are the 64-bit outputs of ChaCha8 (the C2SP specification, as in math/rand/v2), seeded with
//
//	SHA-256("padapter.sampler.1\0" ‖ purpose ‖ 0 ‖ le64(seed) ‖ le64(epoch) ‖ le64(view) ‖ record id)
//
// Below(n) takes the high word of output × n and rejects low words below 2⁶⁴ mod n, which makes it exactly uniform;
// Unit is the top 53 bits of one output over 2⁵³.
func (k Key) Draws(purpose string) Draws {
	text := append([]byte("padapter.sampler.1\x00"), purpose...)
	text = append(text, 0)
	text = binary.LittleEndian.AppendUint64(text, k.Seed)
	text = binary.LittleEndian.AppendUint64(text, uint64(k.Epoch))
	text = binary.LittleEndian.AppendUint64(text, uint64(k.View))
	return stream{rand.NewChaCha8(sha256.Sum256(append(text, k.RecordID...)))}
}

type stream struct{ source *rand.ChaCha8 }

func (s stream) Below(n int) int {
	bound := uint64(n)
	for reject := -bound % bound; ; {
		if high, low := bits.Mul64(s.source.Uint64(), bound); low >= reject {
			return int(high)
		}
	}
}

func (s stream) Unit() float64 { return float64(s.source.Uint64()>>11) / (1 << 53) }

// Permutation returns a random permutation of 0…n-1 (Fisher–Yates, from the end).
func Permutation(n int, d Draws) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := d.Below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}
