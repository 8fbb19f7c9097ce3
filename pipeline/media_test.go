package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/pipeline"
	"padapter/pipeline/engine/local"
	"padapter/pipeline/media"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// mediaRows are the rows of a pass over a folder of media.
func mediaRows(t *testing.T, dir string, opt pipeline.Options) (rows []sampled) {
	t.Helper()
	set, err := shard.OpenMedia(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	return sampleFrom(t, set.Manifest(), set, pipelinetest.Recipe(), opt)
}

func TestMediaAreSampledLater(t *testing.T) {
	man := pipelinetest.Corpus(t, 24)
	man.Records[3].StartSeconds, man.Records[3].EndSeconds = 0.2, 0.7
	plain := sample(t, man, pipelinetest.Recipe(), pipeline.Options{})
	random := sample(t, man, pipelinetest.Recipe(), pipeline.Options{Training: true, Seed: 2})
	for _, content := range []string{media.Original, media.Frames} {
		for _, files := range []string{shard.Arrow, shard.WebDataset} {
			t.Run(content+" "+files, func(t *testing.T) {
				alive := checked(t)
				dir := filepath.Join(t.TempDir(), "media")
				opt := preprocessOptions(t, man, dir)
				opt.Content, opt.Files, opt.Memory = content, files, alive
				summary, err := pipeline.Preprocess(t.Context(), opt)
				if err != nil || summary.Rows != 24 || summary.Errors == 0 {
					t.Fatalf("%+v, %v", summary, err)
				}
				want := tree(t, dir)
				opt.Out, opt.Workers, opt.Engine = filepath.Join(t.TempDir(), "again"), 5, local.Engine{Parallel: 1}
				if _, err := pipeline.Preprocess(t.Context(), opt); err != nil || tree(t, opt.Out) != want {
					t.Errorf("other workers wrote other bytes (%v)", err)
				}
				exact := content == media.Original
				compareRows(t, mediaRows(t, dir, pipeline.Options{}), plain, exact)
				compareRows(t, mediaRows(t, dir, pipeline.Options{Training: true, Seed: 2}), random, exact)
			})
		}
	}
}

// compareRows compares what was read from media with what was decoded directly. JPEG is not exact.
func compareRows(t *testing.T, got, want []sampled, exact bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		reason, _, _ := strings.Cut(w.err, ":")
		if g.id != w.id || g.label != w.label || !slices.Equal(g.frames, w.frames) || (w.err == "") != (g.err == "") || !strings.Contains(g.err, reason) {
			t.Fatalf("row %d: %s %d %v %q, want %s %d %v %q", i, g.id, g.label, g.frames, g.err, w.id, w.label, w.frames, w.err)
		}
		if exact && g.pixels != w.pixels {
			t.Errorf("row %d has other pixels", i)
		}
		for k := range w.pixels {
			if d := int(g.pixels[k]) - int(w.pixels[k]); d < -6 || d > 6 {
				t.Fatalf("row %d, byte %d: %d, want about %d", i, k, g.pixels[k], w.pixels[k])
			}
		}
	}
}

func TestFramesAtARateAndASide(t *testing.T) {
	man := pipelinetest.Corpus(t, 1) // 48 x 32, ten frames a second
	dir := filepath.Join(t.TempDir(), "media")
	opt := preprocessOptions(t, man, dir)
	opt.Content, opt.ShortSide, opt.FPS, opt.Files = media.Frames, 16, 5, shard.WebDataset
	if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	set, err := shard.OpenMedia(dir)
	if err != nil {
		t.Fatal(err)
	}
	index, pts, err := set.Times(&set.Manifest().Records[0])
	if err != nil || fmt.Sprint(index) != "[0 2 4 6 8]" || len(pts) != 5 || pts[1] < 0.199 || pts[1] > 0.201 {
		t.Errorf("frames %v at %v, %v", index, pts, err)
	}
	clip := pipelinetest.Recipe()
	clip.Stride = 1
	rows := sampleFrom(t, set.Manifest(), set, clip, pipeline.Options{})
	if fmt.Sprint(rows[0].frames) != "[0 2 4 6]" {
		t.Errorf("a clip of frames %v", rows[0].frames)
	}
	for want, change := range map[string]func(*pipeline.PreprocessOptions){
		"fps is 5 there and 6 now":        func(o *pipeline.PreprocessOptions) { o.FPS = 6 },
		"content is frames there":         func(o *pipeline.PreprocessOptions) { o.Content = media.Original },
		`content "pixels"`:                func(o *pipeline.PreprocessOptions) { o.Content = "pixels" },
		"short_side is 16 there and 8":    func(o *pipeline.PreprocessOptions) { o.ShortSide = 8 },
		"are compressed already":          func(o *pipeline.PreprocessOptions) { o.Compression, o.Files = "zstd", shard.Arrow },
		"1000 frames and a quality of 1 ": func(o *pipeline.PreprocessOptions) { o.Quality = 99 },
	} {
		other := opt
		change(&other)
		if _, err := pipeline.Preprocess(t.Context(), other); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := shard.OpenDir(dir); err == nil || !strings.Contains(err.Error(), "not clips") {
		t.Errorf("media were opened as clips: %v", err)
	}
}

func TestDamagedMedia(t *testing.T) {
	man := pipelinetest.Corpus(t, 3)
	for _, files := range []string{shard.Arrow, shard.WebDataset} {
		dir := filepath.Join(t.TempDir(), "media")
		opt := preprocessOptions(t, man, dir)
		opt.Content, opt.Files = media.Original, files
		if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "clips-000000"+map[string]string{shard.Arrow: ".arrow", shard.WebDataset: ".tar"}[files])
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for at := 0; at < len(whole); at += 97 {
			hurt := slices.Clone(whole)
			hurt[at] ^= byte(1 + at%255)
			if err := os.WriteFile(path, hurt, 0o644); err != nil {
				t.Fatal(err)
			}
			set, err := shard.OpenMedia(dir)
			if err != nil {
				refused++
				continue
			}
			for i := range set.Manifest().Records {
				object, err := set.OpenRecord(context.Background(), &set.Manifest().Records[i])
				if err == nil {
					object.Close()
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: no damage was noticed", files)
		}
	}
}
