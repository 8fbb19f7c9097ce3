package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
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
	// Asking for the time a few hundred times a clip costs a few per cent of
	// it, so where the time goes is found in rounds of their own, in turns.
	plain, err := hire(opt, decode.NoClock)
	if err != nil {
		return nil, err
	}
	defer plain.dismiss()
	watched, err := hire(opt, decode.ProcessorClock)
	if err != nil {
		return nil, err
	}
	defer watched.dismiss()
	var cpu time.Duration
	var allocated uint64
	var where work
	for range opt.Repeat {
		o, _, err := plain.round(ctx, files, opt)
		if err != nil {
			return nil, err
		}
		r.Rates = append(r.Rates, float64(len(files))/o.wall.Seconds())
		cpu += o.cpu
		allocated += o.allocated
		_, w, err := watched.round(ctx, files, opt)
		if err != nil {
			return nil, err
		}
		where.add(w)
	}
	sorted := slices.Clone(r.Rates)
	sort.Float64s(sorted)
	n := float64(len(files) * opt.Repeat)
	r.Min, r.Median, r.Max = sorted[0], median(sorted), sorted[opt.Repeat-1]
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / n }
	r.CPUMs, r.CodecMs, r.PixelMs = ms(cpu), ms(where.codec), ms(where.pixels)
	r.Packets = float64(where.packets) / n
	r.GoBytes = float64(allocated) / n
	return r, nil
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
