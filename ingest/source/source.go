package source

import (
	"context"
	"io"
)

// Object is the bytes of one record.
type Object interface {
	io.ReaderAt
	// Size is the number of bytes.
	Size() int64
	Close() error
}

// Source opens URIs. The error of a URI that names nothing wraps fs.ErrNotExist.
type Source interface {
	Open(ctx context.Context, uri string) (Object, error)
}
