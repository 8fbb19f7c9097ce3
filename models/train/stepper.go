package train

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed"
	"padapter/models/infer"
)

// StepOptions configure a Stepper.
type StepOptions struct {
	Backend    compute.Backend
	Store      *model.Store // the network's
	Network    infer.Network
	Trained    []*model.Variable
	Optimizer  *Optimizer
	Batch      int     // clips of a step
	MicroBatch int     // clips in one forward pass; 0 means all
	ClipNorm   float64 // 0 disables clipping
	Smoothing  float64 // label smoothing
}

// Stepper takes the same steps as Run, one at a time, for callers with their own batches and schedule. It must not be
// used concurrently.
type Stepper struct{ taker stepTaker }

// NewStepper prepares the step. Its graphs are compiled at the first step.
func NewStepper(opt StepOptions) (*Stepper, error) {
	if opt.Batch < 1 {
		return nil, fmt.Errorf("prepare the training step: a batch of %d clips: it needs at least 1", opt.Batch)
	}
	taker, err := newStepTaker(&stepConfig{
		backend: opt.Backend, store: opt.Store, network: opt.Network, trained: opt.Trained, optimizer: opt.Optimizer,
		batch: opt.Batch, clipNorm: opt.ClipNorm, smoothing: opt.Smoothing,
	}, opt.MicroBatch)
	if err != nil {
		return nil, err
	}
	return &Stepper{taker}, nil
}

// Step takes one step on a full batch and returns the loss and the norm of the gradient before clipping. number counts
// from 1.
func (s *Stepper) Step(b *feed.Batch, number int64, rate float64) (loss, norm float64, err error) {
	return s.taker.run(b, number, rate)
}

// Close frees the compiled graphs; weights and optimizer state stay in the store.
func (s *Stepper) Close() { s.taker.close() }
