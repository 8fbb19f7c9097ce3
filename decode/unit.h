// The native unit of package decode: one worker opens a clip, indexes its
// frames, decodes chosen frames and renders them to RGB.
//
// Ownership: everything below a pa_worker belongs to it and is freed by
// pa_free. A worker is used by one thread at a time. The only memory that is
// not the worker's is the destination of pa_render, which the caller owns.
#ifndef PADAPTER_DECODE_UNIT_H
#define PADAPTER_DECODE_UNIT_H

#include <stdint.h>
#include <stddef.h>
#include <stdatomic.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>

// Results of the calls below. The order is mirrored in reason.go.
enum pa_code {
    PA_OK = 0,
    PA_END = 1,       // no further frame
    PA_RESHAPE = 3,   // the frames differ from info, which is corrected now
    PA_REINDEX = 2,   // what the index promised does not hold: index by decoding
    PA_EMPTY = -1,
    PA_UNSUPPORTED = -2,
    PA_CORRUPT = -3,
    PA_TRUNCATED = -4,
    PA_LIMITS = -5,
    PA_TIMEOUT = -6,
    PA_CANCELED = -7,
    PA_IO = -8,
    PA_MEMORY = -9,
    PA_USAGE = -10,
};

enum pa_filter { PA_BILINEAR = 0, PA_BICUBIC = 1, PA_AREA = 2 };

// Switches used by tests and measurements; 0 is the full set of techniques.
enum pa_switch {
    PA_NO_DROP = 1,        // send non-reference packets nobody asked for, too
    PA_NO_SIMD = 2,        // scalar pixel kernel
    PA_FROM_START = 4,     // decode from packet 0 instead of a key packet
    PA_COUNTED = 8,        // index by a full sequential decode
    PA_STREAM_INFO = 16,   // always run avformat_find_stream_info
    PA_GENERIC = 32,       // generic component reader instead of plane access
    PA_NO_RENDER = 128,    // decode only, write no pixels
    PA_MEASURE = 256,      // measure processor time in codec and kernel
    PA_WALL = 64,          // the same by the wall clock
};

typedef struct pa_limits {
    int64_t pixels;        // of one frame, stored size
    int64_t frames;        // frames (or packets) of one clip
    int64_t held;          // bytes of packets held in memory
} pa_limits;

typedef struct pa_entry {  // one frame, in presentation order
    int64_t pts;
    int32_t packet;        // ordinal in storage order
    uint8_t key;
    uint8_t nonref;
} pa_entry;

typedef struct pa_info {
    int32_t frames;
    int32_t exact;         // 1: frames is what a full decode yields
    int32_t counted;       // 1: indexed by decoding
    int32_t stored_w, stored_h;
    int32_t width, height; // oriented, square pixels
    int32_t transpose, hflip, vflip; // transpose first, then the flips
    int32_t rotation;      // clockwise degrees that display needs, 0..270
    int32_t sar_num, sar_den;
    int32_t fps_num, fps_den;
    int32_t tb_num, tb_den;
    int64_t duration_us;
    int32_t image;         // 1: a still image
    int32_t truncated;     // the container promises more than the file holds
    int32_t unread;        // packets that could not be read
    int32_t lost;          // packets that a counted index could not decode,
    int32_t lost_runs;     // in so many runs, of which the first ones follow
    struct { int32_t first, last; } lost_run[16];
    char codec[32], container[64], pixel_format[32];
} pa_info;

typedef struct pa_shape {  // what to render
    double x, y, w, h;     // oriented square-pixel source coordinates
    int32_t width, height; // of the output
    int32_t filter;
    int32_t hflip;
} pa_shape;

typedef struct pa_frame {
    int32_t index;
    int32_t damaged;
    int64_t pts;
} pa_frame;

typedef struct pa_planes { // a decoded frame in its own pixel format
    const AVFrame *frame;
    int32_t index, damaged;
    int64_t pts;
    int32_t transpose, hflip, vflip;
} pa_planes;

