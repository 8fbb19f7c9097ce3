package pipeline_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// data is what models ask of a data set.
type data interface {
	Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error]
	Meta() batch.Meta
	Len() int
}

// rowsOf lists the rows of a pass: id, view and a hash of everything else.
func rowsOf(t *testing.T, batches iter.Seq2[arrow.Record, error]) (rows []string, sizes []int) {
	t.Helper()
	for record, err := range batches {
		if err != nil {
			t.Fatal(err)
		}
		clips, err := batch.View(record)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, clips.Len())
		for i := range clips.Len() {
			frames, _ := clips.Frames(i)
			label, labelled := clips.Label(i)
			sum := sha256.Sum256(fmt.Append(nil, clips.URI(i), label, labelled, clips.Err(i), clips.FrameIndex(i), clips.Seconds(i), frames))
			rows = append(rows, fmt.Sprintf("%s/%d %x", clips.ID(i), clips.ViewNumber(i), sum[:6]))
		}
	}
	return rows, sizes
}

func TestShardsAndManifestGiveTheSameRows(t *testing.T) {
	mem := checked(t)
	man := pipelinetest.Corpus(t, 45)
	opt := preprocessOptions(t, man, filepath.Join(t.TempDir(), "shards"))
	if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	set, err := shard.OpenDir(opt.Out)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.WithAllocator(mem).Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	decoded := opt.Options
	decoded.Memory = mem
	fromManifest := &pipeline.Manifest{Manifest: man, Source: opt.Source, Clip: opt.Clip, Options: decoded}
	fromShards := &pipeline.Shards{Set: set}
	if a, b := fromManifest.Meta(), fromShards.Meta(); !reflect.DeepEqual(a, b) {
		t.Errorf("metadata %+v and %+v", a, b)
	}
	if fromManifest.Len() != 45 || fromShards.Len() != 45 {
		t.Errorf("%d and %d rows", fromManifest.Len(), fromShards.Len())
	}
	want, _ := rowsOf(t, fromManifest.Batches(t.Context(), 0))
	got, sizes := rowsOf(t, fromShards.Batches(t.Context(), 0))
	if !slices.Equal(got, want) || !slices.Equal(sizes, []int{4, 4, 2, 4, 4, 2, 4, 4, 2, 4, 4, 2, 4, 1}) {
		t.Errorf("batches of %v:\ngot  %v\nwant %v", sizes, got, want)
	}

	// Shuffled: other orders of the same rows, the same for the same epoch, another for another.
	sorted := func(rows []string) []string { return slices.Sorted(slices.Values(rows)) }
	for name, buffer := range map[string]int{"all rows in the buffer": 0, "a few": 7, "one batch": 1} {
		fromShards.Order = shard.Order{Shuffle: true, Seed: 3, BufferRows: buffer, BatchRows: 8}
		first, sizes := rowsOf(t, fromShards.Batches(t.Context(), 1))
		again, _ := rowsOf(t, fromShards.Batches(t.Context(), 1))
		other, _ := rowsOf(t, fromShards.Batches(t.Context(), 2))
		if !slices.Equal(first, again) || slices.Equal(first, other) || slices.Equal(first, want) || !slices.Equal(sorted(first), sorted(want)) {
			t.Errorf("%s: first %v\nagain %v\nother %v", name, first, again, other)
		}
		if !slices.Equal(sizes, []int{8, 8, 8, 8, 8, 5}) {
			t.Errorf("%s: batches of %v rows", name, sizes)
		}
		for _, skip := range []int{1, 8, 13, 44, 45, 60} {
			rest, _ := rowsOf(t, fromShards.BatchesFrom(t.Context(), 1, skip))
			if !slices.Equal(rest, first[min(45, skip):]) {
				t.Errorf("%s: after %d rows got %v", name, skip, rest)
			}
		}
	}
	fromShards.Order = shard.Order{}
	for _, skip := range []int{1, 4, 11, 44, 45} {
		rest, _ := rowsOf(t, fromShards.BatchesFrom(t.Context(), 1, skip))
		if !slices.Equal(rest, want[skip:]) {
			t.Errorf("as written, after %d rows got %v", skip, rest)
		}
	}
	fromManifest.Shuffle = true
	first, _ := rowsOf(t, fromManifest.Batches(t.Context(), 1))
	fromManifest.Options.Workers = 7
	again, _ := rowsOf(t, fromManifest.Batches(t.Context(), 1))
	other, _ := rowsOf(t, fromManifest.Batches(t.Context(), 2))
	if !slices.Equal(first, again) || slices.Equal(first, other) || !slices.Equal(sorted(first), sorted(want)) {
		t.Errorf("first %v\nagain %v\nother %v", first, again, other)
	}
	rest, _ := rowsOf(t, fromManifest.BatchesFrom(t.Context(), 1, 13))
	if !slices.Equal(rest, first[13:]) {
		t.Errorf("after 13 rows got %v, want %v", rest, first[13:])
	}
}

func TestLeavingALoopEndsEverything(t *testing.T) {
	mem := checked(t)
	man := pipelinetest.Corpus(t, 100)
	opt := preprocessOptions(t, man, filepath.Join(t.TempDir(), "shards"))
	if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	set, err := shard.OpenDir(opt.Out)
	if err != nil {
		t.Fatal(err)
	}
	set.WithAllocator(mem)
	var stats pipeline.Stats
	for name, d := range map[string]data{
		"manifest": &pipeline.Manifest{Manifest: man, Source: opt.Source, Clip: opt.Clip, Options: pipeline.Options{Memory: mem, BatchRows: 3, Stats: &stats}},
		"shards":   &pipeline.Shards{Set: set, Stats: &stats},
		"shuffled": &pipeline.Shards{Set: set, Stats: &stats, Order: shard.Order{Shuffle: true, BufferRows: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			turns := 0
			for _, err := range d.Batches(t.Context(), 0) {
				if turns++; err != nil || turns == 2 {
					break
				}
			}
			if turns != 2 {
				t.Errorf("%d turns", turns)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var last error
			for _, err := range d.Batches(ctx, 0) {
				cancel()
				last = err
			}
			if !errors.Is(last, context.Canceled) {
				t.Errorf("a cancelled pass ends with %v", last)
			}
			cancel()
		})
	}
	if stats.Counts().Stall == 0 {
		t.Error("no time was spent waiting")
	}
}
