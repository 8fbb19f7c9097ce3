//go:build linux

package isolate

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"padapter/decode"
)

// Serve is the whole work of a child. It returns the exit code of the process.
func Serve() int {
	decode.SetupProcess()
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP) // the parent gets them, too, and decides
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if live := decode.LiveHandles(); live != 0 {
		fmt.Fprintf(os.Stderr, "%d native objects are still alive\n", live)
		return 1
	}
	return 0
}

func serve() error {
	debug.SetGCPercent(400) // it was off until here, which lets a big program start sooner; what a child holds is small
	if os.Getenv(childEnv) == "" || len(os.Args) < 3 {
		return fmt.Errorf("%s is for the program's own use", Child)
	}
	var opt decode.Options
	if err := json.Unmarshal([]byte(os.Args[2]), &opt); err != nil {
		return fmt.Errorf("decoder options: %w", err)
	}
	d, err := decode.NewDecoder(opt)
	if err != nil {
		return err
	}
	c := &child{
		d: d, talk: newConn(newSocket(talkFD)),
		bytes: &memory{file: os.NewFile(bytesFD, "bytes")}, pixels: &memory{file: os.NewFile(pixelsFD, "pixels")},
		inspector: inspector{decoder: d},
	}
	go c.obey(os.NewFile(controlFD, "control"))
	err = c.run()
	if err == io.EOF { // between two calls
		err = nil
	}
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}

// child is the child's side.
type child struct {
	d             *decode.Decoder
	inspector     inspector
	talk          *conn
	bytes, pixels *memory

	mu       sync.Mutex
	call     uint64
	canceled uint64 // the parent canceled all calls up to this one
	cancel   context.CancelFunc
}

// obey ends calls that the parent cancels, and the process when the parent has ended.
func (c *child) obey(control io.Reader) {
	for {
		var number [8]byte
		if _, err := io.ReadFull(control, number[:]); err != nil {
			os.Exit(1) // whatever the decoder is at
		}
		c.mu.Lock()
		if c.canceled = binary.LittleEndian.Uint64(number[:]); c.canceled >= c.call && c.cancel != nil {
			c.cancel()
		}
		c.mu.Unlock()
	}
}

// run does one call after the other until the parent ends the talk.
func (c *child) run() error {
	runtime.LockOSThread() // for good, so that the parent can see how this thread fares
	if err := send(c.talk, &response{Kind: sayReady, Count: unix.Gettid()}); err != nil {
		return err
	}
	for {
		var ask request
		if err := receive(c.talk, &ask); err != nil {
			return err
		}
		for i, file := range ask.Files {
			done, err := c.do(ask, ask.Call+uint64(i), file)
			if err != nil {
				return err
			}
			if err := send(c.talk, &done); err != nil {
				return err
			}
		}
	}
}

// begin makes a context for a call, which the parent can cancel.
func (c *child) begin(call uint64) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.call, c.cancel = call, cancel; c.canceled >= call {
		cancel()
	}
	return ctx, cancel
}

// do does what is asked for one file. The error is of the talk.
func (c *child) do(ask request, call uint64, file fileRef) (done response, err error) {
	ctx, cancel := c.begin(call)
	defer cancel()
	src := &parentSource{child: c, ctx: ctx, size: file.Size, offset: file.Offset}
	if file.Open {
		if src.file, err = c.talk.take(file.Name); err != nil {
			return done, err
		}
		defer src.file.Close()
	}
	beforeCall(src)
	done.Kind = sayDone
	var clip *decode.Clip
	var failed error
	switch ask.Kind {
	case askInfo:
		var info *decode.Info
		if info, failed = c.d.Info(ctx, src); failed == nil {
			done.Info = *info
		}
	case askClip:
		clip, failed = c.d.Clip(ctx, src, c.plan, func(p decode.Plan) ([]byte, error) { return c.pixels.writable(p.Bytes()) })
	case askStream:
		clip, failed = c.stream(ctx, src)
	case askInspect:
		var found Inspection
		found, failed = c.inspector.inspect(ctx, src, InspectOptions{All: ask.All, Held: ask.Held}, c.known, c.alive())
		done.set(found)
	default:
		return done, fmt.Errorf("request %d", ask.Kind)
	}
	if clip != nil {
		done.Info, done.Frames, done.Warnings, done.Work = clip.Info, clip.Frames, clip.Warnings, clip.Work
		done.Info.Pts, done.Info.Keys, done.Info.Disposable = nil, nil, nil // the parent has them
	}
	done.Err = failureOf(failed)
	return done, nil
}

// known tells the parent what was found of a file before all its frames are decoded.
func (c *child) known(found Inspection) error {
	w := response{Kind: sayKnown}
	w.set(found)
	return send(c.talk, &w)
}

// alive returns what tells the parent, once a second, that the child is alive.
func (c *child) alive() func() error {
	last := time.Now()
	return func() error {
		if time.Since(last) < time.Second {
			return nil
		}
		last = time.Now()
		return send(c.talk, &response{Kind: sayAlive})
	}
}

// plan asks the parent.
func (c *child) plan(info *decode.Info) (decode.Plan, error) {
	if err := send(c.talk, &response{Kind: sayPlan, Info: *info}); err != nil {
		return decode.Plan{}, err
	}
	answer, err := c.answer(givePlan)
	return answer.Plan, err
}

// answer waits for the parent's. The error may be the parent's, too.
func (c *child) answer(kind uint8) (o request, err error) {
	if err := receive(c.talk, &o); err != nil {
		return o, err
	}
	if o.Kind != kind {
		return o, fmt.Errorf("answer %d, not %d", o.Kind, kind)
	}
	if o.Err != (failure{}) {
		return o, &sentError{o.Err.Text, kinds[o.Err.Kind]}
	}
	return o, nil
}
