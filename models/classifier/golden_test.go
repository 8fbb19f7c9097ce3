package classifier_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/classifier"
	"padapter/models/train"
	"padapter/models/weights"
)

// Bounds on the largest absolute difference from the published code's float32 numbers.
const (
	boundEval  = 5e-6
	boundTrain = 1e-5
	boundStep  = 5e-5 // gradients, loss, and weights after one and two steps
)

// TestGolden compares every fixture on every engine that runs here.
func TestGolden(t *testing.T) {
	files := fixtures(t)
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, path := range files {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) { checkFixture(t, b, openFixture(t, path)) })
		}
	})
}

func checkFixture(t *testing.T, b *backend.Backend, f fixture) {
	net := f.classifier()
	store := model.NewStore()
	if err := net.Init(store, 0); err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Parameters() {
		if err := weights.Set(store, p, f.values("param.", p)); err != nil {
			t.Fatal(err)
		}
	}
	trained, err := net.Trained(store)
	if err != nil {
		t.Fatal(err)
	}
	checkTrained(t, net, trained, f)

	patches := tensors.FromFlatDataAndDimensions(f.patches(net.Backbone), f.int("batch"), net.Backbone.Patches(), net.Backbone.PatchSize())
	eval, err := model.CallOnce(b.Compute, store, func(scope *model.Scope, x *graph.Node) *graph.Node { return net.FromPatches(scope, x, false) }, patches)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "logits_eval", flat(t, eval), f.tensor("logits_eval"), boundEval)

	optimizer, err := train.NewOptimizer("sgd", f.number("momentum"), f.number("weight_decay"))
	if err != nil {
		t.Fatal(err)
	}
	if err := optimizer.Prepare(store, trained); err != nil {
		t.Fatal(err)
	}
	labels := f.tensor("labels")
	step, err := model.NewExec(b.Compute, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		logits := net.FromPatches(scope, inputs[0], true)
		loss := graph.Neg(graph.ReduceAllMean(graph.ReduceSum(graph.Mul(oneHot(logits, labels), graph.LogSoftmax(logits)), -1)))
		values := make([]*graph.Node, len(trained))
		for i, v := range trained {
			values[i] = v.NodeValue(loss)
		}
		gradients := graph.Gradient(loss, values...)
		optimizer.Update(store, trained, gradients, inputs[1:])
		return append([]*graph.Node{logits, loss}, gradients...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer step.Finalize()
	for n := 1; n <= 2; n++ {
		out, err := step.Call(patches, float32(f.number("lr")))
		if err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			within(t, "logits_train", flat(t, out[0]), f.tensor("logits_train"), boundTrain)
			within(t, "loss_train", flat(t, out[1]), f.tensor("loss_train"), boundStep)
			for i, p := range trainedParameters(net) {
				within(t, "gradient of "+p.Name, flat(t, out[2+i]), f.values("grad.", p), boundStep)
			}
		} else {
			within(t, "loss_train2", flat(t, out[1]), f.tensor("loss_train2"), boundStep)
		}
		prefix := map[int]string{1: "after1.", 2: "after2."}[n]
		for _, p := range net.Parameters() {
			if p.Role != weights.Buffer && !net.Tuning.Trains(p) {
				continue
			}
			got, err := weights.Values(store, p)
			if err != nil {
				t.Fatal(err)
			}
			within(t, prefix+p.Name, got, f.values(prefix, p), boundStep)
		}
	}
	for _, p := range net.Parameters() {
		if p.Role == weights.Buffer || net.Tuning.Trains(p) {
			continue
		}
		got, err := weights.Values(store, p)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, f.values("param.", p)) {
			t.Errorf("frozen %s changed", p.Name)
		}
	}
}

// checkTrained compares what trains with the fixture's list. A fused qkv matrix counts as its three parts.
func checkTrained(t *testing.T, net *classifier.Classifier, trained []*model.Variable, f fixture) {
	t.Helper()
	want := map[string]bool{}
	for _, name := range f.trainable() {
		if before, kind, ok := strings.Cut(name, "qkv."); ok {
			for _, part := range []string{"q_proj.", "k_proj.", "v_proj."} {
				want[before+part+kind] = true
			}
			continue
		}
		want[name] = true
	}
	elements := 0
	for _, p := range trainedParameters(net) {
		if !want[p.Name] {
			t.Errorf("%s trains, in the published code it does not", p.Name)
		}
		delete(want, p.Name)
		elements += p.Size()
	}
	for name := range want {
		t.Errorf("%s does not train, in the published code it does", name)
	}
	if elements != f.int("trainable_elements") {
		t.Errorf("%d elements train, want %d", elements, f.int("trainable_elements"))
	}
	if len(trained) != len(trainedParameters(net)) {
		t.Errorf("%d variables are marked, want %d", len(trained), len(trainedParameters(net)))
	}
	if _, all := net.Count(); all != f.int("total_elements") {
		t.Errorf("%d elements in all, want %d", all, f.int("total_elements"))
	}
}

func trainedParameters(net *classifier.Classifier) []weights.Parameter {
	var list []weights.Parameter
	for _, p := range net.Parameters() {
		if p.Role != weights.Buffer && net.Tuning.Trains(p) {
			list = append(list, p)
		}
	}
	return list
}

// oneHot turns class numbers into rows like logits.
func oneHot(logits *graph.Node, labels []float32) *graph.Node {
	batch, classes := logits.Shape().Dimensions[0], logits.Shape().Dimensions[1]
	rows := make([]float32, batch*classes)
	for i, label := range labels {
		rows[i*classes+int(label)] = 1
	}
	return graph.ConstTensor(logits.Graph(), tensors.FromFlatDataAndDimensions(rows, batch, classes))
}

func flat(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	values, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func within(t *testing.T, what string, got, want []float32, bound float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	worst := 0.0
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		worst = max(worst, d)
	}
	if worst > bound {
		t.Errorf("%s: off by %.3g, allowed are %.3g", what, worst, bound)
	}
}
