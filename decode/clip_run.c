// Decoding of chosen frames.
//
// Indexed clips (the index knows every packet's place): a run starts at the
// last key packet shown no later than the first wanted frame, leaves out
// packets that nothing wanted refers to, and ends with the last packet that a
// wanted frame is stored in. Whenever what comes out is not what the index
// promised, the answer is PA_REINDEX. After a full scan everything is decoded
// from the first packet and the frames are numbered as they come.
#include "clip_worker.h"
#include <stdlib.h>
#include <string.h>

static int32_t key_for(pa_worker *w, int32_t packet)
{
    int32_t position = w->index.meta[packet].position;
    if (w->call.switches & PA_FROM_START)
        return 0;
    switch (w->index.syntax.codec) {
    case AV_CODEC_ID_H264: case AV_CODEC_ID_HEVC: case AV_CODEC_ID_VP8: case AV_CODEC_ID_VP9: case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_MPEG4: case AV_CODEC_ID_MJPEG: case AV_CODEC_ID_PNG: case AV_CODEC_ID_PRORES: case AV_CODEC_ID_FFV1:
    case AV_CODEC_ID_RAWVIDEO:
        break;
    default:
        return 0;
    }
    for (int32_t k = packet; k > 0; k--)
        if (w->index.meta[k].key && w->index.meta[k].position <= position)
            return k;
    return 0;
}

// Whether packets between two, both exclusive, would have to be decoded.
static int worth_a_jump(pa_worker *w, int32_t from, int32_t to)
{
    for (int32_t i = from + 1; i < to; i++)
        if (!w->index.meta[i].nonref || (w->call.switches & PA_NO_DROP))
            return 1;
    return 0;
}

// Plans the run that begins with wanted frame first.
static void plan_run(pa_worker *w, int32_t first)
{
    int32_t last = w->index.entries[w->want[first]].packet;
    int32_t key = key_for(w, last), i = first + 1;
    for (; i < w->nwant; i++) {
        int32_t packet = w->index.entries[w->want[i]].packet;
        if (packet < key)
            key = key_for(w, packet);
        else if (worth_a_jump(w, last, key_for(w, packet)))
            break;
        if (packet > last)
            last = packet;
    }
    w->segment_key = w->next_packet = key;
    w->last_packet = last;
    w->next_segment = i;
}

int pa_start(pa_worker *w, const int32_t *indices, int32_t n)
{
    pa_call_listen(&w->call);
    pa_stop(w);
    w->nwant = 0;
    if (pa_grow((void **)&w->want, &w->want_cap, n + 1, sizeof *w->want)) {
        pa_call_listen(NULL);
        return pa_fail(&w->call, PA_MEMORY, "wanted frames: out of memory");
    }
    memcpy(w->want, indices, (size_t)n * sizeof *indices);
    w->nwant = n;
    w->next_want = 0;
    w->out_count = 0;
    w->last_frame = -1;
    w->draining = 0;
    w->running = 1;
    w->index.read_at = w->index.windowed ? INT32_MAX : 0;
    int err = PA_OK;
    for (int32_t i = 0; i < n && !err; i++)
        if (indices[i] < 0 || indices[i] >= w->index.nentries || (i && indices[i] <= indices[i - 1]))
            err = pa_fail(&w->call, PA_USAGE, "frame %d is not in a rising list of frames below %d", indices[i], w->index.nentries);
    if (!err && n && !w->info.image) {
        if (w->index.full_scan) {
            w->segment_key = w->next_packet = 0;
            w->last_packet = w->index.npkts - 1;
            w->next_segment = n;
            w->info.lost = w->info.lost_runs = 0;
        } else {
            if (pa_grow((void **)&w->needed, &w->needed_cap, w->index.npkts, 1))
                err = pa_fail(&w->call, PA_MEMORY, "wanted frames: out of memory");
            if (!err) {
                memset(w->needed, 0, w->index.npkts);
                for (int32_t i = 0; i < n; i++)
                    w->needed[w->index.entries[indices[i]].packet] = 1;
                plan_run(w, 0);
            }
        }
        if (!err)
            err = pa_decoder_open(&w->decoder, &w->container, w->index.ordered ? w->index.delay : -1);
    }
    pa_call_listen(NULL);
    return err;
}

// Feeds the decoder with the run's next packet; drains it behind the last.
static int feed(pa_worker *w)
{
    while (w->next_packet <= w->last_packet) {
        int32_t i = w->next_packet++;
        int size = 0;
        if (!w->index.full_scan) {
            const pa_packet *m = &w->index.meta[i];
            int leading = i > w->segment_key && m->position >= 0 && m->position < w->index.meta[w->segment_key].position;
            if (leading && !w->needed[i])
                continue;
            if (m->nonref && !w->needed[i] && !(w->call.switches & PA_NO_DROP))
                continue;
            if (w->index.syntax.codec == AV_CODEC_ID_AV1 && m->split && !w->needed[i] && !(w->call.switches & PA_NO_DROP))
                size = m->split;
        }
        return pa_index_send(&w->index, i, size);
    }
    if (!w->draining) {
        w->draining = 1;
        pa_decoder_send(&w->decoder, NULL, 0);
    }
    return PA_OK;
}

