package shard

import (
	"context"

	"padapter/pipeline/batch"
	"padapter/sampler"
)

// labels reads the class of every row, in the order of the shards, once: four bytes a row are kept.
func (s *Set) labels(ctx context.Context) ([]int32, error) {
	s.once.Lock()
	defer s.once.Unlock()
	if s.classes != nil {
		return s.classes, nil
	}
	p := &pass{set: s, ctx: ctx, pool: batch.NewPool(s.mem, keptBatches)}
	defer p.end()
	all := make([]int32, 0, s.index.Rows)
	for _, at := range s.places(Order{}) {
		clips, done, err := p.columns(at)
		if err != nil {
			return nil, err
		}
		for row := range clips.Len() {
			label, ok := clips.Label(row)
			if !ok {
				label = -1
			}
			all = append(all, label)
		}
		done()
	}
	s.classes = all
	return all, nil
}

// columns reads a record batch, without its pixels where the file allows it.
func (p *pass) columns(at place) (clips *batch.Clips, done func(), err error) {
	rows, done, ok, err := p.scatter(window{places: []place{at}, rows: at.rows})
	if err == nil && !ok {
		done()
		rows, done, err = p.whole(window{places: []place{at}, rows: at.rows})
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return rows[0].clips, done, nil
}

// turns says how often each row of the set is taken in this pass; nil stands for once.
func (p *pass) turns() ([]int32, error) {
	if !p.order.Balanced {
		return nil, nil
	}
	labels, err := p.set.labels(p.ctx)
	if err != nil {
		return nil, err
	}
	return sampler.Balanced(labels, sampler.Key{Seed: p.order.Seed, Epoch: p.order.Epoch}.Draws("balance")), nil
}

// repeat puts every row of a window as often into it as it is taken, rows with numbers from the set's first on.
func (s *Set) repeat(w window, turns []int32) window {
	if turns == nil {
		return w
	}
	first := make([]int, len(s.index.Shards))
	for i := range first[1:] {
		first[i+1] = first[i] + s.index.Shards[i].Rows
	}
	w.taken, w.rows = nil, 0
	row := 0 // in the window
	for _, at := range w.places {
		from := first[at.shard] + at.batch*s.index.Job.BatchRows
		for _, n := range turns[from : from+at.rows] {
			for turn := range int(n) {
				w.taken = append(w.taken, taking{row, turn})
			}
			row++
		}
	}
	w.rows = len(w.taken)
	return w
}

// taking is a row of a window and how often it was taken before in the pass.
type taking struct{ row, turn int }

// at is taking i of the window.
func (w *window) at(i int) taking {
	if w.taken == nil {
		return taking{row: i}
	}
	return w.taken[i]
}
