//go:build linux

package isolate

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"padapter/decode"
	"padapter/pipeline/pipelinetest"
)

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

// answer is what a queue says of one file.
type answer struct {
	frames int
	known  bool
	sum    string
	reason decode.Reason
	text   string
}

// lookAtAll puts files into a decoder's queue as long as it is not full, and returns all answers in order.
func lookAtAll(t *testing.T, d Decoder, files [][]byte, decodeAll bool, limit time.Duration, watch func(i int)) (answers []answer) {
	t.Helper()
	next := func() {
		if watch != nil {
			watch(len(answers))
		}
		look, err := d.Next(t.Context())
		a := answer{known: look.Info != nil, sum: look.SHA256, reason: decode.ReasonOf(err)}
		if a.known {
			a.frames = look.Info.Frames
		}
		if err != nil {
			a.text = err.Error()
		}
		answers = append(answers, a)
	}
	for i, content := range files {
		if err := d.Add(t.Context(), memorySource{bytes.NewReader(content)}, decodeAll, limit); err != nil {
			t.Fatalf("file %d: %v", i, err)
		}
		for d.Full() {
			next()
		}
	}
	for len(answers) < len(files) {
		next()
	}
	if _, err := d.Next(t.Context()); decode.ReasonOf(err) != decode.Failed {
		t.Errorf("an answer too many: %v", err)
	}
	return answers
}

// Every file of a queue has one answer, in order, the same as without a child.
func TestQueueGivesWhatThisProcessGives(t *testing.T) {
	local, err := Here(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	child := open(t, Options{})
	files := clips(t, 23)
	files[4], files[11], files[12] = nil, []byte("no video"), files[12][:len(files[12])/2]
	for _, decodeAll := range []bool{false, true} {
		want, got := lookAtAll(t, local, files, decodeAll, 0, nil), lookAtAll(t, child, files, decodeAll, time.Minute, nil)
		for i := range files {
			if got[i] != want[i] {
				t.Errorf("file %d: %+v, want %+v", i, got[i], want[i])
			}
		}
	}
	if _, err := child.Info(t.Context(), memorySource{bytes.NewReader(files[0])}); err != nil {
		t.Errorf("after the queue: %v", err)
	}
}

// Files that end or hang the child have one answer that says so, wherever they are in the queue; their neighbours have
// what they have without them.
func TestFaultsInTheMiddleOfAQueue(t *testing.T) {
	child := open(t, Options{Patience: 300 * time.Millisecond, Grace: 100 * time.Millisecond})
	files := clips(t, 26)
	want := map[int]decode.Reason{0: decode.Crash, 5: decode.Crash, 6: decode.Timeout, 7: decode.Crash, 13: decode.Crash, 25: decode.Crash}
	for i, word := range map[int]string{0: "SIGSEGV", 5: "SIGABRT", 6: "hang", 7: "SIGSEGV", 13: "SIGKILL", 25: "SIGSEGV"} {
		files[i] = []byte(planted + word + "\nand more")
	}
	for i, a := range lookAtAll(t, child, files, false, 0, nil) {
		if a.reason != want[i] || a.known != (want[i] == "") || a.known && a.frames != pipelinetest.Frames {
			t.Errorf("file %d: %+v, want reason %q", i, a, want[i])
		}
	}
	if len(child.queue.files) != 0 || child.queue.sent != 0 {
		t.Errorf("left in the queue: %+v", child.queue)
	}
}

// The time that a file hangs is its own: those behind it have all of theirs.
func TestDeadlinesOfAQueueAreEachFilesOwn(t *testing.T) {
	child := open(t, Options{Grace: 50 * time.Millisecond})
	files := clips(t, 9)
	hang := []byte(planted + "hang\n")
	files[2], files[3], files[5] = hang, hang, hang
	for i, a := range lookAtAll(t, child, files, true, 500*time.Millisecond, nil) {
		if hangs := i == 2 || i == 3 || i == 5; hangs != (a.reason == decode.Timeout) || !hangs && a.frames != pipelinetest.Frames {
			t.Errorf("file %d: %+v", i, a)
		}
	}
}

// A child that is killed from outside with files in its queue costs none of them anything.
func TestKillsInTheMiddleOfAQueue(t *testing.T) {
	child := open(t, Options{})
	kills := 0
	for i, a := range lookAtAll(t, child, clips(t, 20), false, 0, func(i int) {
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

// A run that is given up leaves no process, whatever its child is at.
func TestQueueIsGivenUp(t *testing.T) {
	for _, word := range []string{"", "hang"} {
		d, err := New(Options{Grace: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		child := d.(*client)
		ctx, cancel := context.WithCancel(t.Context())
		files := clips(t, 3)
		if word != "" {
			files[1] = []byte(planted + word + "\n")
		}
		for _, content := range files {
			if err := child.Add(ctx, memorySource{bytes.NewReader(content)}, true, 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := child.Next(ctx); err != nil {
			t.Error(err)
		}
		pid := child.p.cmd.Process.Pid
		if word != "" {
			time.AfterFunc(50*time.Millisecond, cancel)
			if _, err := child.Next(ctx); decode.ReasonOf(err) != decode.Canceled {
				t.Errorf("canceled: %v", err)
			}
		}
		cancel()
		if _, err := child.Info(t.Context(), memorySource{bytes.NewReader(files[0])}); err == nil || !strings.Contains(err.Error(), "in the queue") {
			t.Errorf("another call with files in the queue: %v", err)
		}
		if err := child.Close(); err != nil {
			t.Error(err)
		}
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d after Close: %v", pid, err)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	child := open(t, Options{})
	if err := child.Add(t.Context(), memorySource{bytes.NewReader(make([]byte, MostQueued+1))}, false, 0); err == nil {
		t.Error("a file that is too big was taken")
	}
	for child.queue.pace.most = queueLength; !child.Full(); {
		if err := child.Add(t.Context(), memorySource{bytes.NewReader(make([]byte, MostQueued))}, false, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(child.queue.files); n != shortQueue {
		t.Errorf("the queue held %d of the biggest files, want %d", n, shortQueue)
	}
	if err := child.Add(t.Context(), memorySource{bytes.NewReader(nil)}, false, 0); err == nil {
		t.Error("a full queue took a file")
	}
	for range shortQueue {
		if _, err := child.Next(t.Context()); decode.ReasonOf(err) != decode.Unsupported {
			t.Errorf("zeros: %v", err)
		}
	}
}

// Files that lie on this machine are read by the child, to the same answers and checksums; so is one that has shrunk.
func TestQueueOfOpenFiles(t *testing.T) {
	local, err := Here(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	child := open(t, Options{})
	file, memory := fixture(t)
	for range 2 * queueLength {
		for _, src := range []decode.Source{file, memory, short{file}, broken{os.ErrNotExist}} {
			ask := func(d Decoder) (Look, error) {
				if err := d.Add(t.Context(), src, true, time.Minute); err != nil {
					return Look{}, err
				}
				return d.Next(t.Context())
			}
			got, err := ask(child)
			want, wantErr := ask(local)
			if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() || got.SHA256 != want.SHA256 || (got.Info == nil) != (want.Info == nil) {
				t.Fatalf("%T: %+v, %v; want %+v, %v", src, got, err, want, wantErr)
			}
			if got.Info != nil && (len(got.SHA256) != 64 || got.Info.Frames != want.Info.Frames || got.Info.Codec != want.Info.Codec) {
				t.Errorf("%T: %+v, want %+v", src, got, want)
			}
		}
	}
}
