package decode

// #include "clip.h"
import "C"

import (
	"context"
	"fmt"
	"slices"
	"unsafe"
)

// Stream opens src, asks plan which frames and pixels are wanted, and hands each of them to fn as soon as it is
// rendered: for clips that are too long for a destination in memory. The frames come in one pass over the file. rgb,
// [H, W, C] uint8, is valid until fn returns. Indices may not repeat. Memory is that of one frame and of the index.
//
// plan is called again when decoding shows that the clip's headers were wrong about its size or its frames; fn may
// have seen frames by then, which are as they should be, and the new plan should name those that are still missing. A
// plan without indices ends the stream. The Clip that is returned has no Frames.
func (d *Decoder) Stream(ctx context.Context, src Source, plan func(*Info) (Plan, error), fn func(f Frame, rgb []byte) error) (*Clip, error) {
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
		if n := len(slices.Compact(slices.Clone(p.Indices))); n < len(p.Indices) {
			return nil, &Error{Failed, "plan", fmt.Errorf("%d of %d frames are repeated, which a stream does not do", len(p.Indices)-n, len(p.Indices))}
		}
		if len(p.Indices) == 0 {
			return &Clip{Info: info, Warnings: s.warnings()}, nil
		}
		code, err := d.paint(&info, p, fn)
		if err != nil {
			return nil, err
		}
		again, err := s.judge(code)
		if err != nil {
			return nil, err
		}
		if !again {
			C.pa_refresh(d.worker, &s.native)
			return &Clip{Info: s.describe(info), Warnings: s.warnings()}, nil
		}
	}
}

// paint decodes and renders a plan's frames one by one. The error is fn's.
func (d *Decoder) paint(info *Info, p Plan, fn func(Frame, []byte) error) (C.int, error) {
	want := make([]C.int32_t, len(p.Indices))
	for i, index := range p.Indices {
		want[i] = C.int32_t(index)
	}
	shape := p.shape()
	rgb := make([]byte, p.Height*p.Width*3)
	code := C.pa_start(d.worker, &want[0], C.int32_t(len(want)))
	defer C.pa_stop(d.worker)
	for range want {
		var planes C.pa_planes
		if code == C.PA_OK {
			code = C.pa_next(d.worker, &planes)
		}
		if code == C.PA_OK {
			code = C.pa_paint(d.worker, &planes, &shape, (*C.uint8_t)(unsafe.Pointer(&rgb[0])))
		}
		if code != C.PA_OK {
			break
		}
		index := int(planes.index)
		frame := Frame{Index: index, Pts: int64(planes.pts), Seconds: info.Seconds(index), Damaged: planes.damaged != 0}
		if err := fn(frame, rgb); err != nil {
			return code, &Error{Failed, "plan", err}
		}
	}
	return code, nil
}
