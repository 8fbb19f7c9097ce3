package pipeline_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

func preprocessOptions(t testing.TB, man *manifests.Manifest, out string) pipeline.PreprocessOptions {
	return pipeline.PreprocessOptions{
		Options: pipeline.Options{Workers: 2, BatchRows: 4, Seed: 11, Version: "test"},
		Records: pipelinetest.Spool(t, man), Source: files(t, man.Root), Clip: pipelinetest.Recipe(), Out: out, ShardRecords: 10, Engine: local.Engine{Parallel: 2},
	}
}

// tree is a folder's files with hashes of their contents.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		relative, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&list, "%s %x\n", relative, sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}

func TestPreprocessWritesTheSameBytesAlways(t *testing.T) {
	man := pipelinetest.Corpus(t, 37)
	want := ""
	for _, c := range []struct {
		name              string
		workers, parallel int
		jobs              int
	}{{"one worker", 1, 1, 1}, {"two workers", 2, 2, 1}, {"eight workers", 8, 3, 1}, {"three jobs", 2, 1, 3}} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "shards")
			rows := 0
			for job := range c.jobs {
				opt := preprocessOptions(t, man, out)
				opt.Workers, opt.Engine, opt.Shard, opt.Shards, opt.Training, opt.Views = c.workers, local.Engine{Parallel: c.parallel}, job, c.jobs, true, 2
				summary, err := pipeline.Preprocess(t.Context(), opt)
				if err != nil {
					t.Fatal(err)
				}
				if summary.Complete != (job == c.jobs-1) {
					t.Errorf("job %d of %d: complete is %v", job, c.jobs, summary.Complete)
				}
				rows += summary.Rows
			}
			if got := tree(t, out); want == "" {
				want = got
			} else if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if rows != 74 {
				t.Errorf("%d rows, want 74", rows)
			}
		})
	}
}

