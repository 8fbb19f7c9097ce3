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

// looker looks into files, one at a time. It belongs to one goroutine.
type looker struct {
	src     source.Source
	decoder isolate.Decoder
	opt     Options
	held    []byte
}

// look opens one file. It fails only when ctx ends.
func (l *looker) look(ctx context.Context, uri string) (Outcome, error) {
	within := ctx
	if l.opt.Timeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, l.opt.Timeout)
		defer cancel()
	}
	out := Outcome{Status: manifests.Found}
	err := l.open(isolate.Naming(within, uri), uri, &out.Facts)
	if stop := context.Cause(ctx); stop != nil {
		return out, stop
	}
	if err == nil {
		return out, nil
	}
	reason := reasonOf(err)
	out.Status = manifests.Rejected
	if reason == decode.Missing {
		out.Status = manifests.Missing
	}
	out.Reason = string(reason) + ": " + oneLine(withoutReason(err).Error())
	return out, nil
}

func (l *looker) open(ctx context.Context, uri string, facts *manifests.Facts) (err error) {
	object, err := l.src.Open(ctx, uri)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
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
	facts.Frames, facts.Duration, facts.Codec = int64(info.Frames), info.Duration, info.Codec
	facts.Width, facts.Height, facts.Rotation = int32(info.Width), int32(info.Height), int32(info.Rotation)
	if info.FPSDen > 0 {
		facts.FPS = float64(info.FPSNum) / float64(info.FPSDen)
	}
	if !l.opt.Decode {
		return nil
	}
	return l.decodeAll(ctx, content)
}

// hold reads all of a small object, so that a remote one is read once only.
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

// decodeAll fails when any frame is damaged.
func (l *looker) decodeAll(ctx context.Context, content decode.Source) error {
	damaged, first, err := l.decoder.Damage(ctx, content)
	if err != nil {
		return err
	}
	if damaged > 0 {
		return &decode.Error{Reason: decode.Corrupt, Op: "decode", Err: fmt.Errorf("%d frames are damaged, frame %d first", damaged, first)}
	}
	return nil
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
	Isolate bool           // each decodes in a process of its own
	Journal *Journal       // where outcomes are kept; nil keeps none
	Units   *Units         // who looks, instead of this process; they keep outcomes for themselves

	Progress func(Progress) // called after every file, in no order, one at a time; may be nil
}

// Progress says how far a run is, in files.
type Progress struct {
	Done, Total int64 // of those that had to be looked into
	Failed      int64 // of those done
}
