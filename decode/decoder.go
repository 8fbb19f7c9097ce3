package decode

// #cgo pkg-config: libavcodec libavformat libavutil
// #cgo CFLAGS: -O2 -Wall -Wno-unused-parameter
// #cgo LDFLAGS: -lm
// #include "unit.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
	"unsafe"
)

var setup = sync.OnceFunc(func() { C.pa_setup() })

// LiveHandles is the number of native objects (workers, containers, codecs,
// I/O contexts) that are alive in this process.
func LiveHandles() int64 { return int64(C.pa_live()) }

// Decoder decodes one clip at a time. One goroutine owns it.
type Decoder struct {
	opt    Options
	worker *C.pa_worker
	want   []C.int32_t
	frames []C.pa_frame
}

// NewDecoder makes a Decoder that must be closed.
func NewDecoder(opt Options) (*Decoder, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	setup()
	worker := C.pa_new()
	if worker == nil {
		return nil, errors.New("new decoder: out of memory")
	}
	return &Decoder{opt: opt, worker: worker}, nil
}

// Close frees the native memory. A second Close does nothing.
func (d *Decoder) Close() error {
	if d.worker != nil {
		C.pa_free(d.worker)
		d.worker = nil
	}
	return nil
}

// Info opens src and describes it. Pts, Keys and Disposable are the caller's.
// The first frame is decoded to confirm size and orientation.
func (d *Decoder) Info(ctx context.Context, src Source) (*Info, error) {
	s, err := d.open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for {
		index := C.int32_t(0)
		code := C.pa_start(d.worker, &index, 1)
		var planes C.pa_planes
		if code == C.PA_OK {
			code = C.pa_next(d.worker, &planes)
		}
		C.pa_stop(d.worker)
		again, err := s.judge(code)
		if err != nil {
			return nil, err
		}
		if !again {
			C.pa_refresh(d.worker, &s.native)
			info := s.info()
			return &info, nil
		}
	}
}

// Clip opens src, asks plan which frames and pixels are wanted, asks dst for
// the memory, [T, H, W, C] RGB of plan.Bytes() bytes, and fills it.
//
// plan sees the exact frame count. It and dst are called again, for the same
// clip, when decoding shows that the clip's headers were wrong about its size
// or its frames; the last call is the one that counts.
func (d *Decoder) Clip(ctx context.Context, src Source, plan func(*Info) (Plan, error), dst func(Plan) ([]byte, error)) (*Clip, error) {
	s, err := d.open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for {
		info := s.info()
		p, err := plan(&info)
		if err != nil {
			return nil, &Error{Failed, "plan", err}
		}
		if err := p.check(&info); err != nil {
			return nil, &Error{Failed, "plan", err}
		}
		buf, err := dst(p)
		if err != nil {
			return nil, &Error{Failed, "plan", err}
		}
		if len(buf) != p.Bytes() {
			return nil, &Error{Failed, "plan", fmt.Errorf("destination holds %d bytes, the plan needs %d", len(buf), p.Bytes())}
		}
		if len(p.Indices) == 0 {
			return &Clip{Info: info, Warnings: s.warnings()}, nil
		}
		code := d.render(p, buf, &s.native)
		again, err := s.judge(code)
		if err != nil {
			return nil, err
		}
		if again {
			continue
		}
		clip := &Clip{Info: s.describe(info), Frames: make([]Frame, len(p.Indices)), Warnings: s.warnings()}
		clip.Work = Work{
			Codec: time.Duration(C.pa_codec_ns(d.worker)), Pixels: time.Duration(C.pa_render_ns(d.worker)),
			Packets: int(C.pa_packets_sent(d.worker)),
		}
		for i := range clip.Frames {
			f := &d.frames[i]
			clip.Frames[i] = Frame{Index: int(f.index), Pts: int64(f.pts), Damaged: f.damaged != 0}
			clip.Frames[i].Seconds = info.Seconds(int(f.index))
		}
		return clip, nil
	}
}

