package probe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline/isolate"
	"padapter/pipeline/timelimit"
)

// outcome is what one file turned out to be.
type outcome struct {
	Facts  manifests.Facts  `json:"facts"`
	Status manifests.Status `json:"status"`
	Reason string           `json:"reason,omitempty"` // "corrupt: open: …"; empty when found
}

// passing reports whether another try may end otherwise: nothing is known about the file itself.
func (o outcome) passing() bool {
	return strings.HasPrefix(o.Reason, string(decode.Failed)+": ") || strings.HasPrefix(o.Reason, string(decode.Timeout)+": ")
}

// looker looks into files, some at a time. It belongs to one goroutine.
type looker struct {
	src     source.Source
	decoder isolate.Decoder
	opt     Options
	most    int // files at a time
	report  func(uri string, o outcome) error
	batch   []*file
	bytes   int64 // of the batch
}

// mostBytes is how much is looked into at a time, so that big files are spread over all decoders. One file may be bigger.
const mostBytes = 4 << 20

// file is one that is open.
type file struct {
	uri    string
	object source.Object
	ctx    context.Context // that its reading depends on
	cancel context.CancelFunc
	clock  *timelimit.Clock
	resume func() // the clock, which does not count the wait for the files before
}

// look looks into one file, or leaves it to a later call or flush. It fails when ctx ends, or report does.
func (l *looker) look(ctx context.Context, uri string) error {
	f, err := l.open(ctx, uri)
	if err != nil {
		return l.finish(ctx, uri, manifests.Facts{}, err)
	}
	size := f.object.Size()
	if len(l.batch) > 0 && l.bytes+size > mostBytes {
		if err := l.flush(ctx); err != nil {
			return errors.Join(err, f.close())
		}
	}
	l.batch, l.bytes = append(l.batch, f), l.bytes+size
	if len(l.batch) < l.most {
		return nil
	}
	return l.flush(ctx)
}

// open opens a file within the limit of its time.
func (l *looker) open(ctx context.Context, uri string) (*file, error) {
	f := &file{uri: uri}
	ctx, f.cancel = context.WithCancel(isolate.Naming(ctx, uri))
	f.ctx, f.clock = timelimit.Start(ctx, l.opt.Timeout)
	var err error
	f.object, err = l.src.Open(f.ctx, uri)
	if f.resume = f.clock.Pause(); err == nil {
		return f, nil
	}
	if cause := context.Cause(f.ctx); cause != nil {
		err = cause
	}
	f.clock.Stop()
	f.cancel()
	return nil, err
}

// begin begins the file's time, anew if it has begun before.
func (f *file) begin() context.Context {
	f.clock.Restart()
	f.resume()
	return f.ctx
}

func (f *file) close() error {
	err := f.object.Close()
	f.clock.Stop()
	f.cancel()
	return err
}

// close closes files that are left when a run has been given up.
func (l *looker) close() (err error) {
	for _, f := range l.batch {
		err = errors.Join(err, f.close())
	}
	l.batch = nil
	return err
}

// flush looks into all files that are open.
func (l *looker) flush(ctx context.Context) error {
	files := make([]isolate.File, len(l.batch))
	for i, f := range l.batch {
		files[i] = isolate.File{Source: f.object, Context: f.begin}
	}
	opt := isolate.InspectOptions{All: l.opt.decode, Held: l.opt.MaxHeld}
	err := l.decoder.Inspect(ctx, files, opt, func(_ int, found isolate.Inspection, err error) error {
		f := l.batch[0]
		l.batch = l.batch[1:]
		facts := manifests.Facts{Bytes: f.object.Size(), SHA256: found.SHA256}
		if found.Info != nil {
			describe(&facts, found.Info)
		}
		if err == nil {
			err = damaged(found.Damaged, found.First)
		}
		if err := errors.Join(err, f.close()); err == nil || found.SHA256 != "" {
			return l.finish(ctx, f.uri, facts, err)
		}
		if facts.SHA256 = l.checksum(ctx, f.uri); facts.SHA256 == "" {
			facts.Bytes = 0
		}
		return l.finish(ctx, f.uri, facts, err)
	})
	l.batch, l.bytes = l.batch[:0:0], 0
	return err
}

// checksum is that of a file which ended its decoder's process; empty if it cannot be read.
func (l *looker) checksum(ctx context.Context, uri string) (hash string) {
	f, err := l.open(ctx, uri)
	if err != nil {
		return ""
	}
	defer func() {
		if f.close() != nil {
			hash = ""
		}
	}()
	sum := sha256.New()
	in := io.NewSectionReader(f.object, 0, f.object.Size())
	for ctx := f.begin(); ctx.Err() == nil; {
		if _, err := io.CopyN(sum, in, 4<<20); errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil))
		} else if err != nil {
			return ""
		}
	}
	return ""
}

// finish reports a file.
func (l *looker) finish(ctx context.Context, uri string, facts manifests.Facts, err error) error {
	if stop := context.Cause(ctx); stop != nil {
		return stop
	}
	out := outcome{Facts: facts, Status: manifests.Found}
	if err != nil {
		reason := reasonOf(err)
		out.Status = manifests.Rejected
		if reason == decode.Missing {
			out.Status = manifests.Missing
		}
		out.Reason = string(reason) + ": " + oneLine(withoutReason(err).Error())
	}
	return l.report(uri, out)
}

func describe(facts *manifests.Facts, info *decode.Info) {
	facts.Frames, facts.DurationSeconds, facts.Codec = int64(info.Frames), info.DurationSeconds, info.Codec
	facts.Width, facts.Height, facts.Rotation = int32(info.Width), int32(info.Height), int32(info.Rotation)
	if info.FPSDen > 0 {
		facts.FPS = float64(info.FPSNum) / float64(info.FPSDen)
	}
}

// damaged is the error of a file with damaged frames.
func damaged(frames, first int) error {
	if frames == 0 {
		return nil
	}
	return &decode.Error{Reason: decode.Corrupt, Op: "decode", Err: fmt.Errorf("%d frames are damaged, frame %d first", frames, first)}
}

// reasonOf names an error in decode's words.
func reasonOf(err error) decode.Reason {
	if reason := decode.ReasonOf(err); reason != "" {
		return reason
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return decode.Missing
	case errors.Is(err, context.DeadlineExceeded):
		return decode.Timeout
	}
	return decode.Failed
}

// withoutReason drops the reason from a decoder's message, for it stands in front of it.
func withoutReason(err error) error {
	var e *decode.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
