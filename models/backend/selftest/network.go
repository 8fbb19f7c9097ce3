package selftest

import (
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/weights"
)

// Sizes of the network: clips of frames × side × side pixels give tokens of width dim in heads.
const (
	clips, frames, side, channels = 2, 4, 8, 3
	patch                         = 4
	tokens                        = frames * (side / patch) * (side / patch)
	dim, heads, classes           = 64, 2, 16
)

// parts name the results of the network, in their order.
var parts = []string{"the forward pass", "a dropout mask", "the gradient of a prompt", "the gradient of a bias", "the products of a square weight and its transpose"}

// parameters are the weights: all frozen but the prompt and the last bias.
func parameters() []weights.Parameter {
	kernel := func(name string, in, out int) weights.Parameter {
		return weights.Kernel(name, in, out, weights.Backbone, weights.Xavier(in, out))
	}
	return []weights.Parameter{
		kernel("embed", patch*patch*channels, dim),
		kernel("query", dim, dim), kernel("key", dim, dim), kernel("value", dim, dim), kernel("out", dim, dim),
		kernel("up", dim, 2*dim), kernel("down", 2*dim, dim), kernel("head", dim, classes),
		weights.Vector("scale", []int{dim}, weights.Backbone, weights.Uniform(1)),
		weights.Vector("prompt", []int{1, tokens, dim}, weights.Tuning, weights.Normal(0.1)),
		weights.Vector("bias", []int{classes}, weights.Head, weights.Normal(0.1)),
	}
}

// inputs are the frames uint8 [B, T, H, W, C], which clips are mirrored, bool [B], and the number of the pass, float32 [1].
func inputs() []any {
	rng := rand.New(rand.NewPCG(7, 5))
	pixels := make([]uint8, clips*frames*side*side*channels)
	for i := range pixels {
		pixels[i] = uint8(rng.IntN(256))
	}
	return []any{
		tensors.FromFlatDataAndDimensions(pixels, clips, frames, side, side, channels),
		tensors.FromFlatDataAndDimensions([]bool{true, false}, clips),
		tensors.FromFlatDataAndDimensions([]float32{12345}, 1),
	}
}

// network returns one result for each of parts: logits [B, classes], a mask [B, tokens, dim], the gradients
// [1, tokens, dim] and [classes], and the two products stacked, [2, B·tokens, dim].
func network(scope *model.Scope, in []*Node) []*Node {
	pixels, flips, pass := in[0], in[1], in[2]
	nodes := weights.NodesOf(scope, pixels)
	g := pixels.Graph()

	mirrored := BroadcastToDims(Reshape(flips, clips, 1, 1, 1, 1), pixels.Shape().Dimensions...)
	x := ConvertDType(StopGradient(Where(mirrored, Reverse(pixels, 3), pixels)), dtypes.Float32)
	x = MulScalar(AddScalar(x, -127.5), 1.0/64)
	x = Reshape(x, clips, frames, side/patch, patch, side/patch, patch, channels)
	x = Reshape(TransposeAllDims(x, 0, 1, 2, 4, 3, 5, 6), clips, tokens, patch*patch*channels)
	x = Add(MatMul(x, nodes.Node("embed")), BroadcastToDims(nodes.Node("prompt"), clips, tokens, dim))

	x = Add(x, attention(nodes, normalized(x, nodes.Node("scale"))))
	hidden := MatMul(normalized(x, nodes.Node("scale")), nodes.Node("up"))
	hidden = Mul(hidden, MulScalar(OnePlus(Erf(MulScalar(hidden, 0.7071067811865476))), 0.5)) // GELU
	x = Add(x, MatMul(hidden, nodes.Node("down")))
	mask := mask(g, pass)
	logits := MatMul(ReduceMean(Mul(x, mask), 1), nodes.Node("head"))
	logits = Add(logits, BroadcastToDims(Reshape(nodes.Node("bias"), 1, classes), clips, classes))

	shifted := Sub(logits, StopGradient(BroadcastToDims(ReduceAndKeep(logits, ReduceMax, -1), clips, classes)))
	first := make([]float32, clips*classes) // both clips are of the first class
	for clip := range clips {
		first[clip*classes] = 1
	}
	chosen := ReduceSum(Mul(shifted, Reshape(Const(g, first), clips, classes)), -1)
	loss := ReduceAllMean(Sub(Log(ReduceSum(Exp(shifted), -1)), chosen))
	gradients := Gradient(loss, nodes.Node("prompt"), nodes.Node("bias"))

	rows := Reshape(x, clips*tokens, dim)
	both := Stack([]*Node{MatMul(rows, nodes.Node("out")), EinsumAxes(rows, nodes.Node("out"), [][2]int{{1, 1}}, nil)}, 0)
	return []*Node{logits, mask, gradients[0], gradients[1], both}
}

// attention is multi-head self-attention over tokens, [B, tokens, dim].
func attention(nodes weights.Nodes, x *Node) *Node {
	split := func(name string) *Node {
		return TransposeAllDims(Reshape(MatMul(x, nodes.Node(name)), clips, tokens, heads, dim/heads), 0, 2, 1, 3)
	}
	scores := MatMul(MulScalar(split("query"), 0.1767766952966369), TransposeAllDims(split("key"), 0, 1, 3, 2))
	attended := MatMul(Softmax(scores, -1), split("value"))
	return MatMul(Reshape(TransposeAllDims(attended, 0, 2, 1, 3), clips, tokens, dim), nodes.Node("out"))
}

// normalized is layer normalisation over the last axis.
func normalized(x, scale *Node) *Node {
	dims := x.Shape().Dimensions
	spread := func(n *Node) *Node { return BroadcastToDims(n, dims...) }
	centered := Sub(x, spread(ReduceAndKeep(x, ReduceMean, -1)))
	variance := ReduceAndKeep(Square(centered), ReduceMean, -1)
	return Mul(Div(centered, spread(Sqrt(AddScalar(variance, 1e-6)))), spread(Reshape(scale, 1, 1, dim)))
}

// mask is a dropout mask of 64-bit integer arithmetic, as weights draws it.
func mask(g *Graph, pass *Node) *Node {
	const prime = 1<<31 - 1
	residue := func(x *Node) *Node { return Mod(x, Const(g, int64(prime))) }
	h := Iota(g, shapes.Make(dtypes.Int64, clips*tokens*dim), 0)
	seed := residue(MulScalar(ConvertDType(pass, dtypes.Int64), 40503))
	for _, c := range []int64{1103515245, 12820163} {
		h = residue(Add(Mul(h, AddScalar(h, c)), BroadcastToDims(seed, h.Shape().Dimensions...)))
	}
	keep := ConvertDType(GreaterOrEqual(h, Const(g, int64(prime/4))), dtypes.Float32)
	return StopGradient(Reshape(MulScalar(keep, 4.0/3), clips, tokens, dim))
}
