//go:build ((linux && (amd64 || arm64)) || (darwin && arm64)) && cgo

package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Facts are what a plugin says about itself.
type Facts struct {
	Platform string   // "cpu", "cuda" and the like
	Version  string   // of the plugin's interface and of XLA
	Devices  []string // one line each
}

// answer is what the trial process writes, as one JSON object.
type answer struct {
	Facts
	Error string
}

// trialLimit is how long a trial may take. A CPU's takes a tenth of a second; a card's driver may have to start.
const trialLimit = 2 * time.Minute

// Try opens the plugin in a process of its own, asks for its facts and has it multiply two matrices, which is checked: see
// package product. The error is a sentence about what went wrong. In a program that cannot be its own trial process, Try
// does nothing and returns no facts.
func (f File) Try() (*Facts, error) {
	if !served {
		return nil, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("try the plugin: %w", err)
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe" // the same program even if its file was replaced
	}
	ctx, cancel := context.WithTimeout(context.Background(), trialLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	trial := exec.CommandContext(ctx, self, f.Path)
	trial.Args[0] = trialName
	trial.Env = append(os.Environ(), "GOTRACEBACK=none")
	trial.Stdout, trial.Stderr, trial.WaitDelay = &stdout, &stderr, time.Second
	err = trial.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the plugin %s did not answer in %s", f.Path, trialLimit)
	case err != nil:
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return nil, f.ended(exit, stderr.String())
		}
		return nil, fmt.Errorf("try the plugin %s: %w", f.Path, err)
	}
	var said answer
	if err := json.Unmarshal(stdout.Bytes(), &said); err != nil {
		return nil, fmt.Errorf("try the plugin %s: its answer is not understood: %w", f.Path, err)
	}
	if said.Error != "" {
		return nil, fmt.Errorf("the plugin %s does not work: %s", f.Path, said.Error)
	}
	return &said.Facts, nil
}

var (
	unknownFlags = regexp.MustCompile(`Unknown flags? in XLA_FLAGS: *(.*)`)
	lastWords    = regexp.MustCompile(`(?m)^F\d{4} .*?\] (.*)$`) // of the library, before it ends the process
	goSignal     = regexp.MustCompile(`(?m)(?:^|\[signal )(SIG[A-Z]+): `)
)

// ended says why a trial process ended without an answer.
func (f File) ended(exit *exec.ExitError, stderr string) error {
	if m := unknownFlags.FindStringSubmatch(stderr); m != nil {
		return fmt.Errorf("XLA_FLAGS has words that the plugin %s does not know: %s", f.Path, strings.TrimSpace(m[1]))
	}
	if m := lastWords.FindStringSubmatch(stderr); m != nil {
		return fmt.Errorf("the plugin %s ends the process that opens it: %s", f.Path, m[1])
	}
	how := exit.String()
	if m := goSignal.FindStringSubmatch(stderr); m != nil {
		how = m[1]
	}
	return fmt.Errorf("the plugin %s crashes when it is opened (%s): its file may be damaged, or of another system", f.Path, how)
}
