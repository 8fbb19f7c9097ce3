package source

import (
	"context"
	"errors"
	"fmt"
	"io"

	"padapter/ingest/mat"
)

// openSVHN finds the array X in a MATLAB file. A compressed X is unpacked once, to a temporary file.
func openSVHN(ctx context.Context, of byteRange) (r *records, err error) {
	err = mat.Read(underContext{ctx, of}, of.Size(), func(a *mat.Array) error {
		if a.Name != "X" {
			return nil
		}
		if r, err = openX(of, a); err != nil {
			return err
		}
		return mat.ErrStop
	})
	if stop := ctx.Err(); stop != nil && err != nil {
		err = stop
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read it as a MATLAB 5 file: %w", err)
	case r == nil:
		return nil, errors.New("the MATLAB file has no array X of numbers")
	}
	return r, nil
}

// openX makes records of X, [32, 32, 3, N] uint8. They own of, also when X is compressed.
func openX(of byteRange, x *mat.Array) (*records, error) {
	shape := x.Dims
	if len(shape) == 3 { // MATLAB drops a last dimension of one
		shape = append(shape, 1)
	}
	if len(shape) != 4 || shape[0] != side || shape[1] != side || shape[2] != 3 {
		return nil, fmt.Errorf("its shape is %v, not [32 32 3 N]: SVHN's cropped digits are meant", shape)
	}
	at, packed, err := x.Bytes()
	if err != nil {
		return nil, fmt.Errorf("its records: %w", err)
	}
	r := &records{of: of, start: at, length: 3 * plane, count: int64(shape[3]), image: svhnImage}
	if packed == nil {
		if at+r.count*r.length > of.Size() {
			return nil, io.ErrUnexpectedEOF
		}
		return r, nil
	}
	unpacked, err := spill(packed, r.count*r.length)
	if err != nil {
		return nil, err
	}
	whole := unpacked.(local)
	remove := whole.close
	whole.close = func() error { return errors.Join(remove(), of.Close()) }
	r.of, r.start = whole, 0
	return r, nil
}
