package label

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/feed"
	"padapter/models/infer"
)

// Options control how clips are run through the networks.
type Options struct {
	Backend compute.Backend
	Batch   int // clips in one forward pass, at least 1
	// ShuffleFrames permutes the frames of every clip by Seed, for models that were trained without frame order.
	ShuffleFrames bool
	Seed          uint64
}

// Target is one network and the provenance of its rows. Provenance.Temperature divides the logits before the softmax.
// If Provenance.Embedding is not 0, rows include the features, which must have that length.
type Target struct {
	Store      *model.Store // the network's weights
	Network    infer.Network
	Provenance Provenance
}

// Session runs one or more networks over the same clips in one pass. Several passes may run concurrently: while one
// waits for clips, another computes. Only one pass computes at a time, because the engine uses all cores.
type Session struct {
	opt     Options
	targets []*scorer

	compute sync.Mutex
	busy    time.Duration // under compute
}

// NewSession prepares the networks on the backend. The caller must close it.
func NewSession(opt Options, targets ...Target) (_ *Session, err error) {
	s := &Session{opt: opt}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if opt.Batch < 1 {
		return nil, fmt.Errorf("label: batch size %d, need at least 1", opt.Batch)
	}
	if len(targets) == 0 {
		return nil, errors.New("label: no network")
	}
	for _, t := range targets {
		scorer, err := newScorer(opt.Backend, t)
		if err != nil {
			return nil, fmt.Errorf("label: %w", err)
		}
		s.targets = append(s.targets, scorer)
	}
	return s, nil
}

// Close frees the compiled graphs.
func (s *Session) Close() {
	for _, t := range s.targets {
		t.predictor.Close()
	}
}

// Busy returns the total time that the networks have been running.
func (s *Session) Busy() time.Duration {
	s.compute.Lock()
	defer s.compute.Unlock()
	return s.busy
}

// Scored is the result of one network for one input or window.
type Scored struct {
	Row           Row
	Probabilities []float32 // of all classes, summing to 1; nil in a row with an error
}

// Emit receives the rows of one input or window, one per network, in the order of the targets. The slice is valid only
// during the call.
type Emit func(rows []Scored) error

// Label makes one pass over the data and emits rows in its order. Consecutive rows with the same id are views of one
// input. They become one row: of the mean of the logits of the readable views, or with the last error if none is
// readable. Windows stay separate rows. progress, if not nil, is called with the number of rows done.
func (s *Session) Label(ctx context.Context, data feed.Data, emit Emit, progress func(rows int64)) error {
	m := merger{session: s, windows: data.Meta().Parts, emit: emit}
	var stats feed.Stats
	rows := int64(0)
	for b, err := range feed.Batches(ctx, data, 0, feed.Options{
		Size: s.opt.Batch, KeepErrors: true, Partial: true, ShuffleFrames: s.opt.ShuffleFrames, Seed: s.opt.Seed,
	}, &stats) {
		if err != nil {
			return fmt.Errorf("label: %w", err)
		}
		seen, err := s.forward(b)
		if err != nil {
			return fmt.Errorf("label: %w", err)
		}
		for _, item := range b.Items {
			if err := m.add(item, seen); err != nil {
				return fmt.Errorf("label: %w", err)
			}
		}
		if rows += int64(len(b.Items)); progress != nil {
			progress(rows)
		}
	}
	if err := m.flush(); err != nil {
		return fmt.Errorf("label: %w", err)
	}
	return nil
}

// outputs holds the results of one network for the slots of a batch.
type outputs struct {
	logits   [][]float32 // [slots][classes]
	features [][]float32 // [slots][D]; nil unless requested
}

// forward runs all networks on a batch.
func (s *Session) forward(b *feed.Batch) ([]outputs, error) {
	seen := make([]outputs, len(s.targets))
	if b.Filled == 0 {
		return seen, nil
	}
	s.compute.Lock()
	defer s.compute.Unlock()
	start := time.Now()
	defer func() { s.busy += time.Since(start) }()
	for i, t := range s.targets {
		var err error
		if seen[i].logits, seen[i].features, err = t.predictor.Embed(b); err != nil {
			return nil, err
		}
	}
	return seen, nil
}
