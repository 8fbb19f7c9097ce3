//go:build !linux

package isolate

import "errors"

// Supported says whether newChild works on this system.
const Supported = false

var errUnsupported = errors.New("decoding in a process of its own works on Linux only: leave out --isolate")

// newChild gives an error.
func newChild(options) (Decoder, error) { return nil, errUnsupported }

// FilesAtOnce is how many files a decoder can be given at once.
func FilesAtOnce(int) int { return MostFiles }

// Serve is never called here.
func Serve() int { return 1 }
