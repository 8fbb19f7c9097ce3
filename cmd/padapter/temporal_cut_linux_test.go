package main

import (
	"bytes"
	"fmt"
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

// space is a network of its own: a process that does nothing but keep it there. With the test, however that ends, the
// process ends, and with the last process in it the network.
type space struct {
	t    *testing.T
	pid  string
	name string
}

func newSpace(t *testing.T, name string) space {
	t.Helper()
	holder := exec.Command("cat")
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	stdin, err := holder.StdinPipe()
	if err == nil {
		err = holder.Start()
	}
	if err != nil {
		t.Skipf("this kernel or user cannot make networks: %v", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = holder.Wait()
	})
	s := space{t, strconv.Itoa(holder.Process.Pid), name}
	s.ip("link", "set", "lo", "up")
	return s
}

// inside is the beginning of command lines that run there.
func (s space) inside() []string { return []string{"nsenter", "--target", s.pid, "--net", "--"} }

// ip sets something up.
func (s space) ip(args ...string) {
	s.t.Helper()
	if err := s.try(args); err != nil {
		s.t.Fatal(err)
	}
}

// add makes a device; where the kernel has none of that kind the test is skipped.
func (s space) add(args ...string) {
	s.t.Helper()
	if err := s.try(append([]string{"link", "add"}, args...)); err != nil {
		s.t.Skip(err)
	}
}

func (s space) try(args []string) error {
	command := append(append(s.inside(), "ip"), args...)
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s in network %s: %w: %s", strings.Join(args, " "), s.name, err, out)
	}
	return nil
}

// network is a switch, with the station's server and command at it, and a cable to each of some other networks. Its
// addresses are known to these only.
type network struct {
	hub  space
	ends []space
}

const hubAddress = "10.213.7.1"

func newNetwork(t *testing.T, ends int) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root makes networks")
	}
	for _, program := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no program %s; .ci/deps/packages.sh ip installs ip, and nsenter is of util-linux", program)
		}
	}
	n := &network{hub: newSpace(t, "hub")}
	n.hub.add("switch", "type", "bridge")
	n.hub.ip("addr", "add", hubAddress+"/24", "dev", "switch")
	n.hub.ip("link", "set", "switch", "up")
	for i := range ends {
		end := newSpace(t, fmt.Sprint("end ", i))
		n.hub.add(cable(i), "type", "veth", "peer", "name", "socket", "netns", end.pid)
		n.hub.ip("link", "set", cable(i), "master", "switch", "up")
		end.ip("addr", "add", fmt.Sprintf("10.213.7.%d/24", 2+i), "dev", "socket")
		end.ip("link", "set", "socket", "up")
		n.ends = append(n.ends, end)
	}
	return n
}

func cable(i int) string { return fmt.Sprint("cable", i) }

// pull takes a cable out at the switch: packets vanish on both sides, and nobody is told. plug puts it back.
func (n *network) pull(i int) { n.hub.ip("link", "set", cable(i), "down") }
func (n *network) plug(i int) { n.hub.ip("link", "set", cable(i), "up") }

// severed runs a command in one network, with three workers in three others. Once the work of the first is seen, its cable
// is pulled; when the server has given one of its units to another worker it is plugged in again, so that it reports, or
// goes on with, what is no longer its own. The worker must be alive then and end as it is told to.
func (s *station) severed(n *network, exit int, args func() []string, underWay func() bool) {
	t := s.t
	t.Helper()
	s.host, s.inside = hubAddress, n.hub.inside()
	s.serve()
	s.inside = n.ends[0].inside()
	cut := s.worker()
	line := append(append(n.hub.inside(), s.program), slices.DeleteFunc(args(), func(a string) bool { return a == "--quiet" })...)
	command := exec.CommandContext(t.Context(), line[0], line[1:]...)
	said := newHeard("a unit is tried again")
	command.Stdout, command.Stderr = said, said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for look := time.Tick(2 * time.Millisecond); !underWay(); <-look {
		select {
		case err := <-ended:
			t.Fatalf("no worker was seen at work: %v\n%s", err, said)
		default:
		}
	}
	n.pull(0)
	pulled := time.Now()
	for _, end := range n.ends[1:] {
		s.inside = end.inside()
		s.worker()
	}
	select {
	case <-said.heard:
		t.Logf("%s after the cable was pulled a unit went to another worker", time.Since(pulled).Round(time.Second))
	case err := <-ended:
		t.Fatalf("the command ended without the units of the worker that was cut off: %v\n%s", err, said)
	}
	n.plug(0)
	if err := <-ended; command.ProcessState.ExitCode() != exit {
		t.Fatalf("%v\n%s", err, said)
	}
	if err := cut.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cut.Wait(); err != nil {
		t.Errorf("the worker that had been cut off: %v\n%s", err, &cut.output)
	}
}

// heard is a writer that tells when something has been said.
type heard struct {
	what  string
	heard chan struct{}
	text  bytes.Buffer
}

func newHeard(what string) *heard { return &heard{what: what, heard: make(chan struct{})} }

// Write is called by one goroutine.
func (h *heard) Write(p []byte) (int, error) {
	before := strings.Contains(h.text.String(), h.what)
	h.text.Write(p)
	if !before && strings.Contains(h.text.String(), h.what) {
		close(h.heard)
	}
	return len(p), nil
}

// String is for after the end of the writing.
func (h *heard) String() string { return h.text.String() }

// One of three workers, each in a network of its own, is cut off in the middle of a unit and comes back.
func TestTemporalNetworkCut(t *testing.T) {
	needsServer(t)
	n := newNetwork(t, 3)
	t.Run("preprocess", func(t *testing.T) {
		s := newStation(t, 20, 200)
		dir := t.TempDir()
		whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "out")
		runProgram(t, exitOK, s.program, s.preprocess(whole, 10)...)
		s.severed(n, exitOK, func() []string { return s.remote(out, 10) }, func() bool { return drafts(out) })
		sameFolders(t, whole, out)
	})
	t.Run("label", func(t *testing.T) {
		s := newLabelStation(t)
		runProgram(t, exitRecords, s.labelWorld.program, s.local("whole.jsonl")...)
		s.severed(n, exitRecords, func() []string { return s.remote("out.jsonl") }, func() bool {
			parts, err := os.ReadDir(s.at("out.jsonl.ledger/parts"))
			return err == nil && len(parts) > 0
		})
		if !bytes.Equal(mustRead(t, s.at("out.jsonl")), mustRead(t, s.at("whole.jsonl"))) {
			t.Error("the output differs from what one process writes")
		}
	})
	t.Run("probe", func(t *testing.T) {
		s := newProbeStation(t)
		dir := t.TempDir()
		whole, out := filepath.Join(dir, "whole.parquet"), filepath.Join(dir, "out.parquet")
		runProgram(t, exitRecords, s.program, s.probe(whole)...)
		s.severed(n, exitRecords, func() []string { return s.remoteProbe(out) }, func() bool { return probedParts(out) > 0 })
		if !bytes.Equal(mustRead(t, out), mustRead(t, whole)) {
			t.Error("the output differs from what one process writes")
		}
		if _, err := os.Stat(journalOf(out) + ".units"); !os.IsNotExist(err) {
			t.Errorf("the folder of the units is there again: %v", err)
		}
	})
}
