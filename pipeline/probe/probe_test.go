package probe_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline/isolate"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/probe"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == isolate.Child {
		os.Exit(isolate.Serve())
	}
	goleak.VerifyTestMain(m)
}

// counted counts how often something is opened.
type counted struct {
	source.Source
	opened atomic.Int64
}

func (c *counted) Open(ctx context.Context, uri string) (source.Object, error) {
	c.opened.Add(1)
	return c.Source.Open(ctx, uri)
}

func files(t *testing.T, man *manifests.Manifest) *counted {
	t.Helper()
	src, err := source.NewFiles(man.Root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return &counted{Source: src}
}

// store opens the store at a path, or one of its own where that is empty.
func store(t *testing.T, path string, settings probe.Settings) *probe.Store {
	t.Helper()
	if path == "" {
		path = filepath.Join(t.TempDir(), "x.probing")
	}
	j, err := probe.OpenStore(path, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// corpus is 40 records, each with a file of its own.
func corpus(t *testing.T) *manifests.Manifest {
	t.Helper()
	m := pipelinetest.Corpus(t, 40)
	for i := range m.Records {
		r := &m.Records[i]
		if r.Status != manifests.Found || r.URI == "absent.avi" {
			continue
		}
		name := fmt.Sprintf("#%d !(a) 名.avi", i)
		bytes, err := os.ReadFile(filepath.Join(m.Root, r.URI))
		if err == nil {
			err = os.WriteFile(filepath.Join(m.Root, name), bytes, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		r.URI = name
	}
	return m
}

func TestFacts(t *testing.T) {
	man := corpus(t)
	before := slices.Clone(man.Records)
	for _, workers := range []int{1, 4} {
		src := files(t, man)
		last := probe.Progress{}
		got, s, err := probe.Run(t.Context(), man, src, probe.Options{Workers: workers, Progress: func(p probe.Progress) { last = p }, Store: store(t, "", probe.Settings{})})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(man.Records, before) {
			t.Fatal("the argument was changed")
		}
		if err := got.Validate(); err != nil {
			t.Error(err)
		}
		want := map[string]int{"missing": 3, "rejected": 3, "unsupported": 3}
		if s.Files != 35 || s.Skipped != 3 || s.Missing != 3 || s.Rejected != 6 || !reflect.DeepEqual(s.Reasons, want) {
			t.Errorf("summary %+v", s)
		}
		if last.Done != 35 || last.Total != 35 || last.Failed != 4 {
			t.Errorf("the last progress was %+v", last)
		}
		for i := range got.Records {
			r := &got.Records[i]
			reason := pipelinetest.Fails(i)
			switch {
			case reason == "":
				f := r.Facts
				size, err := os.Stat(filepath.Join(man.Root, r.URI))
				if err != nil {
					t.Fatal(err)
				}
				f.SHA256, f.Bytes = "", f.Bytes-size.Size()
				if want := (manifests.Facts{Frames: 10, FPS: 10, DurationSeconds: 1, Width: 48, Height: 32, Codec: "ffv1"}); f != want || len(r.Facts.SHA256) != 64 || r.Status != manifests.Found {
					t.Errorf("record %d: %s, %+v, want %+v", i, r.Status, f, want)
				}
			case reason == "rejected: planted":
				if !reflect.DeepEqual(*r, man.Records[i]) {
					t.Errorf("record %d was rejected before, and became %+v", i, r)
				}
			case reason == "missing: ":
				if r.Status != manifests.Missing || !strings.HasPrefix(r.Reason, reason) || r.Facts != (manifests.Facts{}) {
					t.Errorf("record %d: %+v", i, r)
				}
			default:
				if r.Status != manifests.Rejected || !strings.HasPrefix(r.Reason, reason) || r.Facts.Bytes != 47 || len(r.Facts.SHA256) != 64 {
					t.Errorf("record %d: %+v", i, r)
				}
			}
		}
		if workers == 1 {
			before = slices.Clone(man.Records)
			if err := got.WriteFile(filepath.Join(man.Root, "one.parquet")); err != nil {
				t.Fatal(err)
			}
		} else if err := got.WriteFile(filepath.Join(man.Root, "four.parquet")); err != nil {
			t.Fatal(err)
		}
	}
	one, errA := os.ReadFile(filepath.Join(man.Root, "one.parquet"))
	four, errB := os.ReadFile(filepath.Join(man.Root, "four.parquet"))
	if errA != nil || errB != nil || string(one) != string(four) {
		t.Errorf("one and four workers give different bytes (%v, %v)", errA, errB)
	}
	if n := decode.LiveHandles(); n != 0 {
		t.Errorf("%d native handles are left", n)
	}
}

func TestProbedRecordsAreSkipped(t *testing.T) {
	man := corpus(t)
	src := files(t, man)
	got, _, err := probe.Run(t.Context(), man, src, probe.Options{Workers: 2, Store: store(t, "", probe.Settings{})})
	if err != nil {
		t.Fatal(err)
	}
	src.opened.Store(0)
	again, s, err := probe.Run(t.Context(), got, src, probe.Options{Workers: 2, Store: store(t, "", probe.Settings{})})
	if err != nil || src.opened.Load() != 0 || s.Files != 0 || s.Skipped != 40 || !reflect.DeepEqual(again, got) {
		t.Errorf("%d files were opened again, summary %+v, %v", src.opened.Load(), s, err)
	}
	pipelinetest.WriteClip(t, filepath.Join(man.Root, "absent.avi"), 3)
	again, s, err = probe.Run(t.Context(), got, src, probe.Options{Workers: 2, Store: store(t, "", probe.Settings{Again: true})})
	if err != nil || s.Missing != 0 || s.Files != 35 || again.Records[7].Status != manifests.Found || again.Records[7].Facts.Frames != 10 || again.Records[8].Reason != "planted" {
		t.Errorf("looking again: %+v, %+v, %+v, %v", s, again.Records[7], again.Records[8], err)
	}
}

func TestPartsOfOneFileAreProbedOnce(t *testing.T) {
	man := corpus(t)
	man.Records = man.Records[:6]
	for i := range man.Records {
		man.Records[i].URI, man.Records[i].StartSeconds = man.Records[0].URI, float64(i)/10
	}
	src := files(t, man)
	got, s, err := probe.Run(t.Context(), man, src, probe.Options{Store: store(t, "", probe.Settings{})})
	if err != nil || src.opened.Load() != 1 || s.Files != 1 {
		t.Errorf("%d files were opened, summary %+v, %v", src.opened.Load(), s, err)
	}
	for _, r := range got.Records {
		if r.Facts != got.Records[0].Facts || r.Facts.Frames != 10 {
			t.Errorf("%s has %+v", r.ID, r.Facts)
		}
	}
}

// stopping cancels a run after some files.
func stopping(t *testing.T, man *manifests.Manifest, src source.Source, j *probe.Store, after int64) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	enough := errors.New("enough")
	_, _, err := probe.Run(ctx, man, src, probe.Options{Workers: 3, Store: j, Progress: func(p probe.Progress) {
		if p.Done >= after {
			cancel(enough)
		}
	}})
	if !errors.Is(err, enough) {
		t.Fatalf("got %v", err)
	}
}

func TestResumesFromTheStore(t *testing.T) {
	man := corpus(t)
	src := files(t, man)
	want, _, err := probe.Run(t.Context(), man, src, probe.Options{Workers: 2, Store: store(t, "", probe.Settings{})})
	if err != nil {
		t.Fatal(err)
	}
	path, settings := filepath.Join(t.TempDir(), "store"), probe.Settings{Root: man.Root}
	for _, after := range []int64{9, 20} {
		j := store(t, path, settings)
		stopping(t, man, src, j, after)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0) // a line that a kill cut off
		if err == nil {
			_, err = f.WriteString(`{"uri":"half a li`)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	src.opened.Store(0)
	j := store(t, path, settings)
	got, s, err := probe.Run(t.Context(), man, src, probe.Options{Workers: 2, Store: j})
	if err != nil {
		t.Fatal(err)
	}
	if s.Resumed < 20 || s.Resumed > 34 || s.Files != 35-s.Resumed || src.opened.Load() != int64(s.Files) {
		t.Errorf("%d files were opened, summary %+v; want 20 or some more resumed", src.opened.Load(), s)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the outcome differs from that of an undisturbed run")
	}
	if err := j.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the store is still there: %v", err)
	}
}

func TestStoreRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	store(t, filepath.Join(dir, "other"), probe.Settings{Root: "there"}).Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "other"):                                          "other settings",
		write("foreign", "hello\n"):                                          "not that of a probe",
		write("newer", `{"padapter_probe":2,"settings":{}}`+"\n"):            "not that of a probe",
		write("bad", `{"padapter_probe":1,"settings":{}}`+"\n{\"uri\":1}\n"): "line 2",
	} {
		if _, err := probe.OpenStore(path, probe.Settings{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	if _, err := probe.OpenStore(dir, probe.Settings{}); err == nil {
		t.Error("a folder was opened as a store")
	}
}

// What says nothing about the file itself is not kept.
func TestFailuresThatPassAreTriedAgain(t *testing.T) {
	man := corpus(t)
	path := filepath.Join(t.TempDir(), "store")
	j := store(t, path, probe.Settings{})
	got, _, err := probe.Run(t.Context(), man, broken{}, probe.Options{Workers: 2, Store: j})
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Records[0]; r.Status != manifests.Rejected || r.Reason != "failed: the network is down" {
		t.Errorf("got %+v", r)
	}
	got, _, err = probe.Run(t.Context(), man, files(t, man), probe.Options{Workers: 2, Timeout: time.Nanosecond, Store: j})
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Records[0]; r.Status != manifests.Rejected || !strings.HasPrefix(r.Reason, "timeout: ") {
		t.Errorf("got %+v", r)
	}
	got, s, err := probe.Run(t.Context(), man, files(t, man), probe.Options{Workers: 2, Store: j})
	if err != nil || s.Resumed != 0 || got.Records[0].Status != manifests.Found {
		t.Errorf("summary %+v, %+v, %v", s, got.Records[0], err)
	}
}

type broken struct{}

func (broken) Open(context.Context, string) (source.Object, error) {
	return nil, errors.New("the network is down")
}

// Large objects are not held in memory, and found to be the same.
func TestLargeFiles(t *testing.T) {
	man := corpus(t)
	a, _, errA := probe.Run(t.Context(), man, files(t, man), probe.Options{Store: store(t, "", probe.Settings{})})
	b, _, errB := probe.Run(t.Context(), man, files(t, man), probe.Options{MaxHeld: 1, Store: store(t, "", probe.Settings{})})
	if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("held and streamed files differ (%v, %v)", errA, errB)
	}
}

// TestDamagedFiles looks into the clips of the shared folder: only decoding every frame finds damage inside.
func TestDamagedFiles(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "clips")
	if _, err := os.Stat(filepath.Join(root, "h264_corrupted.mp4")); err != nil {
		t.Skip("no shared clips beside the checkout")
	}
	man := &manifests.Manifest{Root: root}
	for _, name := range []string{"h264_corrupted.mp4", "h264_rotated_90.mov", "ucf_mpeg4_320x240.avi"} {
		man.Records = append(man.Records, manifests.Record{ID: name, URI: name, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found})
	}
	for _, thorough := range []bool{false, true} {
		got, _, err := probe.Run(t.Context(), man, files(t, man), probe.Options{Store: store(t, "", probe.Settings{Decode: thorough})})
		if err != nil {
			t.Fatal(err)
		}
		if r := got.Records[0]; (r.Status == manifests.Rejected) != thorough || thorough && !strings.HasPrefix(r.Reason, "corrupt: ") {
			t.Errorf("decoding all %t: %s %q", thorough, r.Status, r.Reason)
		}
		if r := got.Records[1]; r.Facts.Rotation != 90 || r.Facts.Width >= r.Facts.Height || r.Facts.Codec != "h264" {
			t.Errorf("rotated clip: %+v", r.Facts)
		}
		if r := got.Records[2]; r.Status != manifests.Found || r.Facts.Width != 320 || r.Facts.Codec != "mpeg4" || r.Facts.Frames == 0 {
			t.Errorf("clip of UCF: %+v %q", r.Facts, r.Reason)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	kept := store(t, "", probe.Settings{})
	for _, opt := range []probe.Options{{Workers: -1, Store: kept}, {Timeout: -1, Store: kept}, {MaxHeld: -1, Store: kept}, {}} {
		if _, _, err := probe.Run(t.Context(), &manifests.Manifest{}, broken{}, opt); err == nil {
			t.Errorf("%+v was taken", opt)
		}
	}
}
