package decode

// #include "clip.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"
)

// session is one open clip on a Decoder.
type session struct {
	d        *Decoder
	ctx      context.Context
	feed     *feed
	stop     func() bool // detaches the context
	done     chan struct{}
	native   C.pa_info
	rounds   int
	fullScan bool
}

func (d *Decoder) open(ctx context.Context, src Source) (*session, error) {
	if d.worker == nil {
		return nil, &Error{Failed, "open", errors.New("the decoder is closed")}
	}
	if err := ctx.Err(); err != nil {
		return nil, fromSource("open", err)
	}
	size := src.Size()
	if size <= 0 {
		return nil, &Error{Empty, "open", errors.New("the file has no bytes")}
	}
	s := &session{d: d, ctx: ctx}
	var handle C.uintptr_t
	if size <= d.opt.MaxHeld {
		buf := C.pa_buffer(d.worker, C.int64_t(size))
		if buf == nil {
			return nil, &Error{Failed, "read", errors.New("out of memory")}
		}
		if err := ReadFull(ctx, src, unsafe.Slice((*byte)(unsafe.Pointer(buf)), size)); err != nil {
			return nil, fromSource("read", err)
		}
	} else {
		s.feed = &feed{ctx: ctx, src: src}
		handle = s.feed.register()
	}
	s.watch()
	limits := C.pa_limits{pixels: C.int64_t(d.opt.MaxPixels), frames: C.int64_t(d.opt.MaxFrames), held: C.int64_t(d.opt.MaxHeld)}
	var left C.int64_t
	if deadline, ok := ctx.Deadline(); ok {
		left = C.int64_t(max(1, time.Until(deadline).Microseconds()))
	}
	C.pa_configure(d.worker, limits, C.int(d.opt.Threads), C.int(d.opt.switches), left)
	code := C.pa_open(d.worker, handle, C.int64_t(size), &s.native)
	if code != C.PA_OK {
		err := s.fail("open", code)
		s.close()
		return nil, err
	}
	return s, nil
}

// watch makes the context's end interrupt the worker.
func (s *session) watch() {
	worker := s.d.worker
	C.pa_resume(worker)
	if s.ctx.Done() == nil {
		return
	}
	done := make(chan struct{})
	s.done = done
	s.stop = context.AfterFunc(s.ctx, func() {
		C.pa_interrupt(worker)
		close(done)
	})
}

func (s *session) close() {
	if s.stop != nil && !s.stop() {
		<-s.done // the interruption is under way: let it finish before the worker is used again
	}
	s.stop = nil
	s.log()
	C.pa_close(s.d.worker)
	if s.feed != nil {
		s.feed.release()
		s.feed = nil
	}
}

func (s *session) log() {
	if s.d.opt.Log == nil {
		return
	}
	if text := strings.TrimSpace(C.GoString(C.pa_log(s.d.worker))); text != "" {
		for line := range strings.Lines(text) {
			s.d.opt.Log.DebugContext(s.ctx, "ffmpeg", "message", strings.TrimSpace(line))
		}
	}
}

// judge turns a result code into: done, plan again, or an error.
func (s *session) judge(code C.int) (again bool, err error) {
	switch code {
	case C.PA_OK, C.PA_END:
		return false, nil
	case C.PA_RESHAPE, C.PA_REINDEX:
		if s.rounds++; s.rounds > 3 {
			return false, &Error{Corrupt, "decode", errors.New("the clip gives other frames each time it is decoded")}
		}
		if code == C.PA_REINDEX {
			s.fullScan = true
			if code := C.pa_scan(s.d.worker, &s.native); code != C.PA_OK {
				return false, s.fail("decode", code)
			}
		} else {
			C.pa_refresh(s.d.worker, &s.native)
		}
		return true, nil
	}
	return false, s.fail("decode", code)
}

var reasons = map[C.int]Reason{
	C.PA_EMPTY: Empty, C.PA_UNSUPPORTED: Unsupported, C.PA_CORRUPT: Corrupt, C.PA_TRUNCATED: Truncated,
	C.PA_LIMITS: Limits, C.PA_TIMEOUT: Timeout, C.PA_CANCELED: Canceled,
}

func (s *session) fail(op string, code C.int) *Error {
	if s.feed != nil && s.feed.err != nil {
		return fromSource("read", s.feed.err)
	}
	reason, known := reasons[code]
	if !known {
		reason = Failed
	}
	if reason == Timeout || reason == Canceled {
		// The context decides between the two.
		cause := s.ctx.Err()
		if cause == nil {
			cause = context.DeadlineExceeded
		}
		return fromSource(op, cause)
	}
	return &Error{reason, op, errors.New(C.GoString(C.pa_message(s.d.worker)))}
}

func (s *session) warnings() (out []string) {
	n := &s.native
	if n.truncated != 0 {
		out = append(out, "the file ends before its contents do")
	}
	if n.unread > 0 {
		out = append(out, fmt.Sprintf("%d packets could not be read", n.unread))
	}
	if n.lost > 0 {
		var runs strings.Builder
		for i := range min(int(n.lost_runs), len(n.lost_run)) {
			if i > 0 {
				runs.WriteString(", ")
			}
			first, last := n.lost_run[i].first, n.lost_run[i].last
			fmt.Fprintf(&runs, "%d", first)
			if last > first {
				fmt.Fprintf(&runs, "-%d", last)
			}
		}
		if int(n.lost_runs) > len(n.lost_run) {
			runs.WriteString(", ...")
		}
		out = append(out, fmt.Sprintf("%d frames could not be decoded, numbers %s in storage order", n.lost, runs.String()))
	}
	return out
}

// info copies the native description and the frame index.
func (s *session) info() Info {
	n := int(s.native.frames)
	info := s.describe(Info{Pts: make([]int64, n), Keys: make([]bool, n), Disposable: make([]bool, n)})
	for i, e := range unsafe.Slice(C.pa_entries(s.d.worker), n) {
		info.Pts[i] = int64(e.pts)
		info.Keys[i] = e.key != 0
		info.Disposable[i] = e.nonref != 0
	}
	return info
}

// describe fills in everything but the frame index.
func (s *session) describe(info Info) Info {
	n := &s.native
	info.Frames, info.FramesExact, info.FullScan = int(n.frames), n.exact != 0, n.full_scan != 0
	info.Width, info.Height = int(n.width), int(n.height)
	info.StoredWidth, info.StoredHeight = int(n.stored_w), int(n.stored_h)
	info.Rotation, info.HFlip = orientation(n.transpose != 0, n.hflip != 0, n.vflip != 0)
	info.Image = n.image != 0
	info.FPSNum, info.FPSDen = int(n.fps_num), int(n.fps_den)
	info.TimeBaseNum, info.TimeBaseDen = int(n.tb_num), int(n.tb_den)
	info.DurationSeconds = float64(n.duration_us) / 1e6
	info.Codec, info.Container = C.GoString(&n.codec[0]), C.GoString(&n.container[0])
	info.PixelFormat = C.GoString(&n.pixel_format[0])
	return info
}

// orientation names a transposition followed by flips as a clockwise rotation
// followed by a left-right flip.
func orientation(transpose, hflip, vflip bool) (rotation int, mirrored bool) {
	if !transpose {
		switch {
		case hflip && vflip:
			return 180, false
		case vflip:
			return 180, true
		}
		return 0, hflip
	}
	// A transposition is a clockwise quarter turn mirrored left to right.
	switch {
	case hflip && vflip:
		return 270, true
	case hflip:
		return 90, false
	case vflip:
		return 270, false
	}
	return 90, true
}
