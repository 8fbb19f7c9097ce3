package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
)

func newBenchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Throughput on this machine, results checked before they are timed",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newBenchDecodeCommand(), newBenchModelCommand())
	return cmd
}

// follow answers every line of orders with a round in JSON.
func follow[R any](ctx context.Context, orders io.Reader, round func(context.Context) (R, error)) error {
	console := ui.From(ctx)
	lines := bufio.NewScanner(orders)
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
		if err := console.Result(answer, func() string { return string(text) }); err != nil {
			return err
		}
	}
	return lines.Err()
}
