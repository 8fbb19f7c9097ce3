package infer

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed"
	"padapter/models/weights"
)

// Network is a clip classifier whose weights are variables of a store.
type Network interface {
	// Logits builds the classifier's graph: frames uint8 [B, T, H, W, C] RGB to logits float32 [B, classes].
	// Scaling, normalisation and everything after it are its business. With training set, BatchNorm uses the
	// batch's statistics and updates its running ones.
	Logits(scope *model.Scope, frames *graph.Node, training bool) *graph.Node
	// Classes is the number of logits of a clip.
	Classes() int
	// Count returns the number of trained weights and of all weights, statistics aside.
	Count() (trained, all int)
}

// Predictor holds the compiled forward graph of one batch size.
type Predictor struct {
	exec    *model.Exec
	classes int
}

// New prepares the forward pass and moves the weights to the backend. The graph is compiled at the first call.
func New(backend compute.Backend, store *model.Store, network Network) (*Predictor, error) {
	if err := weights.ToDevice(store, backend); err != nil {
		return nil, err
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, frames *graph.Node) *graph.Node {
		return network.Logits(scope, frames, false)
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the forward pass: %w", err)
	}
	return &Predictor{exec: exec.WithName("forward"), classes: network.Classes()}, nil
}

// Logits returns one slice of [classes] for every filled slot of the batch, in slot order. The slices share one
// array, which is the caller's.
func (p *Predictor) Logits(b *feed.Batch) ([][]float32, error) {
	frames := FramesTensor(b)
	defer frames.MustFinalizeAll()
	outputs, err := p.exec.Call(frames)
	if err != nil {
		return nil, fmt.Errorf("run the network forward on %d clips: %w", b.Filled, err)
	}
	defer outputs[0].MustFinalizeAll()
	flat, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		return nil, fmt.Errorf("read logits: %w", err)
	}
	if want := len(b.Labels) * p.classes; len(flat) != want {
		return nil, fmt.Errorf("read logits: the network returned %s, want %d clips of %d classes", outputs[0].Shape(), len(b.Labels), p.classes)
	}
	logits := make([][]float32, b.Filled)
	for i := range logits {
		logits[i] = flat[i*p.classes : (i+1)*p.classes : (i+1)*p.classes]
	}
	return logits, nil
}

// Close frees the compiled graph; the weights stay.
func (p *Predictor) Close() { p.exec.Finalize() }

// FramesTensor copies a batch's frames into a tensor uint8 [B, T, H, W, C].
func FramesTensor(b *feed.Batch) *tensors.Tensor {
	s := b.Shape
	return tensors.FromFlatDataAndDimensions(b.Frames, len(b.Labels), s.Frames, s.Height, s.Width, s.Channels)
}
