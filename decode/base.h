// What all of the native unit is built on: results, errors, limits, the clock,
// FFmpeg's messages, lists that grow.
//
// The unit has layers, each with one header, and a file includes its own and
// those below it: base; container; codec; index; clip. pixels stands on base
// alone, beside the middle three. TestLayersOfTheNativeUnit holds it to that.
#ifndef PADAPTER_DECODE_BASE_H
#define PADAPTER_DECODE_BASE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

// Results of calls.
enum pa_code {
    PA_OK = 0,
    PA_END = 1,       // no further frame
    PA_RESHAPE = 3,   // the frames differ from info, which is corrected now
    PA_REINDEX = 2,   // what the index promised does not hold: a full scan is needed
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

// Switches used by tests and measurements; 0 is the full set of techniques.
enum pa_switch {
    PA_NO_DROP = 1,        // send non-reference packets nobody asked for, too
    PA_NO_SIMD = 2,        // scalar pixel kernel
    PA_FROM_START = 4,     // decode from packet 0 instead of a key packet
    PA_FULL_SCAN = 8,      // index by a full sequential decode
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

// What is known of a clip. Each layer fills in its part.
typedef struct pa_info {
    int32_t frames;
    int32_t exact;         // 1: frames is what a full decode yields
    int32_t full_scan;     // 1: indexed by decoding
    int32_t stored_w, stored_h;
    int32_t width, height; // oriented, square pixels
    int32_t transpose, hflip, vflip; // transpose first, then the flips
    int32_t rotation;      // clockwise degrees that display needs, 0..270
    int32_t sar_num, sar_den;
    int32_t fps_num, fps_den;
    int32_t tb_num, tb_den;
    int64_t duration_us;
    int32_t image;         // 1: a still image
    int32_t confirmed;     // 1: the geometry is that of a decoded frame
    int32_t truncated;     // the container promises more than the file holds
    int32_t unread;        // packets that could not be read
    int32_t lost;          // packets that a full scan could not decode,
    int32_t lost_runs;     // in so many runs, of which the first ones follow
    struct { int32_t first, last; } lost_run[16];
    char codec[32], container[64], pixel_format[32];
} pa_info;

// What the calls of one worker share.
typedef struct pa_call {
    pa_limits limits;
    int switches;
    int64_t deadline;      // monotonic microseconds, 0: none
    atomic_int interrupted;
    int io_error;          // the source failed
    int truncated;         // the container points behind the end of the file
    int oversized;         // FFmpeg refused a frame for its size
    char message[256];     // what FFmpeg or the unit said last
    char log[4096];        // FFmpeg's lines since the clip was opened
    int log_len;
    int64_t clock_cost;
} pa_call;

void pa_call_configure(pa_call *c, pa_limits limits, int switches, int64_t deadline_us);
void pa_call_reset(pa_call *c); // for the next clip
// FFmpeg's messages on this thread go to c from now on; NULL: nowhere.
void pa_call_listen(pa_call *c);

int pa_fail(pa_call *c, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int pa_av_fail(pa_call *c, int averror, const char *what);
int pa_stopped(pa_call *c);        // PA_OK, PA_TIMEOUT or PA_CANCELED
int pa_too_big(pa_call *c, int width, int height);

int64_t pa_clock(pa_call *c);      // nanoseconds by the clock of the switches, 0 unless measuring
int64_t pa_since(pa_call *c, int64_t t); // since pa_clock gave t, without the clock's own

// A list of need items, those that are new zeroed. The old list stays where memory fails.
int pa_grow(void **p, int32_t *cap, int32_t need, size_t item);

// Handles alive: workers, format, codec, parser and I/O contexts.
extern atomic_llong pa_handles;
static inline void pa_handle_made(void) { atomic_fetch_add(&pa_handles, 1); }
static inline void pa_handle_gone(void) { atomic_fetch_sub(&pa_handles, 1); }

// Settings of the process, made by the program once.
void pa_process_log(void);    // FFmpeg's messages to pa_call_listen's calls
void pa_process_alloc(void);  // FFmpeg's largest allocation: 512 MiB
void pa_process_malloc(void); // glibc keeps the memory of a clip's frames

#endif
