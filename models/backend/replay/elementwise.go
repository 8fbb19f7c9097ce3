// This file holds elementwise operations and reductions. Each is built in the draft and recorded.

package replay

import "github.com/gomlx/compute"

func (f *function) unary(name string, x compute.Value, build func(g compute.Function, x compute.Value) (compute.Value, error)) (compute.Value, error) {
	return f.ask(operation{name: name, in: []compute.Value{x}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return build(g, in[0])
	}})
}

func (f *function) binary(name string, x, y compute.Value, build func(g compute.Function, x, y compute.Value) (compute.Value, error)) (compute.Value, error) {
	return f.ask(operation{name: name, in: []compute.Value{x, y}, elements: true, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return build(g, in[0], in[1])
	}})
}

func (f *function) reduce(name string, x compute.Value, axes []int, build func(g compute.Function, x compute.Value, axes ...int) (compute.Value, error)) (compute.Value, error) {
	return f.ask(operation{name: name, in: []compute.Value{x}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return build(g, in[0], axes...)
	}})
}

func (f *function) Abs(x compute.Value) (compute.Value, error) {
	return f.unary("Abs", x, compute.Function.Abs)
}

func (f *function) Ceil(x compute.Value) (compute.Value, error) {
	return f.unary("Ceil", x, compute.Function.Ceil)
}

func (f *function) Cos(x compute.Value) (compute.Value, error) {
	return f.unary("Cos", x, compute.Function.Cos)
}

func (f *function) Erf(x compute.Value) (compute.Value, error) {
	return f.unary("Erf", x, compute.Function.Erf)
}

func (f *function) Exp(x compute.Value) (compute.Value, error) {
	return f.unary("Exp", x, compute.Function.Exp)
}

func (f *function) Floor(x compute.Value) (compute.Value, error) {
	return f.unary("Floor", x, compute.Function.Floor)
}

func (f *function) Log(x compute.Value) (compute.Value, error) {
	return f.unary("Log", x, compute.Function.Log)
}

func (f *function) Log1p(x compute.Value) (compute.Value, error) {
	return f.unary("Log1p", x, compute.Function.Log1p)
}

func (f *function) LogicalNot(x compute.Value) (compute.Value, error) {
	return f.unary("LogicalNot", x, compute.Function.LogicalNot)
}

func (f *function) Logistic(x compute.Value) (compute.Value, error) {
	return f.unary("Logistic", x, compute.Function.Logistic)
}

func (f *function) Neg(x compute.Value) (compute.Value, error) {
	return f.unary("Neg", x, compute.Function.Neg)
}

func (f *function) Round(x compute.Value) (compute.Value, error) {
	return f.unary("Round", x, compute.Function.Round)
}

func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	return f.unary("Rsqrt", x, compute.Function.Rsqrt)
}

func (f *function) Sign(x compute.Value) (compute.Value, error) {
	return f.unary("Sign", x, compute.Function.Sign)
}

func (f *function) Sin(x compute.Value) (compute.Value, error) {
	return f.unary("Sin", x, compute.Function.Sin)
}

func (f *function) Sqrt(x compute.Value) (compute.Value, error) {
	return f.unary("Sqrt", x, compute.Function.Sqrt)
}

func (f *function) Tanh(x compute.Value) (compute.Value, error) {
	return f.unary("Tanh", x, compute.Function.Tanh)
}

func (f *function) Add(x, y compute.Value) (compute.Value, error) {
	return f.binary("Add", x, y, compute.Function.Add)
}

func (f *function) BitwiseAnd(x, y compute.Value) (compute.Value, error) {
	return f.binary("BitwiseAnd", x, y, compute.Function.BitwiseAnd)
}

func (f *function) BitwiseOr(x, y compute.Value) (compute.Value, error) {
	return f.binary("BitwiseOr", x, y, compute.Function.BitwiseOr)
}

func (f *function) BitwiseXor(x, y compute.Value) (compute.Value, error) {
	return f.binary("BitwiseXor", x, y, compute.Function.BitwiseXor)
}

func (f *function) Div(x, y compute.Value) (compute.Value, error) {
	return f.binary("Div", x, y, compute.Function.Div)
}

func (f *function) Equal(x, y compute.Value) (compute.Value, error) {
	return f.binary("Equal", x, y, compute.Function.Equal)
}

func (f *function) GreaterOrEqual(x, y compute.Value) (compute.Value, error) {
	return f.binary("GreaterOrEqual", x, y, compute.Function.GreaterOrEqual)
}

func (f *function) GreaterThan(x, y compute.Value) (compute.Value, error) {
	return f.binary("GreaterThan", x, y, compute.Function.GreaterThan)
}

func (f *function) LessOrEqual(x, y compute.Value) (compute.Value, error) {
	return f.binary("LessOrEqual", x, y, compute.Function.LessOrEqual)
}

func (f *function) LessThan(x, y compute.Value) (compute.Value, error) {
	return f.binary("LessThan", x, y, compute.Function.LessThan)
}

func (f *function) LogicalAnd(x, y compute.Value) (compute.Value, error) {
	return f.binary("LogicalAnd", x, y, compute.Function.LogicalAnd)
}

func (f *function) LogicalOr(x, y compute.Value) (compute.Value, error) {
	return f.binary("LogicalOr", x, y, compute.Function.LogicalOr)
}

func (f *function) LogicalXor(x, y compute.Value) (compute.Value, error) {
	return f.binary("LogicalXor", x, y, compute.Function.LogicalXor)
}

func (f *function) Max(x, y compute.Value) (compute.Value, error) {
	return f.binary("Max", x, y, compute.Function.Max)
}

func (f *function) Min(x, y compute.Value) (compute.Value, error) {
	return f.binary("Min", x, y, compute.Function.Min)
}

func (f *function) Mul(x, y compute.Value) (compute.Value, error) {
	return f.binary("Mul", x, y, compute.Function.Mul)
}

func (f *function) NotEqual(x, y compute.Value) (compute.Value, error) {
	return f.binary("NotEqual", x, y, compute.Function.NotEqual)
}

func (f *function) Pow(x, y compute.Value) (compute.Value, error) {
	return f.binary("Pow", x, y, compute.Function.Pow)
}

func (f *function) Rem(x, y compute.Value) (compute.Value, error) {
	return f.binary("Rem", x, y, compute.Function.Rem)
}

func (f *function) ShiftLeft(x, y compute.Value) (compute.Value, error) {
	return f.binary("ShiftLeft", x, y, compute.Function.ShiftLeft)
}

func (f *function) ShiftRightLogical(x, y compute.Value) (compute.Value, error) {
	return f.binary("ShiftRightLogical", x, y, compute.Function.ShiftRightLogical)
}

func (f *function) Sub(x, y compute.Value) (compute.Value, error) {
	return f.binary("Sub", x, y, compute.Function.Sub)
}

func (f *function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMax", x, axes, compute.Function.ReduceMax)
}

func (f *function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMin", x, axes, compute.Function.ReduceMin)
}

func (f *function) ReduceProduct(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceProduct", x, axes, compute.Function.ReduceProduct)
}

func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceSum", x, axes, compute.Function.ReduceSum)
}
