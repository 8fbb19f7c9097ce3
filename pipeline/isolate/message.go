package isolate

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"padapter/decode"
)

// What the parent asks for, and answers with.
const (
	askInfo = iota + 1
	askClip
	askStream
	askInspect
	giveBytes // in the shared memory for bytes; Count of them
	givePlan
	giveRoom // frames were taken
)

// request is a message of the parent: a call about files, or the answer to what a child has asked in the middle of one.
type request struct {
	Kind  uint8
	Call  uint64 // the first file's number; the others have those that follow
	Files []fileRef
	All   bool  // InspectOptions.All
	Held  int64 // InspectOptions.Held
	Count int
	Plan  decode.Plan
	Err   failure
}

// fileRef is a file of a call.
type fileRef struct {
	Size   int64
	Open   bool   // its descriptor comes along; else the parent reads
	Offset int64  // of the file in that
	Name   string // of that, for messages
}

// What the child says.
const (
	sayReady = iota + 1
	sayPlan  // Info is to be planned for
	sayRead  // Count bytes at Offset are needed
	sayFrames
	sayAlive
	sayKnown // what an inspection has found before all frames are decoded
	sayDone  // with a file
)

// response is a message of the child.
type response struct {
	Kind     uint8
	Offset   int64
	Count    int
	Info     decode.Info
	Frames   []decode.Frame
	Warnings []string
	Work     decode.Work
	Damaged  int
	First    int
	Err      failure
	SHA256   string
	Known    bool // Info is what an inspection has found
}

// failure is an error in a message; its zero value is none.
type failure struct {
	Text       string
	Reason     decode.Reason // when it is a *decode.Error: the text is its cause's
	Op         string
	Kind       uint8
	FromParent bool // the cause is the error that the parent answered with
}

var kinds = []error{nil, io.EOF, io.ErrUnexpectedEOF, fs.ErrNotExist, context.Canceled, context.DeadlineExceeded}

// failureOf describes an error of the decoder.
func failureOf(err error) failure {
	var e *decode.Error
	if !errors.As(err, &e) {
		return causeOf(err)
	}
	f := causeOf(e.Err)
	f.Reason, f.Op = e.Reason, e.Op
	return f
}

// causeOf describes an error that the decoder was given.
func causeOf(err error) (f failure) {
	if err == nil {
		return f
	}
	f.Text = err.Error()
	for i, kind := range kinds {
		if i > 0 && errors.Is(err, kind) {
			f.Kind = uint8(i)
		}
	}
	var sent *sentError
	f.FromParent = errors.As(err, &sent)
	return f
}

// sentError is an error of the other process.
type sentError struct {
	text  string
	cause error
}

func (e *sentError) Error() string { return e.text }
func (e *sentError) Unwrap() error { return e.cause }

// error makes the error again. given is what the parent last answered with.
func (f failure) error(given error) error {
	if f == (failure{}) {
		return nil
	}
	cause := given
	if !f.FromParent || given == nil {
		if cause = nil; int(f.Kind) < len(kinds) {
			cause = kinds[f.Kind]
		}
	}
	err := error(&sentError{f.Text, cause})
	if f.Reason != "" {
		err = &decode.Error{Reason: f.Reason, Op: f.Op, Err: err}
	}
	return err
}
