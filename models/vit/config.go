package vit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Config describes the architecture of the backbone. With zero values for all fields below MLPRatio it is the video
// transformer of VideoMAE; Image returns the image transformer.
type Config struct {
	Frames   int     // T
	Height   int     // H, pixels
	Width    int     // W, pixels
	Tubelet  int     // t, frames of a tubelet
	Patch    int     // p, pixels of a tubelet's side
	Dim      int     // D
	Depth    int     // blocks
	Heads    int     // S, must divide Dim
	MLPRatio float64 // hidden width of the MLP over Dim

	Positions  string // "" or "sinusoid": a fixed table; "learned": a parameter
	ClassToken bool   // prepend one learned token to the patch tokens
	KeyBias    bool   // k has a bias; q and v always have one
	Flat       bool   // checkpoints hold a 2-D patch kernel [D, C, p, p]; requires tubelets of one frame
	Pool       string // "" or "mean": mean of the patch tokens, then fc_norm; "class": norm, then the class token

	// Dropout rates during training, in [0, 1). DropPath is the rate of the last block: block i of n has i/(n-1) of it.
	Dropout, AttentionDropout, DropPath float64
	// Rematerialize is gradient checkpointing: training keeps only the input of each block and recomputes the rest
	// during the backward pass. It saves memory and takes about a third more time.
	GradientCheckpointing bool
	// Half makes the matrix products of blocks and embedding use bfloat16 operands. Weights, their gradients, the
	// residual stream, norms, softmax and loss stay float32.
	Half bool
}

// Channels is C, the number of channels: pixels are RGB.
const Channels = 3

// NormEpsilon is the ε of every layer norm.
const NormEpsilon = 1e-6

// The values of Config.Positions and Config.Pool.
var (
	positionKinds = []string{"", "sinusoid", "learned"}
	poolKinds     = []string{"", "mean", "class"}
)

// Image returns the image transformer of ViT and MAE: one frame, class token, learned positions and biases everywhere.
// side and patch are in pixels. pool is "class" or "mean".
func Image(side, patch, dim, depth, heads int, mlpRatio float64, pool string) Config {
	return Config{
		Frames: 1, Height: side, Width: side, Tubelet: 1, Patch: patch, Dim: dim, Depth: depth, Heads: heads, MLPRatio: mlpRatio,
		Positions: "learned", ClassToken: true, KeyBias: true, Flat: true, Pool: pool,
	}
}

// Validate returns an error that lists every invalid field.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, f := range []struct {
		name  string
		value int
	}{
		{"frames", c.Frames}, {"height", c.Height}, {"width", c.Width}, {"tubelet", c.Tubelet}, {"patch", c.Patch},
		{"dim", c.Dim}, {"depth", c.Depth}, {"heads", c.Heads},
	} {
		if f.value < 1 {
			bad("%s is %d: it must be at least 1", f.name, f.value)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("transformer geometry: %w", errors.Join(errs...))
	}
	if c.Frames%c.Tubelet != 0 {
		bad("%d frames do not divide into tubelets of %d", c.Frames, c.Tubelet)
	}
	if c.Height%c.Patch != 0 || c.Width%c.Patch != 0 {
		bad("%d×%d pixels do not divide into patches of %d", c.Height, c.Width, c.Patch)
	}
	if c.Dim%c.Heads != 0 {
		bad("dim %d does not divide into %d heads", c.Dim, c.Heads)
	}
	if c.Hidden() < 1 {
		bad("mlp ratio %g leaves no hidden unit", c.MLPRatio)
	}
	if !slices.Contains(positionKinds, c.Positions) {
		bad("positions %q are unknown: use %s", c.Positions, strings.Join(positionKinds[1:], " or "))
	}
	if !slices.Contains(poolKinds, c.Pool) {
		bad("pool %q is unknown: use %s", c.Pool, strings.Join(poolKinds[1:], " or "))
	}
	if c.Pool == "class" && !c.ClassToken {
		bad("pool is class, but there is no class token: use mean")
	}
	if c.Flat && c.Tubelet != 1 {
		bad("a 2-D patch kernel needs tubelets of 1 frame, not %d", c.Tubelet)
	}
	for _, f := range []struct {
		name string
		rate float64
	}{{"dropout", c.Dropout}, {"attention dropout", c.AttentionDropout}, {"stochastic depth", c.DropPath}} {
		if !(f.rate >= 0 && f.rate < 1) {
			bad("%s is %g: use a rate from 0 up to but not including 1", f.name, f.rate)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("transformer geometry: %w", errors.Join(errs...))
	}
	return nil
}

// Patches returns the number of tubelets of a clip: (T/t)(H/p)(W/p).
func (c Config) Patches() int {
	return (c.Frames / c.Tubelet) * (c.Height / c.Patch) * (c.Width / c.Patch)
}

// Tokens returns N: the number of tubelets, plus one with a class token.
func (c Config) Tokens() int {
	if c.ClassToken {
		return c.Patches() + 1
	}
	return c.Patches()
}

// Hidden returns the width of the MLP's hidden layer.
func (c Config) Hidden() int { return int(float64(c.Dim) * c.MLPRatio) }

// PatchSize returns the number of values of a tubelet: t·p·p·C.
func (c Config) PatchSize() int { return c.Tubelet * c.Patch * c.Patch * Channels }

// FinalNorm returns the name of the layer norm between the blocks and the head.
func (c Config) FinalNorm() string {
	if c.Pool == "class" {
		return "norm"
	}
	return "fc_norm"
}

// Noisy reports whether training uses dropout or stochastic depth.
func (c Config) Noisy() bool { return c.Dropout > 0 || c.AttentionDropout > 0 || c.DropPath > 0 }

// dropPath returns the stochastic depth rate of block i.
func (c Config) dropPath(i int) float64 {
	if c.Depth < 2 {
		return c.DropPath
	}
	return c.DropPath * float64(i) / float64(c.Depth-1)
}
