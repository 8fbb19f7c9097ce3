package change

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"padapter/manifests"
)

// SampleOptions select the size of a sample. Either N or Fraction is set.
type SampleOptions struct {
	N        int     // number of records
	Fraction float64 // fraction of the records, in (0, 1]; rounded, at least one record
	PerClass bool    // take N or Fraction of every class, with unlabelled records as one class
	Seed     uint64
}

// Sample returns a random subset of m's records, in order. The selection of a record depends on the seed and its id: a
// larger sample with the same seed contains the smaller one. Classes with fewer than N records are taken whole.
func Sample(m *manifests.Manifest, opt SampleOptions) (*manifests.Manifest, error) {
	switch {
	case opt.N < 0 || opt.Fraction < 0 || opt.Fraction > 1 || math.IsNaN(opt.Fraction):
		return nil, fmt.Errorf("sample: %d records, fraction %g: use a positive number, or a fraction up to 1", opt.N, opt.Fraction)
	case (opt.N > 0) == (opt.Fraction > 0):
		return nil, fmt.Errorf("sample: %d records, fraction %g: give one of the two", opt.N, opt.Fraction)
	}
	pools := map[int32][]int{}
	for i := range m.Records {
		pool := int32(0)
		if opt.PerClass {
			pool = m.Records[i].Label
		}
		pools[pool] = append(pools[pool], i)
	}
	take := make([]bool, len(m.Records))
	taken := 0
	for _, pool := range pools {
		for _, i := range opt.selection(m, pool) {
			take[i] = true
			taken++
		}
	}
	out := *m
	out.Records = make([]manifests.Record, 0, taken)
	for i := range m.Records {
		if take[i] {
			out.Records = append(out.Records, m.Records[i])
		}
	}
	return &out, nil
}

func (o SampleOptions) selection(m *manifests.Manifest, pool []int) []int {
	n := o.N
	if o.Fraction > 0 {
		n = max(1, int(math.Round(o.Fraction*float64(len(pool)))))
	}
	if n >= len(pool) {
		return pool
	}
	type ticket struct {
		number uint64
		record int
	}
	tickets := make([]ticket, len(pool))
	for i, record := range pool {
		tickets[i] = ticket{draw(o.Seed, m.Records[record].ID), record}
	}
	slices.SortFunc(tickets, func(a, b ticket) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(m.Records[a.record].ID, m.Records[b.record].ID))
	})
	for i := range n {
		pool[i] = tickets[i].record
	}
	return pool[:n]
}
