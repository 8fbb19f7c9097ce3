//go:build linux

package isolate

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a child, as its parent sees it.
type process struct {
	cmd           *exec.Cmd
	talk          *conn
	control       int // numbers of calls that are canceled go to the child; its end ends the child
	bytes, pixels *memory
	stderr        *head
	watchdog      *time.Timer
	stalled       atomic.Bool
	thread        int // of the child, which decodes
}

// descriptors of the child, after the standard ones.
const (
	talkFD = iota + 3
	controlFD
	bytesFD
	pixelsFD
)

// startLimit is how long a child may take to say that it is ready.
const startLimit = time.Minute

// errStart is of a child that cannot be started.
var errStart = errors.New("start a decoder's process (--isolate=false does without)")

// errNested is of a child that is to start another.
var errNested = errors.New("this is one")

// start starts a child.
func start(opt options) (p *process, err error) {
	if os.Getenv(childEnv) != "" {
		return nil, fmt.Errorf("%w: %w", errStart, errNested)
	}
	settings, err := json.Marshal(opt.Decoder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStart, err)
	}
	p = &process{control: -1, stderr: new(head)}
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close() // the child has its own
		}
		if err != nil {
			p.free()
			err = fmt.Errorf("%w: %w", errStart, err)
		}
	}()
	fd, file, err := socketPair()
	if err != nil {
		return p, err
	}
	p.talk, theirs = newConn(newSocket(fd)), append(theirs, file)
	if p.control, file, err = socketPair(); err != nil {
		return p, err
	}
	theirs = append(theirs, file)
	if p.bytes, err = newMemory("padapter bytes"); err != nil {
		return p, err
	}
	if p.pixels, err = newMemory("padapter pixels"); err != nil {
		return p, err
	}
	p.cmd = exec.Command("/proc/self/exe", Child, string(settings)) // the same program even if its file was replaced
	p.cmd.Args[0] = os.Args[0]
	p.cmd.Env = append(os.Environ(), childEnv+"=1", "GOMAXPROCS=2", "GOGC=off", "MALLOC_ARENA_MAX=1")
	p.cmd.ExtraFiles = []*os.File{theirs[0], theirs[1], p.bytes.file, p.pixels.file}
	p.cmd.Stderr, p.cmd.WaitDelay = p.stderr, time.Second
	if err = launch(p.cmd, opt.Yield); err != nil {
		p.cmd = nil
		return p, err
	}
	for _, f := range theirs {
		_ = f.Close() // or the child's end would not be noticed
	}
	theirs = nil
	p.watchdog = time.AfterFunc(startLimit, p.giveUp)
	w, err := p.listen(startLimit)
	if err == nil && w.Kind != sayReady {
		err = fmt.Errorf("it said %d first", w.Kind)
	}
	if err != nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		end := p.end()
		return p, fmt.Errorf("%w (%s)", err, end.what)
	}
	p.thread = w.Count
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

func (p *process) giveUp() {
	p.stalled.Store(true)
	_ = p.cmd.Process.Kill() // it may have ended by itself
}

// listen waits for what the child says next.
func (p *process) listen(limit time.Duration) (w response, err error) {
	p.watchdog.Reset(limit)
	err = receive(p.talk, &w)
	p.watchdog.Stop()
	return w, err
}

// cancel tells the child that a call is canceled.
func (p *process) cancel(call uint64) {
	_ = unix.Send(p.control, binary.LittleEndian.AppendUint64(nil, call), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT) // a child that has ended needs no word
}

// stop lets the child end by itself. That somebody ends it before is no error: it has done all that was asked of it.
func (p *process) stop() error {
	p.talk.close()
	p.talk = nil
	p.watchdog.Reset(startLimit)
	if end := p.end(); end.what != "" && (end.fault || end.stalled) {
		return fmt.Errorf("the decoder's process ended with %s: %s", end.what, p.stderr.String())
	}
	return nil
}

// ended is the error of a call whose child ended.
type ended struct {
	what    string // what ended it: SIGSEGV; empty for a proper end
	fault   bool   // of its own, and not somebody else's doing
	stalled bool   // it was killed because it made no progress
}

func (e *ended) Error() string { return "the decoder's process ended: " + e.what }

// end waits for the child's end and frees everything.
func (p *process) end() *ended {
	err := p.cmd.Wait()
	p.watchdog.Stop()
	p.free()
	e := &ended{stalled: p.stalled.Load()}
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case ok && status.Signaled():
		e.what = unix.SignalName(status.Signal())
		e.fault = slices.Contains(faults, status.Signal())
	case ok && status.Exited() && status.ExitStatus() == 0:
		if err != nil {
			e.what = err.Error()
		}
	case ok && status.ExitStatus() == 2: // Go's runtime reports faults in C so
		e.fault, e.what = true, p.stderr.cause()
	default:
		e.fault, e.what = true, p.cmd.ProcessState.String()
	}
	return e
}

// faults are the signals of what a program does wrong by itself.
var faults = []syscall.Signal{syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGTRAP, syscall.SIGSYS}

func (p *process) free() {
	if p.talk != nil {
		p.talk.close()
	}
	if p.control >= 0 {
		_ = unix.Close(p.control)
	}
	for _, m := range []*memory{p.bytes, p.pixels} {
		if m != nil {
			_ = m.close() // nothing in it is needed
		}
	}
	p.talk, p.control, p.bytes, p.pixels = nil, -1, nil, nil
}

// head keeps the beginning of what a child writes to its standard error.
type head struct {
	mu   sync.Mutex
	text []byte
}

const headBytes = 8 << 10

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, p[:min(len(p), headBytes-len(h.text))]...)
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.text)
}

var (
	signalName = regexp.MustCompile(`\bSIG[A-Z]+\b`)
	fatalLine  = regexp.MustCompile(`(?m)^(?:fatal error|panic): [^\n\[(]*`)
)

// cause names what Go's runtime wrote before it gave up, without addresses.
func (h *head) cause() string {
	text := h.String()
	if name := signalName.FindString(text); name != "" {
		return name
	}
	if line := fatalLine.FindString(text); line != "" {
		return line
	}
	return "exit status 2"
}
