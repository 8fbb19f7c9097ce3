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

// openPreferred is newChild where children can be started, and openLocal elsewhere.
func openPreferred(opt decode.Options, yield bool) (Decoder, error) {
	starting.Lock() // the others wait for the first, so that it is said once
	defer starting.Unlock()
	if starting.cannot {
		return openLocal(opt, yield)
	}
	d, err := newChild(options{Decoder: opt, Yield: yield})
	if err != nil || starting.can {
		return d, err
	}
	if err := d.Start(context.Background()); err != nil {
		starting.cannot = true
		slog.Warn("decoding in this process, because no child process can be started: a file that crashes the decoder ends the run", "error", err)
		if err := d.Close(); err != nil {
			return nil, err
		}
		return openLocal(opt, yield)
	}
	starting.can = true
	return d, nil
}