func TestPreprocessGoesOn(t *testing.T) {
	man := pipelinetest.Corpus(t, 45)
	whole := filepath.Join(t.TempDir(), "whole")
	summary, err := pipeline.Preprocess(t.Context(), preprocessOptions(t, man, whole))
	if err != nil || !summary.Complete || summary.Made != 5 || summary.Rows != 45 || summary.Errors != 12 {
		t.Fatalf("%+v, %v", summary, err)
	}
	want := tree(t, whole)
	for _, stopAt := range []int64{0, 7, 13, 22, 44} {
		t.Run(fmt.Sprint(stopAt), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "shards")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opt := preprocessOptions(t, man, out)
			opt.Engine = local.Engine{}
			opt.Progress = func(p pipeline.Progress) {
				if p.Done >= stopAt {
					cancel()
				}
			}
			summary, err := pipeline.Preprocess(ctx, opt)
			if !errors.Is(err, context.Canceled) || summary.Complete {
				t.Fatalf("%+v, %v", summary, err)
			}
			if _, err := shard.OpenDir(out); err == nil || !strings.Contains(err.Error(), "not finished") {
				t.Errorf("got %v, want to be told that the shards are not finished", err)
			}
			opt.Progress = nil
			again, err := pipeline.Preprocess(t.Context(), opt)
			if err != nil || again.Kept != summary.Made || again.Made != 5-again.Kept {
				t.Errorf("first %+v, then %+v, %v", summary, again, err)
			}
			if got := tree(t, out); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestDamagedShardsAreMadeAnew(t *testing.T) {
	man := pipelinetest.Corpus(t, 45)
	out := filepath.Join(t.TempDir(), "shards")
	opt := preprocessOptions(t, man, out)
	if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	want := tree(t, out)
	damage := []func(path string) error{
		func(path string) error { return os.Truncate(path, 5000) },
		func(path string) error {
			text, err := os.ReadFile(path)
			text[len(text)/2] ^= 1
			return errors.Join(err, os.WriteFile(path, text, 0o644))
		},
		os.Remove,
	}
	for number, hurt := range damage {
		if err := hurt(filepath.Join(out, fmt.Sprintf("clips-%06d.arrow", number))); err != nil {
			t.Fatal(err)
		}
	}
	// What a crash leaves of files being written, and of a completion marker.
	if err := errors.Join(os.WriteFile(filepath.Join(out, ".clips-000003.arrow.tmp-123"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(out, ".index.json.tmp-123"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(out, "receipts", ".clips-000003.arrow.json.tmp-123"), []byte("x"), 0o600),
		os.Remove(filepath.Join(out, "receipts", "clips-000003.arrow.json"))); err != nil {
		t.Fatal(err)
	}
	summary, err := pipeline.Preprocess(t.Context(), opt)
	if err != nil || summary.Made != 4 || summary.Kept != 1 {
		t.Errorf("%+v, %v", summary, err)
	}
	if got := tree(t, out); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnotherJobIsRefused(t *testing.T) {
	man := pipelinetest.Corpus(t, 12)
	out := filepath.Join(t.TempDir(), "shards")
	if _, err := pipeline.Preprocess(t.Context(), preprocessOptions(t, man, out)); err != nil {
		t.Fatal(err)
	}
	before := tree(t, out)
	for want, change := range map[string]func(*pipeline.PreprocessOptions){
		"the manifest has changed":     func(o *pipeline.PreprocessOptions) { o.Records = pipelinetest.Spool(t, pipelinetest.Corpus(t, 13)) },
		"stride is 2 there and 3 now":  func(o *pipeline.PreprocessOptions) { o.Clip.Stride = 3 },
		"seed is 11 there and 12 now":  func(o *pipeline.PreprocessOptions) { o.Seed = 12 },
		"views is 1 there and 2 now":   func(o *pipeline.PreprocessOptions) { o.Views = 2 },
		"compression is none there":    func(o *pipeline.PreprocessOptions) { o.Compression = "zstd" },
		"shard 2 of 2: count from 0":   func(o *pipeline.PreprocessOptions) { o.Shard, o.Shards = 2, 2 },
		"shard_records is 10 there":    func(o *pipeline.PreprocessOptions) { o.ShardRecords = 11 },
		"training is false there":      func(o *pipeline.PreprocessOptions) { o.Training = true },
		"timeout is 0s there and 1s":   func(o *pipeline.PreprocessOptions) { o.Timeout = time.Second },
		"max_pixels is 0 there":        func(o *pipeline.PreprocessOptions) { o.Decoder.MaxPixels = 1 << 20 },
		"max_frames is 0 there":        func(o *pipeline.PreprocessOptions) { o.Decoder.MaxFrames = 9 },
		"give an empty folder, or one": func(o *pipeline.PreprocessOptions) { o.Out = man.Root },
	} {
		opt := preprocessOptions(t, man, out)
		change(&opt)
		if _, err := pipeline.Preprocess(t.Context(), opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if tree(t, out) != before {
		t.Error("a refused job changed the folder")
	}
	// A newer program goes on with an older one's folder.
	opt := preprocessOptions(t, man, out)
	opt.Version = "newer"
	if summary, err := pipeline.Preprocess(t.Context(), opt); err != nil || summary.Kept != 2 || tree(t, out) != before {
		t.Errorf("%+v, %v", summary, err)
	}
}

func TestEmptyManifest(t *testing.T) {
	man := pipelinetest.Corpus(t, 0)
	out := filepath.Join(t.TempDir(), "shards")
	if summary, err := pipeline.Preprocess(t.Context(), preprocessOptions(t, man, out)); err != nil || !summary.Complete {
		t.Fatalf("%+v, %v", summary, err)
	}
	set, err := shard.OpenDir(out)
	if err != nil || set.Rows() != 0 {
		t.Fatal(err)
	}
	for range set.Batches(t.Context(), shard.Order{Shuffle: true}) {
		t.Error("an empty set has a batch")
	}
}

func TestLimitsAreRows(t *testing.T) {
	man := pipelinetest.Corpus(t, 4)
	opt := preprocessOptions(t, man, filepath.Join(t.TempDir(), "shards"))
	opt.Decoder.MaxFrames = 5 // the files have 10
	summary, err := pipeline.Preprocess(t.Context(), opt)
	if err != nil || summary.Errors != 4 || summary.Counts.Errors["limits"] != 4 {
		t.Errorf("%+v, %v", summary, err)
	}
}
