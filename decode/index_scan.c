// The frame index by a full scan: everything is decoded once, frames are noted
// in the order in which they leave the decoder.
#include "index.h"
#include <string.h>
#include <libavutil/common.h>

// Notes that packet i could not be decoded.
static void lose(pa_info *info, int32_t i)
{
    int32_t runs = info->lost_runs;
    const int32_t most = sizeof info->lost_run / sizeof info->lost_run[0];
    info->lost++;
    if (runs && runs <= most && i <= info->lost_run[runs - 1].last + 1) {
        info->lost_run[runs - 1].last = i;
        return;
    }
    if (runs < most)
        info->lost_run[runs].first = info->lost_run[runs].last = i;
    info->lost_runs++;
}

int pa_index_send(pa_index *x, int32_t i, int size)
{
    AVPacket *pkt;
    int err = pa_index_packet(x, i, &pkt);
    if (err)
        return err;
    int whole = pkt->size;
    if (size > 0)
        pkt->size = size;
    int ret = pa_decoder_send(x->decoder, pkt, i);
    pkt->size = whole;
    if (ret >= 0)
        return PA_OK;
    if (ret == AVERROR(ENOMEM))
        return pa_av_fail(x->call, ret, "decode");
    if (!x->full_scan)
        return PA_REINDEX;
    lose(x->info, i);
    return PA_OK;
}

int pa_index_scan(pa_index *x)
{
    x->full_scan = 1;
    x->ordered = 0;
    x->nentries = 0;
    x->info->lost = x->info->lost_runs = 0;
    x->info->frames = 0;
    x->read_at = x->windowed ? INT32_MAX : 0;
    pa_decoder_close(x->decoder);
    int err = pa_decoder_open(x->decoder, x->container, -1);
    if (err)
        return err;
    AVFrame *frame = x->decoder->frame;
    int32_t next = 0;
    int done = 0;
    while (!done && !err) {
        err = pa_stopped(x->call);
        if (err)
            break;
        if (next < x->npkts)
            err = pa_index_send(x, next++, 0);
        else {
            pa_decoder_send(x->decoder, NULL, 0);
            done = 1;
        }
        for (int failures = 0; !err && failures < 64;) {
            int ret = pa_decoder_receive(x->decoder);
            if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
                break;
            if (ret < 0) {
                // A damaged packet may come to light only here.
                if (ret == AVERROR(ENOMEM))
                    err = pa_av_fail(x->call, ret, "decode");
                lose(x->info, x->decoder->sent_last);
                failures++;
                continue;
            }
            failures = 0;
            err = pa_too_big(x->call, frame->width, frame->height);
            if (err)
                break;
            if (x->nentries >= x->call->limits.frames) {
                err = pa_fail(x->call, PA_LIMITS, "more than %lld frames", (long long)x->call->limits.frames);
                break;
            }
            if (pa_grow((void **)&x->entries, &x->entries_cap, x->nentries + 1, sizeof *x->entries)) {
                err = pa_fail(x->call, PA_MEMORY, "frame index: out of memory");
                break;
            }
            x->entries[x->nentries++] = (pa_entry){
                .pts = frame->best_effort_timestamp,
                .packet = pa_packet_of(x->decoder, frame),
                .key = !!(frame->flags & AV_FRAME_FLAG_KEY),
            };
            if (x->info->image) {
                x->still_damaged = pa_is_damaged(frame);
                av_frame_unref(x->still);
                av_frame_move_ref(x->still, frame);
                pa_match_frame(x->info, x->container, x->still);
                done = 1;
                break;
            }
            if (!x->info->confirmed)
                pa_match_frame(x->info, x->container, frame);
        }
    }
    pa_decoder_close(x->decoder);
    if (err)
        return err;
    if (!x->nentries) {
        if (x->call->oversized)
            return pa_fail(x->call, PA_LIMITS, "a frame exceeds the limit of %lld pixels", (long long)x->call->limits.pixels);
        char said[sizeof x->call->message];
        memcpy(said, x->call->message, sizeof said);
        return pa_fail(x->call, x->call->truncated ? PA_TRUNCATED : PA_CORRUPT, "no frame can be decoded%s%.200s", said[0] ? ": " : "", said);
    }
    pa_entry *e = x->entries;
    for (int32_t i = 0; i < x->nentries; i++)
        if (e[i].pts == AV_NOPTS_VALUE) {
            int64_t step = i > 1 ? av_sat_sub64(e[i - 1].pts, e[i - 2].pts) : 1;
            e[i].pts = i ? av_sat_add64(e[i - 1].pts, step) : 0;
        }
    x->info->frames = x->nentries;
    x->info->exact = 1;
    x->info->full_scan = 1;
    return PA_OK;
}
