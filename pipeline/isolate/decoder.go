package isolate

import (
	"context"
	"os"

	"padapter/decode"
)

// Decoder is what the pipeline asks of a decoder. One goroutine owns it. Clip, Stream and Info are those of
// decode.Decoder. Errors are *decode.Error; where a call ended because of its context, the reason is decode.Timeout when
// the context's cause is, or wraps, context.DeadlineExceeded, and decode.Canceled otherwise.
type Decoder interface {
	Info(ctx context.Context, src decode.Source) (*decode.Info, error)
	Clip(ctx context.Context, src decode.Source, plan Planner, dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error)
	Stream(ctx context.Context, src decode.Source, plan Planner, fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error)
	// Inspect finds out what files are, one after the other, at most as many as FilesAtOnce says. It calls report for each,
	// in order, with what was found up to an error; that file's error is no error of Inspect. An error of report ends the
	// call and is returned.
	Inspect(ctx context.Context, files []File, opt InspectOptions, report func(i int, found Inspection, err error) error) error
	Close() error
}

// Planner says which frames and pixels of a file are wanted.
type Planner = func(*decode.Info) (decode.Plan, error)

// File is one to inspect.
type File struct {
	Source decode.Source
	// Context is called once, when the file's turn comes. Its end ends the file's inspection.
	Context func() context.Context
}

// InspectOptions say how files are inspected.
type InspectOptions struct {
	All  bool  // decode all frames and count those that are damaged
	Held int64 // files of up to so many bytes are read once, into memory; others twice or more
}

// Inspection is what a file was found to be, up to an error.
type Inspection struct {
	SHA256         string       // hex, of the file; empty when there was an error before it was known
	Info           *decode.Info // without the frames' index; nil likewise
	Damaged, First int          // how many frames had errors concealed, and the first of them, if all were decoded
}

// localSource is a source that may lie in an open local file from some offset on; a child then reads that by itself.
type localSource interface {
	File() (f *os.File, offset int64, ok bool)
}

type nameKey struct{}

// Naming says in the context what is decoded, for the log of children that end.
func Naming(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, nameKey{}, name)
}
