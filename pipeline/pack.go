package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/sourcegraph/conc/stream"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline/isolate"
	"padapter/pipeline/media"
	"padapter/pipeline/shard"
	"padapter/pipeline/timelimit"
)

// maxMedia is the most bytes of one record that a row holds.
const maxMedia = 1 << 30

// mediaBatchBytes ends a record batch.
const mediaBatchBytes = 16 << 20

// pack passes the records of a manifest, encoded, to emit: as many in a batch as fit. Memory is bounded by a row for each
// worker and as many that wait, and a batch.
func (m *ShardBuilder) pack(ctx context.Context, man *manifests.Manifest, schema *arrow.Schema, stats *Stats, report func(Progress), emit func(arrow.Record) error) error {
	p := &packing{ShardBuilder: m, stats: stats, report: report, emit: emit, build: media.NewBuilder(m.opt.Memory, schema)}
	defer p.build.Release()
	p.progress.Total = int64(len(man.Records))
	ctx, p.stop = context.WithCancelCause(ctx)
	defer p.stop(nil)
	p.queue = m.opt.Decoders.scheduler.open()
	defer p.queue.close()
	tasks := stream.New().WithMaxGoroutines(m.opt.Workers)
	for i := range man.Records {
		if ctx.Err() != nil {
			break
		}
		rec := &man.Records[i]
		tasks.Go(func() stream.Callback {
			row, err := p.row(ctx, rec)
			return func() { p.finish(ctx, row, err) }
		})
	}
	tasks.Wait()
	if p.err == nil {
		p.err = context.Cause(ctx)
	}
	if p.err == nil && p.build.Rows() > 0 {
		p.err = p.send()
	}
	return p.err
}

// packing is one call of pack. The fields from progress on are the callbacks' alone until the stream has ended.
type packing struct {
	*ShardBuilder
	stats  *Stats
	report func(Progress)
	emit   func(arrow.Record) error
	stop   context.CancelCauseFunc
	queue  *queue

	build    *media.Builder
	progress Progress
	err      error
}

// finish is called for every row, in order.
func (p *packing) finish(ctx context.Context, row media.Row, err error) {
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && p.err == nil {
		p.build.Add(row)
		if p.progress.Done++; row.Error != "" {
			p.progress.Failed++
		}
		if p.report != nil {
			p.report(p.progress)
		}
		if p.build.Rows() == p.job.BatchRows || p.build.Bytes() >= mediaBatchBytes {
			err = p.send()
		}
	}
	if err != nil && p.err == nil {
		p.err = err
		p.stop(err)
	}
}

func (p *packing) send() error {
	record := p.build.Record()
	defer record.Release()
	start := time.Now()
	err := p.emit(record)
	p.stats.add(func(c *Counts) {
		c.Emit += time.Since(start)
		c.Batches++
	})
	return err
}

// row makes one row. It fails only when the whole run has to stop.
func (p *packing) row(ctx context.Context, rec *manifests.Record) (media.Row, error) {
	row := media.RowOf(rec)
	var reason string
	var err error
	if rec.Status == manifests.Found {
		reason, err = p.fill(ctx, rec, &row)
	} else {
		reason, err = string(rec.Status), errors.New(rec.Reason)
	}
	if stop := context.Cause(ctx); stop != nil {
		return row, stop
	}
	if err != nil {
		row.Error = reason + ": " + oneLine(err.Error())
		row.Width, row.Height, row.FrameIndex, row.Seconds, row.Suffix, row.Media = 0, 0, nil, nil, "", nil
	}
	p.stats.add(func(c *Counts) {
		c.Rows++
		c.Frames += int64(len(row.FrameIndex))
		c.BytesOut += int64(len(row.Media))
		if err == nil {
			return
		}
		c.Failed++
		if c.Errors == nil {
			c.Errors = map[string]int64{}
		}
		c.Errors[reason]++
	})
	return row, nil
}

// fill reads a record and makes its bytes.
func (p *packing) fill(ctx context.Context, rec *manifests.Record, row *media.Row) (reason string, err error) {
	t := p.queue.ticket()
	defer t.done()
	ctx, clock := timelimit.Start(ctx, p.opt.Timeout)
	defer clock.Stop()
	start := time.Now()
	object, err := p.source.Open(ctx, rec.URI)
	opened := time.Since(start)
	p.stats.add(func(c *Counts) { c.Open += opened })
	if err != nil {
		return failure(ctx, err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	p.stats.add(func(c *Counts) { c.BytesIn += object.Size() })
	if p.job.Content == media.Original {
		err = original(ctx, object, rec, row)
	} else {
		ctx = isolate.Naming(ctx, rec.ID)
		err = p.opt.Decoders.with(ctx, t, func(d isolate.Decoder) error {
			start := time.Now()
			defer func() { p.stats.add(func(c *Counts) { c.Decode += time.Since(start) }) }()
			return transcode(ctx, d, object, p.job, row, p.stats)
		})
	}
	if err != nil {
		return failure(ctx, err)
	}
	return "", nil
}

// original takes the bytes as they are.
func original(ctx context.Context, object source.Object, rec *manifests.Record, row *media.Row) error {
	size := object.Size()
	switch {
	case size == 0:
		return &decode.Error{Reason: decode.Empty, Op: "read", Err: errors.New("the file has no bytes")}
	case size > maxMedia:
		return &decode.Error{Reason: decode.Limits, Op: "read", Err: fmt.Errorf("the file has %d bytes, a row holds at most %d", size, maxMedia)}
	}
	row.Media = make([]byte, size)
	if err := decode.ReadFull(ctx, object, row.Media); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	sum := sha256.Sum256(row.Media)
	row.SourceSHA256, row.Suffix = hex.EncodeToString(sum[:]), suffixOf(rec.URI)
	return nil
}

// suffixOf is the ending of a file's name, in lower case; "bin" where it has none that would do in any archive.
func suffixOf(uri string) string {
	suffix := strings.ToLower(strings.TrimPrefix(path.Ext(uri), "."))
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	if suffix == "" || len(suffix) > 8 || strings.ContainsFunc(suffix, odd) || suffix == "json" || suffix == "cls" {
		return "bin"
	}
	return suffix
}

// defaultMediaRecords is how many records a shard of media has.
func defaultMediaRecords(content string) int {
	if content == media.Frames {
		return 256
	}
	return 512
}

// mediaJob completes the job of shards that hold media instead of clips.
func mediaJob(job shard.Job, opt PreprocessOptions) shard.Job {
	job.Content = opt.Content
	if job.ShardRecords = opt.ShardRecords; job.ShardRecords == 0 {
		job.ShardRecords = defaultMediaRecords(opt.Content)
	}
	if opt.Content == media.Frames {
		job.ShortSide, job.FPS, job.Quality = opt.ShortSide, opt.FPS, opt.Quality
	}
	return job
}
