package label

import (
	"context"
	"encoding/json"
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/evaluate"
	"padapter/models/feed"
	"padapter/pipeline"
	"padapter/pipeline/shard"
)

// sampleSize is how many inputs an agreement is measured on where none is stored: few enough to take the time of some
// dozen clips in float32, once for a checkpoint and an engine. It is fewer than checkpoint.AutoVideos, so that auto is
// decided by clips that somebody chose for measuring.
const sampleSize = 64

// sampleRows is the size of the record batches that a sample of shards is read in.
const sampleRows = 16

// agreements returns how each network's precision agrees with float32, as JSON: as it is stored with the checkpoint or,
// if nothing is, as it is on a sample of the inputs, which is then stored. There are none in float32.
func (r *run) agreements(ctx context.Context) (list []string, err error) {
	n := r.job.networks
	if n.engine.Precision == backend.Float32 {
		return nil, nil
	}
	var reference *networkSet // in float32, for those without a stored one
	defer func() {
		if reference != nil {
			reference.Close()
		}
	}()
	for i, of := range n.checkpoints(r.job.spec.Networks) {
		stored, err := checkpoint.ReadAgreements(of.Dir, of.Config)
		if err != nil {
			return nil, err
		}
		a, ok := checkpoint.FindAgreement(stored, n.engine.Kind(), string(n.engine.Precision))
		if !ok {
			if reference == nil {
				if reference, err = r.reference(); err != nil {
					return nil, err
				}
			}
			if a, err = r.measure(ctx, i, reference); err != nil {
				return nil, err
			}
			if a.Videos == 0 {
				r.opt.Observer.Note("none of %d inputs could be read: the agreement with %s is not known", r.sampled(), backend.Float32)
				list = append(list, "")
				continue
			}
			if err := checkpoint.StoreAgreement(of.Dir, of.Config, a); err != nil {
				r.opt.Observer.Note("the agreement is not stored with the checkpoint: %v", err)
			}
		}
		if err := a.WithinBound(); err != nil {
			r.opt.Observer.Note("warning: %s in %s is far from what it is in %s: %v", of.Dir, n.engine.Precision, backend.Float32, err)
		}
		text, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		list = append(list, string(text))
	}
	return list, nil
}

// reference opens the same networks in float32.
func (r *run) reference() (*networkSet, error) {
	spec := r.job.spec.Networks
	spec.Backend, spec.Precision = r.job.networks.engine.Engine, string(backend.Float32)
	return openNetworks(spec, r.opt.Version)
}

// measure compares network i with itself in the reference on the sample.
func (r *run) measure(ctx context.Context, i int, reference *networkSet) (a checkpoint.Agreement, err error) {
	n := r.job.networks
	target, other := n.targets[i], reference.targets[i]
	data := r.sample()
	stage := r.opt.Observer.Stage("agreement", int64(data.Len()))
	defer stage.Finish()
	report, err := evaluate.Run(ctx, evaluate.Options{
		Backend: n.engine.Compute, Store: target.Store, Network: target.Network, Data: data, Batch: n.batch,
		ShuffleFrames: n.shuffle, Seed: n.seed, Temperature: target.Provenance.Temperature, Unlabelled: true,
		Against:  &evaluate.Side{Backend: reference.engine.Compute, Store: other.Store, Network: other.Network},
		Progress: func(done, total int64) { stage.Set(done, total, "") },
	})
	if err != nil {
		return a, err
	}
	return checkpoint.Agreement{
		Kind: n.engine.Kind(), Precision: string(n.engine.Precision), Against: string(backend.Float32), Agreement: *report.Agreement,
	}, nil
}

// sampled is how many inputs or clips of shards are in the sample.
func (r *run) sampled() int {
	if in := r.job.inputs; in.Shards != nil {
		return min(sampleSize, in.Shards.Rows())
	}
	return min(sampleSize, len(r.job.inputs.list))
}

// sample is clips of inputs that the seed draws: the clips of whole videos, also where windows are labelled, since a video
// has any number of these.
func (r *run) sample() feed.Data {
	j := r.job
	if in := j.inputs; in.Shards != nil {
		order := shard.Order{Shuffle: true, Seed: j.networks.seed, BatchRows: sampleRows}
		return &beginning{Data: &pipeline.Shards{Set: in.Shards, Order: order}, rows: r.sampled()}
	}
	return j.whole(drawn(len(j.inputs.list), r.sampled(), j.networks.seed), r.opt.Version, nil)
}

// drawn returns k of the numbers below n in ascending order, drawn by the seed without repetition.
func drawn(n, k int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	taken := map[int]bool{}
	for last := n - k; last < n; last++ { // Floyd's sampling
		number := rng.IntN(last + 1)
		if taken[number] {
			number = last
		}
		taken[number] = true
	}
	numbers := make([]int, 0, k)
	for number := range taken {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers
}

// beginning is the first rows of data.
type beginning struct {
	feed.Data
	rows int
}

// Len is the number of rows.
func (b *beginning) Len() int { return b.rows }

// Batches ends the pass after the rows.
func (b *beginning) Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		left := int64(b.rows)
		for record, err := range b.Data.Batches(ctx, epoch) {
			if err != nil {
				yield(nil, err)
				return
			}
			part := record.NewSlice(0, min(left, record.NumRows()))
			left -= part.NumRows()
			more := yield(part, nil)
			part.Release()
			if !more || left == 0 {
				return
			}
		}
	}
}
