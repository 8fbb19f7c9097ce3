package isolate

import (
	"time"

	"padapter/decode"
)

// Child is the argument with which a program is started as a child; it must call [Serve] then, before anything else.
const Child = "decode-child"

// childEnv keeps a program that does not know Child from starting more of itself.
const childEnv = "PADAPTER_DECODE_CHILD"

// options say how a Decoder keeps its child. The zero value works.
type options struct {
	Decoder decode.Options // of the child; Log is not used
	Yield   bool           // the child gets the lowest of the ordinary priorities
	// Grace is how long a child may go on after the context's end before it is killed. 0 stands for 2 s.
	Grace time.Duration
	// StallTimeout is how long a child may work without a sign of life before it is killed, besides a second for each MiB of
	// the file. The time in which it waits for the parent does not count. 0 stands for 10 minutes.
	StallTimeout time.Duration
	// Pause is how long to wait before a child that was killed from outside, or could not be started, is started again; it
	// doubles from attempt to attempt. 0 stands for 250 ms.
	Pause time.Duration
}

func (o options) withDefaults() options {
	if o.Grace <= 0 {
		o.Grace = 2 * time.Second
	}
	if o.StallTimeout <= 0 {
		o.StallTimeout = 10 * time.Minute
	}
	if o.Pause <= 0 {
		o.Pause = 250 * time.Millisecond
	}
	return o
}

// mostFaults and mostKills are how often a child may end by itself, and by somebody else's doing, over one file. mostKills
// is also how often a child is started in vain.
const (
	mostFaults = 2
	mostKills  = 5
)
