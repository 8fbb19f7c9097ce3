//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Tests with a real Temporal server. Building it takes minutes of processor time once, so they are asked for:
//
//	PADAPTER_TEMPORAL=1 go test -run Temporal ./cmd/padapter
//
// PADAPTER_TEMPORAL may also name a server that was built before, such as .deps/devserver/devserver. PADAPTER_KILLS sets how many processes are killed.
const temporalVariable = "PADAPTER_TEMPORAL"

// needsServer skips a test unless tests with a server were asked for, and returns how.
func needsServer(t *testing.T) string {
	t.Helper()
	v := os.Getenv(temporalVariable)
	if v == "" {
		t.Skipf("needs a Temporal server, which takes minutes to build: set %s=1", temporalVariable)
	}
	return v
}

var temporalServer = program("devserver", filepath.Join("..", "..", "pipeline", "engine", "temporal", "devserver"),
	[]string{"GOFLAGS=-buildvcs=false -mod=readonly", "GOEXPERIMENT=", "CGO_ENABLED=0"})

// devserver is the server's program.
func devserver(t *testing.T) string {
	t.Helper()
	if v := needsServer(t); v != "1" {
		return v
	}
	path, err := temporalServer()
	if err != nil {
		if text := err.Error(); strings.Contains(text, "dial tcp") || strings.Contains(text, "404 Not Found") {
			t.Skipf("the server's modules cannot be fetched: %v", err)
		}
		t.Fatal(err)
	}
	return path
}

// process is a child that is killed at the end of the test at the latest.
type process struct {
	*exec.Cmd
	output bytes.Buffer
}

func start(t *testing.T, ready string, program string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(program, args...)}
	p.Stderr = &p.output
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	lines := bufio.NewScanner(stdout)
	for ready != "" {
		if !lines.Scan() {
			p.kill()
			t.Fatalf("%s ended before it was ready: %s", program, p.output.String())
		}
		if strings.HasPrefix(lines.Text(), ready) {
			break
		}
	}
	go func() {
		for lines.Scan() {
		}
	}()
	return p
}

// kill sends SIGKILL and waits for the end.
func (p *process) kill() {
	p.Process.Kill()
	p.Wait()
}

// station is a server with a database and a queue of workers.
type station struct {
	t                     *testing.T
	server, program       string
	host                  string
	port                  int
	database, corpus, man string
	recipe                string
	views                 int      // of each clip, to make units last
	inside                []string // a command line that runs another one, such as in a network of its own; empty for here
	worked                int
}

func newStation(t *testing.T, clips, views int) *station {
	dir := t.TempDir()
	s := &station{t: t, views: views, host: "127.0.0.1", server: devserver(t), program: buildProgram(t), database: filepath.Join(dir, "db.sqlite"),
		corpus: filepath.Join(dir, "clips"), man: filepath.Join(dir, "m.parquet"), recipe: filepath.Join(dir, "r.yaml")}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	renderMoves(t, s.corpus, "train", clips, 1)
	if err := os.WriteFile(s.recipe, []byte(movesRecipe), 0o644); err != nil {
		t.Fatal(err)
	}
	runProgram(t, exitOK, s.program, "manifest", "build", "folder", "--root", s.corpus, "--out", s.man)
	return s
}

func (s *station) serve() *process {
	s.t.Helper()
	return s.run("serving", s.server, "--db", s.database, "--host", s.host, "--port", strconv.Itoa(s.port))
}

func (s *station) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

func (s *station) worker() *process {
	s.t.Helper()
	s.worked++
	args := []string{"worker", "--temporal", s.address(), "--queue", "test", "--workers", "1", "--name", fmt.Sprint("worker-", s.worked)}
	return s.run("", s.program, args...)
}

// run starts a program where the station's processes are to be started now.
func (s *station) run(ready, program string, args ...string) *process {
	s.t.Helper()
	command := append(append(slices.Clone(s.inside), program), args...)
	return start(s.t, ready, command[0], command[1:]...)
}

// preprocess is a command line; records is how many each file has.
func (s *station) preprocess(out string, records int, more ...string) []string {
	return append([]string{"preprocess", "--manifest", s.man, "--recipe", s.recipe, "--out", out,
		"--shard-records", strconv.Itoa(records), "--training", "--views", strconv.Itoa(s.views), "--quiet"}, more...)
}

func (s *station) remote(out string, records int) []string {
	return s.preprocess(out, records, "--engine", "temporal", "--temporal", s.address(), "--queue", "test")
}

// Workers and the server are killed at random moments while two commands run, one of which is killed too and run
// again; the folder has the bytes that one undisturbed process writes.
func TestTemporalSurvivesKills(t *testing.T) {
	s := newStation(t, 20, 20)
	dir := t.TempDir()
	whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	runProgram(t, exitOK, s.program, s.preprocess(whole, 2)...)
	s.disturb(exitOK, func(round int) []string { return s.remote(fmt.Sprint(out, round), 2) }, func(round int) {
		sameFolders(t, whole, fmt.Sprint(out, round))
	})
}

// cutOff runs a command with one worker, stops that once the command's work is seen to be under way, and lets two others
// do it. It returns the worker that was stopped, come back to life after the command's end.
func (s *station) cutOff(exit int, args []string, underWay func() bool) *process {
	t := s.t
	t.Helper()
	s.serve()
	cut := s.worker()
	command := exec.CommandContext(t.Context(), s.program, args...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for look := time.Tick(2 * time.Millisecond); !underWay(); <-look {
		select {
		case err := <-ended:
			t.Fatalf("no worker was seen at work: %v\n%s", err, &output)
		default:
		}
	}
	if err := cut.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.worker()
	s.worker()
	if err := <-ended; command.ProcessState.ExitCode() != exit {
		t.Fatalf("%v\n%s", err, &output)
	}
	if err := cut.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	return cut
}

// One of three workers is cut off, without a word and in the middle of a unit: it is stopped, and comes back to life
// when its units have been done by others.
func TestTemporalWorkerCutOff(t *testing.T) {
	s := newStation(t, 20, 200)
	dir := t.TempDir()
	whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	runProgram(t, exitOK, s.program, s.preprocess(whole, 10)...)
	s.cutOff(exitOK, s.remote(out, 10), func() bool { return drafts(out) })
	sameFolders(t, whole, out)
}

// drafts reports whether a file is being written in a folder.
func drafts(dir string) bool {
	list, err := filepath.Glob(filepath.Join(dir, ".clips-*"))
	return err == nil && len(list) > 0
}

// An interrupted command cancels its job; run again, it goes on.
func TestTemporalCancelDrains(t *testing.T) {
	s := newStation(t, 20, 40)
	dir := t.TempDir()
	whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	runProgram(t, exitOK, s.program, s.preprocess(whole, 2)...)
	s.serve()
	s.worker()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := exec.CommandContext(ctx, s.program, s.remote(out, 2)...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	stop := time.AfterFunc(1500*time.Millisecond, cancel)
	defer stop.Stop()
	output, err := command.CombinedOutput()
	if err == nil {
		t.Log("the job was done before it was interrupted")
	} else if command.ProcessState.ExitCode() != exitFailed || drafts(out) {
		t.Errorf("%v, drafts left: %t\n%s", err, drafts(out), output)
	}
	runProgram(t, exitOK, s.program, s.remote(out, 2)...)
	sameFolders(t, whole, out)
}
