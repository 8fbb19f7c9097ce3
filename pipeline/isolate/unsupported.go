//go:build !linux

package isolate

import (
	"errors"

	"padapter/decode"
)

// Supported says whether children work on this system.
const Supported = false

func openChild(Mode, decode.Options, bool) (Decoder, error) {
	return nil, errors.New("decoding in a process of its own works on Linux only: leave out --isolate")
}

// FilesAtOnce is how many files each of so many decoders can be given at once.
func FilesAtOnce(int) int { return mostFiles }

// Serve is never called here.
func Serve() int { return 1 }
