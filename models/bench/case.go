package bench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"padapter/models/backend"
	"padapter/models/tuning"
	"padapter/models/vit"
)

// Case is one configuration to measure.
type Case struct {
	Model                 string `json:"model"`  // one of Models
	Frames                int    `json:"frames"` // of a clip; a multiple of 2
	Size                  int    `json:"size"`   // side of a frame in pixels; a multiple of 16
	Batch                 int    `json:"batch"`  // clips
	Pass                  string `json:"pass"`   // one of Passes
	Backend               string `json:"backend"`
	Precision             string `json:"precision"`               // one of Precisions; "" means float32
	Micro                 int    `json:"micro_batch,omitempty"`   // training step: clips in one forward pass, 0 for all
	GradientCheckpointing bool   `json:"rematerialize,omitempty"` // training step: gradient checkpointing
}

// Models are the transformer sizes, with the names of DeiT and VideoMAE.
var Models = []string{"tiny", "small", "base"}

// Passes are the workloads: a forward pass over a batch, and a training step.
var Passes = []string{"forward", "step"}

// Precisions are the number formats of matrix products.
var Precisions = []string{string(backend.Float32), string(backend.BFloat16)}

// The tubelets and the tuning of every case are those of the paper; the number of classes is that of HMDB51.
const (
	tubelet    = 2
	patch      = 16
	bottleneck = 32
	classes    = 51
)

// Validate returns an error that lists every invalid field.
func (c Case) Validate() error {
	var errs []error
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{{"model", c.Model, Models}, {"pass", c.Pass, Passes}, {"precision", cmp.Or(c.Precision, Precisions[0]), Precisions}} {
		if !slices.Contains(f.allowed, f.value) {
			errs = append(errs, fmt.Errorf("%s %q is unknown: use one of %s", f.name, f.value, strings.Join(f.allowed, ", ")))
		}
	}
	if c.Frames < tubelet || c.Frames%tubelet != 0 {
		errs = append(errs, fmt.Errorf("frames is %d: use a multiple of %d", c.Frames, tubelet))
	}
	if c.Size < patch || c.Size%patch != 0 {
		errs = append(errs, fmt.Errorf("size is %d: use a multiple of %d", c.Size, patch))
	}
	if c.Batch < 1 {
		errs = append(errs, fmt.Errorf("batch is %d: use at least 1", c.Batch))
	}
	if c.Micro < 0 || c.Micro > 0 && c.Batch%c.Micro != 0 {
		errs = append(errs, fmt.Errorf("micro-batch is %d: use a divisor of the batch, %d", c.Micro, c.Batch))
	}
	return errors.Join(errs...)
}

// Backbone returns the configuration of the backbone.
func (c Case) Backbone() vit.Config {
	heads := map[string]int{"tiny": 3, "small": 6, "base": 12}[c.Model]
	return vit.Config{
		Frames: c.Frames, Height: c.Size, Width: c.Size, Tubelet: tubelet, Patch: patch,
		Dim: 64 * heads, Depth: 12, Heads: heads, MLPRatio: 4, GradientCheckpointing: c.GradientCheckpointing,
	}
}

// tuning returns the configuration of PAdapter as used in the paper.
func (c Case) tuning() tuning.Config {
	return tuning.Config{Kind: "padapter", Bottleneck: bottleneck, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
}

// pixels returns clips of n bytes each, flat. Byte i is 2654435761·i mod 2³² shifted right by 24 plus the number of its
// clip mod 4, so that clips differ in brightness. Other programs can compute the same.
func pixels(clips, n int) []uint8 {
	p := make([]uint8, clips*n)
	for i := range p {
		p[i] = uint8(uint32(i) * 2654435761 >> (24 + i/n%4))
	}
	return p
}
