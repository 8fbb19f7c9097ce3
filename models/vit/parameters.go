package vit

import (
	"fmt"

	"padapter/models/weights"
)

// Parameters lists the trunk's weights under the names of the reference. Linear layers start as in VideoMAE
// (Xavier-uniform, biases 0), the tubelet kernel as a convolution.
func (c Config) Parameters() []weights.Parameter {
	d, hidden := c.Dim, c.Hidden()
	list := []weights.Parameter{
		{
			Name: "patch_embed.proj.weight", Role: weights.Backbone,
			Shape: []int{c.Tubelet, c.Patch, c.Patch, Channels, d}, Axes: []int{2, 3, 4, 1, 0},
			Start: weights.Xavier(c.PatchSize(), d),
		},
		weights.Vector("patch_embed.proj.bias", []int{d}, weights.Backbone, weights.Zero),
	}
	for i := range c.Depth {
		vector := func(name string, n int, start weights.Start) {
			list = append(list, weights.Vector(Block(i)+name, []int{n}, weights.Backbone, start))
		}
		kernel := func(name string, in, out int) {
			list = append(list, weights.Kernel(Block(i)+name, in, out, weights.Backbone, weights.Xavier(in, out)))
		}
		vector("norm1.weight", d, weights.One)
		vector("norm1.bias", d, weights.Zero)
		vector("attn.q_bias", d, weights.Zero)
		vector("attn.v_bias", d, weights.Zero)
		kernel("attn.q_proj.weight", d, d)
		kernel("attn.k_proj.weight", d, d)
		kernel("attn.v_proj.weight", d, d)
		kernel("attn.proj.weight", d, d)
		vector("attn.proj.bias", d, weights.Zero)
		vector("norm2.weight", d, weights.One)
		vector("norm2.bias", d, weights.Zero)
		kernel("fc1.weight", d, hidden)
		vector("fc1.bias", hidden, weights.Zero)
		kernel("fc2.weight", hidden, d)
		vector("fc2.bias", d, weights.Zero)
	}
	return append(list,
		weights.Vector("fc_norm.weight", []int{d}, weights.Pooling, weights.One),
		weights.Vector("fc_norm.bias", []int{d}, weights.Pooling, weights.Zero))
}

// Block is the prefix of the names of block i's parameters.
func Block(i int) string { return fmt.Sprintf("blocks.%d.", i) }
