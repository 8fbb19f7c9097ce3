// Worker lifetime, limits, interruption, messages and the byte source.
#include "unit.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

atomic_llong pa_handles;
_Thread_local pa_worker *pa_current;

int64_t pa_live(void) { return atomic_load(&pa_handles); }

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t pa_now_us(void) { return read_clock(CLOCK_MONOTONIC) / 1000; }

static clockid_t clock_of(int switches) { return switches & PA_WALL ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID; }

int64_t pa_clock(pa_worker *w) { return w->switches & (PA_MEASURE | PA_WALL) ? read_clock(clock_of(w->switches)) : 0; }

int64_t pa_since(pa_worker *w, int64_t t)
{
    if (!(w->switches & (PA_MEASURE | PA_WALL)))
        return 0;
    t = read_clock(clock_of(w->switches)) - t - w->clock_cost;
    return t > 0 ? t : 0;
}

// What reading a clock once costs: a microsecond where it is a system call.
static int64_t clock_cost(clockid_t id)
{
    int64_t least = INT64_MAX, before = read_clock(id);
    for (int i = 0; i < 32; i++) {
        int64_t now = read_clock(id);
        if (now - before < least)
            least = now - before;
        before = now;
    }
    return least;
}

// FFmpeg's messages go into the worker that is inside a call on this thread;
// messages of threads without a worker are dropped.
static void log_line(void *object, int level, const char *format, va_list args)
{
    pa_worker *w = pa_current;
    if (!w || level > AV_LOG_WARNING)
        return;
    char line[256];
    int n = vsnprintf(line, sizeof line, format, args);
    if (n <= 0)
        return;
    if (n >= (int)sizeof line)
        n = sizeof line - 1;
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        line[--n] = 0;
    if (!n)
        return;
    if (strstr(line, "max pixel count"))
        w->oversized = 1;
    if (level <= AV_LOG_ERROR)
        memcpy(w->message, line, n + 1);
    if (w->log_len + n + 2 < (int)sizeof w->log) {
        memcpy(w->log + w->log_len, line, n);
        w->log_len += n;
        w->log[w->log_len++] = '\n';
        w->log[w->log_len] = 0;
    }
}

void pa_setup(void)
{
    av_log_set_callback(log_line);
    av_max_alloc(512 << 20); // tables of a broken file may ask for gigabytes
#ifdef __GLIBC__
    // A clip's frames come and go with it, and glibc would give their memory
    // back each time, to be faulted in anew. These are the bounds that it takes
    // by itself once a block of 32 MiB was freed.
    if (!getenv("GLIBC_TUNABLES") && !getenv("MALLOC_TRIM_THRESHOLD_")) {
        mallopt(M_MMAP_THRESHOLD, 32 << 20);
        mallopt(M_TRIM_THRESHOLD, 64 << 20);
        mallopt(M_TOP_PAD, 4 << 20);
    }
#endif
}

const char *pa_message(pa_worker *w) { return w->message; }
const char *pa_log(pa_worker *w) { return w->log; }
int64_t pa_codec_ns(pa_worker *w) { return w->codec_ns; }
int64_t pa_render_ns(pa_worker *w) { return w->render_ns; }
int64_t pa_packets_sent(pa_worker *w) { return w->sent; }

int pa_fail(pa_worker *w, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(w->message, sizeof w->message, format, args);
    va_end(args);
    return code;
}

int pa_av_fail(pa_worker *w, int averror, const char *what)
{
    int stopped = pa_stopped(w);
    if (stopped)
        return stopped;
    char said[sizeof w->message], reason[64];
    memcpy(said, w->message, sizeof said);
    av_strerror(averror, reason, sizeof reason);
    if (averror == AVERROR(ENOMEM))
        return pa_fail(w, PA_LIMITS, "%s: the file asks for more memory than there is or than one allocation may have", what);
    int code = PA_CORRUPT;
    if (averror == AVERROR_DECODER_NOT_FOUND || averror == AVERROR_PATCHWELCOME ||
        averror == AVERROR_DEMUXER_NOT_FOUND || averror == AVERROR(ENOSYS))
        code = PA_UNSUPPORTED;
    else if (w->io_error)
        code = PA_IO;
    else if (w->truncated || averror == AVERROR_EOF)
        code = PA_TRUNCATED;
    if (said[0])
        return pa_fail(w, code, "%s: %s (%.150s)", what, reason, said);
    return pa_fail(w, code, "%s: %s", what, reason);
}

int pa_stopped(pa_worker *w)
{
    int flag = atomic_load_explicit(&w->interrupted, memory_order_relaxed);
    if (flag)
        return pa_fail(w, flag == 2 ? PA_TIMEOUT : PA_CANCELED, flag == 2 ? "deadline passed" : "canceled");
    if (w->deadline && pa_now_us() > w->deadline)
        return pa_fail(w, PA_TIMEOUT, "deadline passed");
    return PA_OK;
}

void pa_interrupt(pa_worker *w) { atomic_store(&w->interrupted, 1); }
void pa_resume(pa_worker *w) { atomic_store(&w->interrupted, 0); }

