// Errors of FFmpeg as results of a call.
#include "base.h"
#include <string.h>
#include <libavutil/error.h>

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
