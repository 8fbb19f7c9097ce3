// Package bench has the jobs of 'padapter bench': measuring on this machine.
package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
)

// Show prints a value, or its text for people.
type Show func(value any, text func() string) error

// Follow answers every line of requests with a round, which is JSON for people, too.
func Follow[R any](ctx context.Context, requests io.Reader, show Show, round func(context.Context) (R, error)) error {
	lines := bufio.NewScanner(requests)
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		answer, err := round(ctx)
		if err != nil {
			return err
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if err := show(answer, func() string { return string(text) }); err != nil {
			return err
		}
	}
	return lines.Err()
}
