//go:build linux

package isolate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/pipeline/pipelinetest"
)

// planted is how the first bytes of a source that makes a child of these tests fail begin.
const planted = "planted "

// plantedEnd is how the end of a source begins that makes a child fail when all its frames are decoded.
const plantedEnd = "planted at the end "

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Child {
		beforeCall = func(src decode.Source) {
			begin := make([]byte, min(src.Size(), 32))
			_, _ = src.ReadAt(begin, 0)
			switch word, _, _ := strings.Cut(strings.TrimPrefix(string(begin), planted), "\n"); word {
			case "SIGSEGV":
				raise(syscall.SIGSEGV)
			case "SIGABRT":
				raise(syscall.SIGABRT)
			case "SIGKILL":
				raise(syscall.SIGKILL)
			case "nonsense": // as a child says whose memory is damaged
				_, _ = syscall.Write(talkFD, bytes.Repeat([]byte{3, 0xff, 0xff, 0xff}, 1<<10))
				select {}
			case "hang":
				for spins := new(atomic.Int64); ; {
					spins.Add(1)
				}
			}
		}
		beforeFrames = func(src decode.Source) {
			end := make([]byte, min(src.Size(), int64(len(plantedEnd)+4)))
			_, _ = src.ReadAt(end, src.Size()-int64(len(end)))
			if string(end) == plantedEnd+"hang" {
				select {}
			}
		}
		os.Exit(Serve())
	}
	goleak.VerifyTestMain(m)
}

func raise(signal syscall.Signal) {
	_ = syscall.Kill(os.Getpid(), signal)
	select {}
}

// memorySource hides what it is.
type memorySource struct{ *bytes.Reader }

func fixture(t *testing.T) (file source.Object, memory decode.Source) {
	t.Helper()
	dir := t.TempDir()
	pipelinetest.WriteClip(t, filepath.Join(dir, "a.avi"), 3)
	content, err := os.ReadFile(filepath.Join(dir, "a.avi"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := source.NewFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	file, err = files.Open(t.Context(), "a.avi")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(file.Close(), files.Close()); err != nil {
			t.Error(err)
		}
	})
	return file, memorySource{bytes.NewReader(content)}
}

func open(t *testing.T, opt options) *client {
	t.Helper()
	c := newChild(opt)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func planOf(indices ...int) func(*decode.Info) (decode.Plan, error) {
	return func(info *decode.Info) (decode.Plan, error) {
		return decode.Plan{Indices: indices, Region: decode.Region{W: float64(info.Width), H: float64(info.Height)}, Width: 24, Height: 16, Filter: decode.Area}, nil
	}
}

// results is everything that a decoder says about a source.
type results struct {
	Info        *decode.Info
	Clip        *decode.Clip
	Pixels      []byte
	Stream      *decode.Clip
	Frames      []decode.Frame
	Streamed    []byte
	Inspections [3]Inspection
	Errors      [6]string
	Reasons     [6]decode.Reason
}

func all(t *testing.T, d Decoder, src decode.Source) (r results) {
	t.Helper()
	var errs [6]error
	r.Info, errs[0] = d.Info(t.Context(), src)
	r.Clip, errs[1] = d.Clip(t.Context(), src, planOf(1, 1, 4, 9), func(p decode.Plan) ([]byte, error) {
		r.Pixels = make([]byte, p.Bytes())
		return r.Pixels, nil
	})
	r.Stream, errs[2] = d.Stream(t.Context(), src, planOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), func(f decode.Frame, rgb []byte) error {
		r.Frames, r.Streamed = append(r.Frames, f), append(r.Streamed, rgb...)
		return nil
	})
	for i, opt := range []InspectOptions{{}, {All: true}, {All: true, Held: 1 << 20}} {
		r.Inspections[i], errs[3+i] = inspectOne(t, d, t.Context(), src, opt)
	}
	for i, err := range errs {
		if err != nil {
			r.Errors[i], r.Reasons[i] = err.Error(), decode.ReasonOf(err)
		}
	}
	for _, c := range []*decode.Clip{r.Clip, r.Stream} {
		if c != nil {
			c.Work = decode.Work{}
		}
	}
	return r
}

func TestChildGivesWhatThisProcessGives(t *testing.T) {
	for name, limits := range map[string]decode.Options{"held": {}, "piecewise": {MaxHeld: 1000}, "refused": {MaxPixels: 9}} {
		t.Run(name, func(t *testing.T) {
			local, err := newLocal(limits)
			if err != nil {
				t.Fatal(err)
			}
			defer local.Close()
			child := open(t, options{Decoder: limits})
			file, memory := fixture(t)
			cut := memorySource{bytes.NewReader(make([]byte, 100))}
			for _, src := range []decode.Source{file, memory, cut, memorySource{bytes.NewReader(nil)}, short{file}} {
				want, got := all(t, local, src), all(t, child, src)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%T:\n%+v, want\n%+v", src, got, want)
				}
			}
		})
	}
}

// short is a source that ends before its size.
type short struct{ source.Object }

func (s short) ReadAt(p []byte, off int64) (int, error) {
	const end = 700
	if off >= end {
		return 0, io.EOF
	}
	if off+int64(len(p)) > end {
		n, _ := s.Object.ReadAt(p[:end-off], off)
		return n, io.EOF
	}
	return s.Object.ReadAt(p, off)
}

func (s short) File() (*os.File, int64, bool) { return nil, 0, false }

