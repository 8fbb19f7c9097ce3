package feed

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"padapter/pipeline/batch"
)

func filled(n int) *Batch {
	b := newBatch(n, batch.Shape{Frames: 2, Height: 8, Width: 10, Channels: 3})
	for i := range n {
		b.Items = append(b.Items, Item{ID: fmt.Sprint("clip", i), Slot: i})
		for k := range b.Clip(i) {
			b.Clip(i)[k] = uint8(40 * (i + 1))
		}
	}
	b.Filled = n
	return b
}

func TestMixupBlendsPairs(t *testing.T) {
	for _, n := range []int{2, 4, 5} {
		b := filled(n)
		Mixing{Mixup: 0.8}.apply(b, 3, 1)
		if !(b.Share >= 0 && b.Share <= 1) {
			t.Fatalf("share %v", b.Share)
		}
		for i := range n {
			want := b.Share*float64(40*(i+1)) + (1-b.Share)*float64(40*(n-i))
			for _, got := range b.Clip(i) {
				if math.Abs(float64(got)-want) > 0.51 {
					t.Fatalf("%d clips, share %v: clip %d has pixel %d, want %v", n, b.Share, i, got, want)
				}
			}
		}
	}
}

func TestCutMixSwapsOneRectangle(t *testing.T) {
	seen := map[float64]bool{}
	for epoch := range 50 {
		b := filled(4)
		Mixing{CutMix: 1}.apply(b, 3, epoch)
		seen[b.Share] = true
		for i := range 4 {
			own, foreign := 0, 0
			for _, got := range b.Clip(i) {
				switch got {
				case uint8(40 * (i + 1)):
					own++
				case uint8(40 * (4 - i)):
					foreign++
				default:
					t.Fatalf("clip %d has pixel %d", i, got)
				}
			}
			if share := float64(own) / float64(own+foreign); math.Abs(share-b.Share) > 1e-9 {
				t.Fatalf("clip %d keeps %v of itself, share says %v", i, share, b.Share)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d different shares in 50 epochs", len(seen))
	}
}

func TestMixingIsReproducible(t *testing.T) {
	m := Mixing{Mixup: 0.8, CutMix: 1}
	first, again, later := filled(4), filled(4), filled(4)
	m.apply(first, 3, 1)
	m.apply(again, 3, 1)
	m.apply(later, 3, 2)
	if !bytes.Equal(first.Frames, again.Frames) || first.Share != again.Share {
		t.Error("the same batch was mixed in two ways")
	}
	if bytes.Equal(first.Frames, later.Frames) {
		t.Error("another epoch was mixed in the same way")
	}
}

func TestBetaHasItsMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, a := range []float64{0.2, 0.8, 1, 3} {
		const n = 20000
		var sum, squares float64
		for range n {
			v := beta(rng, a)
			sum += v
			squares += v * v
		}
		mean := sum / n
		variance := squares/n - mean*mean
		if want := 1 / (4 * (2*a + 1)); math.Abs(mean-0.5) > 0.01 || math.Abs(variance-want) > 0.006 {
			t.Errorf("Beta(%v, %v): mean %v and variance %v, want 0.5 and %v", a, a, mean, variance, want)
		}
	}
}
