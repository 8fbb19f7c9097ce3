package product

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

func goEngine(t *testing.T) compute.Backend {
	t.Helper()
	engine, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestARightProductPasses(t *testing.T) {
	off, err := Check(goEngine(t))
	if err != nil || off <= 0 || off > 1e-6 {
		t.Errorf("off by %g, error %v: want an error of sums in float32", off, err)
	}
}

// TestRoundedOperandsAreFound has operands of as many bits as other formats keep: the bound must lie between.
func TestRoundedOperandsAreFound(t *testing.T) {
	for _, tt := range []struct {
		format string
		bits   int // of the significand, with the leading one
		fails  bool
	}{{"bfloat16", 8, true}, {"TF32", 11, true}, {"float32", 24, false}} {
		a, b := operand(1), operand(2)
		got := make([][]float32, side)
		for i := range got {
			got[i] = make([]float32, side)
			for j := range got[i] {
				for k := range side {
					got[i][j] += round(a[i][k], tt.bits) * round(b[k][j], tt.bits)
				}
			}
		}
		if off, err := compare(a, b, got); (err != nil) != tt.fails {
			t.Errorf("%s: off by %g, error %v", tt.format, off, err)
		}
	}
}

// round keeps so many bits of a significand.
func round(x float32, bits int) float32 {
	fraction, exponent := math.Frexp(float64(x))
	scale := math.Exp2(float64(bits))
	return float32(math.Ldexp(math.RoundToEven(fraction*scale)/scale, exponent))
}

func TestNaNIsFound(t *testing.T) {
	a, b := operand(1), operand(2)
	got := make([][]float32, side)
	for i := range got {
		got[i] = make([]float32, side)
		for j := range got[i] {
			for k := range side {
				got[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	if _, err := compare(a, b, got); err != nil {
		t.Fatal(err)
	}
	got[3][7] = float32(math.NaN())
	if off, err := compare(a, b, got); err == nil {
		t.Errorf("a product with a NaN passes, off by %g", off)
	}
}
