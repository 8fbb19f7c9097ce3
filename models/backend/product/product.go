// Package product proves an engine by a matrix product whose values are known.
package product

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// side is the number of rows and columns of the matrices: enough for a kernel that works in tiles.
const side = 48

// bound is the largest error that products in float32 may have, relative to the largest value. An engine that rounds the
// operands to ten bits (TF32) or to seven (bfloat16) is outside by far.
const bound = 1e-5

// Check multiplies two matrices of side × side float32 values that fill the format's precision and compares with the
// product in float64. It returns the largest error relative to the largest value, and an error when the engine cannot
// compute or its values are outside the bound of float32.
func Check(engine compute.Backend) (float64, error) {
	a, b := operand(1), operand(2)
	result, err := graph.CallOnce(engine, graph.MatMul, a, b)
	if err != nil {
		return 0, fmt.Errorf("multiply two matrices: %w", err)
	}
	got, ok := result.Value().([][]float32)
	if !ok || len(got) != side {
		return 0, fmt.Errorf("multiply two matrices: the result is %s", result.Shape())
	}
	return compare(a, b, got)
}

// compare returns the largest error of a·b relative to the largest value, and an error when it is outside the bound.
func compare(a, b, got [][]float32) (float64, error) {
	var largest, off float64
	for i := range side {
		for j := range side {
			var want float64
			for k := range side {
				want += float64(a[i][k]) * float64(b[k][j])
			}
			largest = max(largest, math.Abs(want))
			off = max(off, math.Abs(float64(got[i][j])-want)) // NaN if one is
		}
	}
	off /= largest
	if math.IsNaN(off) || off > bound {
		return off, fmt.Errorf("a product of two %d × %d matrices is off by %.2g of its largest value, where float32 allows %.2g", side, side, off, bound)
	}
	return off, nil
}

// operand returns a matrix of values between -1 and 1 with all 24 bits of a float32 in use.
func operand(seed uint32) [][]float32 {
	state := seed * 2654435769
	m := make([][]float32, side)
	for i := range m {
		m[i] = make([]float32, side)
		for j := range m[i] {
			state = state*1664525 + 1013904223
			m[i][j] = float32(int32(state)>>8) / (1 << 23)
		}
	}
	return m
}
