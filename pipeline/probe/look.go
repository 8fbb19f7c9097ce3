package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline/isolate"
)

// Outcome is what one file turned out to be.
type Outcome struct {
	Facts  manifests.Facts  `json:"facts"`
	Status manifests.Status `json:"status"`
	Reason string           `json:"reason,omitempty"` // "corrupt: open: …"; empty when found
}

// passing reports whether another try may end otherwise: nothing is known about the file itself.
func (o Outcome) passing() bool {
	return strings.HasPrefix(o.Reason, string(decode.Failed)+": ") || strings.HasPrefix(o.Reason, string(decode.Timeout)+": ")
}

// looker looks into files: at some of them while others wait in its decoder's queue. It belongs to one goroutine.
type looker struct {
	src     source.Source
	decoder isolate.Decoder
	opt     Options
	report  func(uri string, o Outcome) error // gets the outcomes, in order
	held    []byte
	waiting []looking // in the queue
}

// looking is what is known of a file so far.
type looking struct {
	uri   string
	facts manifests.Facts
	err   error
	open  source.Object // while it is in the queue
}

// errWait is of a file that is too big for the queue while there are files in it.
var errWait = errors.New("others come first")

// look looks into one file. It fails when ctx ends, or report does.
func (l *looker) look(ctx context.Context, uri string) error {
	file := looking{uri: uri}
	queued, err := l.open(ctx, &file)
	if errors.Is(err, errWait) { // its time does not run while others are looked at
		if err := l.drain(ctx); err != nil {
			return err
		}
		_, err = l.open(ctx, &file)
	}
	if !queued {
		file.err = err
		return l.finish(ctx, &file)
	}
	l.waiting = append(l.waiting, file)
	for l.decoder.Full() || l.decoder.Ready() {
		if err := l.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// close closes files that are left when a run has been given up.
func (l *looker) close() (err error) {
	for _, file := range l.waiting {
		err = errors.Join(err, file.open.Close())
	}
	return err
}

// drain finishes all that wait.
func (l *looker) drain(ctx context.Context) error {
	for len(l.waiting) > 0 {
		if err := l.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// next finishes the file that has waited longest.
func (l *looker) next(ctx context.Context) error {
	file := l.waiting[0]
	l.waiting = append(l.waiting[:0], l.waiting[1:]...)
	look, err := l.decoder.Next(isolate.Naming(ctx, file.uri))
	file.facts.Bytes, file.facts.SHA256 = file.open.Size(), look.SHA256
	if look.Info != nil {
		describe(&file.facts, look.Info)
	}
	if file.err = err; err == nil {
		file.err = damaged(look.Damaged, look.First)
	}
	if look.SHA256 == "" { // it ended its decoder's process, or cannot be read
		if file.facts.SHA256, err = checksum(ctx, file.open); err != nil {
			file.facts.Bytes = 0
		}
	}
	file.err = errors.Join(file.err, file.open.Close())
	return l.finish(ctx, &file)
}

// finish reports a file.
func (l *looker) finish(ctx context.Context, file *looking) error {
	if stop := context.Cause(ctx); stop != nil {
		return stop
	}
	out := Outcome{Facts: file.facts, Status: manifests.Found}
	if err := file.err; err != nil {
		reason := reasonOf(err)
		out.Status = manifests.Rejected
		if reason == decode.Missing {
			out.Status = manifests.Missing
		}
		out.Reason = string(reason) + ": " + oneLine(withoutReason(err).Error())
	}
	return l.report(file.uri, out)
}

// open opens a file and puts it into the queue, or looks into it at once if it is big.
func (l *looker) open(ctx context.Context, file *looking) (queued bool, err error) {
	if l.opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.opt.Timeout)
		defer cancel()
	}
	object, err := l.src.Open(ctx, file.uri)
	if err != nil {
		return false, err
	}
	defer func() {
		if !queued {
			err = errors.Join(err, object.Close())
		}
	}()
	size := object.Size()
	switch {
	case size <= min(l.opt.MaxHeld, isolate.MostQueued):
		var left time.Duration
		if deadline, ok := ctx.Deadline(); ok {
			left = max(1, time.Until(deadline))
		}
		if err := l.decoder.Add(ctx, object, l.opt.Decode, left); err != nil {
			return false, err
		}
		file.open = object
		return true, nil
	case len(l.waiting) > 0:
		return false, errWait
	}
	return false, l.direct(isolate.Naming(ctx, file.uri), object, &file.facts)
}

// direct looks into a file that does not go through the queue.
func (l *looker) direct(ctx context.Context, object source.Object, facts *manifests.Facts) (err error) {
	size := object.Size()
	var content decode.Source = object
	if size <= l.opt.MaxHeld {
		if content, err = l.hold(object, size); err != nil {
			return err
		}
	}
	digest, err := checksum(ctx, content)
	if err != nil {
		return err
	}
	facts.Bytes, facts.SHA256 = size, digest
	info, err := l.decoder.Info(ctx, content)
	if err != nil {
		return err
	}
	describe(facts, info)
	if !l.opt.Decode {
		return nil
	}
	bad, first, err := l.decoder.Damage(ctx, content)
	if err != nil {
		return err
	}
	return damaged(bad, first)
}

func describe(facts *manifests.Facts, info *decode.Info) {
	facts.Frames, facts.Duration, facts.Codec = int64(info.Frames), info.Duration, info.Codec
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

// hold reads all of an object into memory.
func (l *looker) hold(object source.Object, size int64) (decode.Source, error) {
	if int64(cap(l.held)) < size {
		l.held = make([]byte, size)
	}
	l.held = l.held[:size]
	if n, err := object.ReadAt(l.held, 0); int64(n) < size {
		return nil, fmt.Errorf("read %d of %d bytes: %w", n, size, err)
	}
	return held{bytes.NewReader(l.held), object}, nil
}

// held is an object that was read into memory. A decoder in another process reads its file instead, where there is one.
type held struct {
	*bytes.Reader
	object source.Object
}

// File is the object's.
func (h held) File() (f *os.File, offset int64, ok bool) {
	if lies, is := h.object.(isolate.Filed); is {
		return lies.File()
	}
	return nil, 0, false
}

func checksum(ctx context.Context, content decode.Source) (string, error) {
	sum := sha256.New()
	in := io.NewSectionReader(content, 0, content.Size())
	for {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		_, err := io.CopyN(sum, in, 4<<20)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("read: %w", err)
		}
	}
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

// Options say how to look. The zero value works.
type Options struct {
	Workers int            // files looked into at once; 0 stands for the number of processors
	Decode  bool           // decode every frame, not only the first, and reject files with damaged ones
	Again   bool           // look into files that have facts already, too
	Timeout time.Duration  // for one file; 0 waits for ever
	MaxHeld int64          // files up to this many bytes are read once, into memory; 0 stands for 16 MiB
	Decoder decode.Options // of each worker
	Isolate isolate.Mode   // whether each decodes in a process of its own
	Journal *Journal       // where outcomes are kept; nil keeps none
	Units   *Units         // who looks, instead of this process; they keep outcomes for themselves

	Progress func(Progress) // called after every file, in no order, one at a time; may be nil
}

// Progress says how far a run is, in files.
type Progress struct {
	Done, Total int64 // of those that had to be looked into
	Failed      int64 // of those done
}
