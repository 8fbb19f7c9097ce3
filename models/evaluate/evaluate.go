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

// Run evaluates one pass over the data.
func Run(ctx context.Context, opt Options) (*Report, error) {
	classes := opt.Network.Classes()
	if n := len(opt.Data.Meta().Classes); n > classes {
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
		case v.label == manifests.NoLabel:
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
	if err := pass(ctx, opt, predictor, merge); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	if err := merge.flush(); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	report.Metrics = totals.Summary()
	report.Calibration = metrics.CalibrationError(scored, report.Temperature)
	return report, nil
}

func pass(ctx context.Context, opt Options, predictor *infer.Predictor, merge *merger) error {
	var stats feed.Stats
	rows := int64(0)
	for b, err := range feed.Batches(ctx, opt.Data, 0, feed.Options{
		Size: opt.Batch, KeepErrors: true, Partial: true, ShuffleFrames: opt.ShuffleFrames, Seed: opt.Seed,
	}, &stats) {
		if err != nil {
			return err
		}
		var logits [][]float32
		if b.Filled > 0 {
			began := time.Now()
			if logits, err = predictor.Logits(b); err != nil {
				return err
			}
			if opt.Busy != nil {
				*opt.Busy += time.Since(began)
			}
		}
		for _, item := range b.Items {
			var scores []float32
			if item.Slot >= 0 {
				scores = logits[item.Slot]
				if opt.Clip != nil {
					opt.Clip(item, b.Shape, b.Clip(item.Slot), scores)
				}
			}
			if err := merge.add(item, scores); err != nil {
				return err
			}
		}
		if rows += int64(len(b.Items)); opt.Progress != nil {
			opt.Progress(rows, int64(opt.Data.Len()))
		}
	}
	return nil
}
