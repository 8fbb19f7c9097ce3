// Decoding of chosen frames.
//
// Ranked clips (the index knows every packet's place): a run starts at the
// last key packet shown no later than the first wanted frame, leaves out
// packets that nothing wanted refers to, and ends with the last packet that a
// wanted frame is stored in. Whenever what comes out is not what the index
// promised, the answer is PA_REINDEX. Counted clips: everything is decoded
// from the first packet and the frames are counted as they come.
#include "unit.h"
#include <stdlib.h>
#include <string.h>
#include <libavutil/opt.h>

int pa_open_codec(pa_worker *w)
{
    w->ctx = avcodec_alloc_context3(w->codec);
    if (!w->ctx)
        return pa_fail(w, PA_MEMORY, "codec context: out of memory");
    atomic_fetch_add(&pa_handles, 1);
    int ret = avcodec_parameters_to_context(w->ctx, w->par);
    if (ret >= 0) {
        w->ctx->thread_count = w->threads > 0 ? w->threads : 1;
        w->ctx->flags |= AV_CODEC_FLAG_COPY_OPAQUE;
        // Decoders round sizes up; frames are held to the limit as they come.
        w->ctx->max_pixels = w->limits.pixels + w->limits.pixels / 4 + (1 << 16);
        if (w->stream)
            w->ctx->pkt_timebase = w->stream->time_base;
        // The index knows how far frames are reordered; the decoder would
        // have to find out while frames already leave it.
        if (w->ordered && w->par->codec_id == AV_CODEC_ID_H264 && w->reorder > w->ctx->has_b_frames)
            w->ctx->has_b_frames = w->reorder < 16 ? w->reorder : 16;
        ret = avcodec_open2(w->ctx, w->codec, NULL);
    }
    if (ret < 0) {
        pa_close_codec(w);
        return pa_av_fail(w, ret, "open decoder");
    }
    return PA_OK;
}

void pa_close_codec(pa_worker *w)
{
    if (!w->ctx)
        return;
    avcodec_free_context(&w->ctx);
    atomic_fetch_sub(&pa_handles, 1);
}

void pa_stop(pa_worker *w)
{
    pa_close_codec(w);
    w->running = 0;
}

// In windowed clips packets are read from the container once more.
int pa_packet_at(pa_worker *w, int32_t i, AVPacket **pkt)
{
    if (!w->windowed) {
        *pkt = w->pkts[i];
        return PA_OK;
    }
    if (i < w->read_at) {
        pa_info info = w->info;
        avformat_close_input(&w->fmt);
        atomic_fetch_sub(&pa_handles, 1);
        pa_io_close(w);
        int err = pa_open_format(w);
        w->info = info;
        if (err)
            return err;
        w->read_at = 0;
    }
    *pkt = w->scratch;
    while (w->read_at <= i) {
        int stopped = pa_stopped(w);
        if (stopped)
            return stopped;
        av_packet_unref(w->scratch);
        int ret = av_read_frame(w->fmt, w->scratch);
        if (ret == AVERROR_EOF)
            return pa_fail(w, PA_CORRUPT, "the container gives fewer packets when read again");
        if (ret < 0) {
            if (w->io_error || ret == AVERROR(ENOMEM))
                return pa_av_fail(w, ret, "read packets again");
            continue;
        }
        if (w->scratch->stream_index == w->stream->index && w->scratch->size)
            w->read_at++;
    }
    return PA_OK;
}

