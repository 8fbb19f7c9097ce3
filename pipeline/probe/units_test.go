package probe_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/probe"
)

// few is an engine that does the first units of a job, and all where most is negative, and then gives up.
type few struct {
	most    int
	spec    probe.Spec
	results []pipeline.Result
}

var errGivenUp = errors.New("the engine gave up")

func (e *few) Run(ctx context.Context, work pipeline.Work) (totals pipeline.Totals, err error) {
	e.spec, e.results = work.Spec.(probe.Spec), nil
	for i, unit := range work.Units {
		if i == e.most {
			return totals, errGivenUp
		}
		result, err := pipeline.Complete(ctx, work.Job, unit, func(pipeline.Progress) {})
		if err != nil {
			return totals, err
		}
		e.results = append(e.results, result)
		totals.Add(result)
	}
	return totals, nil
}

// kept are the units that were done before.
func (e *few) kept() (numbers []int) {
	for i, r := range e.results {
		if r.Kept {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// world is a corpus that is probed with a store at a path, and what comes out.
type world struct {
	man, want *manifests.Manifest
	path      string
	settings  probe.Settings
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{man: corpus(t), path: filepath.Join(t.TempDir(), "x[1].probing")}
	w.settings = probe.Settings{Root: w.man.Root}
	var err error
	if w.want, _, err = probe.Run(t.Context(), w.man, files(t, w.man), probe.Options{Store: store(t, "", w.settings)}); err != nil {
		t.Fatal(err)
	}
	return w
}

// local looks by itself, and returns the number of files that it opened.
func (w *world) local(t *testing.T) (s probe.Summary, opened int64) {
	t.Helper()
	j, src := store(t, w.path, w.settings), files(t, w.man)
	got, s, err := probe.Run(t.Context(), w.man, src, probe.Options{Workers: 2, Store: j})
	if err != nil {
		t.Fatal(err)
	}
	w.check(t, j, got)
	return s, src.opened.Load()
}

// units lets an engine look, four files a unit. The store is closed and stays.
func (w *world) units(t *testing.T, e *few, timeout time.Duration) (*manifests.Manifest, probe.Summary, error) {
	t.Helper()
	j := store(t, w.path, w.settings)
	got, s, err := probe.Run(t.Context(), w.man, files(t, w.man), probe.Options{Workers: 2, Timeout: timeout, Store: j,
		Engine: e, Root: w.man.Root, Unit: 4})
	if closed := j.Close(); closed != nil {
		t.Fatal(closed)
	}
	return got, s, err
}

// check compares what came out, ends the record, and sees that nothing of it is left.
func (w *world) check(t *testing.T, j *probe.Store, got *manifests.Manifest) {
	t.Helper()
	if !reflect.DeepEqual(got, w.want) {
		t.Error("the outcome differs from that of an undisturbed run in one process")
	}
	if err := j.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(w.path)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func (w *world) parts(t *testing.T) (paths []string) {
	t.Helper()
	entries, err := os.ReadDir(w.path + ".units")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "part-") {
			paths = append(paths, filepath.Join(w.path+".units", e.Name()))
		}
	}
	return paths
}

// What one engine found the other does not look into again, whichever was first, and a job is the same one when nobody
// else has looked since.
func TestEitherEngineGoesOn(t *testing.T) {
	w := newWorld(t)
	j := store(t, w.path, w.settings)
	stopping(t, w.man, files(t, w.man), j, 9)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	first, again := &few{most: 2}, &few{most: 3}
	_, s, err := w.units(t, first, 0)
	if !errors.Is(err, errGivenUp) || s.Resumed < 9 || len(w.parts(t)) != 3 {
		t.Fatalf("%v, summary %+v, %d parts", err, s, len(w.parts(t)))
	}
	byLocal := s.Resumed
	_, s, err = w.units(t, again, 0)
	if !errors.Is(err, errGivenUp) || again.spec != first.spec || !slices.Equal(again.kept(), []int{0, 1}) || s.Resumed != byLocal+8 {
		t.Errorf("%v, summary %+v: the job became %+v, %+v", err, s, again.spec, again.results)
	}
	j = store(t, w.path, w.settings)
	stopping(t, w.man, files(t, w.man), j, 2)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	other := &few{most: 1}
	_, s, err = w.units(t, other, 0)
	if !errors.Is(err, errGivenUp) || other.spec == first.spec || s.Resumed < byLocal+12+2 || len(other.kept()) != 0 {
		t.Errorf("%v, summary %+v: after a local run the job is %+v, %+v", err, s, other.spec, other.results)
	}
	known := s.Resumed + 4
	if s, opened := w.local(t); s.Resumed != known || opened != int64(35-known) {
		t.Errorf("%d files were opened, summary %+v, want %d resumed", opened, s, known)
	}
}

func TestUnitsGiveWhatOneProcessGives(t *testing.T) {
	w := newWorld(t)
	e := &few{most: -1}
	for range 2 { // the second time after an end that left no manifest
		got, s, err := w.units(t, e, 0)
		if err != nil || !reflect.DeepEqual(got, w.want) || s.Files+s.Resumed != 35 {
			t.Fatalf("%v, summary %+v", err, s)
		}
	}
	j := store(t, w.path, w.settings)
	got, s, err := probe.Run(t.Context(), w.man, broken{}, probe.Options{Store: j, Engine: e})
	if err != nil || s.Resumed != 35 {
		t.Errorf("%v, summary %+v", err, s)
	}
	w.check(t, j, got)
}

// A part that is not what its unit wrote counts for nothing, and is made again.
func TestDamagedParts(t *testing.T) {
	other := `{"padapter_probe":1,"settings":{"root":"elsewhere","decode":false,"again":false,"max_pixels":0,"max_frames":0}}` + "\n"
	for name, damage := range map[string]func(text string) string{
		"empty":          func(string) string { return "" },
		"no part":        func(string) string { return "hello\n" },
		"cut off":        func(text string) string { return text[:len(text)-5] },
		"other settings": func(text string) string { return other + text[strings.Index(text, "\n")+1:] },
		"unknown field":  func(text string) string { return strings.Replace(text, `"uri"`, `"url"`, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if _, _, err := w.units(t, &few{most: -1}, 0); err != nil {
				t.Fatal(err)
			}
			spoil := func() {
				part := w.parts(t)[3]
				text, err := os.ReadFile(part)
				if err == nil {
					err = os.WriteFile(part, []byte(damage(string(text))), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			spoil()
			again := &few{most: -1}
			got, s, err := w.units(t, again, 0)
			if err != nil || !reflect.DeepEqual(got, w.want) || s.Resumed != 31 || !slices.Equal(again.kept(), []int{0, 1, 2, 4, 5, 6, 7, 8}) {
				t.Errorf("%v, summary %+v, %+v", err, s, again.results)
			}
			spoil()
			if s, opened := w.local(t); s.Resumed != 31 || opened != 4 {
				t.Errorf("%d files were opened, summary %+v", opened, s)
			}
		})
	}
}

// A part without one of its unit's files is filled up.
func TestPartThatLacksAFile(t *testing.T) {
	w := newWorld(t)
	if _, _, err := w.units(t, &few{most: -1}, 0); err != nil {
		t.Fatal(err)
	}
	part := w.parts(t)[0]
	text, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	if err := os.WriteFile(part, []byte(strings.Join(slices.Delete(lines, 2, 3), "")), 0o644); err != nil {
		t.Fatal(err)
	}
	again := &few{most: -1}
	got, s, err := w.units(t, again, 0)
	if err != nil || !reflect.DeepEqual(got, w.want) || s.Resumed != 34 || len(again.kept()) != 8 {
		t.Errorf("%v, summary %+v, %+v", err, s, again.results)
	}
}

// Units say what passes as it is now, and no engine takes it for known later.
func TestUnitsTryPassingFailuresAgain(t *testing.T) {
	w := newWorld(t)
	e := &few{most: -1}
	for range 2 {
		got, s, err := w.units(t, e, time.Nanosecond)
		if err != nil || s.Resumed != 0 || len(e.kept()) != 0 || !strings.HasPrefix(got.Records[0].Reason, "timeout: ") {
			t.Fatalf("%v, summary %+v, %+v", err, s, got.Records[0])
		}
	}
	if s, opened := w.local(t); s.Resumed != 0 || opened != 35 {
		t.Errorf("%d files were opened, summary %+v", opened, s)
	}
}

// Workers refuse what is not the job's list, at once if it cannot become that.
func TestOpenJobRefuses(t *testing.T) {
	w := newWorld(t)
	e := &few{most: 1}
	if _, _, err := w.units(t, e, 0); !errors.Is(err, errGivenUp) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(e.spec.List)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text)
	for name, tt := range map[string]struct {
		text, want string
		permanent  bool
	}{
		"another's":     {strings.Replace(whole, `"files":`, `"files": `, 1), "is not that of the job", true},
		"one too few":   {whole[:strings.LastIndex(whole[:len(whole)-1], "\n")+1], "34 of 35 files are listed", true},
		"cut off":       {whole[:len(whole)-3], "34 of 35 files are listed", true},
		"another form":  {strings.Replace(whole, `list":4`, `list":2`, 1), "use workers of the same version", true},
		"units of none": {strings.Replace(whole, `"unit":4`, `"unit":0`, 1), "has no head", true},
		"empty":         {"", "0 of 0 files", true},
		"gone":          {"", "list of files", false},
	} {
		if err := os.WriteFile(e.spec.List, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if name == "gone" {
			if err := os.Remove(e.spec.List); err != nil {
				t.Fatal(err)
			}
		}
		job, err := probe.OpenJob(t.Context(), e.spec, probe.Options{Workers: 1})
		if err == nil {
			t.Errorf("%s: it was taken", name)
			_ = job.Close()
			continue
		}
		if !strings.Contains(err.Error(), tt.want) || pipeline.IsPermanent(err) != tt.permanent {
			t.Errorf("%s: got %v, permanent %t", name, err, pipeline.IsPermanent(err))
		}
	}
}

// A worker that is late, when the job has been ended without it, brings nothing back; one that is asked for units that the
// job does not have says so.
func TestLateWorker(t *testing.T) {
	w := newWorld(t)
	e := &few{most: 1}
	if _, _, err := w.units(t, e, 0); !errors.Is(err, errGivenUp) {
		t.Fatal(err)
	}
	job, err := probe.OpenJob(t.Context(), e.spec, probe.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := job.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, unit := range []pipeline.Unit{{Number: 9, First: 36, Count: 4}, {Number: -1, First: -4, Count: 4}, {Number: 1, First: 4, Count: 3}, {Number: 1, First: 8, Count: 4}} {
		if _, err := job.Do(t.Context(), unit, nil); !pipeline.IsPermanent(err) {
			t.Errorf("%+v: got %v", unit, err)
		}
	}
	if s, _ := w.local(t); s.Resumed != 4 {
		t.Errorf("summary %+v", s)
	}
	_, err = job.Do(t.Context(), pipeline.Unit{Number: 2, First: 8, Count: 4}, func(pipeline.Progress) {})
	if !errors.Is(err, fs.ErrNotExist) || pipeline.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(w.path)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Segments are of the store that they lie beside, and a removal that was killed is made up for.
func TestNewStoreHasNoParts(t *testing.T) {
	w := newWorld(t)
	if _, _, err := w.units(t, &few{most: 2}, 0); !errors.Is(err, errGivenUp) {
		t.Fatal(err)
	}
	if err := os.Remove(w.path); err != nil { // as a person does to begin anew
		t.Fatal(err)
	}
	if err := os.MkdirAll(w.path+".ended/x", 0o755); err != nil {
		t.Fatal(err)
	}
	if s, opened := w.local(t); s.Resumed != 0 || opened != 35 {
		t.Errorf("%d files were opened, summary %+v", opened, s)
	}
}

// Paths need not be UTF-8, whichever engine does the units.
func TestPathsOfAnyBytes(t *testing.T) {
	w := newWorld(t)
	name := "\xff\"\n.avi"
	if err := os.Rename(filepath.Join(w.man.Root, w.man.Records[0].URI), filepath.Join(w.man.Root, name)); err != nil {
		t.Skipf("the file system takes no such name: %v", err)
	}
	w.man.Records[0].URI, w.want.Records[0].URI = name, name
	if _, _, err := w.units(t, &few{most: 1}, 0); !errors.Is(err, errGivenUp) {
		t.Fatal(err)
	}
	if s, opened := w.local(t); s.Resumed != 4 || opened != 31 {
		t.Errorf("%d files were opened, summary %+v", opened, s)
	}
}
