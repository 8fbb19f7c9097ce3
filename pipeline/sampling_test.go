package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/pipelinetest"
)

// sampled is a row without the things that no test here asks for.
type sampled struct {
	id     string
	label  int32
	frames []int32
	shades []byte // of the first pixel of each frame
	pixels string
	err    string
}

func sample(t *testing.T, man *manifests.Manifest, clip recipe.Clip, opt pipeline.Options) []sampled {
	t.Helper()
	return sampleFrom(t, man, files(t, man.Root), clip, opt)
}

func sampleFrom(t *testing.T, man *manifests.Manifest, src source.Source, clip recipe.Clip, opt pipeline.Options) (rows []sampled) {
	t.Helper()
	err := pipeline.Clips(t.Context(), man, src, clip, opt, func(record arrow.Record) error {
		clips, err := batch.View(record)
		if err != nil {
			return err
		}
		for i := range clips.Len() {
			pixels, _ := clips.Frames(i)
			row := sampled{id: strings.Clone(clips.ID(i)), frames: slices.Clone(clips.FrameIndex(i)), pixels: string(pixels), err: strings.Clone(clips.Err(i))}
			row.label, _ = clips.Label(i)
			for at := 0; at < len(pixels); at += clip.Height * clip.Width * 3 {
				row.shades = append(row.shades, pixels[at])
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRecipesChooseFrames(t *testing.T) {
	man := pipelinetest.Corpus(t, 1) // ten frames, ten a second
	for _, c := range []struct {
		name   string
		change func(*recipe.Clip)
		want   string // frames of all views
	}{
		{"half the rate", func(c *recipe.Clip) { c.FPS, c.Stride = 5, 1 }, "[0 2 4 6]"},
		{"double the rate", func(c *recipe.Clip) { c.FPS, c.Stride = 20, 1 }, "[3 4 4 5]"},
		{"loop", func(c *recipe.Clip) { c.Stride, c.End = 3, "loop"; c.Frames = 6 }, "[0 3 6 9 2 5]"},
		{"repeat", func(c *recipe.Clip) { c.Stride = 4 }, "[0 4 8 9]"},
		{"segments", func(c *recipe.Clip) { c.Segments = 3 }, "[0 2 4 6][1 3 5 7][3 5 7 9]"},
		{"uniform", func(c *recipe.Clip) { c.Temporal = "uniform" }, "[1 3 6 8]"},
		{"segments and crops", func(c *recipe.Clip) { c.Segments, c.Crops = 2, 3 }, "[0 2 4 6][0 2 4 6][0 2 4 6][3 5 7 9][3 5 7 9][3 5 7 9]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clip := pipelinetest.Recipe()
			c.change(&clip)
			got := ""
			for _, row := range sample(t, man, clip, pipeline.Options{}) {
				got += fmt.Sprint(row.frames)
				for i, shade := range row.shades {
					if want := pipelinetest.Shade(0, int(row.frames[i])); int(shade) < int(want)-2 || int(shade) > int(want)+2 {
						t.Errorf("frame %d says that it is %d and has shade %d, want %d", i, row.frames[i], shade, want)
					}
				}
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	clip := pipelinetest.Recipe()
	clip.Stride, clip.End = 4, "error"
	if rows := sample(t, man, clip, pipeline.Options{}); !strings.Contains(rows[0].err, "a clip needs 13 frames and the video has 10") {
		t.Errorf("error policy: got %q", rows[0].err)
	}
}

func TestMirroredClipsChangeTheirLabels(t *testing.T) {
	man := pipelinetest.Corpus(t, 1)
	man.Classes = []string{"Pushing something from left to right", "Pushing something from right to left", "Turning left", "Holding"}
	base := man.Records[0]
	man.Records = nil
	for i := range 80 {
		r := base
		r.ID, r.Label = fmt.Sprint(i), int32(i%4)
		r.LabelName = man.Classes[r.Label]
		man.Records = append(man.Records, r)
	}
	clip := pipelinetest.Recipe()
	for mode, possible := range map[string]map[int32][]int32{
		"":                {0: {0, 1}, 1: {1, 0}, 2: {2}, 3: {3}},
		recipe.FlipForbid: {0: {0}, 1: {1}, 2: {2}, 3: {3}},
	} {
		clip.FlipLabels = mode
		seen := map[int32]map[int32]int{}
		for i, row := range sample(t, man, clip, pipeline.Options{Training: true}) {
			from := int32(i % 4)
			if seen[from] == nil {
				seen[from] = map[int32]int{}
			}
			seen[from][row.label]++
		}
		for from, to := range possible {
			if len(seen[from]) != len(to) || seen[from][to[0]] == 0 || seen[from][to[len(to)-1]] == 0 {
				t.Errorf("mode %q, class %d: labels %v, want all of %v", mode, from, seen[from], to)
			}
		}
	}
}

func TestAugmentedClips(t *testing.T) {
	man := pipelinetest.Corpus(t, 6)
	plain, augmented := pipelinetest.Recipe(), pipelinetest.Recipe()
	augmented.Augment = recipe.Augment{Jitter: 0.4, Ops: 2, Magnitude: 9, Erase: 0.5}
	opt := pipeline.Options{Training: true, Seed: 3}
	a, b := sample(t, man, plain, opt), sample(t, man, augmented, opt)
	again := sample(t, man, augmented, pipeline.Options{Training: true, Seed: 3, Workers: 7})
	changed := 0
	for i := range a {
		if a[i].pixels != b[i].pixels {
			changed++
		}
		if !slices.Equal(a[i].frames, b[i].frames) {
			t.Errorf("row %d: augmenting changed the frames chosen", i)
		}
		if b[i].pixels != again[i].pixels {
			t.Errorf("row %d: other pixels with other workers", i)
		}
	}
	if changed == 0 {
		t.Error("no clip was augmented")
	}
	opt.Training = false
	if x, y := sample(t, man, plain, opt), sample(t, man, augmented, opt); x[0].pixels != y[0].pixels {
		t.Error("a clip that is not for training was augmented")
	}
}
