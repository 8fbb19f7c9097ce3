// Errors, limits and interruption.
#include "base.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <libavutil/error.h>

atomic_llong pa_handles;

void pa_call_reset(pa_call *c)
{
    c->message[0] = 0;
    c->log[0] = 0;
    c->log_len = 0;
    c->io_error = c->truncated = c->oversized = 0;
}

int pa_fail(pa_call *c, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->message, sizeof c->message, format, args);
    va_end(args);
    return code;
}

int pa_av_fail(pa_call *c, int averror, const char *what)
{
    int stopped = pa_stopped(c);
    if (stopped)
        return stopped;
    char said[sizeof c->message], reason[64];
    memcpy(said, c->message, sizeof said);
    av_strerror(averror, reason, sizeof reason);
    if (averror == AVERROR(ENOMEM))
        return pa_fail(c, PA_LIMITS, "%s: the file asks for more memory than there is or than one allocation may have", what);
    int code = PA_CORRUPT;
    if (averror == AVERROR_DECODER_NOT_FOUND || averror == AVERROR_PATCHWELCOME ||
        averror == AVERROR_DEMUXER_NOT_FOUND || averror == AVERROR(ENOSYS))
        code = PA_UNSUPPORTED;
    else if (c->io_error)
        code = PA_IO;
    else if (c->truncated || averror == AVERROR_EOF)
        code = PA_TRUNCATED;
    if (said[0])
        return pa_fail(c, code, "%s: %s (%.150s)", what, reason, said);
    return pa_fail(c, code, "%s: %s", what, reason);
}

int pa_too_big(pa_call *c, int width, int height)
{
    if ((int64_t)width * height <= c->limits.pixels)
        return PA_OK;
    return pa_fail(c, PA_LIMITS, "a frame of %dx%d exceeds the limit of %lld pixels", width, height, (long long)c->limits.pixels);
}
