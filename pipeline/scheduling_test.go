package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/pipelinetest"
	"padapter/sampler"
)

// delayed is a source whose objects take up to 1 ms to open, as on an object store.
type delayed struct {
	source.Source
	mu  sync.Mutex
	rng *rand.Rand
}

func (d *delayed) Open(ctx context.Context, uri string) (source.Object, error) {
	d.mu.Lock()
	wait := time.Duration(d.rng.Int64N(int64(time.Millisecond)))
	d.mu.Unlock()
	time.Sleep(wait)
	return d.Source.Open(ctx, uri)
}

// Two units of windows on two decoders end, whatever the order in which their videos are opened.
func TestUnitsOfWindowsShareDecoders(t *testing.T) {
	const rounds, units, videos = 200, 2, 8
	man := pipelinetest.Corpus(t, videos-1)
	man.Records = append(man.Records, man.Records[0])
	man.Records[videos-1].ID = "again"
	win := sampler.Sliding{Length: 0.2, Hop: 0.1}
	decoders := pipeline.NewDecoders(2, pipeline.DecodersOptions{})
	defer func() {
		if err := decoders.Close(); err != nil {
			t.Error(err)
		}
	}()
	var want int64
	for round := range rounds {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		var rows [units]int64
		var errs [units]error
		var wait sync.WaitGroup
		for u := range units {
			src := &delayed{Source: files(t, man.Root), rng: rand.New(rand.NewPCG(uint64(round), uint64(u)))}
			wait.Go(func() {
				errs[u] = pipeline.SlidingWindows(ctx, man, src, pipelinetest.Recipe(), win, pipeline.Options{Workers: 2, BatchRows: 1, Decoders: decoders}, func(record arrow.Record) error {
					rows[u] += record.NumRows()
					return nil
				})
			})
		}
		wait.Wait()
		cancel()
		if err := errors.Join(errs[:]...); errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("round %d hung after %d windows", round, rows)
		} else if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			want = rows[0]
		}
		if rows != [units]int64{want, want} || want < 3*videos {
			t.Fatalf("round %d: %d windows, want %d each", round, rows, want)
		}
	}
}

// A reader that takes longer than the time limit does not make the videos late.
func TestSlowReaderIsNotATimeout(t *testing.T) {
	man := pipelinetest.Corpus(t, 3)
	const limit = time.Second
	windows := 0
	opt := pipeline.Options{Workers: 2, BatchRows: 1, Timeout: limit}
	err := pipeline.SlidingWindows(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), sampler.Sliding{Length: 0.2, Hop: 0.1}, opt, func(record arrow.Record) error {
		clips, err := batch.View(record)
		if err != nil {
			return err
		}
		if clips.Err(0) != "" {
			t.Errorf("%s, window %d: %s", clips.ID(0), clips.ViewNumber(0), clips.Err(0))
		}
		if windows++; windows%9 == 1 {
			time.Sleep(limit * 3 / 2)
		}
		return nil
	})
	if err != nil || windows < 9 {
		t.Errorf("%d windows, %v", windows, err)
	}
}

// hanging is a source of which some files hang when they are read, until their time is up.
type hanging struct {
	source.Source
	files []string
	reads atomic.Int64  // of those that hang
	lag   time.Duration // that they hold their decoder longer, as a process does that must be killed
}

func (h *hanging) Open(ctx context.Context, uri string) (source.Object, error) {
	if !slices.Contains(h.files, uri) {
		return h.Source.Open(ctx, uri)
	}
	object, err := h.Source.Open(ctx, "clip-0.avi")
	return &hangingObject{Object: object, ctx: ctx, reads: &h.reads, lag: h.lag}, err
}

type hangingObject struct {
	source.Object
	ctx   context.Context
	reads *atomic.Int64
	lag   time.Duration
}

func (h *hangingObject) ReadAt([]byte, int64) (int, error) {
	h.reads.Add(1)
	<-h.ctx.Done()
	time.Sleep(h.lag)
	return 0, context.Cause(h.ctx)
}

// Two files that hang cost their own rows and no others, although rows of two units wait for the decoders that they hold.
func TestHungFilesCostTheirRows(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) { checkHungFiles(t, workers, time.Second) })
	}
}

// The same while every processor has eight other things to do.
func TestHungFilesCostTheirRowsUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("keeps all processors busy")
	}
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range 8 * runtime.GOMAXPROCS(0) {
		busy.Go(func() {
			for !stop.Load() {
			}
		})
	}
	defer busy.Wait()
	defer stop.Store(true)
	checkHungFiles(t, 2, 3*time.Second)
}

func checkHungFiles(t *testing.T, workers int, limit time.Duration) {
	const healthy = 6
	man := pipelinetest.Corpus(t, healthy)
	hung := &manifests.Manifest{Dataset: man.Dataset, Classes: man.Classes, Root: man.Root}
	for _, name := range []string{"hung-0.avi", "hung-1.avi"} {
		r := man.Records[0]
		r.ID, r.URI = name, name
		hung.Records = append(hung.Records, r)
	}
	hung.Records = append(hung.Records, man.Records...)
	src := &hanging{Source: files(t, man.Root), files: []string{"hung-0.avi", "hung-1.avi"}, lag: limit / 4}
	decoders := pipeline.NewDecoders(workers, pipeline.DecodersOptions{})
	defer func() {
		if err := decoders.Close(); err != nil {
			t.Error(err)
		}
	}()
	var failed [2][]string
	var rows [2]int
	clips := func(unit int, man *manifests.Manifest) {
		err := pipeline.Clips(t.Context(), man, src, pipelinetest.Recipe(), pipeline.Options{Workers: workers, Timeout: limit, Decoders: decoders}, func(record arrow.Record) error {
			clips, err := batch.View(record)
			for i := range int(record.NumRows()) {
				if rows[unit]++; err == nil && clips.Err(i) != "" {
					failed[unit] = append(failed[unit], clips.ID(i)+" "+clips.Err(i))
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	var both sync.WaitGroup
	both.Go(func() { clips(0, hung) })
	for src.reads.Load() < int64(min(2, workers)) { // until they hold what they can
		time.Sleep(time.Millisecond)
	}
	both.Go(func() { clips(1, man) })
	both.Wait()
	if rows != [2]int{healthy + 2, healthy} {
		t.Errorf("%d rows", rows)
	}
	if f := failed[0]; len(f) != 2 || !strings.HasPrefix(f[0], "hung-0.avi timeout: ") || !strings.HasPrefix(f[1], "hung-1.avi timeout: ") {
		t.Errorf("of the unit with files that hang, these failed: %q", f)
	}
	if len(failed[1]) > 0 {
		t.Errorf("of the healthy unit, these failed: %q", failed[1])
	}
}
