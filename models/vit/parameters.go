package vit

import (
	"fmt"

	"padapter/models/weights"
)

// Parameters lists the backbone's weights under the names of the reference implementation. Linear layers are
// initialised as in VideoMAE: Xavier uniform kernels, zero biases.
func (c Config) Parameters() []weights.Parameter {
	d, hidden := c.Dim, c.Hidden()
	var list []weights.Parameter
	if c.ClassToken {
		list = append(list, weights.Vector("cls_token", []int{1, 1, d}, weights.Backbone, weights.Normal(0.02)))
	}
	if c.Positions == "learned" {
		list = append(list, weights.Vector("pos_embed", []int{1, c.Tokens(), d}, weights.Backbone, weights.Normal(0.02)))
	}
	list = append(list, c.patchKernel(), weights.Vector("patch_embed.proj.bias", []int{d}, weights.Backbone, weights.Zero))
	bias := c.attentionBiases()
	for i := range c.Depth {
		vector := func(name string, n int, init weights.Initializer) {
			if name != "" {
				list = append(list, weights.Vector(Block(i)+name, []int{n}, weights.Backbone, init))
			}
		}
		kernel := func(name string, in, out int) {
			list = append(list, weights.Kernel(Block(i)+name, in, out, weights.Backbone, weights.Xavier(in, out)))
		}
		vector("norm1.weight", d, weights.One)
		vector("norm1.bias", d, weights.Zero)
		for j, layer := range []string{"q_proj", "k_proj", "v_proj"} {
			kernel("attn."+layer+".weight", d, d)
			vector(bias[j], d, weights.Zero)
		}
		kernel("attn.proj.weight", d, d)
		vector("attn.proj.bias", d, weights.Zero)
		vector("norm2.weight", d, weights.One)
		vector("norm2.bias", d, weights.Zero)
		kernel("fc1.weight", d, hidden)
		vector("fc1.bias", hidden, weights.Zero)
		kernel("fc2.weight", hidden, d)
		vector("fc2.bias", d, weights.Zero)
	}
	role := weights.Pooling
	if c.Pool == "class" {
		role = weights.Backbone // it is pretrained and stays frozen
	}
	return append(list,
		weights.Vector(c.FinalNorm()+".weight", []int{d}, role, weights.One),
		weights.Vector(c.FinalNorm()+".bias", []int{d}, role, weights.Zero))
}

// patchKernel describes the tubelet embedding: [t, p, p, C, D] in memory and [D, C, t, p, p] in files, both without t
// if Flat.
func (c Config) patchKernel() weights.Parameter {
	p := weights.Parameter{
		Name: "patch_embed.proj.weight", Role: weights.Backbone, Initializer: weights.Xavier(c.PatchSize(), c.Dim),
		Shape: []int{c.Tubelet, c.Patch, c.Patch, Channels, c.Dim}, Axes: []int{2, 3, 4, 1, 0},
	}
	if c.Flat {
		p.Shape, p.Axes = []int{c.Patch, c.Patch, Channels, c.Dim}, []int{2, 3, 1, 0}
	}
	return p
}

// attentionBiases returns the names of the biases of q, k and v within a block. An empty name means no bias.
func (c Config) attentionBiases() [3]string {
	if c.KeyBias {
		return [3]string{"attn.q_proj.bias", "attn.k_proj.bias", "attn.v_proj.bias"}
	}
	return [3]string{"attn.q_bias", "", "attn.v_bias"}
}

// Block returns the name prefix of the parameters of block i.
func Block(i int) string { return fmt.Sprintf("blocks.%d.", i) }
