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

// Options say how clips go through the networks.
type Options struct {
	Backend compute.Backend
	Batch   int // clips that go through a network at once, at least 1
	// ShuffleFrames permutes every clip's frames by Seed, for models that were trained without frame order.
	ShuffleFrames bool
	Seed          uint64
}

// Target is one network and what its rows say about it. Provenance.Temperature divides the logits before the softmax.
// With Provenance.Embedding rows carry the features, which must have that length.
type Target struct {
	Store      *model.Store // the network's weights
	Network    infer.Network
	Provenance Provenance
}

// Session has networks ready that label the same clips in the same pass. Several passes may run at once: while one waits
// for clips, another computes. A pass computes alone, for the engine's threads are the machine's.
type Session struct {
	opt     Options
	targets []*scorer

	compute sync.Mutex
	busy    time.Duration // under compute
}

// NewSession prepares the networks on the backend. It is to be closed.
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

// Close frees the networks' graphs.
func (s *Session) Close() {
	for _, t := range s.targets {
		t.predictor.Close()
	}
}

// Busy is how long networks have been at work.
func (s *Session) Busy() time.Duration {
	s.compute.Lock()
	defer s.compute.Unlock()
	return s.busy
}

// Scored is what one network says about one input or window.
type Scored struct {
	Row           Row
	Probabilities []float32 // of all classes, summing to 1; nil in a row with an error
}

// Emit takes the rows of one input or window, one of each network, in the order of the targets. It must not keep the slice.
type Emit func(rows []Scored) error

// Label makes one pass over the data and emits rows in its order. The views of an input, which are rows of one id that
// follow one another, become one row: of the mean of the logits of those that could be read, or with the last error when
// none could. Windows stay what they are. progress, when not nil, is told how many rows of the data are done.
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
		seen, err := s.look(b)
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

// outputs are those of one network for the slots of a batch.
type outputs struct {
	logits   [][]float32 // [slots][classes]
	features [][]float32 // [slots][D]; nil when not wanted
}

// look runs all networks on a batch.
func (s *Session) look(b *feed.Batch) ([]outputs, error) {
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
