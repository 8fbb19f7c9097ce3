package train

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// optimizerScope is the scope of the optimizer state in a model store: /optimizer/<slot>/<path of the variable>.
const optimizerScope = "/optimizer"

// optimizerNames lists the names that NewOptimizer accepts.
var optimizerNames = []string{"sgd", "adamw", "lars"}

// Optimizer builds the update of the weights from gradients, as part of the training graph. Its state is stored in
// variables beside the weights, so it stays on the device between steps.
type Optimizer struct {
	name        string
	momentum    float64
	weightDecay float64
	slots       []string
	rates       int // number of scalars, from the first, that are learning rates
	scaleOf     func(path string) float64
	update      func(o *Optimizer, p parameter) (value *graph.Node, slots []*graph.Node)
	scalars     func(o *Optimizer, step int64, rate float64) []float64
}

// parameter is the input of an update rule for one trained variable.
type parameter struct {
	value, gradient *graph.Node
	slots           []*graph.Node // same shape as value
	decays          bool
	scalars         []*graph.Node // of the step, rates scaled for this variable
}

// Constants of AdamW and LARS that recipes do not change.
const (
	adamBeta2, adamEpsilon = 0.999, 1e-8
	larsTrust              = 0.001
)

// NewOptimizer returns the update rule of that name. All of them follow the definitions of their PyTorch
// counterparts:
//
//   - sgd: b ← momentum·b + (g + decay·w); w ← w - rate·b, with b = 0 before the first step.
//   - adamw: decoupled decay w ← w·(1 - rate·decay), then Adam with β₁ = momentum, β₂ = 0.999, ε = 1e-8 and bias
//     correction (Loshchilov and Hutter 2019).
//   - lars: sgd whose gradient is scaled by 0.001·‖w‖/‖g + decay·w‖ for matrices (You et al. 2017).
//
// Weight decay applies to variables of at least two axes: matrices and kernels decay, biases, norms and scales do not.
func NewOptimizer(name string, momentum, weightDecay float64) (*Optimizer, error) {
	if !(momentum >= 0 && momentum < 1) {
		return nil, fmt.Errorf("optimizer %s: momentum %v, need 0 up to but not including 1", name, momentum)
	}
	if !(weightDecay >= 0) || math.IsInf(weightDecay, 0) {
		return nil, fmt.Errorf("optimizer %s: weight decay %v, need a finite number of at least 0", name, weightDecay)
	}
	o := &Optimizer{name: name, momentum: momentum, weightDecay: weightDecay, slots: []string{"momentum"}, rates: 1, scalars: rateOnly}
	switch name {
	case "sgd":
		o.update = updateSGD
	case "lars":
		o.update = updateLARS
	case "adamw":
		o.slots, o.rates = []string{"moment1", "moment2"}, 2
		o.update = updateAdamW
		o.scalars = adamScalars
	default:
		return nil, fmt.Errorf("optimizer %q is unknown, use one of %s", name, strings.Join(optimizerNames, ", "))
	}
	return o, nil
}

// scaleRates multiplies the learning rate of every variable by a factor that depends on its path.
func (o *Optimizer) scaleRates(scaleOf func(path string) float64) { o.scaleOf = scaleOf }

// scaled returns the scalars for one variable.
func (o *Optimizer) scaled(scalars []*graph.Node, path string) []*graph.Node {
	if o.scaleOf == nil {
		return scalars
	}
	factor := o.scaleOf(path)
	if factor == 1 {
		return scalars
	}
	own := slices.Clone(scalars)
	for i := range o.rates {
		own[i] = graph.MulScalar(own[i], factor)
	}
	return own
}

// scalarsAt returns the numbers that change with every step, in the order in which Update takes them as scalar nodes of
// the weights' type. step counts from 1.
func (o *Optimizer) scalarsAt(step int64, rate float64) []float64 { return o.scalars(o, step, rate) }

func rateOnly(_ *Optimizer, _ int64, rate float64) []float64 { return []float64{rate} }

// adamScalars returns the rate, the step size rate/(1-β₁ᵗ), and √(1-β₂ᵗ).
func adamScalars(o *Optimizer, step int64, rate float64) []float64 {
	t := float64(step)
	return []float64{rate, rate / (1 - math.Pow(o.momentum, t)), math.Sqrt(1 - math.Pow(adamBeta2, t))}
}

// Prepare creates the state of every variable, initialised to zero, unless it exists already.
func (o *Optimizer) Prepare(store *model.Store, variables []*model.Variable) error {
	for _, v := range variables {
		for _, slot := range o.slots {
			path := slotPath(slot, v)
			if store.GetVariable(path) != nil {
				continue
			}
			state, err := store.CreateVariable(path, tensors.FromShape(v.Shape()))
			if err != nil {
				return fmt.Errorf("prepare optimizer state %s: %w", path, err)
			}
			state.SetTrainable(false)
		}
	}
	return nil
}

