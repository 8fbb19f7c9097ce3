//go:build linux

package isolate

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// answers is memory in which a child leaves what it finds out about the files of a queue: what was found so far, and the
// whole. The parent finds it there whenever it looks, after the child's end as well, so that nobody has to be woken for
// each file.
type answers struct {
	view []byte
	buf  []byte
}

// Each of the queue's files has a slot for its whole answer and one for what was found so far, in turn.
const (
	answerBytes = 2 << 10
	answerHead  = 16 // the call's number, and the answer's length
	allAnswers  = 2 * answerBytes * queueLength
)

// mostAnswer is the longest that is left; tests change it.
var mostAnswer = answerBytes - answerHead

// Which of a file's answers.
const (
	whole = iota
	soFar
)

func (a *answers) slot(call uint64, which int) (number *uint64, rest []byte) {
	s := a.view[(2*int(call%queueLength)+which)*answerBytes:][:answerBytes]
	return (*uint64)(unsafe.Pointer(unsafe.SliceData(s))), s[8:]
}

// put leaves the answer of a call. It does nothing when that is too long.
func (a *answers) put(call uint64, which int, w *word) bool {
	c := coder{writes: true, b: a.buf[:0]}
	w.code(&c)
	a.buf = c.b
	if len(c.b) > mostAnswer {
		return false
	}
	number, rest := a.slot(call, which)
	atomic.StoreUint64(number, 0) // it may be there from a child that has ended, and this one may end in the middle
	binary.LittleEndian.PutUint64(rest, uint64(len(c.b)))
	copy(rest[8:], c.b)
	atomic.StoreUint64(number, call)
	return true
}

// has says whether the answer of a call is there.
func (a *answers) has(call uint64, which int) bool {
	if a.view == nil {
		return false
	}
	number, _ := a.slot(call, which)
	return atomic.LoadUint64(number) == call
}

// get reads the answer of a call, which is there, into w, whose fields must be zero.
func (a *answers) get(call uint64, which int, w *word) error {
	_, rest := a.slot(call, which)
	a.buf = append(a.buf[:0], rest...) // which the child could change meanwhile
	n := binary.LittleEndian.Uint64(a.buf)
	if n > answerBytes-answerHead {
		return errMessage
	}
	c := coder{b: a.buf[8:][:n]}
	if w.code(&c); c.bad || len(c.b) > 0 {
		return errMessage
	}
	return nil
}
