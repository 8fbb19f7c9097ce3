package vit

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// product is the matrix product over the last two axes of float32 values. With Half, both operands and the result are
// rounded to bfloat16. bfloat16 has the exponent range of float32, so no loss scaling is needed. Gradients pass through
// the same product and are returned as float32.
func (c Config) product(x, y *Node) *Node {
	if !c.Half {
		return MatMul(x, y)
	}
	return ConvertDType(MatMul(ConvertDType(x, dtypes.BFloat16), ConvertDType(y, dtypes.BFloat16)), dtypes.Float32)
}
