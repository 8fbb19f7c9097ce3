package pipeline

import (
	"maps"
	"sync"
	"time"
)

// Counts is what a run did so far. Times of workers are summed over workers.
type Counts struct {
	Rows     int64            `json:"rows"`      // finished, with and without errors
	Failed   int64            `json:"failed"`    // rows with an error
	Damaged  int64            `json:"damaged"`   // rows without an error in which the decoder met damage
	Frames   int64            `json:"frames"`    // delivered
	Batches  int64            `json:"batches"`   // handed on
	BytesIn  int64            `json:"bytes_in"`  // size of the encoded records that were opened
	BytesOut int64            `json:"bytes_out"` // pixels delivered
	Errors   map[string]int64 `json:"errors"`    // failed rows by reason

	Open    time.Duration `json:"open_ns"`    // opening sources
	Decode  time.Duration `json:"decode_ns"`  // in the decoder altogether
	Codec   time.Duration `json:"codec_ns"`   // of that, in FFmpeg
	Pixels  time.Duration `json:"pixels_ns"`  // of that, in the pixel kernel
	Augment time.Duration `json:"augment_ns"` // changing pixels for training
	Emit    time.Duration `json:"emit_ns"`    // handing batches on, such as writing them
	Stall   time.Duration `json:"stall_ns"`   // a reader of a data set waited for batches
}

// Stats collects counts. It may be shared by runs and read at any time. The zero value is ready for use.
type Stats struct {
	mu     sync.Mutex
	counts Counts
}

// Counts returns a copy of the counts so far.
func (s *Stats) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Errors = maps.Clone(c.Errors)
	if c.Errors == nil {
		c.Errors = map[string]int64{}
	}
	return c
}

// add changes the counts; a nil Stats counts nothing.
func (s *Stats) add(change func(*Counts)) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.counts)
}

// merge adds what another run did.
func (s *Stats) merge(other Counts) { s.add(func(c *Counts) { *c = c.plus(other) }) }

// plus is the sum of two counts.
func (c Counts) plus(other Counts) Counts {
	sum := Counts{
		Rows: c.Rows + other.Rows, Failed: c.Failed + other.Failed, Damaged: c.Damaged + other.Damaged, Frames: c.Frames + other.Frames,
		Batches: c.Batches + other.Batches, BytesIn: c.BytesIn + other.BytesIn, BytesOut: c.BytesOut + other.BytesOut,
		Errors: map[string]int64{},
		Open:   c.Open + other.Open, Decode: c.Decode + other.Decode, Codec: c.Codec + other.Codec, Pixels: c.Pixels + other.Pixels,
		Augment: c.Augment + other.Augment, Emit: c.Emit + other.Emit, Stall: c.Stall + other.Stall,
	}
	for _, errs := range []map[string]int64{c.Errors, other.Errors} {
		for reason, n := range errs {
			sum.Errors[reason] += n
		}
	}
	return sum
}
