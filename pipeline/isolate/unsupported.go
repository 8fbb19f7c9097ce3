//go:build !linux

package isolate

// Supported says whether New works on this system.
const Supported = false

// New gives an error.
func New(Options) (Decoder, error) { return nil, errUnsupported }

// Serve is never called here.
func Serve() int { return 1 }
