//go:build unix

package main

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"syscall"
	"time"

	"padapter/pipeline/pipelinetest"
)

// decodersOf are a worker's decoding processes; where it is nil there are none.
var decodersOf func(worker int) []int

// workers are a disturbance's. Their numbers and those that follow are what it kills, each in its turn.
const workers = 3

const (
	killServer = workers + iota
	killCommand
	killDecoder
	victims
)

// disturbance kills a station's processes at random moments, each of them in turn.
type disturbance struct {
	*station
	rng     *rand.Rand
	server  *process
	workers [workers]*process
	turns   []int // what is to be killed next
	killed  [victims]int
	longest time.Duration // that a kill is waited for: as long as an undisturbed job takes
}

// disturb runs command lines, one for each round, while workers, their decoders, the server and the command itself are
// killed; a command that was killed is run again. Every round must end with the exit code, and is checked then. It goes on
// until as many processes were killed as are wanted.
func (s *station) disturb(exit int, args func(round int) []string, check func(round int)) {
	t := s.t
	t.Helper()
	began, kills := time.Now(), pipelinetest.Kills(t, victims)
	d := &disturbance{station: s, rng: rand.New(rand.NewPCG(uint64(kills), 7)), server: s.serve(), longest: 1500 * time.Millisecond}
	for i := range d.workers {
		d.workers[i] = s.worker()
	}
	rounds := 0
	for ; d.sum() < kills; rounds++ {
		if rounds > kills+3 {
			t.Fatalf("only %d processes were killed in %d jobs", d.sum(), rounds)
		}
		for killed := true; killed; {
			killed = d.run(exit, kills, args(rounds))
		}
		check(rounds)
	}
	t.Logf("killed %d workers, %d decoders, %d servers, %d commands in %d jobs, %s", sum(d.killed[:workers]), d.killed[killDecoder],
		d.killed[killServer], d.killed[killCommand], rounds, time.Since(began).Round(time.Second))
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func (d *disturbance) sum() int { return sum(d.killed[:]) }

// run runs a command line and kills at random moments until it has ended. It reports whether the command was killed.
func (d *disturbance) run(exit, kills int, args []string) bool {
	d.t.Helper()
	command := exec.Command(d.program, args...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	began, before := time.Now(), d.sum()
	for running := true; running; {
		wait := time.Duration(d.rng.Int64N(int64(d.longest)))
		if d.sum() >= kills {
			wait = time.Hour
		}
		select {
		case <-ended:
			running = false
		case <-time.After(wait):
			d.kill(command)
		}
	}
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return true
	}
	if d.sum() == before {
		d.longest = min(d.longest, time.Since(began))
	}
	if code := command.ProcessState.ExitCode(); code != exit {
		d.t.Fatalf("after %d kills the command ended with %d\n%s", d.sum(), code, &output)
	}
	return false
}

// kill kills what is next in turn, if it is there.
func (d *disturbance) kill(command *exec.Cmd) {
	if len(d.turns) == 0 {
		if d.turns = d.rng.Perm(victims); decodersOf == nil {
			d.turns = d.rng.Perm(killDecoder)
		}
	}
	next := d.turns[0]
	switch next {
	case killCommand:
		if command.Process.Kill() != nil {
			return // it has ended
		}
	case killServer:
		d.server.kill()
		d.server = d.serve()
	case killDecoder:
		if !d.killDecoder() {
			return // none is at work
		}
	default:
		d.workers[next].kill()
		d.workers[next] = d.worker()
	}
	d.turns = d.turns[1:]
	d.killed[next]++
}

// killDecoder kills one of the workers' decoding processes, or says that there is none.
func (d *disturbance) killDecoder() bool {
	var all []int
	for _, w := range d.workers {
		all = append(all, decodersOf(w.Process.Pid)...)
	}
	return len(all) > 0 && syscall.Kill(all[d.rng.IntN(len(all))], syscall.SIGKILL) == nil
}
