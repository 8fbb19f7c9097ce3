// This file records elementwise operations and reductions.

package recorded

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

func (f *function) unary(op compute.OpType, x compute.Value, again func(g compute.Function, x compute.Value) (compute.Value, error)) (compute.Value, error) {
	return f.one(op, x, nil, func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.UnaryOp(op, s) }, again)
}

type (
	binaryInfer func(op compute.OpType, x, y shapes.Shape) (shapes.Shape, error)
	binaryAgain func(g compute.Function, x, y compute.Value) (compute.Value, error)
)

func (f *function) two(op compute.OpType, x, y compute.Value, infer binaryInfer, again binaryAgain) (compute.Value, error) {
	return f.record(Node{Op: op, Elements: true, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return again(g, in[0], in[1])
	}}, []compute.Value{x, y}, func(in []shapes.Shape) (shapes.Shape, error) { return infer(op, in[0], in[1]) })
}

func (f *function) binary(op compute.OpType, x, y compute.Value, again binaryAgain) (compute.Value, error) {
	return f.two(op, x, y, shapeinference.BinaryOp, again)
}

func (f *function) compare(op compute.OpType, x, y compute.Value, again binaryAgain) (compute.Value, error) {
	return f.two(op, x, y, shapeinference.ComparisonOp, again)
}

// reduce records a reduction over axes, over all of them if none is given.
func (f *function) reduce(op compute.OpType, x compute.Value, axes []int, again func(g compute.Function, x compute.Value, axes ...int) (compute.Value, error)) (compute.Value, error) {
	operand, err := f.Shape(x)
	if err != nil {
		return nil, err
	}
	axes = slices.Clone(axes)
	if len(axes) == 0 {
		for i := range operand.Rank() {
			axes = append(axes, i)
		}
	}
	return f.one(op, x, AxesArgs{axes},
		func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.Reduce(s, axes) },
		func(g compute.Function, x compute.Value) (compute.Value, error) { return again(g, x, axes...) })
}

func (f *function) Abs(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeAbs, x, compute.Function.Abs)
}

func (f *function) Ceil(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeCeil, x, compute.Function.Ceil)
}

func (f *function) Cos(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeCos, x, compute.Function.Cos)
}

func (f *function) Erf(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeErf, x, compute.Function.Erf)
}

func (f *function) Exp(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeExp, x, compute.Function.Exp)
}

func (f *function) Expm1(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeExpm1, x, compute.Function.Expm1)
}

func (f *function) Floor(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeFloor, x, compute.Function.Floor)
}

func (f *function) Log(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLog, x, compute.Function.Log)
}

func (f *function) Log1p(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLog1p, x, compute.Function.Log1p)
}

func (f *function) LogicalNot(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLogicalNot, x, compute.Function.LogicalNot)
}

func (f *function) Logistic(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLogistic, x, compute.Function.Logistic)
}

func (f *function) Neg(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeNeg, x, compute.Function.Neg)
}

func (f *function) Round(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeRound, x, compute.Function.Round)
}

func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeRsqrt, x, compute.Function.Rsqrt)
}

func (f *function) Sign(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSign, x, compute.Function.Sign)
}

func (f *function) Sin(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSin, x, compute.Function.Sin)
}

func (f *function) Sqrt(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSqrt, x, compute.Function.Sqrt)
}

func (f *function) Tanh(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeTanh, x, compute.Function.Tanh)
}

func (f *function) Add(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeAdd, x, y, compute.Function.Add)
}

func (f *function) Div(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeDiv, x, y, compute.Function.Div)
}

func (f *function) LogicalAnd(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalAnd, x, y, compute.Function.LogicalAnd)
}

func (f *function) LogicalOr(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalOr, x, y, compute.Function.LogicalOr)
}

func (f *function) LogicalXor(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalXor, x, y, compute.Function.LogicalXor)
}

func (f *function) Max(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMax, x, y, compute.Function.Max)
}

func (f *function) Min(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMin, x, y, compute.Function.Min)
}

func (f *function) Mul(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMul, x, y, compute.Function.Mul)
}

func (f *function) Pow(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypePow, x, y, compute.Function.Pow)
}

func (f *function) Rem(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeRem, x, y, compute.Function.Rem)
}

func (f *function) Sub(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeSub, x, y, compute.Function.Sub)
}

func (f *function) BitwiseAnd(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseAnd, x, y, compute.Function.BitwiseAnd)
}

func (f *function) BitwiseOr(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseOr, x, y, compute.Function.BitwiseOr)
}

func (f *function) BitwiseXor(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseXor, x, y, compute.Function.BitwiseXor)
}

func (f *function) ShiftLeft(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftLeft, x, y, compute.Function.ShiftLeft)
}

func (f *function) ShiftRightLogical(x, y compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftRightLogical, x, y, compute.Function.ShiftRightLogical)
}

func (f *function) Equal(x, y compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeEqual, x, y, compute.Function.Equal)
}

func (f *function) GreaterOrEqual(x, y compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeGreaterOrEqual, x, y, compute.Function.GreaterOrEqual)
}

func (f *function) GreaterThan(x, y compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeGreaterThan, x, y, compute.Function.GreaterThan)
}

func (f *function) LessOrEqual(x, y compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeLessOrEqual, x, y, compute.Function.LessOrEqual)
}

func (f *function) LessThan(x, y compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeLessThan, x, y, compute.Function.LessThan)
}

func (f *function) NotEqual(x, y compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeNotEqual, x, y, compute.Function.NotEqual)
}

func (f *function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceMax, x, axes, compute.Function.ReduceMax)
}

func (f *function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceMin, x, axes, compute.Function.ReduceMin)
}

func (f *function) ReduceProduct(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceProduct, x, axes, compute.Function.ReduceProduct)
}

func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceSum, x, axes, compute.Function.ReduceSum)
}
