package decode

// #include "clip.h"
import "C"

import (
	"context"
	"crypto/md5"
	"fmt"
	"hash"
	"slices"
	"unsafe"
)

// Plane is one plane of a frame, rows of Stride bytes of which RowBytes count.
type Plane struct {
	Data             []byte
	Stride           int
	RowBytes, Height int
}

// NativeFrame is a decoded frame in its own pixel format, display orientation
// applied as the ffmpeg program does it (transposition and flips of the
// planes, no scaling). Its memory is valid until the callback returns.
type NativeFrame struct {
	Index         int
	Pts           int64 // ticks of the clip's time base
	TimeBaseNum   int
	TimeBaseDen   int
	Width, Height int
	PixelFormat   string
	Damaged       bool
	Planes        []Plane // of palette images: the indices, then 256 palette entries
}

// hash feeds the planes without row padding to h: FFmpeg's rawvideo layout.
func (f *NativeFrame) hash(h hash.Hash) {
	for _, p := range f.Planes {
		for y := range p.Height {
			h.Write(p.Data[y*p.Stride : y*p.Stride+p.RowBytes])
		}
	}
}

// MD5 is the frame's checksum in FFmpeg's framemd5 convention, in hex.
func (f *NativeFrame) MD5() string {
	h := md5.New()
	f.hash(h)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// Native decodes the frames of indices (any order, repeats allowed; delivered
// once each in rising order) and hands them to fn. A nil indices means all.
func (d *Decoder) Native(ctx context.Context, src Source, indices []int, fn func(NativeFrame) error) error {
	s, err := d.open(ctx, src)
	if err != nil {
		return err
	}
	defer s.close()
	delivered := 0
	for {
		want, err := s.chosen(indices)
		if err != nil {
			return err
		}
		want = want[min(delivered, len(want)):]
		if len(want) == 0 {
			return nil
		}
		code := C.pa_start(d.worker, &want[0], C.int32_t(len(want)))
		for code == C.PA_OK {
			var planes C.pa_planes
			code = C.pa_next(d.worker, &planes)
			if code == C.PA_OK {
				frame, err := s.frame(&planes)
				if err != nil {
					return err
				}
				if err := fn(frame); err != nil {
					return &Error{Failed, "plan", err}
				}
				delivered++
			}
		}
		C.pa_stop(d.worker)
		again, err := s.judge(code)
		if err != nil {
			return err
		}
		if !again {
			return nil
		}
	}
}

func (s *session) chosen(indices []int) ([]C.int32_t, error) {
	n := int(s.native.frames)
	if indices == nil {
		want := make([]C.int32_t, n)
		for i := range want {
			want[i] = C.int32_t(i)
		}
		return want, nil
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(indices)))
	want := make([]C.int32_t, len(sorted))
	for i, index := range sorted {
		if index < 0 || index >= n {
			return nil, &Error{Failed, "plan", fmt.Errorf("frame %d: the clip has frames 0 to %d", index, n-1)}
		}
		want[i] = C.int32_t(index)
	}
	return want, nil
}

func (s *session) frame(p *C.pa_planes) (NativeFrame, error) {
	f := p.frame
	C.pa_refresh(s.d.worker, &s.native)
	out := NativeFrame{
		Index: int(p.index), Pts: int64(p.pts), Damaged: p.damaged != 0,
		TimeBaseNum: int(s.native.tb_num), TimeBaseDen: int(s.native.tb_den),
		Width: int(f.width), Height: int(f.height),
	}
	var layout C.pa_layout
	if C.pa_layout_of(f, &layout) != C.PA_OK {
		return out, &Error{Unsupported, "decode", fmt.Errorf("pixel format %d has no plane layout", int(f.format))}
	}
	out.PixelFormat = C.GoString(&layout.name[0])
	for i := range int(layout.planes) {
		stride := int(f.linesize[i])
		rows, bytes := int(layout.rows[i]), int(layout.bytes[i])
		base := (*byte)(unsafe.Pointer(f.data[i]))
		if layout.palette != 0 && i == 1 {
			stride = bytes
		}
		plane := Plane{Stride: stride, RowBytes: bytes, Height: rows}
		if stride < 0 {
			plane = straighten(base, stride, bytes, rows)
		} else if rows > 0 {
			plane.Data = unsafe.Slice(base, (rows-1)*stride+bytes)
		}
		out.Planes = append(out.Planes, plane)
	}
	transpose, hflip, vflip := p.transpose != 0, p.hflip != 0, p.vflip != 0
	if !transpose && !hflip && !vflip {
		return out, nil
	}
	if layout.palette != 0 {
		out.Planes[0] = orient(out.Planes[0], 1, transpose, hflip, vflip)
	} else {
		for i := range out.Planes {
			step := int(layout.step[i])
			if step <= 0 || (transpose && layout.even == 0) {
				return out, &Error{Unsupported, "decode", fmt.Errorf("pixel format %s cannot be turned without conversion", out.PixelFormat)}
			}
			out.Planes[i] = orient(out.Planes[i], step, transpose, hflip, vflip)
		}
	}
	if transpose {
		out.Width, out.Height = out.Height, out.Width
	}
	return out, nil
}

// straighten copies a plane stored from its last row to its first.
func straighten(base *byte, stride, bytes, rows int) Plane {
	data := make([]byte, rows*bytes)
	for y := range rows {
		row := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(base), y*stride)), bytes)
		copy(data[y*bytes:], row)
	}
	return Plane{Data: data, Stride: bytes, RowBytes: bytes, Height: rows}
}

// orient copies a plane of step-byte samples, transposed and then flipped.
func orient(p Plane, step int, transpose, hflip, vflip bool) Plane {
	w, h := p.RowBytes/step, p.Height
	ow, oh := w, h
	if transpose {
		ow, oh = h, w
	}
	out := Plane{Data: make([]byte, ow*oh*step), Stride: ow * step, RowBytes: ow * step, Height: oh}
	for y := range oh {
		for x := range ow {
			sx, sy := x, y
			if hflip {
				sx = ow - 1 - x
			}
			if vflip {
				sy = oh - 1 - y
			}
			if transpose {
				sx, sy = sy, sx
			}
			copy(out.Data[y*out.Stride+x*step:][:step], p.Data[sy*p.Stride+sx*step:][:step])
		}
	}
	return out
}
