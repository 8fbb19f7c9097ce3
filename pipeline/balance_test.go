package pipeline_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// TestBalancedClasses trains on 40 records of one class and 5 of the other: each pass shows both equally often, whether
// it is decoded or read, and goes on in the middle where it was.
func TestBalancedClasses(t *testing.T) {
	man := pipelinetest.Corpus(t, 45)
	for i := range man.Records {
		r := &man.Records[i]
		r.Label, r.LabelName = 0, man.Classes[0]
		if i%9 == 4 {
			r.Label, r.LabelName = 1, man.Classes[1]
		}
	}
	opt := preprocessOptions(t, man, filepath.Join(t.TempDir(), "shards"))
	if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	packed := opt
	packed.Out, packed.Compression = filepath.Join(t.TempDir(), "packed"), "zstd"
	if _, err := pipeline.Preprocess(t.Context(), packed); err != nil {
		t.Fatal(err)
	}
	open := func(dir string) *shard.Set {
		set, err := shard.OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return set.WithAllocator(checked(t))
	}
	order := shard.Order{Shuffle: true, Balanced: true, Seed: 3, BufferRows: 12}
	decoded := opt.Options
	decoded.Training = true
	for name, set := range map[string]interface {
		data
		BatchesFrom(ctx context.Context, epoch, skipRows int) iter.Seq2[arrow.Record, error]
	}{
		"decoded":           &pipeline.Manifest{Manifest: man, Source: opt.Source, Clip: opt.Clip, Options: decoded, Shuffle: true, Balanced: true},
		"shards":            &pipeline.Shards{Set: open(opt.Out), Order: order},
		"compressed shards": &pipeline.Shards{Set: open(packed.Out), Order: order},
	} {
		t.Run(name, func(t *testing.T) {
			shown := map[int32]int{}
			times := map[string]int{}
			views := map[string]bool{}
			for record, err := range set.Batches(t.Context(), 1) {
				if err != nil {
					t.Fatal(err)
				}
				clips, err := batch.View(record)
				if err != nil {
					t.Fatal(err)
				}
				for i := range clips.Len() {
					label, _ := clips.Label(i)
					shown[label]++
					times[clips.ID(i)]++
					views[fmt.Sprint(clips.ID(i), clips.ViewNumber(i))] = true
				}
			}
			if total := shown[0] + shown[1]; total != 45 || set.Len() != 45 || shown[0] < 22 || shown[0] > 23 {
				t.Errorf("classes shown %v times, want 22 or 23 each", shown)
			}
			if len(views) != 45 {
				t.Errorf("%d different views of 45", len(views))
			}
			for i := range man.Records {
				r := &man.Records[i]
				if n := times[r.ID]; r.Label == 0 && n > 1 || r.Label == 1 && (n < 4 || n > 5) {
					t.Errorf("%s of class %d is shown %d times", r.ID, r.Label, n)
				}
			}
			first, _ := rowsOf(t, set.Batches(t.Context(), 1))
			other, _ := rowsOf(t, set.Batches(t.Context(), 2))
			if slices.Equal(first, other) {
				t.Error("two epochs are the same")
			}
			for _, skip := range []int{1, 8, 23, 44, 45} {
				rest, _ := rowsOf(t, set.BatchesFrom(t.Context(), 1, skip))
				if !slices.Equal(rest, first[skip:]) {
					t.Errorf("after %d rows got %v, want %v", skip, rest, first[skip:])
				}
			}
		})
	}
}