func TestErrorsOfTheCallerComeBack(t *testing.T) {
	child := open(t, options{})
	_, memory := fixture(t)
	own := errors.New("of the caller")
	_, err := child.Clip(t.Context(), memory, func(*decode.Info) (decode.Plan, error) { return decode.Plan{}, own }, nil)
	if !errors.Is(err, own) || decode.ReasonOf(err) != decode.Failed {
		t.Errorf("plan: %v", err)
	}
	_, err = child.Clip(t.Context(), memory, planOf(0), func(decode.Plan) ([]byte, error) { return nil, own })
	if !errors.Is(err, own) || decode.ReasonOf(err) != decode.Failed {
		t.Errorf("destination: %v", err)
	}
	_, err = child.Stream(t.Context(), memory, planOf(0, 1, 2), func(decode.Frame, []byte) error { return own })
	if !errors.Is(err, own) || decode.ReasonOf(err) != decode.Failed {
		t.Errorf("stream: %v", err)
	}
	_, err = child.Info(t.Context(), broken{fs.ErrNotExist})
	if decode.ReasonOf(err) != decode.Missing || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("source: %v", err)
	}
	if _, err = child.Info(t.Context(), memory); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

type broken struct{ error }

func (b broken) Size() int64                       { return 1000 }
func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.error }

func TestPlantedFaults(t *testing.T) {
	child := open(t, options{Pause: 20 * time.Millisecond, StallTimeout: 300 * time.Millisecond})
	file, _ := fixture(t)
	for word, want := range map[string]decode.Reason{"SIGSEGV": decode.Crash, "SIGABRT": decode.Crash, "SIGKILL": decode.Crash, "hang": decode.Timeout} {
		_, err := child.Info(t.Context(), memorySource{bytes.NewReader([]byte(planted + word + "\nand more"))})
		if decode.ReasonOf(err) != want || word != "hang" && !strings.Contains(err.Error(), word) || word == "SIGKILL" != strings.Contains(err.Error(), "5 times from outside") {
			t.Errorf("%s: %v", word, err)
		}
		if _, err := child.Info(t.Context(), file); err != nil {
			t.Errorf("after %s: %v", word, err)
		}
	}
	within, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := child.Info(within, memorySource{bytes.NewReader([]byte(planted + "hang\n"))})
	if decode.ReasonOf(err) != decode.Timeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline: %v", err)
	}
	stopping, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	if _, err := child.Info(stopping, memorySource{bytes.NewReader([]byte(planted + "hang\n"))}); decode.ReasonOf(err) != decode.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// A child that is killed in the middle of a stream is replaced, and the stream goes on where the caller is.
func TestStreamGoesOnAfterAKill(t *testing.T) {
	child := open(t, options{})
	file, _ := fixture(t)
	seen := map[int]int{}
	plans := 0
	_, err := child.Stream(t.Context(), file, func(info *decode.Info) (decode.Plan, error) {
		plans++
		var missing []int
		for i := range info.Frames {
			if seen[i] == 0 {
				missing = append(missing, i)
			}
		}
		return planOf(missing...)(info)
	}, func(f decode.Frame, _ []byte) error {
		if seen[f.Index]++; len(seen) == 4 && plans == 1 {
			return syscall.Kill(child.p.cmd.Process.Pid, syscall.SIGKILL)
		}
		return nil
	})
	if err != nil || plans != 2 || len(seen) != pipelinetest.Frames {
		t.Fatalf("%v; %d plans, frames %v", err, plans, seen)
	}
	for i, n := range seen {
		if n != 1 {
			t.Errorf("frame %d came %d times", i, n)
		}
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	child := open(t, options{})
	file, _ := fixture(t)
	if _, err := child.Info(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	pid := child.p.cmd.Process.Pid
	if err := child.Close(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after Close: %v", pid, err)
	}
}

// A child that is killed in the middle of a clip is replaced, and the clip is whole.
func TestClipAfterAKill(t *testing.T) {
	child := open(t, options{})
	file, _ := fixture(t)
	plans, destinations := 0, 0
	decodeTo := func(got []byte, kill bool) {
		t.Helper()
		clip, err := child.Clip(t.Context(), file, func(info *decode.Info) (decode.Plan, error) {
			if plans++; kill && plans == 1 {
				if err := syscall.Kill(child.p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
					t.Error(err)
				}
			}
			return planOf(0, 3, 5, 8)(info)
		}, func(decode.Plan) ([]byte, error) { destinations++; return got, nil })
		if err != nil || len(clip.Frames) != 4 {
			t.Fatalf("%+v, %v", clip, err)
		}
	}
	killed, again := make([]byte, 4*24*16*3), make([]byte, 4*24*16*3)
	decodeTo(killed, true)
	decodeTo(again, false)
	if plans != 3 || destinations != 2 || !bytes.Equal(killed, again) || bytes.Equal(again, make([]byte, len(again))) {
		t.Errorf("%d plans, %d destinations; the clips are the same: %t", plans, destinations, bytes.Equal(killed, again))
	}
}

// What a child has written can only be read in the parent.
func TestPixelsAreReadOnlyInTheParent(t *testing.T) {
	child := open(t, options{})
	file, _ := fixture(t)
	if _, err := child.Clip(t.Context(), file, planOf(0), func(p decode.Plan) ([]byte, error) { return make([]byte, p.Bytes()), nil }); err != nil {
		t.Fatal(err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() == nil {
			t.Error("the parent can write to its child's pixels")
		}
	}()
	child.p.pixels.view[0]++
}
