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
	giveBytes
	givePlan
	giveRoom // frames were taken
)

// request is a message of the parent: a call about files, or the answer to what a child has asked in the middle of one.
type request struct {
	Kind    uint8
	Files   []fileRef
	Inspect InspectOptions
	Bytes   []byte
	Plan    decode.Plan
	Err     failure
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
	sayReady  = iota + 1 // Count is the thread that decodes
	sayPlan              // Clip.Info is to be planned for
	sayRead              // Count bytes at Offset are needed
	sayFrames            // Clip.Frames lie in the shared memory from Offset on
	sayFound             // what an inspection has found so far
	sayDone              // with a file
)

// response is a message of the child.
type response struct {
	Kind   uint8
	Offset int64
	Count  int
	Clip   decode.Clip
	Found  Inspection
	Err    failure
}

// failure is an error in a message; its zero value is none.
type failure struct {
	Text       string
	Reason     decode.Reason // when it is a *decode.Error: the text is its cause's
	Op         string
	Kind       uint8 // the place in kinds of what it is
	FromParent bool  // it came from the parent, in its last answer
}

var kinds = []error{nil, io.EOF, io.ErrUnexpectedEOF, fs.ErrNotExist, context.Canceled, context.DeadlineExceeded}

// failureOf describes an error.
func failureOf(err error) (f failure) {
	if e, is := err.(*decode.Error); is {
		f.Reason, f.Op, err = e.Reason, e.Op, e.Err
	}
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
func (f failure) error(given error) (err error) {
	if f == (failure{}) {
		return nil
	}
	if !f.FromParent || given == nil {
		if given = nil; int(f.Kind) < len(kinds) {
			given = kinds[f.Kind]
		}
	}
	if err = given; given == nil || given.Error() != f.Text {
		err = &sentError{f.Text, given}
	}
	if f.Reason != "" {
		err = &decode.Error{Reason: f.Reason, Op: f.Op, Err: err}
	}
	return err
}
