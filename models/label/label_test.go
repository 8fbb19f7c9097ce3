package label

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/ml/model"
	"go.uber.org/goleak"

	"padapter/models/feed/feedtest"
	"padapter/pipeline/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var shape = batch.Shape{Frames: 2, Height: 2, Width: 2, Channels: 3}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Finalize)
	return backend
}

// pass is a session of one network and what it labels.
type pass struct {
	Options
	target   Target
	data     *feedtest.Source
	out      string
	progress func(int64)
}

func options(t *testing.T, rows []feedtest.Row, out string) *pass {
	t.Helper()
	return &pass{
		Options: Options{Backend: goBackend(t), Batch: 4}, data: feedtest.New(t, shape, feedtest.ColourClasses, rows), out: out,
		target: Target{Store: model.NewStore(), Network: feedtest.Colours{}, Provenance: Provenance{Version: "test", Classes: feedtest.ColourClasses, TopK: 2, Temperature: 1}},
	}
}

// run labels into the file.
func (p *pass) run(ctx context.Context) (rows []Row, err error) {
	s, err := NewSession(p.Options, p.target)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	w, err := Create(p.out, p.target.Provenance)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	err = s.Label(ctx, p.data, func(all []Scored) error {
		rows = append(rows, all[0].Row)
		return w.Write(all[0].Row)
	}, p.progress)
	if err != nil {
		return nil, err
	}
	return rows, w.Commit()
}

func TestEveryInputHasOneRowInOrder(t *testing.T) {
	rows := feedtest.Clips(shape, 23)
	for _, i := range []int{0, 9, 10, 22} {
		rows[i] = feedtest.Unreadable(rows[i].ID, "corrupt: planted")
	}
	opt := options(t, rows, filepath.Join(t.TempDir(), "labels.parquet"))
	var last int64
	opt.progress = func(done int64) {
		if done < last {
			t.Errorf("progress %d after %d", done, last)
		}
		last = done
	}
	if _, err := opt.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last != 23 {
		t.Errorf("progress ended at %d", last)
	}
	got, _ := readParquet(t, opt.out)
	if len(got) != len(rows) {
		t.Fatalf("%d rows for %d inputs", len(got), len(rows))
	}
	for i, row := range got {
		if row.ID != rows[i].ID || row.Error != rows[i].Error {
			t.Errorf("row %d is %q with error %q, want %q with %q", i, row.ID, row.Error, rows[i].ID, rows[i].Error)
		}
		if row.Error != "" {
			continue
		}
		if row.Views != 1 {
			t.Errorf("row %d is of %d views", i, row.Views)
		}
		if len(row.Labels) != 2 || row.Labels[0] != rows[i].Label || row.Names[0] != feedtest.ColourClasses[rows[i].Label] {
			t.Errorf("row %d has labels %v %v, want %s first", i, row.Labels, row.Names, feedtest.ColourClasses[rows[i].Label])
		}
		// Logits are (v/32, 0, 0): the best probability is e^(v/32) / (e^(v/32) + 2).
		e := math.Exp(float64(64+i%128) / 32)
		if want := e / (e + 2); math.Abs(float64(row.Scores[0])-want) > 1e-6 {
			t.Errorf("row %d scores %v, want %v", i, row.Scores[0], want)
		}
	}
}

func TestBatchSizeDoesNotChangeTheFile(t *testing.T) {
	rows := feedtest.Clips(shape, 11)
	rows[5] = feedtest.Unreadable("clip5", "missing: no such file")
	var first []byte
	for _, size := range []int{1, 3, 64} {
		opt := options(t, rows, filepath.Join(t.TempDir(), "labels.parquet"))
		opt.Batch = size
		if _, err := opt.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(opt.out)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		} else if !bytes.Equal(first, data) {
			t.Errorf("batch size %d wrote other bytes", size)
		}
	}
}

func TestTemperatureFlattens(t *testing.T) {
	opt := options(t, feedtest.Clips(shape, 1), filepath.Join(t.TempDir(), "labels.parquet"))
	opt.target.Provenance.Temperature = 4
	if _, err := opt.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _ := readParquet(t, opt.out)
	e := math.Exp(64.0 / 32 / 4)
	if want := e / (e + 2); math.Abs(float64(got[0].Scores[0])-want) > 1e-6 {
		t.Errorf("score %v at temperature 4, want %v", got[0].Scores[0], want)
	}
}

func TestFailuresLeaveNoFile(t *testing.T) {
	broken := errors.New("shard is gone")
	for name, spoil := range map[string]func(*pass, context.CancelFunc){
		"source":        func(o *pass, _ context.CancelFunc) { failAt(o, func() error { return broken }) },
		"cancelled":     func(o *pass, cancel context.CancelFunc) { failAt(o, func() error { cancel(); return nil }) },
		"class names":   func(o *pass, _ context.CancelFunc) { o.target.Provenance.Classes = []string{"one"} },
		"bad extension": func(o *pass, _ context.CancelFunc) { o.out += ".txt" },
		"temperature":   func(o *pass, _ context.CancelFunc) { o.target.Provenance.Temperature = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			opt := options(t, feedtest.Clips(shape, 12), filepath.Join(dir, "labels.parquet"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			spoil(opt, cancel)
			if _, err := opt.run(ctx); err == nil {
				t.Error("no error")
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
				t.Errorf("left behind: %v (%v)", entries, err)
			}
		})
	}
}

func failAt(o *pass, act func() error) {
	o.data.Before = func(row int) error {
		if row >= 6 {
			return act()
		}
		return nil
	}
}
