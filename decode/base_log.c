// FFmpeg's messages.
#include "base.h"
#include <stdio.h>
#include <string.h>
#include <libavutil/log.h>

static _Thread_local pa_call *listening;

void pa_call_listen(pa_call *c) { listening = c; }

// Messages go to the call that is under way on this thread; those of threads
// without one are dropped.
static void log_line(void *object, int level, const char *format, va_list args)
{
    pa_call *c = listening;
    if (!c || level > AV_LOG_WARNING)
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
        c->oversized = 1;
    if (level <= AV_LOG_ERROR)
        memcpy(c->message, line, n + 1);
    if (c->log_len + n + 2 < (int)sizeof c->log) {
        memcpy(c->log + c->log_len, line, n);
        c->log_len += n;
        c->log[c->log_len++] = '\n';
        c->log[c->log_len] = 0;
    }
}

void pa_process_log(void) { av_log_set_callback(log_line); }
