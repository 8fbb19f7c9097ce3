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
	// Start makes the decoder ready, so that a time limit that begins afterwards is the file's alone. Other calls do it
	// where need be.
	Start(ctx context.Context) error
	Info(ctx context.Context, src decode.Source) (*decode.Info, error)
	Clip(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error)
	Stream(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error)
	// Inspect finds out what files are, one after the other, at most mostFiles of them. It calls report for each, in order,
	// with what was found up to an error; that file's error is no error of Inspect. An error of report ends the call and is
	// returned, and so does a decoder that cannot be started.
	Inspect(ctx context.Context, files []File, opt InspectOptions, report func(i int, found Inspection, err error) error) error
	Close() error
}

// mostFiles is how many files one call of Inspect takes.
const mostFiles = 16

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

// Open returns a decoder that decodes where mode says. One that yields has the processors that other threads of the machine
// leave to it: on Linux its child process gets the lowest of the ordinary priorities. Where it decodes in this process, the
// calling goroutine's thread gets that, and the goroutine stays bound to it.
func Open(mode Mode, opt decode.Options, yield bool) (Decoder, error) {
	switch {
	case mode == Required:
		return newChild(options{Decoder: opt, Yield: yield})
	case mode == Preferred && Supported:
		return openPreferred(opt, yield)
	}
	return openLocal(opt, yield)
}

func openLocal(opt decode.Options, yield bool) (Decoder, error) {
	if yield {
		yieldThread()
	}
	return newLocal(opt)
}
