// Custom I/O: FFmpeg reads from memory or through paRead.
#include "container.h"
#include <string.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

extern int paRead(uintptr_t handle, int64_t offset, uint8_t *buf, int n); // feed.go

static int io_read(void *opaque, uint8_t *buf, int n)
{
    pa_container *c = opaque;
    if (pa_stopped(c->call))
        return AVERROR_EXIT;
    int64_t left = c->size - c->offset;
    if (left <= 0)
        return AVERROR_EOF;
    if (n > left)
        n = (int)left;
    if (!c->handle) {
        memcpy(buf, c->data + c->offset, n);
    } else {
        n = paRead(c->handle, c->offset, buf, n);
        if (n < 0) {
            c->call->io_error = 1;
            return AVERROR(EIO);
        }
        if (n == 0)
            return AVERROR_EOF;
    }
    c->offset += n;
    return n;
}

static int64_t io_seek(void *opaque, int64_t offset, int whence)
{
    pa_container *c = opaque;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return c->size;
    case SEEK_SET:
        break;
    case SEEK_CUR:
        offset = av_sat_add64(offset, c->offset);
        break;
    case SEEK_END:
        offset = av_sat_add64(offset, c->size);
        break;
    default:
        return AVERROR(EINVAL);
    }
    if (offset < 0)
        return AVERROR(EINVAL);
    if (offset > c->size)
        c->call->truncated = 1; // the container points behind the end of the file
    c->offset = offset;
    return offset;
}

int pa_io_open(pa_container *c)
{
    const int size = 32 << 10;
    uint8_t *buf = av_malloc(size);
    if (!buf)
        return pa_fail(c->call, PA_MEMORY, "I/O buffer: out of memory");
    c->offset = 0;
    c->io = avio_alloc_context(buf, size, 0, c, io_read, NULL, io_seek);
    if (!c->io) {
        av_free(buf);
        return pa_fail(c->call, PA_MEMORY, "I/O context: out of memory");
    }
    pa_handle_made();
    return PA_OK;
}

void pa_io_close(pa_container *c)
{
    if (!c->io)
        return;
    av_freep(&c->io->buffer);
    avio_context_free(&c->io);
    pa_handle_gone();
}
