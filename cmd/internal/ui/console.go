// Package ui is how commands speak to people and machines: results on stdout, progress on stderr (a bar on a
// terminal, plain lines elsewhere), or JSON Lines on stdout for both. Logs are slog's and not its concern.
//
// A Console may be used from several goroutines.
package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// Mode says how a Console prints.
type Mode int

// The modes of a Console.
const (
	Plain Mode = iota // results as text on stdout, progress on stderr
	Quiet             // results as text on stdout, no progress
	JSON              // events and the result as JSON Lines on stdout
)

// Console prints the progress and the result of one command.
type Console struct {
	mode     Mode
	terminal bool

	mu     sync.Mutex
	stdout io.Writer
	stderr io.Writer
}

// New returns a console that writes to the two streams.
func New(mode Mode, stdout, stderr io.Writer) *Console {
	c := &Console{mode: mode, stdout: stdout, stderr: stderr}
	if f, ok := stderr.(*os.File); ok {
		c.terminal = term.IsTerminal(int(f.Fd()))
	}
	return c
}

type contextKey struct{}

// With returns a context that carries the console.
func With(ctx context.Context, c *Console) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// From returns the console that With put into ctx, or a quiet one on the process's streams.
func From(ctx context.Context) *Console {
	if c, ok := ctx.Value(contextKey{}).(*Console); ok {
		return c
	}
	return New(Quiet, os.Stdout, os.Stderr)
}

// Result prints what the command found: value as {"event":"result","result":...} in JSON mode, otherwise the text
// that render returns, with a newline at its end.
func (c *Console) Result(value any, render func() string) error {
	if c.mode == JSON {
		return c.event(map[string]any{"event": "result", "result": value})
	}
	text := render()
	if text == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.stdout, text); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// Note prints one line of information that is not a result: on stderr, or as {"event":"note"}.
func (c *Console) Note(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	switch c.mode {
	case Quiet:
	case JSON:
		_ = c.event(map[string]any{"event": "note", "text": line})
	default:
		c.mu.Lock()
		defer c.mu.Unlock()
		fmt.Fprintln(c.stderr, line)
	}
}

func (c *Console) event(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.stdout.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}
