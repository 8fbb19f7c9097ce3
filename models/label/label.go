package label

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed"
	"padapter/models/infer"
)

// Options say what to label, with what, and where the rows go.
type Options struct {
	Backend compute.Backend
	Store   *model.Store // the network's weights
	Network infer.Network
	Data    feed.Data
	Batch   int // clips that go through the network at once, at least 1

	Out        string // .parquet, .jsonl or .csv
	Provenance Provenance

	// Temperature divides the logits before the softmax; 0 stands for 1.
	Temperature float64
	// Observe is Target.Observe of the first network.
	Observe func(row Row, probabilities []float32) error
	// ShuffleFrames permutes every clip's frames by Seed, for models that were trained without frame order.
	ShuffleFrames bool
	Seed          uint64

	// Progress, when not nil, is called after every batch with the rows done and the rows there are.
	Progress func(done, total int64)
}

// Target is one network and the file of its labels, as Options have them.
type Target struct {
	Store       *model.Store
	Network     infer.Network
	Out         string
	Provenance  Provenance
	Temperature float64
	// Observe, when not nil, sees every row as it is written, with the probabilities of all classes (nil in a row with an
	// error), which it must not keep.
	Observe func(row Row, probabilities []float32) error
}

// Summary counts the rows of one run.
type Summary struct {
	Rows     int64 `json:"rows"`
	Labelled int64 `json:"labelled"`
	Failed   int64 `json:"failed"`
}

// Run labels every row of the data and publishes the file. On an error nothing appears under Options.Out.
func Run(ctx context.Context, opt Options) (Summary, error) {
	all, err := RunAll(ctx, opt)
	if len(all) == 0 {
		return Summary{}, err
	}
	return all[0], err
}

// RunAll is Run that has further networks label the same clips in the same pass, each into a file of its own. It counts
// for each of them, the options' network first. Files appear when all of them have all rows.
func RunAll(ctx context.Context, opt Options, more ...Target) (summaries []Summary, err error) {
	var all []*labeller
	defer func() {
		for _, l := range all {
			if e := l.close(err != nil); e != nil {
				err = errors.Join(err, e)
			}
		}
	}()
	first := Target{Store: opt.Store, Network: opt.Network, Out: opt.Out, Provenance: opt.Provenance, Temperature: opt.Temperature, Observe: opt.Observe}
	for _, t := range append([]Target{first}, more...) {
		l, err := newLabeller(opt.Backend, t)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	var stats feed.Stats
	for b, err := range feed.Batches(ctx, opt.Data, 0, feed.Options{
		Size: opt.Batch, KeepErrors: true, Partial: true, ShuffleFrames: opt.ShuffleFrames, Seed: opt.Seed,
	}, &stats) {
		if err != nil {
			return nil, fmt.Errorf("label: %w", err)
		}
		for _, l := range all {
			if err := l.write(b); err != nil {
				return nil, fmt.Errorf("label: %w", err)
			}
		}
		if opt.Progress != nil {
			opt.Progress(all[0].summary.Rows, int64(opt.Data.Len()))
		}
	}
	for _, l := range all {
		summaries = append(summaries, l.summary)
	}
	return summaries, nil
}
