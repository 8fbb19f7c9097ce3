// Codecs: what a packet's bytes tell without decoding it, the decoder, and the
// geometry that stream and frames tell.
#ifndef PADAPTER_DECODE_CODEC_H
#define PADAPTER_DECODE_CODEC_H

#include "base.h"
#include "container.h"

typedef struct pa_packet {
    int64_t pts, dts;
    int32_t position;      // in display order of all packets, hidden ones too
    int32_t frame;         // presentation index of its frame, -1: shows none
    uint8_t key;           // decoding may begin here
    uint8_t nonref;        // no other frame refers to its frame
    uint8_t shows;         // frames it shows
    uint8_t hidden;        // an edit list hides its frame
    uint8_t type;          // codec-specific, see codec_inspect.c
    uint8_t layer;         // HEVC: temporal layer
    uint8_t second;        // MPEG-4: type of a second VOP, 0: none
    uint8_t storable;      // MPEG-4: FFmpeg would put the first VOP off
    int32_t split;         // MPEG-4: where the second VOP begins; AV1: where a frame begins that
                           // is shown but not referred to, behind others in the packet
    uint32_t header;       // MPEG-4: hash of the headers before the first VOP
} pa_packet;

// What was read so far of a stream's headers.
typedef struct pa_syntax {
    enum AVCodecID codec;
    int nal_length;        // H.264/HEVC: bytes of a NAL length, 0: start codes
    int irregular;         // the packets do not prove an index
    struct { int time_bits, vol_control, low_delay, simple, divx_packed, packed, b_frames; } mpeg4;
    struct { int known, reduced, frame_id_bits, screen_tools, integer_mv, order_bits; } av1; // of the sequence header
} pa_syntax;

void pa_inspect_start(pa_syntax *s, const AVCodecParameters *par);
void pa_inspect(pa_syntax *s, const AVPacket *pkt, pa_packet *m); // fills key, nonref, shows, type
// MPEG-4 packed B-frames: one VOP a packet. scratch is a packet for its use.
int pa_unpack(pa_syntax *s, AVPacket **pkts, pa_packet *meta, int32_t n, AVPacket *scratch);

typedef struct pa_decoder {
    pa_call *call;
    int threads;
    const AVCodec *codec;
    AVCodecContext *ctx;   // NULL: not open
    AVFrame *frame;        // the last one received
    int32_t sent_last;     // ordinal of the packet sent last
    int64_t ns, sent;      // time inside the codec, packets sent
} pa_decoder;

int pa_decoder_find(pa_decoder *d, enum AVCodecID id, const char *what);
// Opens the codec found for the container's stream; delay: frames of display delay, where H.264's index knows it.
int pa_decoder_open(pa_decoder *d, const pa_container *c, int delay);
// These two give FFmpeg's codes; pkt NULL drains.
int pa_decoder_send(pa_decoder *d, AVPacket *pkt, int32_t ordinal);
int pa_decoder_receive(pa_decoder *d);
void pa_decoder_flush(pa_decoder *d);
void pa_decoder_close(pa_decoder *d);
int pa_is_damaged(const AVFrame *f);
int32_t pa_packet_of(const pa_decoder *d, const AVFrame *f); // ordinal of the packet a frame was stored in

// Geometry and rates into info: of the container; frames presented from first to last.
void pa_describe(pa_info *info, const pa_container *c, int32_t frames, int64_t first, int64_t last);
int pa_match_frame(pa_info *info, const pa_container *c, const AVFrame *f); // 1: info was right

#endif
