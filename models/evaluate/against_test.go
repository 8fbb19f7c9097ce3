package evaluate

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests"
	"padapter/models/feed/feedtest"
)

// bluish adds 1 to the logit of blue.
type bluish struct{ feedtest.Colours }

func (n bluish) Logits(scope *model.Scope, frames *graph.Node, training bool) *graph.Node {
	logits := n.Colours.Logits(scope, frames, training)
	return graph.Add(logits, graph.Const(frames.Graph(), [][]float32{{0, 0, 1}}))
}

// against adds the comparison with bluish.
func against(t *testing.T, o *Options) {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Finalize)
	o.Against = &Side{Backend: backend, Store: model.NewStore(), Network: bluish{}}
}

func TestAgreementWithAnotherWay(t *testing.T) {
	view := func(id string, label, n int32, r, g, b uint8) feedtest.Row {
		row := feedtest.Colour(shape, id, label, r, g, b)
		row.View = n
		return row
	}
	rows := []feedtest.Row{ // logits are colours/32
		view("sure", 0, 0, 192, 0, 0), view("sure", 0, 1, 192, 0, 0),
		view("close", 2, 0, 64, 0, 48),
		{ID: "gone", Label: 0, Error: "missing: planted"},
		view("nameless", manifests.NoLabel, 0, 0, 0, 192), {ID: "nameless", Label: manifests.NoLabel, View: 1, Error: "truncated: planted"},
	}
	for _, batch := range []int{1, 2, 4} {
		report, err := run(t, rows, func(o *Options) { o.Batch = batch; against(t, o) })
		if err != nil {
			t.Fatal(err)
		}
		softmax := func(l ...float64) float64 { // of the last of three
			return math.Exp(l[2]) / (math.Exp(l[0]) + math.Exp(l[1]) + math.Exp(l[2]))
		}
		a := report.Agreement
		largest := softmax(2, 0, 2.5) - softmax(2, 0, 1.5)
		mean := (largest + softmax(6, 0, 1) - softmax(6, 0, 0) + softmax(0, 0, 7) - softmax(0, 0, 6)) / 3
		if a == nil || a.Videos != 3 || math.Abs(a.EqualTop1-2./3) > 1e-9 || math.Abs(a.LargestChange-largest) > 1e-6 || math.Abs(a.MeanChange-mean) > 1e-6 {
			t.Errorf("batches of %d: %+v, want 2 of 3 equal, changes %v at most and %v on average", batch, a, largest, mean)
		}
		if a.Labelled != 2 || a.Top1 != 0.5 || a.AgainstTop1 != 1 || report.Metrics.Top1 != 0.5 {
			t.Errorf("batches of %d: %+v, accuracy %v; want half right, and all of the other way", batch, a, report.Metrics.Top1)
		}
		report.Engine, report.Precision, report.Against = "xla", "bfloat16", "float32"
		if table := report.Table(); !strings.Contains(table, "bfloat16 against float32: the same best class for 66.67 % of 3 videos") {
			t.Errorf("the table says nothing of it:\n%s", table)
		}
		text, err := json.Marshal(report)
		if err != nil || !strings.Contains(string(text), `"against_top1":1`) {
			t.Errorf("%v, %s", err, text)
		}
	}
}

// Labels of other classes than the network's are left alone.
func TestAgreementWithoutLabels(t *testing.T) {
	rows := feedtest.Clips(shape, 6)
	rows[2].Label = 4
	report, err := run(t, rows, func(o *Options) {
		o.Data = feedtest.New(t, shape, []string{"a", "b", "c", "d", "e"}, rows)
		o.Unlabelled = true
		against(t, o)
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := report.Agreement; a.Videos != 6 || a.Labelled != 0 || report.Evaluated != 0 || report.Unlabelled != 6 {
		t.Errorf("%+v, %d evaluated", a, report.Evaluated)
	}
}
