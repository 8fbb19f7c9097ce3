//go:build linux

package isolate

import (
	"bytes"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"padapter/decode"
	"padapter/pipeline/pipelinetest"
)

func TestAnswersArriveWhole(t *testing.T) {
	a := answers{view: make([]byte, allAnswers)}
	answer := func(call uint64, text string) *word {
		return &word{Kind: sayDone, SHA256: text, Damaged: int(call), Info: decode.Info{Frames: 3, Codec: "mpeg4"}, Known: true}
	}
	for call := uint64(1); call <= 3*queueLength; call++ {
		for _, which := range []int{whole, soFar} {
			if a.has(call, which) {
				t.Fatalf("answer %d.%d is there before it was given", call, which)
			}
			want := answer(call, strings.Repeat("x", int(call)+which))
			if !a.put(call, which, want) || !a.has(call, which) {
				t.Fatalf("answer %d.%d was not left", call, which)
			}
		}
		for _, which := range []int{whole, soFar} {
			got := new(word)
			if err := a.get(call, which, got); err != nil {
				t.Fatal(err)
			}
			if want := answer(call, strings.Repeat("x", int(call)+which)); !reflect.DeepEqual(got, want) {
				t.Fatalf("answer %d.%d: %+v, want %+v", call, which, got, want)
			}
		}
	}
	if a.put(1, whole, answer(1, strings.Repeat("x", answerBytes))) {
		t.Error("an answer that is longer than its place was left")
	}
	number, rest := a.slot(2, whole)
	*number = 2
	for i := range rest {
		rest[i] = 0xff
	}
	if err := a.get(2, whole, new(word)); err == nil {
		t.Error("bytes that are no answer were taken for one")
	}
}

// Answers that are too long to be left come in order, too, among those that are not.
func TestLongAnswersComeInOrder(t *testing.T) {
	child := open(t, Options{})
	files := clips(t, 40)
	want := map[int]int{}
	for i := range files {
		want[i] = pipelinetest.Frames
	}
	files[17] = []byte(planted + "long\n")
	want[17] = 0
	for i, a := range lookAtAll(t, child, files, true, 0, nil) {
		if a.frames != want[i] || (a.text == "") != (want[i] > 0) {
			t.Errorf("file %d: %+v, want %d frames", i, a, want[i])
		}
	}
}

// leaveAll waits until a child has left the answers of all files in its queue.
func leaveAll(t *testing.T, child *client) {
	t.Helper()
	last := child.queue.files[len(child.queue.files)-1].Call
	for end := time.Now().Add(time.Minute); !child.found.has(last, whole); {
		if time.Now().After(end) {
			t.Fatal("no answer in a minute")
		}
		if _, err := child.p.wait(queueWatch); err != nil {
			t.Fatal(err)
		}
	}
}

// What a child has found out before its end is not done again.
func TestAnswersOutliveTheirChild(t *testing.T) {
	child := open(t, Options{})
	for _, content := range clips(t, shortQueue) {
		if err := child.Add(t.Context(), memorySource{bytes.NewReader(content)}, true, 0); err != nil {
			t.Fatal(err)
		}
	}
	leaveAll(t, child)
	p := child.p
	if err := syscall.Kill(p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for i := range shortQueue {
		if !child.Ready() {
			t.Errorf("file %d is not ready", i)
		}
		look, err := child.Next(t.Context())
		if err != nil || look.Info == nil || look.Info.Frames != pipelinetest.Frames || len(look.SHA256) != 64 {
			t.Errorf("file %d: %+v, %v", i, look, err)
		}
	}
	if child.p != p {
		t.Error("another child was started")
	}
}

// What was known of a file before all its frames were decoded is in the row of one whose decoding never ends.
func TestWhatIsKnownOutlivesADeadline(t *testing.T) {
	child := open(t, Options{Grace: 50 * time.Millisecond})
	add := func(content []byte) uint64 {
		if err := child.Add(t.Context(), memorySource{bytes.NewReader(content)}, true, 200*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		return child.call
	}
	call := add(clips(t, 1)[0])
	if _, err := child.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	known := new(word)
	if !child.found.has(call, soFar) {
		t.Fatal("a child that decodes all frames does not say what it knows before")
	}
	if err := child.found.get(call, soFar, known); err != nil || known.Info.Frames != pipelinetest.Frames || len(known.SHA256) != 64 {
		t.Fatalf("known before: %+v, %v", known, err)
	}
	call = add([]byte(planted + "hang\n"))
	if !child.found.put(call, soFar, known) {
		t.Fatal("no room")
	}
	look, err := child.Next(t.Context())
	if decode.ReasonOf(err) != decode.Timeout || look.SHA256 != known.SHA256 || look.Info == nil || look.Info.Frames != pipelinetest.Frames {
		t.Errorf("%+v, %v", look, err)
	}
}
