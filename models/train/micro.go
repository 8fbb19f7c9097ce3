package train

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/devices"
	"padapter/models/feed"
)

// headSplit is a network whose head can be built separately. Options.MicroBatch requires it.
type headSplit interface {
	// Features builds everything before the head: frames uint8 [B, T, H, W, C] to features float32 [B, D]. It processes
	// every clip independently and changes no variable.
	Features(scope *model.Scope, frames *graph.Node) *graph.Node
	// Head builds the rest: features [B, D] to logits [B, classes].
	Head(scope *model.Scope, features *graph.Node, training bool) *graph.Node
}

// frozenSplit is a network that can be built in two parts, split above the part that a linear probe leaves frozen.
// Options.FeatureCacheBytes requires it.
type frozenSplit interface {
	// Pooled builds the lower part: frames uint8 [B, T, H, W, C] to float32 [B, D], every clip independently.
	Pooled(scope *model.Scope, frames *graph.Node) *graph.Node
	// FromPooled builds the rest: [B, D] to logits [B, classes].
	FromPooled(scope *model.Scope, pooled *graph.Node, training bool) *graph.Node
}

// accumulateScope is the scope of the summed gradients of micro-batches.
const accumulateScope = "/accumulate"

// microStepper takes the same step as wholeStepper with the memory of a smaller batch. A batch of B clips is processed
// in parts of b:
//
//  1. features of every part, without gradients;
//  2. head, loss and the gradient of the features for all B clips at once, because batch normalisation and the
//     mean loss span the whole batch; this also gives the gradients of the head and updates its running statistics;
//  3. every part again, with its feature gradients propagated to the weights and added to a sum;
//  4. clipping and the optimizer on the sums.
//
// By the chain rule, the sums equal the gradient of the whole batch up to rounding. The cost is one more forward pass.
// The method is known from contrastive learning as gradient caching (Gao et al. 2021).
type microStepper struct {
	config  *stepConfig
	lower   func(scope *model.Scope, frames *graph.Node) *graph.Node                  // to features [B, D]
	upper   func(scope *model.Scope, features *graph.Node, training bool) *graph.Node // to logits
	part    int                                                                       // b
	sums    map[*model.Variable]*model.Variable
	inHead  map[*model.Variable]bool // known once the head's graph is built
	targets []float32

	features, head, back, apply *devices.Exec
}