// Notes that packet i could not be decoded.
void pa_lose(pa_worker *w, int32_t i)
{
    pa_info *info = &w->info;
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

int pa_send_packet(pa_worker *w, int32_t i)
{
    AVPacket *pkt;
    int err = pa_packet_at(w, i, &pkt);
    if (err)
        return err;
    pkt->opaque = (void *)(intptr_t)(i + 1);
    w->sent_last = i;
    w->sent++;
    int64_t t = pa_clock(w);
    int size = pkt->size;
    if (!w->counted && w->par->codec_id == AV_CODEC_ID_AV1 && w->meta[i].split && !w->needed[i] && !(w->switches & PA_NO_DROP))
        pkt->size = w->meta[i].split;
    int ret = avcodec_send_packet(w->ctx, pkt);
    pkt->size = size;
    w->codec_ns += pa_since(w, t);
    if (ret >= 0)
        return PA_OK;
    if (ret == AVERROR(ENOMEM))
        return pa_av_fail(w, ret, "decode");
    if (!w->counted)
        return PA_REINDEX;
    pa_lose(w, i);
    return PA_OK;
}

int pa_receive(pa_worker *w)
{
    int64_t t = pa_clock(w);
    int ret = avcodec_receive_frame(w->ctx, w->frame);
    w->codec_ns += pa_since(w, t);
    return ret;
}

int pa_is_damaged(const AVFrame *f)
{
    return f->decode_error_flags || (f->flags & AV_FRAME_FLAG_CORRUPT);
}

// The packet a frame was stored in. VP8 and VP9 give each packet's frame at
// once, but a frame shown again carries the opaque of its first packet.
int32_t pa_packet_of(pa_worker *w, const AVFrame *f)
{
    if (w->par->codec_id == AV_CODEC_ID_VP8 || w->par->codec_id == AV_CODEC_ID_VP9)
        return w->sent_last;
    return (int32_t)(intptr_t)f->opaque - 1;
}

static int32_t key_for(pa_worker *w, int32_t packet)
{
    int32_t position = w->meta[packet].position;
    if (w->switches & PA_FROM_START)
        return 0;
    switch (w->par->codec_id) {
    case AV_CODEC_ID_H264: case AV_CODEC_ID_HEVC: case AV_CODEC_ID_VP8: case AV_CODEC_ID_VP9: case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_MPEG4: case AV_CODEC_ID_MJPEG: case AV_CODEC_ID_PNG: case AV_CODEC_ID_PRORES: case AV_CODEC_ID_FFV1:
    case AV_CODEC_ID_RAWVIDEO:
        break;
    default:
        return 0;
    }
    for (int32_t k = packet; k > 0; k--)
        if (w->meta[k].key && w->meta[k].position <= position)
            return k;
    return 0;
}

// Whether packets between two, both exclusive, would have to be decoded.
static int worth_a_jump(pa_worker *w, int32_t from, int32_t to)
{
    for (int32_t i = from + 1; i < to; i++)
        if (!w->meta[i].nonref || (w->switches & PA_NO_DROP))
            return 1;
    return 0;
}

// Plans the run that begins with wanted frame first.
static void plan_run(pa_worker *w, int32_t first)
{
    int32_t last = w->entries[w->want[first]].packet;
    int32_t key = key_for(w, last), i = first + 1;
    for (; i < w->nwant; i++) {
        int32_t packet = w->entries[w->want[i]].packet;
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
    pa_current = w;
    pa_stop(w);
    w->nwant = 0;
    if (pa_grow((void **)&w->want, &w->want_cap, n + 1, sizeof *w->want)) {
        pa_current = NULL;
        return pa_fail(w, PA_MEMORY, "wanted frames: out of memory");
    }
    memcpy(w->want, indices, (size_t)n * sizeof *indices);
    w->nwant = n;
    w->next_want = 0;
    w->out_count = 0;
    w->last_frame = -1;
    w->draining = 0;
    w->running = 1;
    w->read_at = w->windowed ? INT32_MAX : 0;
    int err = PA_OK;
    for (int32_t i = 0; i < n && !err; i++)
        if (indices[i] < 0 || indices[i] >= w->nentries || (i && indices[i] <= indices[i - 1]))
            err = pa_fail(w, PA_USAGE, "frame %d is not in a rising list of frames below %d", indices[i], w->nentries);
    if (!err && n && !w->info.image) {
        if (w->counted) {
            w->segment_key = w->next_packet = 0;
            w->last_packet = w->npkts - 1;
            w->next_segment = n;
            w->info.lost = w->info.lost_runs = 0;
        } else {
            if (pa_grow((void **)&w->needed, &w->needed_cap, w->npkts, 1))
                err = pa_fail(w, PA_MEMORY, "wanted frames: out of memory");
            if (!err) {
                memset(w->needed, 0, w->npkts);
                for (int32_t i = 0; i < n; i++)
                    w->needed[w->entries[indices[i]].packet] = 1;
                plan_run(w, 0);
            }
        }
        if (!err)
            err = pa_open_codec(w);
    }
    pa_current = NULL;
    return err;
}

// Feeds the decoder with the run's next packet; drains it behind the last.
static int feed(pa_worker *w)
{
    while (w->next_packet <= w->last_packet) {
        int32_t i = w->next_packet++;
        if (!w->counted) {
            const pa_packet *m = &w->meta[i];
            int leading = i > w->segment_key && m->position >= 0 && m->position < w->meta[w->segment_key].position;
            if (leading && !w->needed[i])
                continue;
            if (m->nonref && !w->needed[i] && !(w->switches & PA_NO_DROP))
                continue;
        }
        return pa_send_packet(w, i);
    }
    if (!w->draining) {
        w->draining = 1;
        int64_t t = pa_clock(w);
        avcodec_send_packet(w->ctx, NULL);
        w->codec_ns += pa_since(w, t);
    }
    return PA_OK;
}

static int deliver(pa_worker *w, AVFrame *f, int damaged, pa_planes *out)
{
    int err = pa_too_big(w, f->width, f->height);
    if (err)
        return err;
    if (!w->confirmed && !pa_match_frame(w, f))
        return pa_fail(w, PA_RESHAPE, "the frames are %dx%d", w->info.stored_w, w->info.stored_h);
    int32_t index = w->want[w->next_want++];
    *out = (pa_planes){
        .frame = f, .index = index, .damaged = damaged, .pts = w->entries[index].pts,
        .transpose = w->info.transpose, .hflip = w->info.hflip, .vflip = w->info.vflip,
    };
    return PA_OK;
}

// A decoded frame: PA_END when nobody asked for it.
static int judge(pa_worker *w, pa_planes *out)
{
    AVFrame *f = w->frame;
    if (w->counted) {
        int32_t index = w->out_count++;
        if (index != w->want[w->next_want])
            return PA_END;
        return deliver(w, f, pa_is_damaged(f), out);
    }
    if (pa_is_damaged(f))
        return PA_REINDEX;
    int32_t packet = pa_packet_of(w, f);
    if (packet < 0 || packet >= w->npkts)
        return PA_REINDEX;
    int32_t index = w->meta[packet].frame;
    if (index < 0) // hidden by an edit list, or shown twice
        return w->meta[packet].hidden ? PA_END : PA_REINDEX;
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
        return deliver(w, w->still, w->damaged, out);
    pa_current = w;
    int code = PA_END, failures = 0;
    while (code == PA_END) {
        int stopped = pa_stopped(w);
        if (stopped) {
            code = stopped;
            break;
        }
        int ret = pa_receive(w);
        if (ret >= 0) {
            code = judge(w, out);
        } else if (ret == AVERROR(EAGAIN)) {
            int err = feed(w);
            if (err)
                code = err;
        } else if (ret == AVERROR_EOF) {
            if (w->counted || w->next_want < w->next_segment) {
                code = w->counted ? pa_fail(w, PA_CORRUPT, "decoding again gives fewer frames") : PA_REINDEX;
                break;
            }
            avcodec_flush_buffers(w->ctx);
            w->draining = 0;
            plan_run(w, w->next_want);
        } else if (ret == AVERROR(ENOMEM)) {
            code = pa_av_fail(w, ret, "decode");
        } else if (!w->counted || ++failures > 1 << 16) {
            code = PA_REINDEX;
        }
    }
    pa_current = NULL;
    return code;
}

int pa_paint(pa_worker *w, const pa_planes *p, const pa_shape *shape, uint8_t *dst)
{
    int64_t t = pa_clock(w);
    pa_current = w;
    int code = pa_draw(w, p->frame, shape, dst);
    pa_current = NULL;
    w->render_ns += pa_since(w, t);
    return code;
}

int pa_render(pa_worker *w, const int32_t *indices, int32_t n, const pa_shape *shape, uint8_t *dst, pa_frame *out,
              pa_info *info)
{
    // Repeats are decoded once and copied.
    int32_t *unique = calloc((size_t)n + 1, sizeof *unique), count = 0;
    if (!unique)
        return pa_fail(w, PA_MEMORY, "frame list: out of memory");
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
        if (!(w->switches & PA_NO_RENDER))
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
