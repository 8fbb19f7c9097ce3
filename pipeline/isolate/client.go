//go:build linux

package isolate

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"padapter/decode"
)

// Supported says whether children work on this system.
const Supported = true

// options say how a Decoder keeps its child.
type options struct {
	Decoder decode.Options // of the child; Log is not used
	Yield   bool           // the child gets the lowest of the ordinary priorities
	// StallTimeout is how long a child may work without a sign of life before it is killed, besides a second for each MiB of
	// the file. The time in which it waits for the parent does not count. 0 stands for 10 minutes.
	StallTimeout time.Duration
	// Pause is how long to wait before a child that was killed from outside, or could not be started, is started again; it
	// doubles from attempt to attempt. 0 stands for 250 ms.
	Pause time.Duration
}

// client is the parent's side of a decoder in a child process, which starts with the first call.
type client struct {
	opt   options
	p     *process // nil: none is running
	ahead int      // files that the child was given and nobody has asked for yet
}

func newChild(opt options) *client {
	opt.Decoder.Log = nil
	if opt.StallTimeout <= 0 {
		opt.StallTimeout = 10 * time.Minute
	}
	if opt.Pause <= 0 {
		opt.Pause = 250 * time.Millisecond
	}
	return &client{opt: opt}
}

// Close ends the child. It fails when the child held native objects until its end.
func (c *client) Close() error {
	if c.p == nil {
		return nil
	}
	p := c.p
	c.p = nil
	return p.stop()
}

// call is one request and what it came to.
type call struct {
	kind    uint8
	inspect InspectOptions
	ctx     context.Context // of the first file
	files   []File          // that the child is given; the call is about the first

	plan  Planner
	frame func(f decode.Frame, rgb []byte) error
	dst   func(decode.Plan) ([]byte, error)

	outcome
}

// outcome is what became of an attempt at a call.
type outcome struct {
	planned decode.Info // what was planned for last
	wanted  decode.Plan
	given   error // answered to the child last
	refused error // by frame
	clip    *decode.Clip
	found   Inspection
	err     error // the file's
}

// oneFile is a call about one file.
func oneFile(ctx context.Context, kind uint8, src decode.Source) *call {
	return &call{kind: kind, ctx: ctx, files: []File{{Source: src}}}
}

// Info is Decoder's.
func (c *client) Info(ctx context.Context, src decode.Source) (*decode.Info, error) {
	e := oneFile(ctx, askInfo, src)
	if err := c.do(e); err != nil {
		return nil, err
	}
	return &e.clip.Info, nil
}

// Clip is Decoder's.
func (c *client) Clip(ctx context.Context, src decode.Source, plan Planner, dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error) {
	e := oneFile(ctx, askClip, src)
	e.plan, e.dst = plan, dst
	err := c.do(e)
	return e.clip, err
}

// Stream is Decoder's.
func (c *client) Stream(ctx context.Context, src decode.Source, plan Planner, fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error) {
	e := oneFile(ctx, askStream, src)
	e.plan, e.frame = plan, fn
	err := c.do(e)
	return e.clip, err
}

// Inspect is Decoder's. The child is given all files at once. When it ends over one of them, that is tried again alone, and
// another child is given the others.
func (c *client) Inspect(ctx context.Context, files []File, opt InspectOptions, report func(i int, found Inspection, err error) error) error {
	if err := checkFiles(files); err != nil {
		return err
	}
	defer c.drop()
	for i, file := range files {
		if cause := context.Cause(ctx); cause != nil {
			return stopped("open", cause)
		}
		e := &call{kind: askInspect, inspect: opt, ctx: file.Context(), files: files[i:]}
		err := c.do(e)
		if err := report(i, e.found, err); err != nil {
			return err
		}
	}
	return nil
}

// drop ends a child that is at files which nobody will ask for.
func (c *client) drop() {
	if c.ahead > 0 {
		c.reap(nil)
	}
}

// reap ends the child because of an error, and waits for it.
func (c *client) reap(because error) *ended {
	end := c.p.reap(because)
	c.p, c.ahead = nil, 0
	return end
}

// FilesAtOnce is how many files each of so many decoders can be given at once: together they take at most a quarter of the
// descriptors that this process may have.
func FilesAtOnce(decoders int) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		limit.Cur = 256
	}
	return max(1, min(mostFiles, int(min(limit.Cur, 1<<20))/4/max(1, decoders)))
}
