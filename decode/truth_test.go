package decode

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/asticode/go-astiav"
)

// truth is one frame of a full sequential decode.
type truth struct {
	pts int64
	md5 string
}

// sequential decodes a whole file the plain way through go-astiav: streams
// probed, every packet sent in order, every frame taken as it comes. It
// shares no code with the Decoder.
func sequential(t testing.TB, src Source) []truth {
	t.Helper()
	at := int64(0)
	in, err := astiav.AllocIOContext(1<<15, false, func(b []byte) (int, error) {
		n, err := src.ReadAt(b, at)
		at += int64(n)
		if n > 0 {
			return n, nil
		}
		return 0, err
	}, func(offset int64, whence int) (int64, error) {
		switch whence {
		case int(astiavSeekSize):
			return src.Size(), nil
		case io.SeekCurrent:
			offset += at
		case io.SeekEnd:
			offset += src.Size()
		}
		at = offset
		return at, nil
	}, nil)
	must(t, err)
	defer in.Free()
	format := astiav.AllocFormatContext()
	format.SetPb(in)
	must(t, format.OpenInput("", nil, nil))
	defer format.CloseInput()
	must(t, format.FindStreamInfo(nil))
	stream, codec, err := format.FindBestStream(astiav.MediaTypeVideo, -1, -1)
	must(t, err)
	ctx := astiav.AllocCodecContext(codec)
	defer ctx.Free()
	must(t, stream.CodecParameters().ToCodecContext(ctx))
	ctx.SetThreadCount(1)
	must(t, ctx.Open(codec, nil))
	packet, frame := astiav.AllocPacket(), astiav.AllocFrame()
	defer packet.Free()
	defer frame.Free()
	var out []truth
	take := func() {
		for {
			err := ctx.ReceiveFrame(frame)
			if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
				return
			}
			if err != nil {
				continue
			}
			b, err := frame.Data().Bytes(1)
			must(t, err)
			out = append(out, truth{frame.Pts(), fmt.Sprintf("%x", md5.Sum(b))})
			frame.Unref()
		}
	}
	for broken := 0; broken < 16; {
		err := format.ReadFrame(packet)
		if errors.Is(err, astiav.ErrEof) {
			break
		}
		if err != nil {
			broken++
			continue
		}
		if packet.StreamIndex() == stream.Index() && packet.Size() > 0 {
			_ = ctx.SendPacket(packet) // damaged packets count for nothing here, too
			take()
		}
		packet.Unref()
	}
	_ = ctx.SendPacket(nil)
	take()
	return out
}

const astiavSeekSize = 0x10000

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
