package shard

import (
	"errors"
	"fmt"

	"padapter/sampler"
)

// bufferBytes bounds the pixels of the buffer that rows are shuffled in. They are held in memory where clips cannot be read
// one by one.
const bufferBytes = 128 << 20

// Order says in which order rows are read.
type Order struct {
	Shuffle bool   // by Seed and Epoch; otherwise as written
	Seed    uint64 //
	Epoch   int    //
	// BufferRows is how many rows are mixed with each other; 0 stands for 4096. Shuffling takes the record batches of all
	// shards in random order, fills the buffer with the next of them, and takes its rows in random order; so a set that
	// fits into the buffer is shuffled perfectly. The rows hold at most bufferBytes of pixels, but at least one record batch.
	BufferRows int
	// BatchRows is the number of rows of the batches that come out, but for the last; 0 leaves batches as written, or, when
	// shuffled, makes them as long as those written.
	BatchRows int
	// SkipRows leaves out the first rows of the pass, reading as little as possible for it: a pass that was stopped goes on
	// at the very next row.
	SkipRows int
	// Balanced takes rows of rare classes more often and of frequent ones more seldom, so that a pass shows every class
	// equally often; with Shuffle alone. A row that is taken again has the next view numbers, so that what is drawn for
	// it in training differs. See sampler.Balanced.
	Balanced bool
}

func (o Order) withDefaults(s *Set) (Order, error) {
	if o.BufferRows < 0 || o.BatchRows < 0 || o.SkipRows < 0 {
		return o, fmt.Errorf("order of shards: buffer of %d rows, batches of %d rows, %d rows skipped: use 0 for the default or a positive number", o.BufferRows, o.BatchRows, o.SkipRows)
	}
	if o.Balanced && !o.Shuffle {
		return o, errors.New("order of shards: balanced classes need shuffled rows")
	}
	if o.BufferRows == 0 {
		o.BufferRows = 4096
	}
	if o.Shuffle && o.BatchRows == 0 {
		o.BatchRows = s.index.Job.BatchRows
	}
	o.BufferRows = int(min(int64(o.BufferRows), max(1, bufferBytes/int64(s.meta.Shape.Bytes()))))
	return o, nil
}

// place is a record batch of a shard.
type place struct{ shard, batch, rows int }

// places lists all record batches in reading order.
func (s *Set) places(o Order) []place {
	var list []place
	for number, e := range s.index.Shards {
		per := s.index.Job.BatchRows
		for b := range batchCount(e.Rows, per) {
			list = append(list, place{number, b, min(per, e.Rows-b*per)})
		}
	}
	if !o.Shuffle {
		return list
	}
	mixed := make([]place, len(list))
	for i, j := range sampler.Permutation(len(list), sampler.Key{Seed: o.Seed, Epoch: o.Epoch}.Draws("shards")) {
		mixed[i] = list[j]
	}
	return mixed
}

// window is what the buffer holds at one time.
type window struct {
	places []place
	rows   int      // taken from it
	taken  []taking // which rows, and how often; nil takes each once
}

// windows cuts the places into buffers: as many record batches as fit, at least one.
func windows(list []place, bufferRows int) []window {
	var out []window
	for _, p := range list {
		if n := len(out); n == 0 || out[n-1].rows+p.rows > bufferRows {
			out = append(out, window{})
		}
		w := &out[len(out)-1]
		w.places = append(w.places, p)
		w.rows += p.rows
	}
	return out
}

// mix is the order of a window's rows.
func (o Order) mix(number, rows int) []int {
	if o.Shuffle {
		return sampler.Permutation(rows, sampler.Key{Seed: o.Seed, Epoch: o.Epoch, View: number}.Draws("rows"))
	}
	order := make([]int, rows)
	for i := range order {
		order[i] = i
	}
	return order
}
