// The frame index by decoding: everything is decoded once, frames are noted
// in the order in which they leave the decoder.
#include "unit.h"
#include <string.h>

int pa_count_all(pa_worker *w)
{
    w->counted = 1;
    w->ordered = 0;
    w->nentries = 0;
    w->info.lost = w->info.lost_runs = 0;
    w->info.frames = 0;
    w->read_at = w->windowed ? INT32_MAX : 0;
    pa_stop(w);
    int err = pa_open_codec(w);
    if (err)
        return err;
    int32_t next = 0;
    int done = 0;
    while (!done && !err) {
        err = pa_stopped(w);
        if (err)
            break;
        if (next < w->npkts)
            err = pa_send_packet(w, next++);
        else {
            avcodec_send_packet(w->ctx, NULL);
            done = 1;
        }
        for (int failures = 0; !err && failures < 64;) {
            int ret = pa_receive(w);
            if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
                break;
            if (ret < 0) {
                // A damaged packet may come to light only here.
                if (ret == AVERROR(ENOMEM))
                    err = pa_av_fail(w, ret, "decode");
                pa_lose(w, w->sent_last);
                failures++;
                continue;
            }
            failures = 0;
            err = pa_too_big(w, w->frame->width, w->frame->height);
            if (err)
                break;
            if (w->nentries >= w->limits.frames) {
                err = pa_fail(w, PA_LIMITS, "more than %lld frames", (long long)w->limits.frames);
                break;
            }
            if (pa_grow((void **)&w->entries, &w->entries_cap, w->nentries + 1, sizeof *w->entries)) {
                err = pa_fail(w, PA_MEMORY, "frame index: out of memory");
                break;
            }
            w->entries[w->nentries++] = (pa_entry){
                .pts = w->frame->best_effort_timestamp,
                .packet = pa_packet_of(w, w->frame),
                .key = !!(w->frame->flags & AV_FRAME_FLAG_KEY),
            };
            if (w->info.image) {
                w->damaged = pa_is_damaged(w->frame);
                av_frame_unref(w->still);
                av_frame_move_ref(w->still, w->frame);
                pa_match_frame(w, w->still);
                done = 1;
                break;
            }
            if (!w->confirmed)
                pa_match_frame(w, w->frame);
        }
    }
    pa_stop(w);
    if (err)
        return err;
    if (!w->nentries) {
        if (w->oversized)
            return pa_fail(w, PA_LIMITS, "a frame exceeds the limit of %lld pixels", (long long)w->limits.pixels);
        char said[sizeof w->message];
        memcpy(said, w->message, sizeof said);
        return pa_fail(w, w->truncated ? PA_TRUNCATED : PA_CORRUPT, "no frame can be decoded%s%.200s", said[0] ? ": " : "", said);
    }
    for (int32_t i = 0; i < w->nentries; i++)
        if (w->entries[i].pts == AV_NOPTS_VALUE)
            w->entries[i].pts = i > 1 ? 2 * w->entries[i - 1].pts - w->entries[i - 2].pts : i ? w->entries[0].pts + 1 : 0;
    w->info.frames = w->nentries;
    w->info.exact = 1;
    w->info.counted = 1;
    return PA_OK;
}

int pa_count(pa_worker *w, pa_info *info)
{
    pa_current = w;
    int err = pa_count_all(w);
    if (!err)
        pa_describe(w);
    *info = w->info;
    pa_current = NULL;
    return err;
}

const pa_entry *pa_entries(pa_worker *w) { return w->entries; }
