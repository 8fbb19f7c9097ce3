package decode

// #cgo pkg-config: libavcodec libavformat libavutil
// #cgo CFLAGS: -O2 -Wall -Wno-unused-parameter
// #cgo LDFLAGS: -lm
// #include "clip.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
	"unsafe"
)

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
		info, p, err := s.plan(plan)
		if err != nil {
			return nil, err
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

// plan asks what is wanted of the clip as it is known now.
func (s *session) plan(ask func(*Info) (Plan, error)) (info Info, p Plan, err error) {
	info = s.info()
	if p, err = ask(&info); err == nil {
		err = p.check(&info)
	}
	if err != nil {
		return info, p, &Error{Failed, "plan", err}
	}
	return info, p, nil
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
	shape := p.shape()
	return C.pa_render(d.worker, &d.want[0], C.int32_t(n), &shape, (*C.uint8_t)(unsafe.Pointer(&buf[0])), &d.frames[0], native)
}

func (p Plan) shape() C.pa_shape {
	shape := C.pa_shape{
		x: C.double(p.Region.X), y: C.double(p.Region.Y), w: C.double(p.Region.W), h: C.double(p.Region.H),
		width: C.int32_t(p.Width), height: C.int32_t(p.Height), filter: C.int32_t(p.Filter),
	}
	if p.HFlip {
		shape.hflip = 1
	}
	return shape
}
