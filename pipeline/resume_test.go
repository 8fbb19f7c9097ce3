package pipeline_test

import (
	"path/filepath"
	"slices"
	"testing"

	"padapter/pipeline"
	"padapter/pipeline/media"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// TestAPassGoesOnAtTheVeryNextRow stops passes over all kinds of data sets after some rows and goes on with another
// number of workers: the rows that follow are those that would have come, to the last pixel, also where chance chose them.
func TestAPassGoesOnAtTheVeryNextRow(t *testing.T) {
	man := pipelinetest.Corpus(t, 23)
	made := preprocessOptions(t, man, filepath.Join(t.TempDir(), "media"))
	made.Content = media.Frames
	if _, err := pipeline.Preprocess(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	frames, err := shard.OpenMedia(made.Out)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]pipeline.Manifest{
		"manifest": {Manifest: man, Source: made.Source},
		"frames":   {Manifest: frames.Manifest(), Source: frames},
	} {
		t.Run(name, func(t *testing.T) {
			set.Clip, set.Shuffle = pipelinetest.Recipe(), true
			set.Options = pipeline.Options{Workers: 3, Seed: 11, Training: true, Views: 2, BatchRows: 4}
			whole, sizes := rowsOf(t, set.BatchesFrom(t.Context(), 5, 0))
			if len(whole) != 46 || len(sizes) != 12 {
				t.Fatalf("%d rows in batches of %v", len(whole), sizes)
			}
			for _, workers := range []int{1, 2, 8} {
				set.Options.Workers = workers
				for _, skip := range []int{0, 4, 5, 24, 43, 45, 46} { // between batches, within one, within a record's views
					if rest, _ := rowsOf(t, set.BatchesFrom(t.Context(), 5, skip)); !slices.Equal(rest, whole[skip:]) {
						t.Errorf("%d workers after %d rows: got %v, want %v", workers, skip, rest, whole[skip:])
					}
				}
			}
			if other, _ := rowsOf(t, set.BatchesFrom(t.Context(), 6, 0)); slices.Equal(other, whole) {
				t.Error("another epoch has the same rows")
			}
		})
	}
}
