package inputs

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
	"padapter/pipeline/media"
	"padapter/pipeline/pipelinetest"
)

// TestSplitOfShardsIsChosenByUse makes folders of records that are of several splits, one, or none. That the records
// cannot be read does not matter.
func TestSplitOfShardsIsChosenByUse(t *testing.T) {
	r, err := recipe.Load("demo-source")
	if err != nil {
		t.Fatal(err)
	}
	make := func(content string, splits ...string) string {
		dir := filepath.Join(t.TempDir(), "shards")
		man := withSplits(splits...)
		for i := range man.Records {
			rec := &man.Records[i]
			rec.Status, rec.Kind, rec.Reason, rec.Label = manifests.Missing, manifests.Video, "not there", manifests.NoLabel
		}
		_, err := pipeline.Preprocess(t.Context(), pipeline.PreprocessOptions{
			Records: pipelinetest.Spool(t, man), Source: nowhere{}, Clip: r.Clip, Out: dir, Content: content, Engine: local.Engine{},
		})
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, content := range []string{pipeline.Fixed, media.Original} {
		mixed, one, none := make(content, "train", "val", "val"), make(content, "train", "train"), make(content, "", "")
		for _, c := range []struct {
			name, dir string
			use       Use
			split     string
			reason    string // part of the error; empty for none
		}{
			{"several for training", mixed, ForTraining, "", `splits "train", "val", which are read whole: make shards of one split with preprocess --split (such as "train")`},
			{"several for validation", mixed, ForValidation, "", `(such as "val")`},
			{"several for testing", mixed, ForTesting, "", `(such as "val")`},
			{"several for labelling", mixed, AnyUse, "", ""},
			{"several, all meant", mixed, ForTraining, "all", ""},
			{"several, one named", mixed, ForTraining, "train", `make shards of "train" alone`},
			{"one", one, ForTraining, "", ""},
			{"one, named", one, ForTraining, "train", ""},
			{"one, another named", one, ForTraining, "val", `made of the split "train"`},
			{"none", none, ForTraining, "", ""},
			{"none, one named", none, ForTraining, "train", "do not say of what split"},
		} {
			t.Run(content+" "+c.name, func(t *testing.T) {
				data, err := OpenClips(t.Context(), c.dir, ClipSettings{Clip: r.Clip, Use: c.use, Split: c.split})
				if c.reason == "" {
					if err != nil {
						t.Fatal(err)
					}
					if data.Len() != map[string]int{mixed: 3, one: 2, none: 2}[c.dir] {
						t.Errorf("%d rows", data.Len())
					}
					if err := data.Close(); err != nil {
						t.Error(err)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), c.dir) {
					t.Errorf("error %v, want one with %q and the folder", err, c.reason)
				}
			})
		}
	}
}

// nowhere is a source for records that are known to be missing.
type nowhere struct{ source.Source }

func (nowhere) Open(context.Context, string) (source.Object, error) {
	panic("a record that is missing was opened")
}
