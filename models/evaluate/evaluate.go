package evaluate

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests"
	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/metrics"
	"padapter/pipeline/batch"
)

// Options select what to measure and on which data.
type Options struct {
	Backend compute.Backend
	Store   *model.Store // the network's weights
	Network infer.Network
	Data    feed.Data
	Batch   int // clips in one forward pass, at least 1

	// ShuffleFrames permutes the frames of every clip by Seed, for models that were trained without frame order.
	ShuffleFrames bool
	Seed          uint64

	// Average is how the views of a video are averaged: Logits (the default) or Probabilities.
	Average string
	// Temperature divides the logits before the calibration error is computed; 0 means 1.
	Temperature float64

	// Against, if not nil, computes the same clips in another way. The report then has an Agreement.
	Against *Side
	// Unlabelled ignores the labels of the data, whose classes may be other ones than the network's.
	Unlabelled bool

	// Predictor, if not nil, is used instead of a new one. Its batch size must be Batch.
	Predictor *infer.Predictor
	// Progress, if not nil, is called after every batch with the number of rows done and in total.
	Progress func(done, total int64)
	// Busy, if not nil, is increased by the time that the network was running.
	Busy *time.Duration
	// Clip, if not nil, is called for every readable clip, in order. frames is uint8 [T, H, W, C] and logits float32
	// [classes]; both are valid only during the call.
	Clip func(item feed.Item, shape batch.Shape, frames []uint8, logits []float32)
	// Video, if not nil, is called for every evaluated video, in order. logits is float32 [classes] and valid only
	// during the call.
	Video func(id, uri string, label int32, logits []float32) error
}

// Side is another way to compute a network's logits. The classes must be those of Options.Network.
type Side struct {
	Backend compute.Backend
	Store   *model.Store // weights of its own: a store belongs to one backend
	Network infer.Network
}

// Run evaluates one pass over the data.
func Run(ctx context.Context, opt Options) (*Report, error) {
	classes := opt.Network.Classes()
	if n := len(opt.Data.Meta().Classes); n > classes && !opt.Unlabelled {
		return nil, fmt.Errorf("evaluate: the data has %d classes and the network %d", n, classes)
	}
	totals, err := metrics.NewTotals(classes)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	report := &Report{Average: opt.Average, Temperature: opt.Temperature, Classes: opt.Data.Meta().Classes}
	if report.Temperature == 0 {
		report.Temperature = 1
	}
	if report.Temperature < 0 {
		return nil, fmt.Errorf("evaluate: temperature %v, need more than 0", report.Temperature)
	}
	var scored []metrics.Scored
	agreement := metrics.NewAgreementTotals(report.Temperature)
	var against []float32 // logits of opt.Against for the video that comes next, or nil
	merge, err := newMerger(opt.Average, func(v *video, logits []float32) error {
		report.Videos++
		report.Views += int64(v.views)
		switch {
		case logits == nil:
			report.Unreadable++
			if len(report.Failures) < maxFailures {
				report.Failures = append(report.Failures, Failure{ID: v.id, URI: v.uri, Reason: v.reason})
			}
			return nil
		}
		if opt.Unlabelled {
			v.label = manifests.NoLabel
		}
		if opt.Against != nil {
			agreement.Add(logits, against, v.label)
		}
		if v.label == manifests.NoLabel {
			report.Unlabelled++
			return nil
		}
		if v.failed > 0 {
			report.PartlyRead++
		}
		report.Evaluated++
		scored = append(scored, metrics.Scored{Logits: logits, Label: v.label})
		if opt.Video != nil {
			if err := opt.Video(v.id, v.uri, v.label, logits); err != nil {
				return err
			}
		}
		return totals.Add(logits, v.label)
	})
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	report.Average = merge.average
	predictor := opt.Predictor
	if predictor == nil {
		if predictor, err = infer.New(opt.Backend, opt.Store, opt.Network); err != nil {
			return nil, fmt.Errorf("evaluate: %w", err)
		}
		defer predictor.Close()
	}
	ways := []way{{predictor, merge}}
	if other := opt.Against; other != nil {
		p, err := infer.New(other.Backend, other.Store, other.Network)
		if err != nil {
			return nil, fmt.Errorf("evaluate: %w", err)
		}
		defer p.Close()
		m, err := newMerger(opt.Average, func(_ *video, logits []float32) error { against = logits; return nil })
		if err != nil {
			return nil, fmt.Errorf("evaluate: %w", err)
		}
		ways = []way{{p, m}, ways[0]} // it is asked first, so that its logits are there
	}
	if err := pass(ctx, opt, ways); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	for _, w := range ways {
		if err := w.merge.flush(); err != nil {
			return nil, fmt.Errorf("evaluate: %w", err)
		}
	}
	if opt.Against != nil {
		measured := agreement.Agreement()
		report.Agreement = &measured
	}
	report.Metrics = totals.Summary()
	report.Calibration = metrics.CalibrationError(scored, report.Temperature)
	return report, nil
}

// way is one way to compute, and where its logits go.
type way struct {
	predictor *infer.Predictor
	merge     *merger
}

// pass runs all clips through each of the ways. The last one is that of the options.
func pass(ctx context.Context, opt Options, ways []way) error {
	var stats feed.Stats
	rows := int64(0)
	logits := make([][][]float32, len(ways)) // [ways][slots][classes]
	for b, err := range feed.Batches(ctx, opt.Data, 0, feed.Options{
		Size: opt.Batch, KeepErrors: true, Partial: true, ShuffleFrames: opt.ShuffleFrames, Seed: opt.Seed,
	}, &stats) {
		if err != nil {
			return err
		}
		if b.Filled > 0 {
			began := time.Now()
			for i, w := range ways {
				if logits[i], err = w.predictor.Logits(b); err != nil {
					return err
				}
			}
			if opt.Busy != nil {
				*opt.Busy += time.Since(began)
			}
		}
		for _, item := range b.Items {
			for i, w := range ways {
				var scores []float32
				if item.Slot >= 0 {
					scores = logits[i][item.Slot]
				}
				if scores != nil && opt.Clip != nil && i == len(ways)-1 {
					opt.Clip(item, b.Shape, b.Clip(item.Slot), scores)
				}
				if err := w.merge.add(item, scores); err != nil {
					return err
				}
			}
		}
		if rows += int64(len(b.Items)); opt.Progress != nil {
			opt.Progress(rows, int64(opt.Data.Len()))
		}
	}
	return nil
}
