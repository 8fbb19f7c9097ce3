package vit

import (
	"errors"
	"fmt"
)

// Config is the trunk's geometry.
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
}

// Channels is C: pixels are RGB.
const Channels = 3

// NormEpsilon is the ε of every layer norm.
const NormEpsilon = 1e-6

// Validate says what is wrong with the geometry, all of it.
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
	if len(errs) > 0 {
		return fmt.Errorf("transformer geometry: %w", errors.Join(errs...))
	}
	return nil
}

// Tokens is N.
func (c Config) Tokens() int {
	return (c.Frames / c.Tubelet) * (c.Height / c.Patch) * (c.Width / c.Patch)
}

// Hidden is the width of the MLP's hidden layer.
func (c Config) Hidden() int { return int(float64(c.Dim) * c.MLPRatio) }

// PatchSize is the number of values of a tubelet: t·p·p·C.
func (c Config) PatchSize() int { return c.Tubelet * c.Patch * c.Patch * Channels }
