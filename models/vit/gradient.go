package vit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient returns y = forward(x) with a custom gradient: backward takes dL/dy and returns dL/dx. The nodes that
// automatic differentiation creates for forward are unused and removed, so the backward pass keeps only the values that
// backward reads. With gradient checkpointing the automatic gradient is used: it recomputes the steps of forward, but
// not the values that backward reads.
func withGradient(checkpointing bool, x *Node, forward func(x *Node) *Node, backward func(dy *Node) *Node) *Node {
	if checkpointing {
		return forward(x)
	}
	var dy *Node
	x = IdentityWithCustomGradient(x, func(_, v *Node) *Node {
		if dy == nil {
			return v
		}
		return backward(dy)
	})
	return IdentityWithCustomGradient(forward(x), func(_, v *Node) *Node {
		dy = v
		return v
	})
}

// normalize computes (x - mean)/√(variance + ε) over the last axis. With n the result and σ the root, its gradient is
// (dy - mean(dy) - n·mean(dy·n))/σ.
func normalize(checkpointing bool, x *Node) *Node {
	var root, n *Node
	return withGradient(checkpointing, x, func(x *Node) *Node {
		centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
		root = Sqrt(AddScalar(ReduceAndKeep(Square(centred), ReduceMean, -1), NormEpsilon))
		n = Div(centred, root)
		return n
	}, func(dy *Node) *Node {
		along := ReduceAndKeep(Mul(dy, n), ReduceMean, -1)
		return Div(Sub(Sub(dy, ReduceAndKeep(dy, ReduceMean, -1)), Mul(n, along)), root)
	})
}

// softmax computes exp(x)/Σexp(x) over the last axis. With p the result, its gradient is p·(dy - Σ(dy·p)).
func softmax(checkpointing bool, x *Node) *Node {
	var p *Node
	return withGradient(checkpointing, x, func(x *Node) *Node {
		e := Exp(Sub(x, StopGradient(ReduceAndKeep(x, ReduceMax, -1))))
		p = Div(e, ReduceAndKeep(e, ReduceSum, -1))
		return p
	}, func(dy *Node) *Node {
		return Mul(p, Sub(dy, ReduceAndKeep(Mul(dy, p), ReduceSum, -1)))
	})
}

// gelu computes x·Φ(x) with the exact normal distribution function (Hendrycks and Gimpel 2016). Its gradient is
// dy·(Φ(x) + x·φ(x)), recomputed from x. The forward steps have the form that ONNX Runtime fuses into one operation.
func gelu(checkpointing bool, x *Node) *Node {
	return withGradient(checkpointing, x, func(x *Node) *Node {
		return MulScalar(Mul(x, AddScalar(Erf(Div(x, Scalar(x.Graph(), x.DType(), math.Sqrt2))), 1.0)), 0.5)
	}, func(dy *Node) *Node {
		distribution := AddScalar(MulScalar(Erf(MulScalar(x, 1/math.Sqrt2)), 0.5), 0.5)
		density := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/math.Sqrt(2*math.Pi))
		return Mul(dy, Add(distribution, Mul(x, density)))
	})
}
