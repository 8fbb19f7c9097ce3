package train

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/devices"
)

// products counts the matrix products of a graph that build makes of a tiny network's training step.
func products(t *testing.T, engine compute.Backend, kind string, forward bool) int {
	t.Helper()
	tr := newTrial(t, engine, tinyRecipe(kind))
	optimizer, err := NewOptimizer("sgd", 0.9, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := optimizer.Prepare(tr.opt.Store, tr.opt.Trained); err != nil {
		t.Fatal(err)
	}
	config := &stepConfig{backend: engine, store: tr.opt.Store, network: tr.opt.Network, trained: tr.opt.Trained, optimizer: optimizer, batch: 8}
	s, count := &wholeStepper{config: config}, 0
	exec, err := devices.NewExec(engine, tr.opt.Store, "count", 3, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		var out []*graph.Node
		if forward {
			out = []*graph.Node{config.network.Logits(scope, mirror(inputs[0], inputs[1]), true)}
		} else {
			out = s.graph(scope, inputs)
		}
		for _, node := range out[0].Graph().Nodes() {
			if strings.Contains(node.Type().String(), "Dot") {
				count++
			}
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	shape, classes := tr.opt.Train.Meta().Shape, tr.opt.Network.Classes()
	inputs := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(make([]uint8, 8*shape.Bytes()), 8, shape.Frames, shape.Height, shape.Width, shape.Channels),
		tensors.FromFlatDataAndDimensions(make([]bool, 8), 8),
		tensors.FromFlatDataAndDimensions(make([]float32, 8*classes), 8, classes),
	}
	if _, err := exec.Call(append(inputs, config.scalars(1, 0.1)...)...); err != nil {
		t.Fatal(err)
	}
	return count
}

// The way back ends at the lowest weight that trains: a linear probe multiplies no matrix there but the head's own, and
// PAdapter, whose lowest weights stand behind the first block's MLP, none of the first block's.
func TestNoGradientBelowTheLowestTrainedWeight(t *testing.T) {
	engine := goBackend(t)
	forward := products(t, engine, "linear", true)
	linear, adapted, full := products(t, engine, "linear", false), products(t, engine, "padapter", false), products(t, engine, "full", false)
	t.Logf("matrix products: forward %d, a step of linear %d, padapter %d, full %d", forward, linear, adapted, full)
	if forward < 10 {
		t.Fatalf("only %d matrix products were counted on the way forward", forward)
	}
	if linear > forward+2 {
		t.Errorf("a linear probe's step has %d matrix products, the way forward alone %d", linear, forward)
	}
	if !(adapted < full) || full < 2*forward {
		t.Errorf("a step of padapter has %d matrix products, of full %d, forward %d", adapted, full, forward)
	}
}
