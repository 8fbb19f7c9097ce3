package decode

import (
	"slices"
	"strings"
	"testing"
)

func TestLinkedFFmpegHasWhatDatasetsNeed(t *testing.T) {
	f := LinkedFFmpeg()
	if !strings.HasPrefix(f.Codec, "61.") {
		t.Errorf("libavcodec is %s; go-astiav v0.39 is made for 61", f.Codec)
	}
	for _, name := range []string{"h264", "hevc", "vp8", "vp9", "mpeg4", "mpeg2video", "mjpeg", "png", "webp", "gif", "bmp"} {
		if !slices.Contains(f.Decoders, name) {
			t.Errorf("there is no decoder %s", name)
		}
	}
	if !slices.Contains(f.Decoders, "libdav1d") && !slices.Contains(f.Decoders, "av1") {
		t.Error("there is no decoder for AV1")
	}
	for _, part := range []string{"avi", "matroska", "mov", "mpegts", "image2"} {
		if !slices.ContainsFunc(f.Demuxers, func(d string) bool { return strings.Contains(d, part) }) {
			t.Errorf("there is no demuxer for %s", part)
		}
	}
}
