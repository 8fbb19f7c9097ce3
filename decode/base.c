// A call and its own errors.
#include "base.h"
#include <stdarg.h>
#include <stdio.h>

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

int pa_too_big(pa_call *c, int width, int height)
{
    if ((int64_t)width * height <= c->limits.pixels)
        return PA_OK;
    return pa_fail(c, PA_LIMITS, "a frame of %dx%d exceeds the limit of %lld pixels", width, height, (long long)c->limits.pixels);
}
