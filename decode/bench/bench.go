package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"padapter/decode"
)

// Options of [Run]; every field must be positive.
type Options struct {
	Frames, Stride int // frames a clip, and their distance
	Size           int // side of the square output
	Workers        int
	Repeat         int  // measured rounds over the directory
	SkipCheck      bool // do not compare with sequential decodes first
}

// Report of a run. Rates are clips a second of wall time, all workers together.
type Report struct {
	Clips, Checked          int
	Rates                   []float64 // of each round
	Median, Min, Max        float64
	CPUMs                   float64 // processor time a clip, of the whole process
	CodecMs, PixelMs        float64 // inside the codec and in the pixel kernel, in rounds of their own
	Packets                 float64 // sent to the codec, a clip
	GoBytes                 float64 // allocated by Go, a clip
	Failed                  []string
	Frames, Stride, Workers int
}

// Run checks and measures every file of dir.
func Run(ctx context.Context, dir string, opt Options) (*Report, error) {
	if opt.Frames < 1 || opt.Stride < 1 || opt.Size < 1 || opt.Workers < 1 || opt.Repeat < 1 {
		return nil, fmt.Errorf("bench options %+v: every number must be at least 1", opt)
	}
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	r := &Report{Clips: len(files), Frames: opt.Frames, Stride: opt.Stride, Workers: opt.Workers}
	if !opt.SkipCheck {
		for _, path := range files {
			if err := check(ctx, path, opt); err != nil {
				r.Failed = append(r.Failed, fmt.Sprintf("%s: %v", filepath.Base(path), err))
				continue
			}
			r.Checked++
		}
		if len(r.Failed) > 0 {
			return r, fmt.Errorf("%d of %d clips of %s are not exact or not readable, first %s", len(r.Failed), len(files), dir, r.Failed[0])
		}
	}
	plain, err := rounds(ctx, files, opt, decode.NoClock)
	if err != nil {
		return nil, err
	}
	// Asking for the time a few hundred times a clip costs a few per cent of
	// it, so where the time goes is found in rounds of their own.
	watched, err := rounds(ctx, files, opt, decode.ProcessorClock)
	if err != nil {
		return nil, err
	}
	r.Rates = slices.Clone(plain.rates)
	sort.Float64s(plain.rates)
	n := float64(len(files) * opt.Repeat)
	r.Min, r.Median, r.Max = plain.rates[0], median(plain.rates), plain.rates[opt.Repeat-1]
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / n }
	r.CPUMs, r.CodecMs, r.PixelMs = ms(plain.cpu), ms(watched.codec), ms(watched.pixels)
	r.Packets = float64(watched.packets) / n
	r.GoBytes = float64(plain.allocated) / n
	return r, nil
}

// pass is what opt.Repeat rounds over all files took.
type pass struct {
	work
	rates     []float64
	cpu       time.Duration
	allocated uint64
}

func rounds(ctx context.Context, files []string, opt Options, clock decode.Clock) (p pass, err error) {
	workers, err := hire(opt, clock)
	defer dismiss(workers)
	if err != nil {
		return p, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processorTime()
	for range opt.Repeat {
		start := time.Now()
		w, err := round(ctx, workers, files, opt)
		if err != nil {
			return p, err
		}
		p.rates = append(p.rates, float64(len(files))/time.Since(start).Seconds())
		p.add(w)
	}
	p.cpu = processorTime() - cpu
	runtime.ReadMemStats(&after)
	p.allocated = after.TotalAlloc - before.TotalAlloc
	return p, nil
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list clips: %w", err)
	}
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("list clips: no files in %s", dir)
	}
	return files, nil
}

// middle is the window of frames at the centre of a clip; the last frame
// repeats when the clip is too short.
func middle(frames int, opt Options) []int {
	span := (opt.Frames-1)*opt.Stride + 1
	start := max(0, (frames-span)/2)
	indices := make([]int, opt.Frames)
	for i := range indices {
		indices[i] = min(start+i*opt.Stride, frames-1)
	}
	return indices
}

func plan(info *decode.Info, opt Options) decode.Plan {
	side := float64(min(info.Width, info.Height))
	return decode.Plan{
		Indices: middle(info.Frames, opt), Width: opt.Size, Height: opt.Size,
		Region: decode.Region{X: (float64(info.Width) - side) / 2, Y: (float64(info.Height) - side) / 2, W: side, H: side},
	}
}

func check(ctx context.Context, path string, opt Options) error {
	file, err := decode.OpenFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	d, err := decode.NewDecoder(decode.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	info, err := d.Info(ctx, file)
	if err != nil {
		return err
	}
	return decode.Verify(ctx, decode.Options{}, file, slices.Compact(middle(info.Frames, opt)))
}

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

func hire(opt Options, clock decode.Clock) (workers []worker, err error) {
	for range opt.Workers {
		d, err := decode.NewDecoder(decode.Options{Measure: clock})
		if err != nil {
			return workers, err
		}
		workers = append(workers, worker{d, make([]byte, opt.Frames*opt.Size*opt.Size*3)})
	}
	return workers, nil
}

func dismiss(workers []worker) {
	for _, w := range workers {
		w.decoder.Close()
	}
}

// round decodes every file once.
func round(ctx context.Context, workers []worker, files []string, opt Options) (work, error) {
	var next atomic.Int64
	var group sync.WaitGroup
	works, errs := make([]work, len(workers)), make([]error, len(workers))
	for i, w := range workers {
		group.Go(func() {
			works[i], errs[i] = w.run(ctx, files, &next, opt)
		})
	}
	group.Wait()
	var total work
	for i := range works {
		if errs[i] != nil {
			return total, errs[i]
		}
		total.add(works[i])
	}
	return total, nil
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
