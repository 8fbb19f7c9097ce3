package vit

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// product is the matrix product of the last two axes of float32 values. With Half both operands are rounded to
// bfloat16 before, and so is the result: eight bits of exponent as in float32, so that nothing needs scaling, and eight
// of mantissa. Gradients pass through the same product and come back as float32.
func (c Config) product(x, y *Node) *Node {
	if !c.Half {
		return MatMul(x, y)
	}
	return ConvertDType(MatMul(ConvertDType(x, dtypes.BFloat16), ConvertDType(y, dtypes.BFloat16)), dtypes.Float32)
}