func (p Plan) check(info *Info) error {
	if p.Width <= 0 || p.Height <= 0 || p.Width > 1<<15 || p.Height > 1<<15 {
		return fmt.Errorf("output size %dx%d: each side must be 1 to %d", p.Width, p.Height, 1<<15)
	}
	r := p.Region
	for _, v := range []float64{r.X, r.Y, r.W, r.H} {
		if math.IsNaN(v) || math.Abs(v) > 1<<24 {
			return fmt.Errorf("region %+v is not a rectangle in pixels", r)
		}
	}
	if r.W <= 0 || r.H <= 0 {
		return fmt.Errorf("region %+v: width and height must be positive", r)
	}
	if p.Filter < Bilinear || p.Filter > Area {
		return fmt.Errorf("filter %d: use Bilinear, Bicubic or Area", p.Filter)
	}
	for i, index := range p.Indices {
		if index < 0 || index >= info.Frames {
			return fmt.Errorf("frame %d: the clip has frames 0 to %d", index, info.Frames-1)
		}
		if i > 0 && index < p.Indices[i-1] {
			return fmt.Errorf("frame %d follows frame %d: indices must not decrease", index, p.Indices[i-1])
		}
	}
	return nil
}

func (d *Decoder) render(p Plan, buf []byte, native *C.pa_info) C.int {
	n := len(p.Indices)
	if cap(d.want) < n {
		d.want = make([]C.int32_t, n)
		d.frames = make([]C.pa_frame, n)
	}
	d.want, d.frames = d.want[:n], d.frames[:n]
	for i, index := range p.Indices {
		d.want[i] = C.int32_t(index)
	}
	shape := C.pa_shape{
		x: C.double(p.Region.X), y: C.double(p.Region.Y), w: C.double(p.Region.W), h: C.double(p.Region.H),
		width: C.int32_t(p.Width), height: C.int32_t(p.Height), filter: C.int32_t(p.Filter),
	}
	if p.HFlip {
		shape.hflip = 1
	}
	return C.pa_render(d.worker, &d.want[0], C.int32_t(n), &shape, (*C.uint8_t)(unsafe.Pointer(&buf[0])), &d.frames[0], native)
}

// session is one open clip on a Decoder.
type session struct {
	d       *Decoder
	ctx     context.Context
	feed    *feed
	stop    func() bool // detaches the context
	done    chan struct{}
	native  C.pa_info
	rounds  int
	counted bool
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
		if err := readAll(ctx, src, unsafe.Slice((*byte)(unsafe.Pointer(buf)), size)); err != nil {
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
			s.counted = true
			if code := C.pa_count(s.d.worker, &s.native); code != C.PA_OK {
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
	info.Frames, info.FramesExact, info.Counted = int(n.frames), n.exact != 0, n.counted != 0
	info.Width, info.Height = int(n.width), int(n.height)
	info.StoredWidth, info.StoredHeight = int(n.stored_w), int(n.stored_h)
	info.Rotation, info.HFlip = orientation(n.transpose != 0, n.hflip != 0, n.vflip != 0)
	info.Image = n.image != 0
	info.FPSNum, info.FPSDen = int(n.fps_num), int(n.fps_den)
	info.TimeBaseNum, info.TimeBaseDen = int(n.tb_num), int(n.tb_den)
	info.Duration = float64(n.duration_us) / 1e6
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

func readAll(ctx context.Context, src Source, buf []byte) error {
	const chunk = 1 << 20
	for at := 0; at < len(buf); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := src.ReadAt(buf[at:min(len(buf), at+chunk)], int64(at))
		at += n
		if err == io.EOF && at < len(buf) {
			return fmt.Errorf("source ends at byte %d of %d: %w", at, len(buf), io.ErrUnexpectedEOF)
		}
		if err != nil && err != io.EOF {
			return err
		}
		if n == 0 && err == nil {
			return io.ErrNoProgress
		}
	}
	return nil
}
