package vit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient is y = forward(x) with a gradient of our own: backward gets dL/dy and returns dL/dx. What automatic
// differentiation makes of forward is not used by anyone, and engines leave it out; so the way back keeps alive only what
// backward reads. When rematerialize is set, automatic differentiation has its way: it finds and repeats the steps of
// forward, but not what backward reads.
func withGradient(rematerialize bool, x *Node, forward func(x *Node) *Node, backward func(dy *Node) *Node) *Node {
	if rematerialize {
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

// normalize is (x - mean)/√(variance + ε) over the last axis. With n the result and σ the root, its gradient is
// (dy - mean(dy) - n·mean(dy·n))/σ.
func normalize(rematerialize bool, x *Node) *Node {
	var root, n *Node
	return withGradient(rematerialize, x, func(x *Node) *Node {
		centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
		root = Sqrt(AddScalar(ReduceAndKeep(Square(centred), ReduceMean, -1), NormEpsilon))
		n = Div(centred, root)
		return n
	}, func(dy *Node) *Node {
		along := ReduceAndKeep(Mul(dy, n), ReduceMean, -1)
		return Div(Sub(Sub(dy, ReduceAndKeep(dy, ReduceMean, -1)), Mul(n, along)), root)
	})
}

// softmax is exp(x)/Σexp(x) over the last axis. With p the result, its gradient is p·(dy - Σ(dy·p)).
func softmax(rematerialize bool, x *Node) *Node {
	var p *Node
	return withGradient(rematerialize, x, func(x *Node) *Node {
		e := Exp(Sub(x, StopGradient(ReduceAndKeep(x, ReduceMax, -1))))
		p = Div(e, ReduceAndKeep(e, ReduceSum, -1))
		return p
	}, func(dy *Node) *Node {
		return Mul(p, Sub(dy, ReduceAndKeep(Mul(dy, p), ReduceSum, -1)))
	})
}

// gelu is x·Φ(x) with the exact normal distribution function (Hendrycks and Gimpel 2016). Its gradient is
// dy·(Φ(x) + x·φ(x)), computed from x again. Forward, the steps are in the form that ONNX Runtime runs as one.
func gelu(rematerialize bool, x *Node) *Node {
	return withGradient(rematerialize, x, func(x *Node) *Node {
		return MulScalar(Mul(x, AddScalar(Erf(Div(x, Scalar(x.Graph(), x.DType(), math.Sqrt2))), 1.0)), 0.5)
	}, func(dy *Node) *Node {
		distribution := AddScalar(MulScalar(Erf(MulScalar(x, 1/math.Sqrt2)), 0.5), 0.5)
		density := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/math.Sqrt(2*math.Pi))
		return Mul(dy, Add(distribution, Mul(x, density)))
	})
}
