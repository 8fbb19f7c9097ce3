package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/machine"
	"padapter/cmd/internal/ui"
	"padapter/manifests/storage"
	"padapter/models/backend"
	"padapter/models/bench"
)

type benchModelOptions struct {
	models, passes, backends []string
	frames, batches          []int
	common                   bench.Case
	repeat                   int
	weights                  string
	follow                   bool
}

// modelTimes is what was measured of one case.
type modelTimes struct {
	bench.Case
	Tokens         int           `json:"tokens"`
	Weights        int           `json:"weights"`
	Trained        int           `json:"trained"`
	First          bench.Outcome `json:"first"` // the round that also compiles, with what it computed
	Median         float64       `json:"median_seconds"`
	Min            float64       `json:"min_seconds"`
	Max            float64       `json:"max_seconds"`
	ClipsPerSecond float64       `json:"clips_per_second"`
	PeakBytes      int64         `json:"peak_bytes"` // of the process from when it has its weights; 0 where it is not known
}

func newBenchModelCommand() *cobra.Command {
	var opt benchModelOptions
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Speed and memory of forward passes and training steps of ViT with PAdapter",
		Long: `Measures every combination of --model, --frames, --batch, --pass and --backend, one after another: one round that
also compiles, then --repeat rounds of which median, smallest and largest are printed. A forward pass is what
labelling runs on one batch; a step is forward, backward, and SGD on what PAdapter trains. A step on a single clip
takes the head's running statistics, since one clip has no variance.

With --follow, and with one combination, every line on standard input starts a round and is answered by one line of
JSON; the end of the input ends it. models/bench/compare.py uses that to alternate with PyTorch.`,
		Example: `  padapter bench model --model small --frames 8 --batch 1 --backend onnx,go
  padapter bench model --pass step --micro-batch 1 --batch 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cases := opt.cases()
			for _, c := range cases {
				if err := c.Validate(); err != nil {
					return usageErrorf("%v", err)
				}
			}
			if opt.repeat < 1 {
				return usageErrorf("--repeat %d: use at least 1", opt.repeat)
			}
			if len(cases) != 1 && (opt.follow || opt.weights != "") {
				return usageErrorf("--follow and --weights need one combination; these flags make %d", len(cases))
			}
			return runBenchModel(cmd.Context(), opt, cases, cmd.InOrStdin())
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&opt.models, "model", []string{"small", "base"}, "sizes: "+strings.Join(bench.Models, ", "))
	f.IntSliceVar(&opt.frames, "frames", []int{8, 16}, "frames of a clip")
	f.IntSliceVar(&opt.batches, "batch", []int{1, 4}, "clips of a batch")
	f.StringSliceVar(&opt.passes, "pass", bench.Passes, "what is measured: "+strings.Join(bench.Passes, ", "))
	f.StringSliceVar(&opt.backends, "backend", []string{"auto"}, "compute engines: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.common.Size, "size", 224, "side of a frame in pixels")
	f.IntVar(&opt.common.Micro, "micro-batch", 0, "of a step: clips on the device at once (0: all)")
	f.BoolVar(&opt.common.Rematerialize, "rematerialize", false, "of a step: keep the blocks' inputs and compute the rest again")
	f.IntVar(&opt.repeat, "repeat", 3, "measured rounds")
	f.StringVar(&opt.weights, "weights", "", "write the network's weights to this safetensors file first")
	f.BoolVar(&opt.follow, "follow", false, "take one round for each line on standard input")
	return cmd
}

// cases are all combinations of the flags.
func (o benchModelOptions) cases() []bench.Case {
	var all []bench.Case
	for _, engine := range o.backends {
		for _, m := range o.models {
			for _, frames := range o.frames {
				for _, batch := range o.batches {
					for _, pass := range o.passes {
						c := o.common
						c.Backend, c.Model, c.Frames, c.Batch, c.Pass = engine, m, frames, batch, pass
						if pass == "forward" {
							c.Micro, c.Rematerialize = 0, false
						}
						all = append(all, c)
					}
				}
			}
		}
	}
	return all
}

func runBenchModel(ctx context.Context, opt benchModelOptions, cases []bench.Case, orders io.Reader) error {
	console := ui.From(ctx)
	for _, c := range cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		times, err := measureModel(ctx, opt, c, orders)
		if err != nil {
			return fmt.Errorf("%s, %d frames, batch %d, %s on %s: %w", c.Model, c.Frames, c.Batch, c.Pass, c.Backend, err)
		}
		if opt.follow {
			continue // it has answered already
		}
		if err := console.Result(times, times.line); err != nil {
			return err
		}
	}
	return nil
}

func (t *modelTimes) line() string {
	memory := ""
	if t.PeakBytes > 0 {
		memory = fmt.Sprintf("  peak %.2f GB", float64(t.PeakBytes)/1e9)
	}
	return fmt.Sprintf("%-4s %-5s %2d frames (%4d tokens)  batch %d  %-7s  %7.3f s (%.3f to %.3f)  %6.3f clips/s%s",
		t.Backend, t.Model, t.Frames, t.Tokens, t.Batch, t.Pass, t.Median, t.Min, t.Max, t.ClipsPerSecond, memory)
}

// measureModel measures one case, or follows orders.
func measureModel(ctx context.Context, opt benchModelOptions, c bench.Case, orders io.Reader) (*modelTimes, error) {
	r, err := bench.Open(c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if opt.weights != "" {
		if err := storage.Write(opt.weights, r.WriteWeights); err != nil {
			return nil, err
		}
	}
	memory := machine.WatchPeakMemory()
	if opt.follow {
		return nil, follow(ctx, orders, func(context.Context) (roundAndPeak, error) {
			out, err := r.Round()
			return roundAndPeak{out, memory.Bytes()}, err
		})
	}
	t := &modelTimes{Case: r.Case, Tokens: c.Trunk().Tokens(), Weights: r.Weights, Trained: r.Trained}
	if t.First, err = r.Round(); err != nil {
		return nil, err
	}
	var seconds []float64
	for range opt.repeat {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := r.Round()
		if err != nil {
			return nil, err
		}
		seconds = append(seconds, out.Seconds)
	}
	slices.Sort(seconds)
	t.Min, t.Median, t.Max = seconds[0], seconds[len(seconds)/2], seconds[len(seconds)-1]
	if n := len(seconds); n%2 == 0 {
		t.Median = (seconds[n/2-1] + seconds[n/2]) / 2
	}
	t.ClipsPerSecond = float64(c.Batch) / t.Median
	t.PeakBytes = memory.Bytes()
	return t, nil
}

// roundAndPeak is a round's outcome and the peak so far.
type roundAndPeak struct {
	bench.Outcome
	PeakBytes int64 `json:"peak_bytes"`
}
