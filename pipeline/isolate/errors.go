package isolate

import (
	"context"
	"errors"

	"padapter/decode"
)

// withCause makes the error of a call that its context ended say why that was.
func withCause(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil {
		return err
	}
	var e *decode.Error
	switch {
	case errors.As(err, &e):
		if e.Reason == decode.Canceled {
			return stopped(e.Op, cause)
		}
	case errors.Is(err, context.Canceled):
		return stopped("read", cause)
	}
	return err
}

// stopped is the error of a call whose context has ended.
func stopped(op string, cause error) error {
	reason := decode.Canceled
	if errors.Is(cause, context.DeadlineExceeded) {
		reason = decode.Timeout
	}
	return &decode.Error{Reason: reason, Op: op, Err: cause}
}
