package vit

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"padapter/models/weights"
)

// Patches cuts frames [B, T, H, W, C] of any dtype into tubelets [B, N, t·p·p·C]. Tubelets are ordered by time, row and
// column; the values within one by frame, row, column and channel.
func Patches(c Config, frames *Node) *Node {
	batch := frames.Shape().Dimensions[0]
	frames.AssertDims(batch, c.Frames, c.Height, c.Width, Channels)
	x := Reshape(frames, batch, c.Frames/c.Tubelet, c.Tubelet, c.Height/c.Patch, c.Patch, c.Width/c.Patch, c.Patch, Channels)
	x = TransposeAllAxes(x, 0, 1, 3, 5, 2, 4, 6, 7)
	return Reshape(x, batch, c.Patches(), c.PatchSize())
}

// Normalize converts uint8 tubelets [B, N, t·p·p·C] to float32 (x/255 - mean)/std per channel.
func Normalize(patches *Node, mean, std [Channels]float32) *Node {
	size := patches.Shape().Dimensions[2]
	factor, offset := make([]float32, size), make([]float32, size)
	for i := range size {
		m, s := float64(mean[i%Channels]), float64(std[i%Channels])
		factor[i], offset[i] = float32(1/(255*s)), float32(-m/s)
	}
	g := patches.Graph()
	row := func(values []float32) *Node {
		return ConstTensor(g, tensors.FromFlatDataAndDimensions(values, 1, 1, size))
	}
	return Add(Mul(ConvertDType(patches, dtypes.Float32), row(factor)), row(offset))
}

// embed projects float32 tubelets [B, P, t·p·p·C] to tokens [B, N, D], prepends the class token if there is one, and
// adds the position embedding. The projection is a convolution whose stride equals its kernel size, written as one
// matrix product.
func embed(c Config, w weights.Nodes, patches *Node) *Node {
	batch := patches.Shape().Dimensions[0]
	patches.AssertDims(batch, c.Patches(), c.PatchSize())
	kernel := Reshape(w.Node("patch_embed.proj.weight"), c.PatchSize(), c.Dim)
	x := Add(c.product(patches, kernel), row(w.Node("patch_embed.proj.bias")))
	if c.ClassToken {
		x = Concatenate([]*Node{BroadcastToDims(w.Node("cls_token"), batch, 1, c.Dim), x}, 1)
	}
	var table *Node
	if c.Positions == "learned" {
		table = w.Node("pos_embed")
	} else {
		table = ConstTensor(x.Graph(), tensors.FromFlatDataAndDimensions(sinusoid(c.Tokens(), c.Dim), 1, c.Tokens(), c.Dim))
	}
	x = Add(x, table)
	x.AssertDims(batch, c.Tokens(), c.Dim)
	return x
}

// row reshapes a vector [D] to [1, 1, D], to be added to tokens.
func row(v *Node) *Node { return Reshape(v, 1, 1, v.Shape().Dimensions[0]) }

// sinusoid returns the position table [tokens, dim]: with angle(p, j) = p/10000^(2⌊j/2⌋/D), even channels hold its sine
// and odd channels its cosine (Vaswani et al. 2017, interleaved). It is computed in float64 and stored as float32.
func sinusoid(tokens, dim int) []float32 {
	table := make([]float32, tokens*dim)
	for p := range tokens {
		for j := range dim {
			angle := float64(p) / math.Pow(10000, 2*float64(j/2)/float64(dim))
			value := math.Sin(angle)
			if j%2 == 1 {
				value = math.Cos(angle)
			}
			table[p*dim+j] = float32(value)
		}
	}
	return table
}