// state returns the variables of the optimizer's state, in the order of the trained variables. Together with the
// weights and the step count they determine how training continues.
func (o *Optimizer) state(store *model.Store, variables []*model.Variable) []*model.Variable {
	var state []*model.Variable
	for _, v := range variables {
		for _, slot := range o.slots {
			if s := store.GetVariable(slotPath(slot, v)); s != nil {
				state = append(state, s)
			}
		}
	}
	return state
}

func slotPath(slot string, v *model.Variable) string { return optimizerScope + "/" + slot + v.Path() }

// Update sets the new value of every variable and of its state in the graph. gradients are parallel to variables.
// Prepare must have been called. It panics on errors, as graph functions do.
func (o *Optimizer) Update(store *model.Store, variables []*model.Variable, gradients, scalars []*graph.Node) {
	for i, v := range variables {
		g := gradients[i]
		p := parameter{value: v.NodeValue(g), gradient: g, decays: o.weightDecay > 0 && v.Shape().Rank() >= 2, scalars: o.scaled(scalars, v.Path())}
		state := make([]*model.Variable, len(o.slots))
		for j, slot := range o.slots {
			state[j] = store.GetVariable(slotPath(slot, v))
			p.slots = append(p.slots, state[j].NodeValue(g))
		}
		value, slots := o.update(o, p)
		v.SetNodeValue(value)
		for j := range slots {
			state[j].SetNodeValue(slots[j])
		}
	}
}

func updateSGD(o *Optimizer, p parameter) (*graph.Node, []*graph.Node) {
	direction := p.gradient
	if p.decays {
		direction = graph.Add(direction, graph.MulScalar(p.value, o.weightDecay))
	}
	buffer := graph.Add(graph.MulScalar(p.slots[0], o.momentum), direction)
	return graph.Sub(p.value, graph.Mul(buffer, p.scalars[0])), []*graph.Node{buffer}
}

func updateLARS(o *Optimizer, p parameter) (*graph.Node, []*graph.Node) {
	direction := p.gradient
	if p.value.Rank() >= 2 {
		if p.decays {
			direction = graph.Add(direction, graph.MulScalar(p.value, o.weightDecay))
		}
		weights, step := norm(p.value), norm(direction)
		one := graph.OnesLike(step)
		trust := graph.Div(graph.MulScalar(weights, larsTrust), graph.Where(graph.GreaterThan(step, graph.ZerosLike(step)), step, one))
		both := graph.LogicalAnd(graph.GreaterThan(weights, graph.ZerosLike(weights)), graph.GreaterThan(step, graph.ZerosLike(step)))
		direction = graph.Mul(direction, graph.Where(both, trust, one))
	}
	buffer := graph.Add(graph.MulScalar(p.slots[0], o.momentum), direction)
	return graph.Sub(p.value, graph.Mul(buffer, p.scalars[0])), []*graph.Node{buffer}
}

func updateAdamW(o *Optimizer, p parameter) (*graph.Node, []*graph.Node) {
	value := p.value
	if p.decays {
		value = graph.Mul(value, graph.OneMinus(graph.MulScalar(p.scalars[0], o.weightDecay)))
	}
	moment1 := graph.Add(graph.MulScalar(p.slots[0], o.momentum), graph.MulScalar(p.gradient, 1-o.momentum))
	moment2 := graph.Add(graph.MulScalar(p.slots[1], adamBeta2), graph.MulScalar(graph.Square(p.gradient), 1-adamBeta2))
	denominator := graph.AddScalar(graph.Div(graph.Sqrt(moment2), p.scalars[2]), adamEpsilon)
	value = graph.Sub(value, graph.Mul(graph.Div(moment1, denominator), p.scalars[1]))
	return value, []*graph.Node{moment1, moment2}
}

// norm returns the Euclidean norm of all elements of x, a scalar.
func norm(x *graph.Node) *graph.Node { return graph.Sqrt(graph.ReduceAllSum(graph.Square(x))) }

// globalNorm returns the Euclidean norm of all gradients together, a scalar.
func globalNorm(gradients []*graph.Node) *graph.Node {
	var sum *graph.Node
	for _, g := range gradients {
		square := graph.ReduceAllSum(graph.Square(g))
		if sum == nil {
			sum = square
		} else {
			sum = graph.Add(sum, square)
		}
	}
	return graph.Sqrt(sum)
}

// clipByNorm scales the gradients by min(1, limit/(norm + 1e-6)), where norm is their global norm.
func clipByNorm(gradients []*graph.Node, total *graph.Node, limit float64) []*graph.Node {
	scale := graph.Div(graph.MulScalar(graph.OnesLike(total), limit), graph.AddScalar(total, 1e-6))
	scale = graph.Min(scale, graph.OnesLike(scale))
	clipped := make([]*graph.Node, len(gradients))
	for i, g := range gradients {
		clipped[i] = graph.Mul(g, scale)
	}
	return clipped
}
