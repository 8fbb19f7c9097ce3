package probe

import (
	"context"
	"errors"
	"sync"
	"time"

	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
)

// decoders are a job's, which its units share. Each is made when first needed.
type decoders struct {
	opt  Options
	free chan isolate.Decoder // nil: not made yet
}

func newDecoders(opt Options) *decoders {
	d := &decoders{opt: opt, free: make(chan isolate.Decoder, max(1, opt.Workers))}
	for range cap(d.free) {
		d.free <- nil
	}
	return d
}

// with runs do with a decoder of its own.
func (d *decoders) with(ctx context.Context, do func(isolate.Decoder) error) (err error) {
	var decoder isolate.Decoder
	select {
	case decoder = <-d.free:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { d.free <- decoder }()
	if decoder == nil {
		if decoder, err = isolate.Open(d.opt.Isolate, d.opt.Decoder, false); err != nil {
			decoder = nil
			return err
		}
	}
	return do(decoder)
}

func (d *decoders) close() (err error) {
	for range cap(d.free) {
		if decoder := <-d.free; decoder != nil {
			err = errors.Join(err, decoder.Close())
		}
	}
	return err
}

// keepEvery is how much work on a unit a kill loses at most.
const keepEvery = 20 * time.Second

// look puts the outcome of every file into known, and calls keep now and then.
func (j *job) look(ctx context.Context, uris []string, known map[string]outcome, keep func() error, report func(pipeline.Progress)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	todo := make(chan string, len(uris))
	for _, uri := range uris {
		todo <- uri
	}
	close(todo)
	var mu sync.Mutex
	kept := time.Now()
	progress := pipeline.Progress{Done: int64(len(known)), Total: int64(len(known) + len(uris))}
	found := func(uri string, o outcome) error {
		mu.Lock()
		defer mu.Unlock()
		known[uri] = o
		if progress.Done++; o.Status != manifests.Found {
			progress.Failed++
		}
		report(progress)
		if time.Since(kept) < keepEvery {
			return nil
		}
		kept = time.Now()
		return keep()
	}
	var workers sync.WaitGroup
	for range min(j.opt.Workers, len(uris)) {
		workers.Go(func() {
			err := j.decoders.with(ctx, func(d isolate.Decoder) (err error) {
				l := &looker{src: j.source, decoder: d, opt: j.opt, most: isolate.FilesAtOnce(j.opt.Workers), report: found}
				defer func() { err = errors.Join(err, l.close()) }()
				for uri := range todo {
					if err := l.look(ctx, uri); err != nil {
						return err
					}
				}
				return l.flush(ctx)
			})
			if err != nil {
				stop(err)
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
