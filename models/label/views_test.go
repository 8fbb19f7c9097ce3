package label

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed/feedtest"
)

// telling is Colours that tells its features: twice the logits.
type telling struct{ feedtest.Colours }

func (c telling) Embedded(scope *model.Scope, frames *graph.Node) (logits, features *graph.Node) {
	logits = c.Logits(scope, frames, false)
	return logits, graph.MulScalar(logits, 2)
}

// TestViewsBecomeOneRow: views of one id are averaged; those that cannot be read are left out, and an input without any
// that can is a row with its error.
func TestViewsBecomeOneRow(t *testing.T) {
	view := func(id string, n int32, r uint8) feedtest.Row {
		row := feedtest.Colour(shape, id, 0, r, 0, 0)
		row.View = n
		return row
	}
	rows := []feedtest.Row{
		view("a", 0, 32), view("a", 1, 96), view("b", 0, 64), feedtest.Unreadable("b", "corrupt: planted"),
		feedtest.Unreadable("c", "corrupt: first"), feedtest.Unreadable("c", "corrupt: second"), view("d", 0, 32), view("d", 1, 32),
	}
	opt := options(t, rows, filepath.Join(t.TempDir(), "labels.parquet"))
	opt.Batch = 3 // views of one input lie in different batches
	opt.target.Network, opt.target.Provenance.Embedding = telling{}, 3
	if _, err := opt.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _ := readParquet(t, opt.out)
	want := []struct {
		id    string
		views int32
		logit float64
		err   string
	}{{"a", 2, 2, ""}, {"b", 1, 2, ""}, {"c", 0, 0, "corrupt: second"}, {"d", 2, 1, ""}}
	if len(got) != len(want) {
		t.Fatalf("%d rows: %+v", len(got), got)
	}
	for i, w := range want {
		row := got[i]
		if row.ID != w.id || row.Views != w.views || row.Error != w.err {
			t.Errorf("row %d: %+v, want %+v", i, row, w)
			continue
		}
		if w.err != "" {
			continue
		}
		e := math.Exp(w.logit)
		if score := e / (e + 2); math.Abs(float64(row.Scores[0])-score) > 1e-6 {
			t.Errorf("%s scores %v, want %v", w.id, row.Scores[0], score)
		}
		if !slices.Equal(row.Embedding, []float32{float32(2 * w.logit), 0, 0}) {
			t.Errorf("%s has the embedding %v", w.id, row.Embedding)
		}
		if n := shape.Frames * int(w.views); len(row.Frames) != n || len(row.Seconds) != n {
			t.Errorf("%s lists %d frames and %d times of %d views", w.id, len(row.Frames), len(row.Seconds), w.views)
		}
	}
}

func TestEmbeddingNeedsANetworkThatTells(t *testing.T) {
	opt := options(t, feedtest.Clips(shape, 1), filepath.Join(t.TempDir(), "labels.parquet"))
	opt.target.Provenance.Embedding = 3
	if _, err := opt.run(t.Context()); err == nil {
		t.Error("no error")
	}
}