static int deliver(pa_worker *w, AVFrame *f, int damaged, pa_planes *out)
{
    int err = pa_too_big(&w->call, f->width, f->height);
    if (err)
        return err;
    if (!w->info.confirmed && !pa_match_frame(&w->info, &w->container, f))
        return pa_fail(&w->call, PA_RESHAPE, "the frames are %dx%d", w->info.stored_w, w->info.stored_h);
    int32_t index = w->want[w->next_want++];
    *out = (pa_planes){
        .frame = f, .index = index, .damaged = damaged, .pts = w->index.entries[index].pts,
        .transpose = w->info.transpose, .hflip = w->info.hflip, .vflip = w->info.vflip,
    };
    return PA_OK;
}

// A decoded frame: PA_END when nobody asked for it.
static int judge(pa_worker *w, pa_planes *out)
{
    AVFrame *f = w->decoder.frame;
    if (w->index.full_scan) {
        int32_t index = w->out_count++;
        if (index != w->want[w->next_want])
            return PA_END;
        return deliver(w, f, pa_is_damaged(f), out);
    }
    if (pa_is_damaged(f))
        return PA_REINDEX;
    int32_t packet = pa_packet_of(&w->decoder, f);
    if (packet < 0 || packet >= w->index.npkts)
        return PA_REINDEX;
    int32_t index = w->index.meta[packet].frame;
    if (index < 0) // hidden by an edit list, or shown twice
        return w->index.meta[packet].hidden ? PA_END : PA_REINDEX;
    if (index <= w->last_frame)
        return PA_REINDEX;
    w->last_frame = index;
    if (!w->needed[packet])
        return PA_END;
    if (index != w->want[w->next_want])
        return PA_REINDEX;
    return deliver(w, f, 0, out);
}

int pa_next(pa_worker *w, pa_planes *out)
{
    if (!w->running)
        return PA_USAGE;
    if (w->next_want >= w->nwant)
        return PA_END;
    if (w->info.image)
        return deliver(w, w->index.still, w->index.still_damaged, out);
    pa_call_listen(&w->call);
    int code = PA_END, failures = 0;
    while (code == PA_END) {
        int stopped = pa_stopped(&w->call);
        if (stopped) {
            code = stopped;
            break;
        }
        int ret = pa_decoder_receive(&w->decoder);
        if (ret >= 0) {
            code = judge(w, out);
        } else if (ret == AVERROR(EAGAIN)) {
            int err = feed(w);
            if (err)
                code = err;
        } else if (ret == AVERROR_EOF) {
            if (w->index.full_scan || w->next_want < w->next_segment) {
                code = w->index.full_scan ? pa_fail(&w->call, PA_CORRUPT, "decoding again gives fewer frames") : PA_REINDEX;
                break;
            }
            pa_decoder_flush(&w->decoder);
            w->draining = 0;
            plan_run(w, w->next_want);
        } else if (ret == AVERROR(ENOMEM)) {
            code = pa_av_fail(&w->call, ret, "decode");
        } else if (!w->index.full_scan || ++failures > 1 << 16) {
            code = PA_REINDEX;
        }
    }
    pa_call_listen(NULL);
    return code;
}

int pa_paint(pa_worker *w, const pa_planes *p, const pa_shape *shape, uint8_t *dst)
{
    int64_t t = pa_clock(&w->call);
    pa_call_listen(&w->call);
    // JPEG's chroma is centered unless it says otherwise.
    int centered = p->frame->color_range == AVCOL_RANGE_JPEG && w->index.syntax.codec == AV_CODEC_ID_MJPEG;
    int code = pa_draw(&w->call, &w->tables, &w->info, p->frame, centered, shape, dst);
    pa_call_listen(NULL);
    w->render_ns += pa_since(&w->call, t);
    return code;
}

int pa_render(pa_worker *w, const int32_t *indices, int32_t n, const pa_shape *shape, uint8_t *dst, pa_frame *out,
              pa_info *info)
{
    // Repeats are decoded once and copied.
    int32_t *unique = calloc((size_t)n + 1, sizeof *unique), count = 0;
    if (!unique)
        return pa_fail(&w->call, PA_MEMORY, "frame list: out of memory");
    for (int32_t i = 0; i < n; i++)
        if (!i || indices[i] != indices[i - 1])
            unique[count++] = indices[i];
    size_t bytes = (size_t)shape->width * shape->height * 3;
    int code = pa_start(w, unique, count);
    for (int32_t i = 0; i < n && !code;) {
        pa_planes p;
        code = pa_next(w, &p);
        if (code)
            break;
        if (!(w->call.switches & PA_NO_RENDER))
            code = pa_paint(w, &p, shape, dst + (size_t)i * bytes);
        int32_t first = i;
        for (; i < n && indices[i] == indices[first]; i++) {
            out[i] = (pa_frame){indices[i], p.damaged, p.pts};
            if (i > first)
                memcpy(dst + (size_t)i * bytes, dst + (size_t)first * bytes, bytes);
        }
    }
    pa_stop(w);
    free(unique);
    *info = w->info;
    return code;
}