typedef struct pa_packet {
    int64_t pts, dts;
    int32_t position;      // in display order of all packets, hidden ones too
    int32_t frame;         // presentation index of its frame, -1: shows none
    uint8_t key;           // decoding may begin here
    uint8_t nonref;        // no other frame refers to its frame
    uint8_t shows;         // frames it shows
    uint8_t hidden;        // an edit list hides its frame
    uint8_t type;          // codec-specific, see inspect.c
    uint8_t layer;         // HEVC: temporal layer
    uint8_t second;        // MPEG-4: type of a second VOP, 0: none
    uint8_t storable;      // MPEG-4: FFmpeg would put the first VOP off
    int32_t split;         // MPEG-4: where the second VOP begins; AV1: where a frame begins that
                           // is shown but not referred to, behind others in the packet
    uint32_t header;       // MPEG-4: hash of the headers before the first VOP
} pa_packet;

typedef struct pa_layout { // planes without row padding
    int32_t planes, palette;
    int32_t even;          // chroma is subsampled alike in both directions
    int32_t rows[4], bytes[4], step[4];
    char name[32];
} pa_layout;

int pa_layout_of(const AVFrame *f, pa_layout *out);

typedef struct pa_worker pa_worker;

pa_worker *pa_new(void);
void pa_free(pa_worker *w);

// Handles alive: workers, format, codec, parser and I/O contexts.
int64_t pa_live(void);

// The worker's buffer for a whole file, at least size bytes and padded.
uint8_t *pa_buffer(pa_worker *w, int64_t size);
// The next clip lies in the caller's memory, padded as that buffer is; NULL ends that.
void pa_lend(pa_worker *w, const uint8_t *data);

// Options of the following calls.
void pa_configure(pa_worker *w, pa_limits limits, int threads, int switches, int64_t deadline_us);

// Opens the clip in pa_buffer or lent (handle 0), or read through paRead(handle).
int pa_open(pa_worker *w, uintptr_t handle, int64_t size, pa_info *info);
// Indexes the open clip by decoding all of it.
int pa_count(pa_worker *w, pa_info *info);
const pa_entry *pa_entries(pa_worker *w);
// Starts decoding the frames of indices (non-decreasing, without repeats).
int pa_start(pa_worker *w, const int32_t *indices, int32_t n);
// The next chosen frame; valid until the next call.
int pa_next(pa_worker *w, pa_planes *out);
// Renders such a frame into dst, RGB [height][width][3].
int pa_paint(pa_worker *w, const pa_planes *p, const pa_shape *shape, uint8_t *dst);
// Decodes all of indices (repeats allowed) into dst, RGB [n][height][width][3].
int pa_render(pa_worker *w, const int32_t *indices, int32_t n, const pa_shape *shape,
              uint8_t *dst, pa_frame *out, pa_info *info);
void pa_stop(pa_worker *w);    // ends a pa_start
void pa_refresh(pa_worker *w, pa_info *info); // info as known now
void pa_close(pa_worker *w);

void pa_interrupt(pa_worker *w);
void pa_resume(pa_worker *w);
const char *pa_message(pa_worker *w); // what FFmpeg or the unit said last
const char *pa_log(pa_worker *w);     // lines collected since pa_open
int64_t pa_codec_ns(pa_worker *w);    // processor time inside the codec
int64_t pa_render_ns(pa_worker *w);   // processor time in the pixel kernel
int64_t pa_packets_sent(pa_worker *w);
void pa_setup(void);                  // once a process: log, largest allocation
int pa_too_big(pa_worker *w, int width, int height);

// ---- between the files of the unit ----

struct pa_tables;

struct pa_worker {
    pa_limits limits;
    int threads, switches;
    int64_t deadline;               // monotonic microseconds, 0: none
    atomic_int interrupted;

    const uint8_t *data;             // whole file: own, or lent
    uint8_t *own; int64_t own_cap;
    uintptr_t handle; int64_t size, offset;
    AVIOContext *io;
    AVFormatContext *fmt;
    AVStream *stream;
    AVCodecParameters *par;          // stream->codecpar, or own_par for images
    AVCodecParameters *own_par;
    const AVCodec *codec;
    AVCodecContext *ctx;
    int reorder;                     // display delay in frames, -1: unknown
    int nal_length;                  // H.264/HEVC: bytes of a NAL length, 0: start codes
    int windowed;                    // packets are read again when decoding

