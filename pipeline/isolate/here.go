package isolate

import (
	"bytes"
	"context"
	"errors"
	"time"

	"padapter/decode"
)

// here is a decoder in this process. Its queue holds one file.
type here struct {
	*decode.Decoder
	held  []byte
	full  bool
	all   bool
	limit time.Duration
}

// Damage is Decoder's.
func (h *here) Damage(ctx context.Context, src decode.Source) (damaged, first int, err error) {
	return damage(ctx, h.Decoder, src, func() error { return nil })
}

// Full is Decoder's.
func (h *here) Full() bool { return h.full }

// Ready is Decoder's: Next does the work.
func (h *here) Ready() bool { return false }

// Add is Decoder's.
func (h *here) Add(_ context.Context, src decode.Source, all bool, limit time.Duration) error {
	if err := checkAdd(h, src.Size()); err != nil {
		return err
	}
	if int64(cap(h.held)) < src.Size() {
		h.held = make([]byte, src.Size())
	}
	h.held = h.held[:src.Size()]
	if err := readAll(src, h.held); err != nil {
		return err
	}
	h.full, h.all, h.limit = true, all, limit
	return nil
}

// Next is Decoder's.
func (h *here) Next(ctx context.Context) (look Look, err error) {
	if !h.full {
		return look, errNobody
	}
	h.full = false
	if h.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.limit)
		defer cancel()
	}
	look.SHA256 = sumOf(h.held)
	src := bytes.NewReader(h.held)
	if look.Info, err = h.Info(ctx, src); err == nil && h.all {
		look.Damaged, look.First, err = h.Damage(ctx, src)
	}
	return look, err
}

var errNobody = &decode.Error{Reason: decode.Failed, Op: "open", Err: errors.New("no file is in the queue")}
