// One worker opens a clip, indexes its frames, decodes chosen ones and renders
// them to RGB: what the Go side of the package calls.
//
// Ownership: everything below a pa_worker belongs to it and is freed by
// pa_free. A worker is used by one thread at a time; only pa_interrupt may come
// from another. The only memory that is not the worker's is the destination of
// pa_render, which the caller owns.
#ifndef PADAPTER_DECODE_CLIP_H
#define PADAPTER_DECODE_CLIP_H

#include "base.h"
#include "index.h"
#include "pixels.h"

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

typedef struct pa_worker pa_worker;

pa_worker *pa_new(void);
void pa_free(pa_worker *w);

// Handles alive: workers, format, codec, parser and I/O contexts.
int64_t pa_live(void);

// The worker's buffer for a whole file, at least size bytes and padded.
uint8_t *pa_buffer(pa_worker *w, int64_t size);

// Options of the following calls.
void pa_configure(pa_worker *w, pa_limits limits, int threads, int switches, int64_t deadline_us);

// Opens the clip in pa_buffer's memory (handle 0), or read through paRead(handle).
int pa_open(pa_worker *w, uintptr_t handle, int64_t size, pa_info *info);
// Indexes the open clip by decoding all of it.
int pa_scan(pa_worker *w, pa_info *info);
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
int64_t pa_codec_ns(pa_worker *w);    // time inside the codec
int64_t pa_render_ns(pa_worker *w);   // time in the pixel kernel
int64_t pa_packets_sent(pa_worker *w);

#endif