    AVPacket **pkts; pa_packet *meta; int32_t npkts, pkts_cap;
    int32_t *order; int32_t order_cap;
    pa_entry *entries; int32_t nentries, entries_cap;
    int counted;                     // entries come from decoding
    int ordered;                     // meta[].frame is known
    int io_error, truncated;
    int suspect;                     // a packet is damaged as the container tells

    AVFrame *frame, *still;          // still: the decoded frame of an image
    AVPacket *scratch;

    // decoding state
    int32_t *want; int32_t want_cap, nwant, next_want;
    int32_t next_packet, last_packet, segment_key, next_segment;
    int32_t out_count, draining, last_frame;
    int32_t read_at;                 // windowed: next packet that av_read_frame gives
    int confirmed;                   // info agrees with a decoded frame
    int32_t sent_last;               // ordinal of the packet sent last
    struct { int time_bits, vol_control, low_delay, simple, divx_packed, packed, irregular, b_frames; } parse;
    struct { int known, reduced, frame_id_bits, screen_tools, integer_mv, order_bits; } av1; // of the sequence header
    uint8_t *needed; int32_t needed_cap; // by packet: its frame is wanted
    int running;
    int damaged;

    pa_info info;
    struct pa_tables *tables;
    char message[256];
    int oversized;                   // FFmpeg refused a frame for its size
    char log[4096]; int log_len;
    int64_t codec_ns, render_ns, sent, clock_cost;
};

extern atomic_llong pa_handles;
extern _Thread_local pa_worker *pa_current;

int pa_fail(pa_worker *w, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int pa_stopped(pa_worker *w);       // PA_OK, PA_TIMEOUT or PA_CANCELED
int pa_av_fail(pa_worker *w, int averror, const char *what);
int64_t pa_now_us(void);
int64_t pa_clock(pa_worker *w);     // this thread's processor time, 0 unless measuring
int64_t pa_since(pa_worker *w, int64_t t); // since pa_clock gave t, without the clock's own
int pa_grow(void **p, int32_t *cap, int32_t need, size_t item);

int pa_io_open(pa_worker *w);
void pa_io_close(pa_worker *w);
int pa_open_image(pa_worker *w, enum AVCodecID id);
enum AVCodecID pa_sniff_image(const uint8_t *data, int64_t size);
int pa_read_packets(pa_worker *w);
int pa_packet_at(pa_worker *w, int32_t i, AVPacket **pkt);
int pa_open_format(pa_worker *w);

int pa_index(pa_worker *w);          // PA_REINDEX: order is not known
void pa_inspect_start(pa_worker *w);
void pa_inspect(pa_worker *w, const AVPacket *pkt, pa_packet *m); // fills key, nonref, shows, type
void pa_unpack(pa_worker *w);        // MPEG-4 packed B-frames: one VOP a packet
int pa_order_by_pts(pa_worker *w);
int pa_order_by_type(pa_worker *w);
int pa_fill_entries(pa_worker *w);

int pa_open_codec(pa_worker *w);
int pa_send_packet(pa_worker *w, int32_t i);
int pa_receive(pa_worker *w);        // FFmpeg's code; the frame is in w->frame
int pa_is_damaged(const AVFrame *f);
int32_t pa_packet_of(pa_worker *w, const AVFrame *f);
void pa_lose(pa_worker *w, int32_t i); // notes that packet i could not be decoded
void pa_close_codec(pa_worker *w);
int pa_count_all(pa_worker *w);
void pa_describe(pa_worker *w);      // geometry and rates into w->info
int pa_match_frame(pa_worker *w, const AVFrame *f); // 1: info was right
void pa_set_orientation(pa_info *info, const int32_t *matrix);

int pa_draw(pa_worker *w, const AVFrame *f, const pa_shape *shape, uint8_t *dst);
void pa_tables_free(struct pa_tables **t);

#endif
