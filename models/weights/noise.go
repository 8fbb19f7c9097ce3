package weights

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// NoiseCounter is the buffer that numbers training passes, so that each pass draws different noise. Its initial value
// comes from the seed. It is saved with the model, so a resumed run draws the same noise as an uninterrupted one.
var NoiseCounter = Parameter{
	Name: "noise.counter", Shape: []int{1}, Role: Buffer,
	Initializer: func(rng *rand.Rand, _ []int, values []float32) { values[0] = float32(rng.IntN(1 << 23)) },
}

// noise draws random masks in a graph. A mask depends only on the number of the pass, the call site and the element, so
// all engines draw the same.
type noise struct {
	pass  *graph.Node // int64 [1]
	sites int64
}

// Training returns n with dropout enabled and counts the pass. The store must hold NoiseCounter.
func (n Nodes) Training() Nodes {
	counter := n.Variable(NoiseCounter.Name)
	pass := counter.NodeValue(n.graph)
	counter.SetNodeValue(graph.AddScalar(pass, 1.0))
	n.noise = &noise{pass: graph.ConvertDType(pass, dtypes.Int64)}
	return n
}

// Dropout sets elements of x to 0 with probability rate and divides the others by 1-rate, so that the mean stays the
// same (Srivastava et al. 2014). Outside training, and at rate 0, it returns x.
func (n Nodes) Dropout(x *graph.Node, rate float64) *graph.Node {
	if n.noise == nil || rate == 0 {
		return x
	}
	return graph.Mul(x, n.noise.mask(x.Graph(), x.Shape().Dimensions, rate))
}

// DropPath sets whole clips of a branch x [B, …] to 0 with probability rate and divides the others by 1-rate
// (stochastic depth, Huang et al. 2016). Outside training, and at rate 0, it returns x.
func (n Nodes) DropPath(x *graph.Node, rate float64) *graph.Node {
	if n.noise == nil || rate == 0 {
		return x
	}
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = x.Shape().Dimensions[0]
	return graph.Mul(x, n.noise.mask(x.Graph(), dims, rate))
}

// prime is 2³¹-1: the product of two residues fits into an int64.
const prime = 1<<31 - 1

// mask returns a float32 tensor of the given dimensions, whose elements are 0 with probability rate and 1/(1-rate)
// otherwise.
//
// The index of an element is mixed with the pass and the call site by three squarings modulo a prime, a von Neumann
// style quadratic generator. This is integer arithmetic that gives the same result on all engines; their own generators
// differ.
func (n *noise) mask(g *graph.Graph, dims []int, rate float64) *graph.Node {
	if !(rate > 0 && rate < 1) {
		panic(fmt.Errorf("dropout rate %g: use a rate from 0 up to but not including 1", rate))
	}
	n.sites++
	size := 1
	for _, d := range dims {
		size *= d
	}
	h := graph.Iota(g, shapes.Make(dtypes.Int64, size), 0)
	seed := residue(graph.AddScalar(graph.MulScalar(n.pass, 40503), n.sites*69069))
	for _, c := range []int64{1103515245, 12820163, 1664525} {
		h = residue(graph.Add(graph.Mul(h, graph.AddScalar(h, c)), seed))
	}
	keep := graph.ConvertDType(graph.GreaterOrEqual(h, graph.Const(g, int64(rate*prime))), dtypes.Float32)
	return graph.StopGradient(graph.Reshape(graph.MulScalar(keep, 1/(1-rate)), dims...))
}

func residue(x *graph.Node) *graph.Node { return graph.Mod(x, graph.Const(x.Graph(), int64(prime))) }
