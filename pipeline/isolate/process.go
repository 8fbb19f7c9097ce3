//go:build linux

package isolate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// childEnv keeps a program that does not know Child from starting more of itself.
const childEnv = "PADAPTER_DECODE_CHILD"

// errNested is of a child that is to start another.
var errNested = errors.New("this is one")

// descriptors of the child, after the standard ones.
const (
	talkFD = iota + 3
	pixelsFD
)

// startLimit is how long a child may take to say that it is ready, and to end when it is told to.
const startLimit = time.Minute

// process is a child, as its parent sees it.
type process struct {
	cmd    *exec.Cmd
	conn   *conn // its end ends the child
	pixels *memory
	read   []byte // for the child
	stderr *head
	thread int // of the child, which decodes
}

// startProcess starts a child and waits until it is ready.
func startProcess(opt options) (*process, error) {
	if os.Getenv(childEnv) != "" {
		return nil, errNested
	}
	settings, err := json.Marshal(opt.Decoder)
	if err != nil {
		return nil, err
	}
	pixels, err := newMemory("padapter pixels")
	if err != nil {
		return nil, err
	}
	ours, theirs, err := connPair()
	if err != nil {
		pixels.close()
		return nil, err
	}
	p := &process{conn: ours, pixels: pixels, stderr: new(head)}
	p.cmd = exec.Command("/proc/self/exe", Child, string(settings)) // the same program even if its file was replaced
	p.cmd.Args[0] = os.Args[0]
	p.cmd.Env = append(os.Environ(), childEnv+"=1", "GOMAXPROCS=2", "GOGC=off", "MALLOC_ARENA_MAX=1")
	p.cmd.ExtraFiles = []*os.File{theirs, pixels.file}
	p.cmd.Stderr, p.cmd.WaitDelay = p.stderr, time.Second
	err = launch(p.cmd, opt.Yield)
	_ = theirs.Close() // or the child's end would not be noticed
	if err != nil {
		p.free()
		return nil, err
	}
	var first response
	if err = p.conn.limit(startLimit); err == nil {
		err = p.conn.receive(&first)
	}
	if err == nil && first.Kind != sayReady {
		err = fmt.Errorf("it said %d first", first.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, p.reap(err).what)
	}
	p.thread = first.Count
	return p, nil
}

// timerSlack is how late a child's timers may come. The Go runtime of a process that is mostly in C looks after it every
// 20 microseconds, which costs more than talking to it.
const timerSlack = 2 * time.Millisecond

// launch starts a program whose timers may be late, with the lowest of the ordinary priorities if it is to yield.
func launch(cmd *exec.Cmd, yield bool) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()                                               // what the process inherits is a thread's, and this one ends with the goroutine
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0) // a refusal costs speed and no more
		if yield {
			yieldThread()
		}
		started <- cmd.Start()
	}()
	return <-started
}

func (p *process) kill() { _ = p.cmd.Process.Kill() } // it may have ended by itself

// stop lets the child end by itself. That somebody ends it before is no error: it has done all that was asked of it.
func (p *process) stop() error {
	err := errors.Join(unix.Shutdown(p.conn.fd, unix.SHUT_WR), p.conn.limit(startLimit))
	if err == nil {
		err = p.conn.receive(new(response)) // nothing comes but the end
	}
	if end := p.reap(err); end.fault || end.stalled {
		return fmt.Errorf("the decoder's process ended with %s: %s", end.what, p.stderr.text)
	}
	return nil
}

func (p *process) free() {
	p.conn.close()
	p.pixels.close()
}

// ended is how a child ended.
type ended struct {
	what    string // ended it: SIGSEGV; empty for a proper end
	fault   bool   // of its own, and not somebody else's doing
	stalled bool   // it was killed because it gave no sign of life
}

// faults are the signals of what a program does wrong by itself.
var faults = []syscall.Signal{syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGTRAP, syscall.SIGSYS}

// reap kills a child because of an error, unless it has ended, waits for its end and frees everything.
func (p *process) reap(because error) *ended {
	p.kill()
	_ = p.cmd.Wait() // its state says how it ended
	p.free()
	var broken *brokenError
	if errors.As(because, &broken) {
		return &ended{fault: true, what: broken.Error()}
	}
	e := &ended{stalled: errors.Is(because, errStalled)}
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled():
		e.what, e.fault = unix.SignalName(status.Signal()), slices.Contains(faults, status.Signal())
	case status.ExitStatus() == 2: // Go's runtime reports faults in C so
		e.what, e.fault = p.stderr.cause(), true
	case status.ExitStatus() != 0:
		e.what, e.fault = p.cmd.ProcessState.String(), true
	}
	return e
}
