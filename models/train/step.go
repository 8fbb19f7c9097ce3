package train

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/devices"
	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/weights"
)

// stepTaker takes optimizer steps.
type stepTaker interface {
	// run takes one step on a full batch; step counts from 1. It returns the loss and the norm of the gradient.
	run(b *feed.Batch, step int64, rate float64) (loss, norm float64, err error)
	// changed lists the variables that steps change, except sums that each step initialises. It is empty before the
	// first step.
	changed() []*model.Variable
	close()
}

// wholeStepper runs the whole step as one compiled graph: forward pass, backward pass down to the lowest trained
// weight, and the optimizer's update. Weights and optimizer state stay on the device. A step copies one batch to the
// device and two numbers back.
type wholeStepper struct {
	config  *stepConfig
	exec    *devices.Exec
	targets []float32
}

// stepConfig is the input for building the training graph.
type stepConfig struct {
	backend   compute.Backend
	store     *model.Store
	network   infer.Network
	trained   []*model.Variable
	optimizer *Optimizer
	batch     int
	clipNorm  float64 // 0 disables clipping
	smoothing float64
	average   *average // nil disables averaging
	cache     *cache   // of a frozen backbone's features; nil disables it

	changed []*model.Variable // variables that steps change: weights, optimizer state, running statistics; known once graphs are built
}

// newStepTaker returns the implementation for a micro-batch size; 0 and the batch size itself mean a single part. It
// moves the weights to the backend.
func newStepTaker(c *stepConfig, micro int) (stepTaker, error) {
	if err := weights.ToDevice(c.store, c.backend, infer.Parameters(c.network)); err != nil {
		return nil, err
	}
	if err := checkShares(c.backend, c.batch, micro); err != nil {
		return nil, err
	}
	if micro == 0 {
		micro = c.batch
	}
	if micro == c.batch && c.cache == nil {
		return newWholeStepper(c)
	}
	return newMicroStepper(c, micro)
}

// checkShares returns an error unless the backend's devices can share batches, and micro-batches of a number that is not
// 0, equally.
func checkShares(backend compute.Backend, batch, micro int) error {
	if err := devices.CheckDivides(backend, "a batch", batch); err != nil {
		return err
	}
	return devices.CheckDivides(backend, "a micro-batch", micro)
}

func newWholeStepper(c *stepConfig) (*wholeStepper, error) {
	if err := c.optimizer.Prepare(c.store, c.trained); err != nil {
		return nil, err
	}
	s := &wholeStepper{config: c, targets: make([]float32, c.batch*c.network.Classes())}
	var err error
	if s.exec, err = devices.NewExec(c.backend, c.store, "train step", 3, s.graph); err != nil {
		return nil, err
	}
	return s, nil
}

// update clips the gradients, adds the optimizer's update to the graph, records the changed variables, and returns the
// norm of the gradients before clipping.
func (c *stepConfig) update(gradients, scalars []*graph.Node) *graph.Node {
	norm := globalNorm(gradients)
	if c.clipNorm > 0 {
		gradients = clipByNorm(gradients, norm, c.clipNorm)
	}
	c.optimizer.Update(c.store, c.trained, gradients, scalars)
	if c.average != nil {
		c.average.update(scalars[len(scalars)-1])
	}
	c.note(norm.Graph())
	return norm
}

// scalars returns the numbers that the graph takes in a step: those of the optimizer and of the average.
func (c *stepConfig) scalars(step int64, rate float64) []*tensors.Tensor {
	values := c.optimizer.scalarsAt(step, rate)
	if c.average != nil {
		values = append(values, c.average.decayAt(step))
	}
	inputs := make([]*tensors.Tensor, len(values))
	for i, v := range values {
		inputs[i] = tensors.FromScalar(float32(v))
	}
	return inputs
}

// note adds the variables that the graph changes to c.changed.
func (c *stepConfig) note(g *graph.Graph) {
	for v := range c.store.IterVariables() {
		if v.ChangedInGraph(g) && !strings.HasPrefix(v.Path(), accumulateScope+"/") && !slices.Contains(c.changed, v) {
			c.changed = append(c.changed, v)
		}
	}
}

// graph takes frames uint8 [B, T, H, W, C], flips bool [B], targets float32 [B, classes] and the optimizer's scalars,
// and returns loss and gradient norm as one float32 [2].
func (s *wholeStepper) graph(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	frames, flips, targets, scalars := inputs[0], inputs[1], inputs[2], inputs[3:]
	logits := s.config.network.Logits(scope, mirror(frames, flips), true)
	loss := crossEntropy(logits, targets)
	weights := make([]*graph.Node, len(s.config.trained))
	for i, v := range s.config.trained {
		weights[i] = v.NodeValue(loss)
	}
	norm := s.config.update(graph.Gradient(loss, weights...), scalars)
	return []*graph.Node{graph.Stack([]*graph.Node{loss, norm}, 0)}
}

// mirror flips the marked clips left to right. frames is [B, T, H, W, C], flips bool [B]. No gradient passes through.
func mirror(frames, flips *graph.Node) *graph.Node {
	batch := frames.Shape().Dimensions[0]
	mask := graph.BroadcastToDims(graph.Reshape(flips, batch, 1, 1, 1, 1), frames.Shape().Dimensions...)
	return graph.StopGradient(graph.Where(mask, graph.Reverse(frames, 3), frames))
}

func (s *wholeStepper) run(b *feed.Batch, step int64, rate float64) (loss, norm float64, err error) {
	classes := s.config.network.Classes()
	fillTargets(s.targets, b.Labels, classes, s.config.smoothing, b.Share)
	inputs := []*tensors.Tensor{
		infer.FramesTensor(b),
		tensors.FromFlatDataAndDimensions(b.Flips, len(b.Flips)),
		tensors.FromFlatDataAndDimensions(s.targets, len(b.Labels), classes),
	}
	out, err := s.exec.Call(append(inputs, s.config.scalars(step, rate)...)...)
	if err != nil {
		return 0, 0, fmt.Errorf("train on batch of step %d: %w", step, err)
	}
	return float64(out[0][0]), float64(out[0][1]), nil
}

func (s *wholeStepper) changed() []*model.Variable { return s.config.changed }

func (s *wholeStepper) close() { s.exec.Close() }
