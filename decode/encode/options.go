package encode

import (
	"fmt"
	"slices"

	"github.com/asticode/go-astiav"
)

// Options of a [Writer].
type Options struct {
	Codec         string // "mpeg4", "mjpeg", "png" or "ffv1"
	Container     string // "avi" (the default) or another name of a muxer that holds the codec
	Width, Height int    // even for mpeg4 and mjpeg
	FPSNum        int    // frames a second: FPSNum/FPSDen; default 25/1
	FPSDen        int
	Quality       int // quantizer of mpeg4 and mjpeg, 1 (best) to 31; default 4
	GOP           int // frames from key frame to key frame for mpeg4 and ffv1; default 12
	BFrames       int // B-frames between references, mpeg4 only; default 0
}

type codec struct {
	id        astiav.CodecID
	format    astiav.PixelFormat
	fill      func(o Options, rgb, out []byte)
	bytes     func(o Options) int
	even      bool
	fullRange bool
}

var codecs = map[string]codec{
	"mpeg4": {id: astiav.CodecIDMpeg4, format: astiav.PixelFormatYuv420P, fill: fillLimited, bytes: yuvBytes, even: true},
	"mjpeg": {id: astiav.CodecIDMjpeg, format: astiav.PixelFormatYuvj420P, fill: fillFull, bytes: yuvBytes, even: true, fullRange: true},
	"png":   {id: astiav.CodecIDPng, format: astiav.PixelFormatRgb24, fill: fillRGB, bytes: rgbBytes},
	"ffv1":  {id: astiav.CodecIDFfv1, format: astiav.PixelFormatBgr0, fill: fillBGR0, bytes: bgr0Bytes},
}

// Codecs lists the codecs that Options.Codec may name.
func Codecs() []string { return []string{"ffv1", "mjpeg", "mpeg4", "png"} }

func (o Options) withDefaults() (Options, error) {
	if !slices.Contains(Codecs(), o.Codec) {
		return o, fmt.Errorf("encoder options: codec %q: use one of %v", o.Codec, Codecs())
	}
	if o.Container == "" {
		o.Container = "avi"
	}
	if o.FPSNum == 0 && o.FPSDen == 0 {
		o.FPSNum, o.FPSDen = 25, 1
	}
	if o.FPSNum <= 0 || o.FPSDen <= 0 || o.FPSNum > 65535 || o.FPSDen > 65535 {
		return o, fmt.Errorf("encoder options: %d/%d frames a second: both must be 1 to 65535", o.FPSNum, o.FPSDen)
	}
	if o.Quality == 0 {
		o.Quality = 4
	}
	if o.Quality < 1 || o.Quality > 31 {
		return o, fmt.Errorf("encoder options: quality %d: use 1 (best) to 31", o.Quality)
	}
	if o.GOP == 0 {
		o.GOP = 12
	}
	if o.GOP < 1 || o.BFrames < 0 || o.BFrames > 8 {
		return o, fmt.Errorf("encoder options: GOP %d with %d B-frames: use at least 1, and 0 to 8", o.GOP, o.BFrames)
	}
	if o.Width < 2 || o.Height < 2 || o.Width > 8192 || o.Height > 8192 {
		return o, fmt.Errorf("encoder options: size %dx%d: each side must be 2 to 8192", o.Width, o.Height)
	}
	if codecs[o.Codec].even && (o.Width%2 != 0 || o.Height%2 != 0) {
		return o, fmt.Errorf("encoder options: size %dx%d: %s needs even sides", o.Width, o.Height, o.Codec)
	}
	return o, nil
}
