//go:build linux

package isolate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
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

func serve() (err error) {
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
	defer func() { err = errors.Join(err, d.Close()) }()
	go endWithParent()
	c := &child{inspector: inspector{decoder: d}, talk: newConn(talkFD), pixels: &memory{file: os.NewFile(pixelsFD, "pixels")}}
	return c.run()
}

// endWithParent ends the process when the parent has ended, whatever the decoder is at. The parent's proper goodbye is the
// end of what it says, which is for the reader; that the other end is gone can be polled for.
func endWithParent() {
	gone := []unix.PollFd{{Fd: talkFD}}
	for {
		if _, err := unix.Poll(gone, -1); !errors.Is(err, unix.EINTR) {
			os.Exit(1)
		}
	}
}

// child is the child's side.
type child struct {
	inspector
	talk   *conn
	pixels *memory
}

// run does one call after the other until the parent has nothing more to say.
func (c *child) run() error {
	runtime.LockOSThread() // for good, so that the parent can see how this thread fares
	if err := c.talk.send(&response{Kind: sayReady, Count: unix.Gettid()}); err != nil {
		return err
	}
	for {
		var ask request
		if err := c.talk.receive(&ask); err != nil {
			if err == io.EOF { // between two calls
				return nil
			}
			return err
		}
		for _, file := range ask.Files {
			if err := c.do(&ask, file); err != nil {
				return err
			}
		}
	}
}

// do does what is asked for one file. The error is about the parent.
func (c *child) do(ask *request, file fileRef) (err error) {
	src := &parentSource{child: c, size: file.Size, offset: file.Offset}
	if file.Open {
		if src.file, err = c.talk.take(file.Name); err != nil {
			return err
		}
		defer src.file.Close()
	}
	beforeCall(src)
	ctx, done := context.Background(), response{Kind: sayDone} // a call that is given up is killed
	var clip *decode.Clip
	switch ask.Kind {
	case askInfo:
		var info *decode.Info
		if info, err = c.decoder.Info(ctx, src); err == nil {
			done.Clip.Info = *info
		}
	case askClip:
		clip, err = c.decoder.Clip(ctx, src, c.plan, func(p decode.Plan) ([]byte, error) { return c.pixels.writable(p.Bytes()) })
	case askStream:
		clip, err = c.stream(ctx, src)
	case askInspect:
		done.Found, err = c.inspect(ctx, src, ask.Inspect, c.progress())
	default:
		return fmt.Errorf("request %d", ask.Kind)
	}
	if clip != nil {
		done.Clip = *clip
		done.Clip.Info.Pts, done.Clip.Info.Keys, done.Clip.Info.Disposable = nil, nil, nil // the parent has them
	}
	done.Err = failureOf(err)
	return c.talk.send(&done)
}

// progress returns what tells the parent what is known of a file, at first and then once a second, as a sign of life.
func (c *child) progress() func(Inspection) error {
	var last time.Time
	return func(found Inspection) error {
		if time.Since(last) < time.Second {
			return nil
		}
		last = time.Now()
		return c.talk.send(&response{Kind: sayFound, Found: found})
	}
}

// plan asks the parent.
func (c *child) plan(info *decode.Info) (decode.Plan, error) {
	answer, err := c.ask(&response{Kind: sayPlan, Clip: decode.Clip{Info: *info}}, givePlan)
	return answer.Plan, err
}

// ask says something and waits for the parent's answer. The error may be the parent's, too.
func (c *child) ask(say *response, kind uint8) (answer request, err error) {
	if err := c.talk.send(say); err != nil {
		return answer, err
	}
	return c.answer(kind)
}

// answer waits for the parent's.
func (c *child) answer(kind uint8) (answer request, err error) {
	if err := c.talk.receive(&answer); err != nil {
		return answer, err
	}
	if answer.Kind != kind {
		return answer, fmt.Errorf("answer %d, not %d", answer.Kind, kind)
	}
	return answer, answer.Err.error(nil)
}