func newMicroStepper(c *stepConfig, part int) (*microStepper, error) {
	split, ok := c.network.(headSplit)
	if !ok {
		return nil, fmt.Errorf("micro-batches need a network whose head can be built apart")
	}
	if noisy, ok := c.network.(interface{ Noisy() bool }); ok && noisy.Noisy() {
		return nil, fmt.Errorf("micro-batches and cached features go through the network more or less often than once, and its dropout would differ each time: set the recipe's rates of dropout and drop_path to 0, or use neither")
	}
	if part < 1 || c.batch%part != 0 {
		return nil, fmt.Errorf("micro-batches of %d do not divide the batch of %d", part, c.batch)
	}
	if err := c.optimizer.Prepare(c.store, c.trained); err != nil {
		return nil, err
	}
	m := &microStepper{
		config: c, lower: split.Features, upper: split.Head, part: part,
		sums: map[*model.Variable]*model.Variable{}, inHead: map[*model.Variable]bool{},
		targets: make([]float32, c.batch*c.network.Classes()),
	}
	if c.cache != nil {
		low, ok := c.network.(frozenSplit)
		if !ok {
			return nil, fmt.Errorf("a cache of features needs a network that can be split above its frozen part")
		}
		m.lower, m.upper = low.Pooled, low.FromPooled
	}
	for _, v := range c.trained {
		sum, err := c.store.CreateVariable(accumulateScope+v.Path(), tensors.FromShape(v.Shape()))
		if err != nil {
			return nil, fmt.Errorf("prepare gradient sum of %s: %w", v.Path(), err)
		}
		m.sums[v] = sum.SetTrainable(false)
	}
	for _, e := range []struct {
		exec  **devices.Exec
		name  string
		split int // inputs with one entry per clip
		build func(*model.Scope, []*graph.Node) []*graph.Node
	}{
		{&m.features, "micro-batch features", 2, m.featuresGraph},
		{&m.head, "head step", 2, m.headGraph},
		{&m.back, "micro-batch gradients", 3, m.backGraph},
		{&m.apply, "optimizer step", 0, m.applyGraph},
	} {
		var err error
		if *e.exec, err = devices.NewExec(c.backend, c.store, e.name, e.split, e.build); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// featuresGraph takes frames [b, T, H, W, C] and flips [b] and returns features [b, D].
func (m *microStepper) featuresGraph(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	return []*graph.Node{m.lower(scope, mirror(inputs[0], inputs[1]))}
}

// headGraph takes features [B, D] and targets [B, classes]. It returns the loss and, if anything below the head trains,
// the gradient of the features. It initialises the sums: the head's gradients are complete, all others start at zero.
func (m *microStepper) headGraph(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	features, targets := inputs[0], inputs[1]
	loss := crossEntropy(m.upper(scope, features, true), targets)
	var head []*model.Variable
	var wanted []*graph.Node
	for _, v := range m.config.trained {
		if v.InUseByGraph(loss.Graph()) {
			m.inHead[v] = true
			head = append(head, v)
			wanted = append(wanted, v.NodeValue(loss))
		}
	}
	below := len(head) < len(m.config.trained)
	if below {
		wanted = append(wanted, features)
	}
	gradients := graph.Gradient(loss, wanted...)
	for i, v := range head {
		m.sums[v].SetNodeValue(gradients[i])
	}
	for _, v := range m.config.trained {
		if !m.inHead[v] {
			m.sums[v].SetNodeValue(graph.Zeros(loss.Graph(), v.Shape()))
		}
	}
	m.config.note(loss.Graph())
	loss = graph.Reshape(loss, 1) // built last: the Go engine allows no parameter after the last output
	if !below {
		return []*graph.Node{loss}
	}
	return []*graph.Node{loss, gradients[len(head)]}
}

// backGraph takes frames, flips and feature gradients [b, D] of a part and adds its gradients to the sums.
func (m *microStepper) backGraph(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	features := m.lower(scope, mirror(inputs[0], inputs[1]))
	pushed := graph.ReduceAllSum(graph.Mul(features, graph.StopGradient(inputs[2])))
	var below []*model.Variable
	var wanted []*graph.Node
	for _, v := range m.config.trained {
		if !m.inHead[v] {
			below = append(below, v)
			wanted = append(wanted, v.NodeValue(pushed))
		}
	}
	for i, g := range graph.Gradient(pushed, wanted...) {
		sum := m.sums[below[i]]
		sum.SetNodeValue(graph.Add(sum.NodeValue(pushed), g))
	}
	return []*graph.Node{pushed}
}

// applyGraph takes the optimizer's scalars and returns the norm of the summed gradient.
func (m *microStepper) applyGraph(_ *model.Scope, scalars []*graph.Node) []*graph.Node {
	gradients := make([]*graph.Node, len(m.config.trained))
	for i, v := range m.config.trained {
		gradients[i] = m.sums[v].NodeValue(scalars[0])
	}
	norm := m.config.update(gradients, scalars)
	return []*graph.Node{norm}
}

// belowHead reports whether anything before the head trains, so that parts need a backward pass.
func (m *microStepper) belowHead() bool { return len(m.inHead) < len(m.config.trained) }

func (m *microStepper) run(b *feed.Batch, step int64, rate float64) (loss, norm float64, err error) {
	classes := m.config.network.Classes()
	fillTargets(m.targets, b.Labels, classes, m.config.smoothing, b.Share)
	features, width, err := m.allFeatures(b)
	if err != nil {
		return 0, 0, fmt.Errorf("train on batch of step %d: %w", step, err)
	}
	out, err := m.head.Call(tensors.FromFlatDataAndDimensions(features, m.config.batch, width), tensors.FromFlatDataAndDimensions(m.targets, m.config.batch, classes))
	if err != nil {
		return 0, 0, fmt.Errorf("train on batch of step %d: %w", step, err)
	}
	loss = float64(out[0][0])
	if m.belowHead() && m.config.cache != nil {
		return 0, 0, m.trainsBelowHead()
	}
	if m.belowHead() {
		for from := 0; from < m.config.batch; from += m.part {
			frames, flips := m.slice(b, from)
			gradient := tensors.FromFlatDataAndDimensions(out[1][from*width:(from+m.part)*width], m.part, width)
			if _, err := m.back.Call(frames, flips, gradient); err != nil {
				return 0, 0, fmt.Errorf("train on clips %d… of step %d: %w", from, step, err)
			}
		}
	}
	if out, err = m.apply.Call(m.config.scalars(step, rate)...); err != nil {
		return 0, 0, fmt.Errorf("update weights in step %d: %w", step, err)
	}
	return loss, float64(out[0][0]), nil
}

// allFeatures returns the features [B, D], flat.
func (m *microStepper) allFeatures(b *feed.Batch) (features []float32, width int, err error) {
	if m.config.cache != nil {
		return m.cachedFeatures(b)
	}
	for from := 0; from < m.config.batch; from += m.part {
		frames, flips := m.slice(b, from)
		out, err := m.features.Call(frames, flips)
		if err != nil {
			return nil, 0, err
		}
		features = append(features, out[0]...)
	}
	return features, len(features) / m.config.batch, nil
}

// slice copies one part of the batch into tensors.
func (m *microStepper) slice(b *feed.Batch, from int) (frames, flips *tensors.Tensor) {
	s, to := b.Shape, from+m.part
	return tensors.FromFlatDataAndDimensions(b.Frames[from*s.Bytes():to*s.Bytes()], m.part, s.Frames, s.Height, s.Width, s.Channels),
		tensors.FromFlatDataAndDimensions(b.Flips[from:to], m.part)
}

func (m *microStepper) changed() []*model.Variable { return m.config.changed }

func (m *microStepper) close() {
	for _, exec := range []*devices.Exec{m.features, m.head, m.back, m.apply} {
		if exec != nil {
			exec.Close()
		}
	}
}
