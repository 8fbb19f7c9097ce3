package train

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed"
	"padapter/models/infer"
)

// StepOptions say what single steps are taken with.
type StepOptions struct {
	Backend    compute.Backend
	Store      *model.Store // the network's
	Network    infer.Network
	Trained    []*model.Variable
	Optimizer  *Optimizer
	Batch      int     // clips of a step
	MicroBatch int     // clips on the device at once; 0 means all
	ClipNorm   float64 // 0 does not clip
	Smoothing  float64 // of labels
}

// Stepper takes the steps that Run takes, one at a time, for who brings batches and schedule of their own. It belongs to
// one goroutine.
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

// Step takes one step on a full batch and returns the loss and the norm of its gradient before clipping. number counts
// from 1.
func (s *Stepper) Step(b *feed.Batch, number int64, rate float64) (loss, norm float64, err error) {
	return s.taker.run(b, number, rate)
}

// Close frees the compiled graphs; weights and optimizer state stay in the store.
func (s *Stepper) Close() { s.taker.close() }
