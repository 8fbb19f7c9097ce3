//go:build !linux

package isolate

import (
	"errors"

	arrow "github.com/apache/arrow/go/v17/arrow/memory"
)

// Supported says whether New works on this system.
const Supported = false

var errUnsupported = errors.New("decoding in a process of its own works on Linux only: leave out --isolate")

// New gives an error.
func New(Options) (Decoder, error) { return nil, errUnsupported }

// Serve is never called here.
func Serve() int { return 1 }

// Shared returns what it is given: nothing is shared here.
func Shared(below arrow.Allocator) arrow.Allocator { return below }
