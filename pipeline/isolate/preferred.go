//go:build linux

package isolate

import (
	"context"
	"log/slog"
	"sync"

	"padapter/decode"
)

// starting is whether this process can start children, which the first decoder finds out for all. What fails later is
// not the system's unwillingness.
var starting struct {
	sync.Mutex
	can, cannot bool
}

// openChild returns a decoder in a child process, or in this one where children are preferred and none can be started.
func openChild(mode Mode, opt decode.Options, yield bool) (Decoder, error) {
	c := newChild(options{Decoder: opt, Yield: yield})
	if mode == Required {
		return c, nil
	}
	starting.Lock() // the others wait for the first, so that it is said once
	defer starting.Unlock()
	if !starting.can && !starting.cannot {
		err := c.start(context.Background())
		starting.can, starting.cannot = err == nil, err != nil
		if err != nil {
			slog.Warn("decoding in this process, because no child process can be started: a file that crashes the decoder ends the run", "error", err)
		}
	}
	if starting.cannot {
		return openLocal(opt, yield)
	}
	return c, nil
}
