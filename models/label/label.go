package label

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/metrics"
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
	// ShuffleFrames permutes every clip's frames by Seed, for models that were trained without frame order.
	ShuffleFrames bool
	Seed          uint64

	// Progress, when not nil, is called after every batch with the rows done and the rows there are.
	Progress func(done, total int64)
}

// Summary counts the rows of one run.
type Summary struct {
	Rows     int64 `json:"rows"`
	Labelled int64 `json:"labelled"`
	Failed   int64 `json:"failed"`
}

// Run labels every row of the data and publishes the file. On an error nothing appears under Options.Out.
func Run(ctx context.Context, opt Options) (summary Summary, err error) {
	if opt.Temperature == 0 {
		opt.Temperature = 1
	}
	if !(opt.Temperature > 0) {
		return summary, fmt.Errorf("label: temperature %v, need more than 0", opt.Temperature)
	}
	if n := len(opt.Provenance.Classes); n != opt.Network.Classes() {
		return summary, fmt.Errorf("label: %d class names for a network of %d classes", n, opt.Network.Classes())
	}
	predictor, err := infer.New(opt.Backend, opt.Store, opt.Network)
	if err != nil {
		return summary, fmt.Errorf("label: %w", err)
	}
	defer predictor.Close()
	out, err := Create(opt.Out, opt.Provenance)
	if err != nil {
		return summary, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Abort())
		}
	}()
	var stats feed.Stats
	for b, err := range feed.Batches(ctx, opt.Data, 0, feed.Options{
		Size: opt.Batch, KeepErrors: true, Partial: true, ShuffleFrames: opt.ShuffleFrames, Seed: opt.Seed,
	}, &stats) {
		if err != nil {
			return summary, fmt.Errorf("label: %w", err)
		}
		if err := opt.writeBatch(predictor, out, b, &summary); err != nil {
			return summary, fmt.Errorf("label: %w", err)
		}
		if opt.Progress != nil {
			opt.Progress(summary.Rows, int64(opt.Data.Len()))
		}
	}
	return summary, out.Close()
}

func (opt *Options) writeBatch(predictor *infer.Predictor, out Writer, b *feed.Batch, summary *Summary) error {
	var logits [][]float32
	if b.Filled > 0 {
		var err error
		if logits, err = predictor.Logits(b); err != nil {
			return err
		}
	}
	for _, item := range b.Items {
		row := Row{ID: item.ID, URI: item.URI, Error: item.Error}
		summary.Rows++
		if item.Slot < 0 {
			summary.Failed++
		} else {
			row.Frames, row.Seconds, row.Error = item.Frames, item.Seconds, ""
			opt.rank(&row, logits[item.Slot])
			if row.Error == "" {
				summary.Labelled++
			} else {
				summary.Failed++
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// rank fills the labels of a row from its logits, or its error when these are no numbers.
func (opt *Options) rank(row *Row, logits []float32) {
	for _, l := range logits {
		if math.IsNaN(float64(l)) || math.IsInf(float64(l), 0) {
			row.Error = fmt.Sprintf("model: the network returned the score %v", l)
			return
		}
	}
	probabilities := metrics.Softmax(logits, opt.Temperature)
	row.Entropy = float32(metrics.Entropy(probabilities))
	for _, class := range metrics.TopK(probabilities, opt.Provenance.TopK) {
		row.Labels = append(row.Labels, int32(class))
		row.Names = append(row.Names, opt.Provenance.Classes[class])
		row.Scores = append(row.Scores, probabilities[class])
	}
}