int pa_grow(void **p, int32_t *cap, int32_t need, size_t item)
{
    if (need <= *cap)
        return PA_OK;
    int64_t grown = *cap + (int64_t)*cap / 2;
    if (grown < need)
        grown = need;
    if (grown < 64)
        grown = 64;
    if (grown > INT32_MAX / (int64_t)item)
        grown = need;
    void *q = realloc(*p, (size_t)grown * item);
    if (!q)
        return PA_MEMORY;
    memset((char *)q + (size_t)*cap * item, 0, (size_t)(grown - *cap) * item);
    *p = q;
    *cap = (int32_t)grown;
    return PA_OK;
}

pa_worker *pa_new(void)
{
    pa_worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->frame = av_frame_alloc();
    w->still = av_frame_alloc();
    w->scratch = av_packet_alloc();
    if (!w->frame || !w->still || !w->scratch) {
        av_frame_free(&w->frame);
        av_frame_free(&w->still);
        av_packet_free(&w->scratch);
        free(w);
        return NULL;
    }
    atomic_fetch_add(&pa_handles, 1);
    return w;
}

void pa_free(pa_worker *w)
{
    if (!w)
        return;
    pa_close(w);
    av_frame_free(&w->frame);
    av_frame_free(&w->still);
    av_packet_free(&w->scratch);
    for (int32_t i = 0; i < w->pkts_cap; i++)
        av_packet_free(&w->pkts[i]);
    free(w->pkts);
    free(w->meta);
    free(w->order);
    free(w->entries);
    free(w->needed);
    free(w->want);
    free(w->own);
    pa_tables_free(&w->tables);
    free(w);
    atomic_fetch_sub(&pa_handles, 1);
}

uint8_t *pa_buffer(pa_worker *w, int64_t size)
{
    // Give a big buffer back once the clips are small again.
    const int64_t keep = 8 << 20;
    if (size > w->own_cap || (w->own_cap > keep && size < w->own_cap / 4)) {
        free(w->own);
        w->own_cap = 0;
        int64_t cap = size + size / 8;
        w->own = malloc(cap + AV_INPUT_BUFFER_PADDING_SIZE);
        if (!w->own)
            return NULL;
        w->own_cap = cap;
    }
    memset(w->own + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    w->data = w->own;
    return w->own;
}

void pa_lend(pa_worker *w, const uint8_t *data) { w->data = data ? data : w->own; }

void pa_configure(pa_worker *w, pa_limits limits, int threads, int switches, int64_t deadline_us)
{
    w->limits = limits;
    w->threads = threads;
    if (switches & (PA_MEASURE | PA_WALL) && (!w->clock_cost || clock_of(switches) != clock_of(w->switches)))
        w->clock_cost = clock_cost(clock_of(switches));
    w->switches = switches;
    w->deadline = deadline_us ? pa_now_us() + deadline_us : 0;
}

// ---- custom I/O: FFmpeg reads from memory or through paRead ----

extern int paRead(uintptr_t handle, int64_t offset, uint8_t *buf, int n);

static int io_read(void *opaque, uint8_t *buf, int n)
{
    pa_worker *w = opaque;
    if (pa_stopped(w))
        return AVERROR_EXIT;
    int64_t left = w->size - w->offset;
    if (left <= 0)
        return AVERROR_EOF;
    if (n > left)
        n = (int)left;
    if (!w->handle) {
        memcpy(buf, w->data + w->offset, n);
    } else {
        n = paRead(w->handle, w->offset, buf, n);
        if (n < 0) {
            w->io_error = 1;
            return AVERROR(EIO);
        }
        if (n == 0)
            return AVERROR_EOF;
    }
    w->offset += n;
    return n;
}

static int64_t io_seek(void *opaque, int64_t offset, int whence)
{
    pa_worker *w = opaque;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return w->size;
    case SEEK_SET:
        break;
    case SEEK_CUR:
        offset += w->offset;
        break;
    case SEEK_END:
        offset += w->size;
        break;
    default:
        return AVERROR(EINVAL);
    }
    if (offset < 0)
        return AVERROR(EINVAL);
    if (offset > w->size)
        w->truncated = 1; // the container points behind the end of the file
    w->offset = offset;
    return offset;
}

int pa_io_open(pa_worker *w)
{
    const int size = 32 << 10;
    uint8_t *buf = av_malloc(size);
    if (!buf)
        return pa_fail(w, PA_MEMORY, "I/O buffer: out of memory");
    w->offset = 0;
    w->io = avio_alloc_context(buf, size, 0, w, io_read, NULL, io_seek);
    if (!w->io) {
        av_free(buf);
        return pa_fail(w, PA_MEMORY, "I/O context: out of memory");
    }
    atomic_fetch_add(&pa_handles, 1);
    return PA_OK;
}

void pa_io_close(pa_worker *w)
{
    if (!w->io)
        return;
    av_freep(&w->io->buffer);
    avio_context_free(&w->io);
    atomic_fetch_sub(&pa_handles, 1);
}
