package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"padapter/decode"
	"padapter/decode/encode"
	"padapter/pipeline/isolate"
	"padapter/pipeline/media"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

// framesBytes is about how many bytes of pixels are decoded at a time.
const framesBytes = 16 << 20

// errCounted says that decoding found another number of frames than the headers promise.
var errCounted = errors.New("the frames were counted anew")

// transcode makes a video of JPEG pictures of a record: all its frames, or those on display at the ticks of a clock,
// with the short side resized. Pictures are not enlarged; their sides are made even.
func transcode(ctx context.Context, d isolate.Decoder, src decode.Source, job shard.Job, row *media.Row, stats *Stats) error {
	info, err := d.Info(ctx, src)
	if err != nil {
		return err
	}
	for range 3 {
		t := &transcoder{ctx: ctx, decoder: d, src: src, job: job, info: info, stats: stats}
		if err = t.run(row); !errors.Is(err, errCounted) {
			return err
		}
		info = t.counted
	}
	return err
}

type transcoder struct {
	ctx     context.Context
	decoder isolate.Decoder
	src     decode.Source
	job     shard.Job
	info    *decode.Info
	stats   *Stats

	counted *decode.Info // what decoding says where it differs
}

func (t *transcoder) run(row *media.Row) (err error) {
	first, last := trimmed(t.info, row.Start, row.End)
	indices := make([]int, 0, last-first)
	for i := first; i < last; i++ {
		indices = append(indices, i)
	}
	num, den := t.info.FPSNum, t.info.FPSDen
	if t.job.FPS > 0 && len(t.info.Pts) == t.info.Frames {
		if indices, err = t.ticks(first, last); err != nil {
			return err
		}
		num, den = int(math.Round(t.job.FPS*1000)), 1000
	}
	if num <= 0 || den <= 0 {
		num, den = 25, 1
	}
	width, height := t.size()
	file := new(memoryFile)
	writer, err := encode.Create(file, encode.Options{Codec: "mjpeg", Width: width, Height: height, FPSNum: num, FPSDen: den, Quality: t.job.Quality})
	if err != nil {
		return err
	}
	defer func() {
		if writer != nil {
			err = errors.Join(err, writer.Close())
		}
	}()
	row.FrameIndex, row.Seconds = []int32{}, []float64{}
	size := width * height * 3
	pixels := make([]byte, size*min(len(indices), max(1, framesBytes/size)))
	for start := 0; start < len(indices); {
		n := min(len(pixels)/size, len(indices)-start)
		clip, err := t.decode(indices[start:start+n], width, height, pixels[:n*size])
		if err != nil {
			return err
		}
		for i, f := range clip.Frames {
			if err := writer.WriteRGB(pixels[i*size : (i+1)*size]); err != nil {
				return err
			}
			row.FrameIndex, row.Seconds = append(row.FrameIndex, int32(f.Index)), append(row.Seconds, f.Seconds)
		}
		if file.size() > maxMedia {
			return &decode.Error{Reason: decode.Limits, Op: "encode", Err: fmt.Errorf("its frames take more than %d bytes: choose fewer frames a second or a smaller side", maxMedia)}
		}
		start += n
	}
	done := writer
	writer = nil
	if err := done.Close(); err != nil {
		return err
	}
	row.Width, row.Height, row.Suffix, row.Media = int32(width), int32(height), "avi", file.bytes
	row.Start, row.End = 0, 0 // the part is what was kept
	return nil
}

// ticks are the frames at the job's rate.
func (t *transcoder) ticks(first, last int) ([]int, error) {
	times := make([]float64, last-first)
	for i := range times {
		times[i] = t.info.Seconds(first + i)
	}
	indices, err := sampler.Resample(times, t.job.FPS)
	if err != nil {
		return nil, &decode.Error{Reason: decode.Limits, Op: "plan", Err: err}
	}
	for i := range indices {
		indices[i] += first
	}
	return indices, nil
}

// size is that of the pictures.
func (t *transcoder) size() (width, height int) {
	width, height = t.info.Width, t.info.Height
	if side := t.job.ShortSide; side > 0 && side < min(width, height) {
		width, height = sampler.Resized(width, height, side)
	}
	return max(2, width&^1), max(2, height&^1)
}

// decode delivers some frames.
func (t *transcoder) decode(indices []int, width, height int, pixels []byte) (*decode.Clip, error) {
	clip, err := t.decoder.Clip(t.ctx, t.src, func(info *decode.Info) (decode.Plan, error) {
		if info.Frames != t.info.Frames || info.Width != t.info.Width || info.Height != t.info.Height {
			counted := *info
			t.counted = &counted
			return decode.Plan{}, errCounted
		}
		return decode.Plan{Indices: indices, Width: width, Height: height, Filter: decode.Area,
			Region: decode.Region{W: float64(info.Width), H: float64(info.Height)}}, nil
	}, func(decode.Plan) ([]byte, error) { return pixels, nil })
	if clip != nil {
		t.stats.add(func(c *Counts) {
			c.Codec += clip.Work.Codec
			c.Pixels += clip.Work.Pixels
		})
	}
	return clip, err
}

// memoryFile is a file in memory.
type memoryFile struct {
	bytes []byte
	at    int64
}

func (f *memoryFile) size() int { return len(f.bytes) }

// Write writes at the current place.
func (f *memoryFile) Write(p []byte) (int, error) {
	if end := int(f.at) + len(p); end > len(f.bytes) {
		f.bytes = append(f.bytes, make([]byte, end-len(f.bytes))...)
	}
	copy(f.bytes[f.at:], p)
	f.at += int64(len(p))
	return len(p), nil
}

// Seek moves the place of the next write.
func (f *memoryFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += int64(len(f.bytes))
	}
	if offset < 0 || offset > int64(len(f.bytes)) {
		return 0, fmt.Errorf("seek to %d in %d bytes", offset, len(f.bytes))
	}
	f.at = offset
	return offset, nil
}
