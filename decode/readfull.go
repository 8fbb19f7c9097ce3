package decode

import (
	"context"
	"fmt"
	"io"
)

// ReadFull fills buf with the first len(buf) bytes of src, in pieces, so that it returns soon after ctx ends, with the
// error of ctx. The error of a source that has fewer bytes wraps io.ErrUnexpectedEOF.
func ReadFull(ctx context.Context, src Source, buf []byte) error {
	const chunk = 1 << 20 // bytes
	for at := 0; at < len(buf); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := src.ReadAt(buf[at:min(len(buf), at+chunk)], int64(at))
		at += n
		if err == io.EOF && at < len(buf) {
			return fmt.Errorf("source ends at byte %d of %d: %w", at, len(buf), io.ErrUnexpectedEOF)
		}
		if err != nil && err != io.EOF {
			return err
		}
		if n == 0 && err == nil {
			return io.ErrNoProgress
		}
	}
	return nil
}
