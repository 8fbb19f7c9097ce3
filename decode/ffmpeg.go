package decode

// #include <libavcodec/avcodec.h>
// #include <libavformat/avformat.h>
// #include <libavutil/avutil.h>
import "C"

import (
	"fmt"
	"slices"
	"unsafe"
)

// FFmpeg describes the FFmpeg that is linked in.
type FFmpeg struct {
	Version  string   `json:"version"`  // FFmpeg's own, such as 7.1.5
	Codec    string   `json:"codec"`    // version of libavcodec
	Format   string   `json:"format"`   // version of libavformat
	Decoders []string `json:"decoders"` // names of the video decoders, sorted
	Demuxers []string `json:"demuxers"` // names of the containers, sorted
}

// LinkedFFmpeg asks the libraries.
func LinkedFFmpeg() FFmpeg {
	f := FFmpeg{
		Version: C.GoString(C.av_version_info()),
		Codec:   dotted(uint(C.avcodec_version())),
		Format:  dotted(uint(C.avformat_version())),
	}
	var at unsafe.Pointer
	for c := C.av_codec_iterate(&at); c != nil; c = C.av_codec_iterate(&at) {
		if c._type == C.AVMEDIA_TYPE_VIDEO && C.av_codec_is_decoder(c) != 0 {
			f.Decoders = append(f.Decoders, C.GoString(c.name))
		}
	}
	at = nil
	for d := C.av_demuxer_iterate(&at); d != nil; d = C.av_demuxer_iterate(&at) {
		f.Demuxers = append(f.Demuxers, C.GoString(d.name))
	}
	slices.Sort(f.Decoders)
	slices.Sort(f.Demuxers)
	return f
}

// dotted renders a library version, which packs major, minor and micro into bytes.
func dotted(v uint) string { return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&0xff, v&0xff) }
