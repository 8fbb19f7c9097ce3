package bench

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/backend"
	"padapter/models/checkpoint/safetensors"
	"padapter/models/classifier"
	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/train"
	"padapter/models/vit"
	"padapter/models/weights"
	"padapter/pipeline/batch"
)

// Settings of the optimizer, which is SGD as in the paper.
const (
	momentum = 0.9
	rate     = 0.005
)

// Run is a prepared case.
type Run struct {
	Case    Case
	Trained int // number of trained weights
	Weights int // number of weights

	net       *classifier.Classifier
	store     *model.Store
	input     *feed.Batch
	predictor *infer.Predictor
	stepper   *train.Stepper
	steps     int64
}

// Outcome holds the results and the times of one round.
type Outcome struct {
	Seconds          float64   `json:"seconds"`           // wall clock time
	ProcessorSeconds float64   `json:"processor_seconds"` // CPU time of all threads of the process
	Logits           []float32 `json:"logits,omitempty"`  // forward pass: [B, classes] flat
	Loss             float64   `json:"loss,omitempty"`    // training step
	Norm             float64   `json:"norm,omitempty"`    // gradient norm of the training step
}

// settled is a network whose head uses its running statistics in training too, because a single clip has no variance.
type settled struct{ *classifier.Classifier }

func (s settled) Logits(scope *model.Scope, frames *graph.Node, _ bool) *graph.Node {
	return s.Classifier.Logits(scope, frames, false)
}

func (s settled) Head(scope *model.Scope, features *graph.Node, _ bool) *graph.Node {
	return s.Classifier.Head(scope, features, false)
}

// Open prepares a case: it draws the weights but compiles nothing. The caller must close the Run.
func Open(c Case) (_ *Run, err error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	engine, err := backend.OpenWith(backend.Settings{Engine: c.Backend, Precision: backend.Precision(c.Precision), Training: c.Pass == "step"})
	if err != nil {
		return nil, err
	}
	c.Backend, c.Precision = engine.Engine, string(engine.Precision)
	r := &Run{Case: c, store: model.NewStore()}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	backbone := c.Backbone()
	backbone.Half = engine.RoundsInGraph()
	if r.net, err = classifier.New(backbone, c.tuning(), [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}, classes); err != nil {
		return nil, err
	}
	if err := r.fill(); err != nil {
		return nil, err
	}
	r.Trained, r.Weights = r.net.Count()
	shape := batch.Shape{Frames: c.Frames, Height: c.Size, Width: c.Size, Channels: vit.Channels}
	r.input = &feed.Batch{Filled: c.Batch, Shape: shape, Frames: pixels(c.Batch, shape.Bytes()), Labels: make([]int32, c.Batch), Flips: make([]bool, c.Batch), Share: 1}
	for i := range r.input.Labels {
		r.input.Labels[i] = int32(i % classes)
	}
	var network infer.Network = r.net
	if c.Batch == 1 {
		network = settled{r.net}
	}
	if c.Pass == "forward" {
		r.predictor, err = infer.New(engine.Compute, r.store, network)
		return r, err
	}
	trained, err := r.net.Trained(r.store)
	if err != nil {
		return nil, err
	}
	optimizer, err := train.NewOptimizer("sgd", momentum, 0)
	if err != nil {
		return nil, err
	}
	r.stepper, err = train.NewStepper(train.StepOptions{
		Backend: engine.Compute, Store: r.store, Network: network, Trained: trained, Optimizer: optimizer,
		Batch: c.Batch, MicroBatch: c.Micro,
	})
	return r, err
}

// fill draws the weights, including those that are normally initialised to zero, so that no gradient is zero.
func (r *Run) fill() error {
	if err := r.net.Init(r.store, 1); err != nil {
		return err
	}
	for _, p := range r.net.Parameters() {
		if !strings.HasSuffix(p.Name, "bias") && !strings.HasSuffix(p.Name, "up_proj.weight") {
			continue
		}
		p.Initializer = weights.Normal(0.02)
		if err := weights.Set(r.store, p, p.Draw(2)); err != nil {
			return err
		}
	}
	return nil
}

// WriteWeights writes all weights and buffers as a safetensors file.
func (r *Run) WriteWeights(w io.Writer) error {
	var list []safetensors.Tensor
	for _, p := range r.net.Parameters() {
		values, err := weights.Values(r.store, p)
		if err != nil {
			return err
		}
		list = append(list, safetensors.Tensor{Name: p.Name, Shape: p.FileShape(), Values: p.ToFile(values)})
	}
	return safetensors.Write(w, list, nil)
}

// Round runs the case once: a forward pass, or the next training step. The first round also compiles the graph. The
// measured time includes copying the batch to the device and the results back.
func (r *Run) Round() (Outcome, error) {
	start, processor := time.Now(), processorSeconds()
	out, err := r.compute()
	out.Seconds, out.ProcessorSeconds = time.Since(start).Seconds(), processorSeconds()-processor
	return out, err
}

func (r *Run) compute() (out Outcome, err error) {
	if r.predictor != nil {
		rows, err := r.predictor.Logits(r.input)
		for _, row := range rows {
			out.Logits = append(out.Logits, row...)
		}
		return out, err
	}
	r.steps++
	out.Loss, out.Norm, err = r.stepper.Step(r.input, r.steps, rate)
	return out, err
}

// processorSeconds returns the CPU time of the process in seconds.
func processorSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// Close frees weights and graphs.
func (r *Run) Close() {
	if r.predictor != nil {
		r.predictor.Close()
	}
	if r.stepper != nil {
		r.stepper.Close()
	}
	r.store.Finalize()
}
