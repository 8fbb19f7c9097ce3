package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"padapter/decode"
)

type work struct {
	codec, pixels time.Duration
	packets       int
}

func (w *work) add(o work) {
	w.codec += o.codec
	w.pixels += o.pixels
	w.packets += o.packets
}

// processorTime of this process, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// worker owns a Decoder and the memory of one clip, as a pipeline's worker does.
type worker struct {
	decoder *decode.Decoder
	buf     []byte
}

// crew works through a directory together.
type crew []worker

func hire(opt Options, clock decode.Clock) (c crew, err error) {
	for range opt.Workers {
		d, err := decode.NewDecoder(decode.Options{Measure: clock})
		if err != nil {
			c.dismiss()
			return nil, err
		}
		c = append(c, worker{d, make([]byte, opt.Frames*opt.Size*opt.Size*3)})
	}
	return c, nil
}

func (c crew) dismiss() {
	for _, w := range c {
		w.decoder.Close()
	}
}

// outlay is what a round took.
type outlay struct {
	wall, cpu time.Duration
	allocated uint64
}

// round decodes every file once.
func (c crew) round(ctx context.Context, files []string, opt Options) (o outlay, total work, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := processorTime(), time.Now()
	var next atomic.Int64
	var group sync.WaitGroup
	works, errs := make([]work, len(c)), make([]error, len(c))
	for i, w := range c {
		group.Go(func() {
			works[i], errs[i] = w.run(ctx, files, &next, opt)
		})
	}
	group.Wait()
	o.wall, o.cpu = time.Since(start), processorTime()-cpu
	runtime.ReadMemStats(&after)
	o.allocated = after.TotalAlloc - before.TotalAlloc
	for i := range works {
		if errs[i] != nil {
			return o, total, errs[i]
		}
		total.add(works[i])
	}
	return o, total, nil
}

func (w worker) run(ctx context.Context, files []string, next *atomic.Int64, opt Options) (total work, err error) {
	for {
		i := int(next.Add(1)) - 1
		if i >= len(files) {
			return total, nil
		}
		file, err := decode.OpenFile(files[i])
		if err != nil {
			return total, err
		}
		clip, err := w.decoder.Clip(ctx, file, func(info *decode.Info) (decode.Plan, error) { return plan(info, opt), nil },
			func(decode.Plan) ([]byte, error) { return w.buf, nil })
		file.Close()
		if err != nil {
			return total, fmt.Errorf("%s: %w", files[i], err)
		}
		total.add(work{clip.Work.Codec, clip.Work.Pixels, clip.Work.Packets})
	}
}
