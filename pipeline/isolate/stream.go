//go:build linux

package isolate

import (
	"context"

	"padapter/decode"
)

// Frames of a stream are put into the shared memory, half of it at a time: the child fills one half while the parent takes
// the other.
const (
	mostFrames  = 8       // in a half
	streamBytes = 8 << 20 // of a half; one frame may be bigger
)

// frames is the child's side of a stream.
type frames struct {
	*child
	size    int            // bytes of a frame
	most    int            // frames in a half
	memory  []byte         // both halves
	offset  int            // of the half that is being filled
	pending []decode.Frame // that are in it
	told    int            // halves that the parent has been told of and has not taken yet
}

func (c *child) stream(ctx context.Context, src decode.Source) (*decode.Clip, error) {
	f := &frames{child: c}
	clip, err := c.decoder.Stream(ctx, src, f.plan, f.put)
	if drained := f.drain(); err == nil {
		err = drained
	}
	return clip, err
}

// plan asks the parent, which has then taken all frames so far.
func (f *frames) plan(info *decode.Info) (p decode.Plan, err error) {
	if err = f.drain(); err != nil {
		return p, err
	}
	if p, err = f.child.plan(info); err != nil || p.Width <= 0 || p.Height <= 0 || p.Width > 1<<15 || p.Height > 1<<15 {
		return p, err // decode says what is wrong with the plan
	}
	f.size = p.Width * p.Height * 3
	f.most = max(1, min(mostFrames, streamBytes/f.size))
	f.memory, err = f.pixels.writable(2 * f.most * f.size)
	return p, err
}

// put puts a frame into the half that is being filled.
func (f *frames) put(frame decode.Frame, rgb []byte) error {
	if len(f.pending) == 0 && f.told == 2 {
		if err := f.taken(); err != nil {
			return err
		}
	}
	copy(f.memory[f.offset+len(f.pending)*f.size:], rgb[:f.size])
	if f.pending = append(f.pending, frame); len(f.pending) < f.most {
		return nil
	}
	return f.tell()
}

// tell tells the parent of the frames in a half, and goes on with the other.
func (f *frames) tell() error {
	if len(f.pending) == 0 {
		return nil
	}
	err := f.talk.send(&response{Kind: sayFrames, Offset: int64(f.offset), Clip: decode.Clip{Frames: f.pending}})
	f.pending, f.offset, f.told = f.pending[:0], f.most*f.size-f.offset, f.told+1
	return err
}

// taken waits until the parent has taken a half. The error may be the parent's.
func (f *frames) taken() error {
	f.told--
	_, err := f.answer(giveRoom)
	return err
}

// drain waits until the parent has taken all frames.
func (f *frames) drain() error {
	err := f.tell()
	for f.told > 0 {
		if failed := f.taken(); err == nil {
			err = failed
		}
	}
	f.offset = 0
	return err
}
