//go:build linux

package isolate

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"padapter/decode"
	"padapter/pipeline/pipelinetest"
)

func always(ctx context.Context) func() context.Context {
	return func() context.Context { return ctx }
}

func inspectOne(t *testing.T, d Decoder, ctx context.Context, src decode.Source, opt InspectOptions) (found Inspection, err error) {
	t.Helper()
	reports := 0
	call := d.Inspect(t.Context(), []File{{src, always(ctx)}}, opt, func(i int, got Inspection, failed error) error {
		reports++
		found, err = got, failed
		return nil
	})
	if call != nil || reports != 1 {
		t.Errorf("%d reports, %v", reports, call)
	}
	return found, err
}

// clips are clips of different lengths, in memory.
func clips(t *testing.T, n int) [][]byte {
	t.Helper()
	dir := t.TempDir()
	var all [][]byte
	for i := range n {
		path := filepath.Join(dir, "a.avi")
		pipelinetest.WriteClip(t, path, i)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content)
	}
	return all
}

// answer is what an inspection says of one file.
type answer struct {
	frames int
	sum    string
	reason decode.Reason
	text   string
}

// inspectAll gives a decoder files, as many at a time as it takes, and returns what was found, in order. Each file has so
// much time from its turn on, if limit is not 0. watch is called before each is taken down.
func inspectAll(t *testing.T, d Decoder, files [][]byte, opt InspectOptions, limit time.Duration, watch func(i int)) (answers []answer) {
	t.Helper()
	var all []File
	turns := 0
	for i, content := range files {
		all = append(all, File{memorySource{bytes.NewReader(content)}, func() context.Context {
			if turns != i {
				t.Errorf("turn %d is file %d's", turns, i)
			}
			turns++
			if limit == 0 {
				return t.Context()
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			t.Cleanup(cancel)
			return ctx
		}})
	}
	for part := range slices.Chunk(all, mostFiles) {
		err := d.Inspect(t.Context(), part, opt, func(i int, found Inspection, err error) error {
			if watch != nil {
				watch(len(answers))
			}
			a := answer{sum: found.SHA256, reason: decode.ReasonOf(err)}
			if found.Info != nil {
				a.frames = found.Info.Frames
			}
			if err != nil {
				a.text = err.Error()
			}
			if i != len(answers)%mostFiles {
				t.Errorf("file %d is said to be %d", len(answers), i)
			}
			answers = append(answers, a)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(answers) != len(files) {
		t.Fatalf("%d answers for %d files", len(answers), len(files))
	}
	return answers
}

// Every file of a call has one answer, in order, the same as without a child.
func TestInspectGivesWhatThisProcessGives(t *testing.T) {
	local, err := newLocal(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	child := open(t, options{})
	files := clips(t, 23)
	files[4], files[11], files[12] = nil, []byte("no video"), files[12][:len(files[12])/2]
	for _, opt := range []InspectOptions{{}, {All: true, Held: 1 << 20}} {
		want, got := inspectAll(t, local, files, opt, 0, nil), inspectAll(t, child, files, opt, time.Minute, nil)
		for i := range files {
			if got[i] != want[i] {
				t.Errorf("file %d: %+v, want %+v", i, got[i], want[i])
			}
		}
	}
}

// Open files are read by the child, to the same answers and checksums; so is one that has shrunk, or cannot be read. No
// descriptor is left.
func TestInspectOpenFiles(t *testing.T) {
	local, err := newLocal(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	child := open(t, options{})
	file, memory := fixture(t)
	before := -1
	for range 4 {
		var files []File
		for range mostFiles / 4 {
			for _, src := range []decode.Source{file, memory, short{file}, broken{os.ErrNotExist}} {
				files = append(files, File{src, always(t.Context())})
			}
		}
		ask := func(d Decoder) (all []Inspection, errs []string) {
			if err := d.Inspect(t.Context(), files, InspectOptions{All: true, Held: 1 << 20}, func(i int, found Inspection, err error) error {
				if found.Info != nil {
					found.Damaged += found.Info.Frames << 10
					found.Info = nil
				}
				all, errs = append(all, found), append(errs, "")
				if err != nil {
					errs[i] = err.Error()
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return all, errs
		}
		got, gotErrs := ask(child)
		want, wantErrs := ask(local)
		if !slices.Equal(got, want) || !slices.Equal(gotErrs, wantErrs) || got[0].Damaged>>10 != pipelinetest.Frames || len(got[0].SHA256) != 64 {
			t.Fatalf("%+v, %q; want %+v, %q", got, gotErrs, want, wantErrs)
		}
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		if before >= 0 && len(open) > before {
			t.Errorf("%d descriptors are open, %d before", len(open), before)
		}
		before = len(open)
	}
}

// Files that end or hang the child have one answer that says so, wherever they are among others; their neighbours have
// what they have without them.
func TestFaultsAmongOtherFiles(t *testing.T) {
	child := open(t, options{StallTimeout: 300 * time.Millisecond, Pause: 10 * time.Millisecond})
	files := clips(t, 26)
	want := map[int]decode.Reason{0: decode.Crash, 5: decode.Crash, 6: decode.Timeout, 7: decode.Crash, 13: decode.Crash, 25: decode.Crash}
	for i, word := range map[int]string{0: "SIGSEGV", 5: "SIGABRT", 6: "hang", 7: "SIGSEGV", 13: "SIGKILL", 25: "nonsense"} {
		files[i] = []byte(planted + word + "\nand more")
	}
	for i, a := range inspectAll(t, child, files, InspectOptions{}, 0, nil) {
		if a.reason != want[i] || want[i] == "" && a.frames != pipelinetest.Frames {
			t.Errorf("file %d: %+v, want reason %q", i, a, want[i])
		}
	}
}

// The time that a file hangs is its own: those behind it have all of theirs.
func TestTimeLimitsAreEachFilesOwn(t *testing.T) {
	child := open(t, options{})
	files := clips(t, 9)
	hang := []byte(planted + "hang\n")
	files[2], files[3], files[5] = hang, hang, hang
	for i, a := range inspectAll(t, child, files, InspectOptions{All: true}, time.Second, nil) {
		if hangs := i == 2 || i == 3 || i == 5; hangs != (a.reason == decode.Timeout) || !hangs && a.frames != pipelinetest.Frames {
			t.Errorf("file %d: %+v", i, a)
		}
	}
}

// A child that is killed from outside among many files costs none of them anything.
func TestKillsAmongManyFiles(t *testing.T) {
	child := open(t, options{})
	kills := 0
	for i, a := range inspectAll(t, child, clips(t, 20), InspectOptions{}, 0, func(i int) {
		if i%3 == 1 && i < 18 && child.p != nil {
			if err := syscall.Kill(child.p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
			kills++
		}
	}) {
		if a.text != "" || a.frames != pipelinetest.Frames {
			t.Errorf("file %d: %+v", i, a)
		}
	}
	if kills < 5 {
		t.Errorf("%d kills", kills)
	}
}

// What was known of a file before all its frames were decoded is reported when that never ends.
func TestWhatIsKnownOutlivesTheChild(t *testing.T) {
	child := open(t, options{Pause: 10 * time.Millisecond})
	content := append(clips(t, 1)[0], []byte(plantedEnd+"hang")...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	found, err := inspectOne(t, child, ctx, memorySource{bytes.NewReader(content)}, InspectOptions{All: true})
	if decode.ReasonOf(err) != decode.Timeout || len(found.SHA256) != 64 || found.Info == nil || found.Info.Frames != pipelinetest.Frames {
		t.Errorf("%+v, %v", found, err)
	}
}

// A call that is given up, by its context or by its receiver, leaves a decoder that works, and no process after Close.
func TestInspectIsGivenUp(t *testing.T) {
	child := open(t, options{})
	content := clips(t, 1)[0]
	file := func(ctx context.Context, content []byte) File {
		return File{memorySource{bytes.NewReader(content)}, always(ctx)}
	}
	enough := errors.New("enough")
	calls := 0
	err := child.Inspect(t.Context(), []File{file(t.Context(), content), file(t.Context(), content)}, InspectOptions{}, func(int, Inspection, error) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var answers []decode.Reason
	err = child.Inspect(ctx, []File{file(ctx, content), file(ctx, []byte(planted+"hang\n")), file(ctx, content)}, InspectOptions{}, func(i int, _ Inspection, err error) error {
		answers = append(answers, decode.ReasonOf(err))
		time.AfterFunc(50*time.Millisecond, cancel)
		return nil
	})
	if decode.ReasonOf(err) != decode.Canceled || !slices.Equal(answers, []decode.Reason{"", decode.Canceled}) {
		t.Errorf("canceled: %v, answers %q", err, answers)
	}
	if _, err := child.Info(t.Context(), memorySource{bytes.NewReader(content)}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestInspectIsBounded(t *testing.T) {
	child := open(t, options{})
	err := child.Inspect(t.Context(), make([]File, mostFiles+1), InspectOptions{}, nil)
	if decode.ReasonOf(err) != decode.Failed || child.p != nil {
		t.Errorf("too many files: %v", err)
	}
}

// The reason is the context's cause, here as there.
func TestReasonIsTheCause(t *testing.T) {
	local, err := newLocal(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	_, memory := fixture(t)
	for _, d := range []Decoder{local, open(t, options{})} {
		for cause, want := range map[error]decode.Reason{context.Canceled: decode.Canceled, errors.Join(errors.New("out of time"), context.DeadlineExceeded): decode.Timeout} {
			ctx, cancel := context.WithCancelCause(t.Context())
			frames := 0
			_, err := d.Stream(ctx, memory, planOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), func(decode.Frame, []byte) error {
				if frames++; frames == 1 {
					cancel(cause)
				}
				return ctx.Err()
			})
			if _, infoErr := d.Info(ctx, memory); decode.ReasonOf(infoErr) != want || !errors.Is(infoErr, cause) {
				t.Errorf("%T, %v: Info gives %v", d, cause, infoErr)
			}
			if err == nil {
				t.Errorf("%T, %v: the stream went on", d, cause)
			}
			ctx, cancel = context.WithCancelCause(t.Context())
			_, err = d.Info(ctx, ending{memory, func() { cancel(cause) }})
			if decode.ReasonOf(err) != want || !errors.Is(err, cause) {
				t.Errorf("%T, %v: got %v", d, cause, err)
			}
			cancel(nil)
		}
	}
}

// ending is a source whose reading lasts until its context has ended.
type ending struct {
	decode.Source
	end func()
}

func (s ending) ReadAt([]byte, int64) (int, error) {
	s.end()
	return 0, context.Canceled
}

// A child that is stopped gives no sign of life. Neither the wait for what it says nor a message that it does not take,
// here a plan that no socket holds, lasts longer than the stall timeout.
func TestStoppedChildren(t *testing.T) {
	file, _ := fixture(t)
	for name, indices := range map[string][]int{"waits for it": {0}, "talks to it": make([]int, 1<<20)} {
		child := open(t, options{StallTimeout: 300 * time.Millisecond})
		stops := 0
		began := time.Now()
		_, err := child.Clip(t.Context(), file, func(info *decode.Info) (decode.Plan, error) {
			stops++
			if err := syscall.Kill(child.p.cmd.Process.Pid, syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			return planOf(indices...)(info)
		}, nil)
		if decode.ReasonOf(err) != decode.Timeout || stops != 2 {
			t.Errorf("a parent that %s: %v after %s, stopped %d times", name, err, time.Since(began), stops)
		}
		if _, err := child.Info(t.Context(), file); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}
