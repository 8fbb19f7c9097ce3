//go:build linux

package isolate

import (
	"context"
	"errors"
)

// reportError is what the receiver of inspections said.
type reportError struct{ error }

func (e *reportError) Unwrap() error { return e.error }

// Inspect is Decoder's. The files are one request; when the child ends over one of them, that is tried again alone and the
// others are another request.
func (c *client) Inspect(ctx context.Context, files []File, opt InspectOptions, report func(i int, found Inspection, err error) error) error {
	if err := checkFiles(files); err != nil {
		return err
	}
	done := 0
	e := &call{request: request{Kind: askInspect, All: opt.All, Held: opt.Held}}
	answered := func(found Inspection, err error) error {
		err = report(done, found, err)
		if done++; err != nil {
			return &reportError{err}
		}
		if err := context.Cause(ctx); err != nil {
			return &reportError{stopped("open", err)}
		}
		e.files = e.files[1:]
		if len(e.files) > 0 {
			e.ctx = e.files[0].Context()
		}
		return nil
	}
	e.next = func(w response) error { return answered(w.inspection(), withCause(e.ctx, w.Err.error(e.given))) }
	for done < len(files) {
		e.files = files[done:]
		e.ctx = e.files[0].Context()
		err := c.retry(e)
		var given *reportError
		if errors.As(err, &given) {
			if c.p != nil {
				_ = c.reap(nil) // it may be at the next file
			}
			return given.error
		}
		if err == nil {
			continue
		}
		e.files = e.files[:1]
		if err := answered(e.found, err); err != nil {
			return errors.Unwrap(err)
		}
	}
	return nil
}

func (w *response) inspection() (found Inspection) {
	if found.SHA256 = w.SHA256; w.Known {
		found.Info = &w.Info
	}
	found.Damaged, found.First = w.Damaged, w.First
	return found
}

func (w *response) set(found Inspection) {
	w.SHA256, w.Damaged, w.First = found.SHA256, found.Damaged, found.First
	if found.Info != nil {
		w.Known, w.Info = true, *found.Info
	}
}
