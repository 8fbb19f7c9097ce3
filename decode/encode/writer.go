package encode

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/asticode/go-astiav"
)

// Writer encodes frames into one file. Close it to complete the file.
type Writer struct {
	opt     Options
	codec   codec
	io      *astiav.IOContext
	format  *astiav.FormatContext
	encoder *astiav.CodecContext
	stream  *astiav.Stream
	frame   *astiav.Frame
	packet  *astiav.Packet
	planes  []byte
	next    int64
	failure error // the first error of the destination
}

// Create begins a file on w, which the caller closes after Close.
func Create(w io.WriteSeeker, opt Options) (*Writer, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Writer{opt: opt, codec: codecs[opt.Codec]}
	if err := e.start(w); err != nil {
		e.free()
		return nil, fmt.Errorf("create %s file with %s: %w", opt.Container, opt.Codec, err)
	}
	return e, nil
}

func (e *Writer) start(w io.WriteSeeker) (err error) {
	encoder := astiav.FindEncoder(e.codec.id)
	if encoder == nil {
		return errors.New("this FFmpeg was built without the encoder")
	}
	if e.format, err = astiav.AllocOutputFormatContext(nil, e.opt.Container, ""); err != nil {
		return fmt.Errorf("open container: %w", err)
	}
	e.io, err = astiav.AllocIOContext(1<<16, true, nil, func(offset int64, whence int) (int64, error) {
		n, err := w.Seek(offset, whence)
		return n, e.keep(err)
	}, func(b []byte) (int, error) {
		n, err := w.Write(b)
		return n, e.keep(err)
	})
	if err != nil {
		return err
	}
	e.format.SetPb(e.io)
	e.format.SetFlags(e.format.Flags().Add(astiav.FormatContextFlagBitexact))

	rate := astiav.NewRational(e.opt.FPSNum, e.opt.FPSDen)
	step := astiav.NewRational(e.opt.FPSDen, e.opt.FPSNum)
	e.encoder = astiav.AllocCodecContext(encoder)
	if e.encoder == nil {
		return errors.New("out of memory")
	}
	e.encoder.SetWidth(e.opt.Width)
	e.encoder.SetHeight(e.opt.Height)
	e.encoder.SetPixelFormat(e.codec.format)
	e.encoder.SetTimeBase(step)
	e.encoder.SetFramerate(rate)
	e.encoder.SetThreadCount(1)
	if e.codec.fullRange {
		e.encoder.SetColorRange(astiav.ColorRangeJpeg)
	}
	flags := "+bitexact"
	settings := map[string]string{"dct": "int", "idct": "simple"}
	if e.codec.even {
		const lambda = 118 // FF_QP2LAMBDA: quality units of one quantizer step
		flags += "+qscale"
		settings["global_quality"] = strconv.Itoa(e.opt.Quality * lambda)
	}
	if e.opt.Codec == "mpeg4" || e.opt.Codec == "ffv1" {
		settings["g"] = strconv.Itoa(e.opt.GOP)
	}
	if e.opt.Codec == "mpeg4" {
		settings["bf"] = strconv.Itoa(e.opt.BFrames)
	}
	if e.format.OutputFormat().Flags().Has(astiav.IOFormatFlagGlobalheader) {
		flags += "+global_header"
	}
	settings["flags"] = flags
	options := astiav.NewDictionary()
	defer options.Free()
	for _, key := range []string{"flags", "dct", "idct", "global_quality", "g", "bf"} {
		if value, ok := settings[key]; ok {
			if err := options.Set(key, value, 0); err != nil {
				return fmt.Errorf("set encoder option %s: %w", key, err)
			}
		}
	}
	if err := e.encoder.Open(encoder, options); err != nil {
		return fmt.Errorf("open encoder: %w", err)
	}
	if e.stream = e.format.NewStream(nil); e.stream == nil {
		return errors.New("out of memory")
	}
	if err := e.stream.CodecParameters().FromCodecContext(e.encoder); err != nil {
		return fmt.Errorf("describe stream: %w", err)
	}
	e.stream.SetTimeBase(step)
	e.stream.SetAvgFrameRate(rate)
	if err := e.format.WriteHeader(nil); err != nil {
		return fmt.Errorf("write header: %w", e.keep(err))
	}
	e.frame, e.packet = astiav.AllocFrame(), astiav.AllocPacket()
	e.frame.SetWidth(e.opt.Width)
	e.frame.SetHeight(e.opt.Height)
	e.frame.SetPixelFormat(e.codec.format)
	if e.codec.fullRange {
		e.frame.SetColorRange(astiav.ColorRangeJpeg)
	}
	if err := e.frame.AllocBuffer(0); err != nil {
		return fmt.Errorf("allocate frame: %w", err)
	}
	e.planes = make([]byte, e.codec.bytes(e.opt))
	return nil
}

// keep remembers the destination's first error, whose text FFmpeg would lose.
func (e *Writer) keep(err error) error {
	if e.failure == nil {
		e.failure = err
	}
	if e.failure != nil {
		return e.failure
	}
	return err
}

// WriteRGB encodes one frame, [Height, Width, 3] bytes.
func (e *Writer) WriteRGB(frame []byte) error {
	if e.frame == nil {
		return errors.New("write frame: the writer is closed")
	}
	if want := e.opt.Width * e.opt.Height * 3; len(frame) != want {
		return fmt.Errorf("write frame %d: %d bytes, want %d of %dx%d RGB", e.next, len(frame), want, e.opt.Width, e.opt.Height)
	}
	e.codec.fill(e.opt, frame, e.planes)
	if err := e.frame.MakeWritable(); err != nil {
		return fmt.Errorf("write frame %d: %w", e.next, err)
	}
	if err := e.frame.Data().SetBytes(e.planes, 1); err != nil {
		return fmt.Errorf("write frame %d: %w", e.next, err)
	}
	e.frame.SetPts(e.next)
	if err := e.encode(e.frame); err != nil {
		return fmt.Errorf("write frame %d: %w", e.next, err)
	}
	e.next++
	return nil
}

func (e *Writer) encode(frame *astiav.Frame) error {
	if err := e.encoder.SendFrame(frame); err != nil {
		return err
	}
	for {
		err := e.encoder.ReceivePacket(e.packet)
		if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
			return nil
		}
		if err != nil {
			return err
		}
		e.packet.SetStreamIndex(0)
		e.packet.RescaleTs(e.encoder.TimeBase(), e.stream.TimeBase())
		err = e.format.WriteInterleavedFrame(e.packet)
		e.packet.Unref()
		if err != nil || e.failure != nil {
			return e.keep(err)
		}
	}
}

// Close completes the file. A second Close does nothing.
func (e *Writer) Close() error {
	if e.frame == nil {
		return nil
	}
	defer e.free()
	if err := e.encode(nil); err != nil {
		return fmt.Errorf("close file: flush encoder: %w", err)
	}
	if err := e.format.WriteTrailer(); err != nil {
		return fmt.Errorf("close file: write trailer: %w", e.keep(err))
	}
	if e.failure != nil {
		return fmt.Errorf("close file: %w", e.failure)
	}
	return nil
}

func (e *Writer) free() {
	if e.packet != nil {
		e.packet.Free()
	}
	if e.frame != nil {
		e.frame.Free()
	}
	if e.encoder != nil {
		e.encoder.Free()
	}
	if e.format != nil {
		e.format.Free()
	}
	if e.io != nil {
		e.io.Free()
	}
	*e = Writer{opt: e.opt, failure: e.failure}
}
