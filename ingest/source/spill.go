package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// inMemory is the size up to which a piece of a compressed container is held in memory; a larger one goes to a
// temporary file.
const inMemory = 8 << 20

// readInMemory reads size bytes; a size that a header only claims takes no memory.
func readInMemory(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return b.Bytes(), err
}

// spill copies size bytes to a temporary file, which is gone when the byte range is closed.
func spill(r io.Reader, size int64) (_ byteRange, err error) {
	f, err := os.CreateTemp("", "padapter-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	remove := func() error { return errors.Join(f.Close(), withoutMissing(os.Remove(f.Name()))) }
	// Where the system lets go of the name of an open file, nothing is left over even when the program is killed.
	_ = os.Remove(f.Name())
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	n, err := io.Copy(f, io.LimitReader(r, size))
	if err != nil {
		return nil, fmt.Errorf("unpack to a temporary file: %w", err)
	}
	if n < size {
		return nil, fmt.Errorf("unpack to a temporary file: %w", io.ErrUnexpectedEOF)
	}
	return local{f, size, remove}, nil
}

func withoutMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// byteRangeOf returns a byte range of bytes that nobody changes.
func byteRangeOf(b []byte) byteRange { return local{bytes.NewReader(b), int64(len(b)), nil} }
