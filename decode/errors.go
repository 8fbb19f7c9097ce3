package decode

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Reason says why a clip could not be delivered.
type Reason string

// The reasons of an [Error].
const (
	Missing     Reason = "missing"     // the source does not exist
	Empty       Reason = "empty"       // the source has no bytes
	Unsupported Reason = "unsupported" // no known container, codec, video stream or pixel format
	Corrupt     Reason = "corrupt"     // the bytes contradict their format
	Truncated   Reason = "truncated"   // the file ends before its contents do
	Limits      Reason = "limits"      // a limit of Options was exceeded
	Timeout     Reason = "timeout"     // the deadline passed
	Canceled    Reason = "canceled"    // the context was canceled
	Crash       Reason = "crash"       // decoding it ended its process; see pipeline/isolate
	Failed      Reason = "failed"      // reading, memory or the caller's own functions failed
)

// Error is the error of every failed call on a clip. Unwrap gives the cause:
// the source's error, the context's, or the caller's.
type Error struct {
	Reason Reason
	Op     string // "open", "read", "plan", "decode"
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("%s clip: %s: %v", e.Op, e.Reason, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf gives the reason of err, or "" when err holds no [Error].
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// fromSource wraps an error that the caller's source gave.
func fromSource(op string, err error) *Error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Missing, op, err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Timeout, op, err}
	case errors.Is(err, context.Canceled):
		return &Error{Canceled, op, err}
	}
	return &Error{Failed, op, err}
}
