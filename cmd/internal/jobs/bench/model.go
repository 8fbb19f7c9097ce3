package bench

import (
	"context"
	"fmt"
	"io"
	"slices"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/machine"
	"padapter/manifests/storage"
	"padapter/models/bench"
)

// ModelOptions say which passes of which models are measured: all combinations of the lists.
type ModelOptions struct {
	Models, Passes, Backends []string
	Precisions               []string // empty: float32
	Frames, Batches          []int
	Common                   bench.Case // what all cases have
	Repeat                   int        // measured rounds, at least 1
	Weights                  string     // safetensors file for the network's weights; empty: none
	Follow                   bool       // one round for each line that is read, instead of Repeat rounds
}

// ModelTimes is what was measured of one case.
type ModelTimes struct {
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

// cases are all combinations.
func (o ModelOptions) cases() []bench.Case {
	var all []bench.Case
	for _, engine := range o.Backends {
		for _, precision := range o.precisions() {
			all = append(all, o.of(engine, precision)...)
		}
	}
	return all
}

// precisions are those that are measured.
func (o ModelOptions) precisions() []string {
	if len(o.Precisions) == 0 {
		return bench.Precisions[:1]
	}
	return o.Precisions
}

// of are the cases of an engine in a precision.
func (o ModelOptions) of(engine, precision string) (all []bench.Case) {
	for _, m := range o.Models {
		for _, frames := range o.Frames {
			for _, batch := range o.Batches {
				for _, pass := range o.Passes {
					c := o.Common
					c.Backend, c.Precision, c.Model, c.Frames, c.Batch, c.Pass = engine, precision, m, frames, batch, pass
					if pass == "forward" {
						c.Micro, c.GradientCheckpointing = 0, false
					}
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// check refuses cases that cannot be, and what needs a single one when there are more.
func (o ModelOptions) check() error {
	cases := o.cases()
	for _, c := range cases {
		if err := c.Validate(); err != nil {
			return jobs.Usagef("%v", err)
		}
	}
	if o.Repeat < 1 {
		return jobs.Usagef("--repeat %d: use at least 1", o.Repeat)
	}
	if len(cases) != 1 && (o.Follow || o.Weights != "") {
		return jobs.Usagef("--follow and --weights need one combination; these flags make %d", len(cases))
	}
	return nil
}

// Model measures one case after another and shows the times of each or, with Follow, of each round that a line of
// requests asks for.
func Model(ctx context.Context, opt ModelOptions, requests io.Reader, show Show) error {
	if err := opt.check(); err != nil {
		return err
	}
	for _, c := range opt.cases() {
		if err := ctx.Err(); err != nil {
			return err
		}
		times, err := measureModel(ctx, opt, c, requests, show)
		if err != nil {
			return fmt.Errorf("%s, %d frames, batch %d, %s on %s in %s: %w", c.Model, c.Frames, c.Batch, c.Pass, c.Backend, c.Precision, err)
		}
		if opt.Follow {
			continue // it has answered already
		}
		if err := show(times, times.Text); err != nil {
			return err
		}
	}
	return nil
}

// Text is the times in one line for people.
func (t *ModelTimes) Text() string {
	memory := ""
	if t.PeakBytes > 0 {
		memory = fmt.Sprintf("  peak %.2f GB", float64(t.PeakBytes)/1e9)
	}
	return fmt.Sprintf("%-8s %-8s %-5s %2d frames (%4d tokens)  batch %d  %-7s  %7.3f s (%.3f to %.3f)  %6.3f clips/s%s",
		t.Backend, t.Precision, t.Model, t.Frames, t.Tokens, t.Batch, t.Pass, t.Median, t.Min, t.Max, t.ClipsPerSecond, memory)
}

// measureModel measures one case, or follows requests.
func measureModel(ctx context.Context, opt ModelOptions, c bench.Case, requests io.Reader, show Show) (*ModelTimes, error) {
	r, err := bench.Open(c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if opt.Weights != "" {
		if err := storage.Write(opt.Weights, r.WriteWeights); err != nil {
			return nil, err
		}
	}
	memory := machine.WatchPeakMemory()
	if opt.Follow {
		return nil, Follow(ctx, requests, show, func(context.Context) (roundAndPeak, error) {
			out, err := r.Round()
			return roundAndPeak{out, memory.Bytes()}, err
		})
	}
	t := &ModelTimes{Case: r.Case, Tokens: c.Backbone().Tokens(), Weights: r.Weights, Trained: r.Trained}
	if t.First, err = r.Round(); err != nil {
		return nil, err
	}
	var seconds []float64
	for range opt.Repeat {
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
