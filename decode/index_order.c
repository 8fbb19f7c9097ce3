// The frame index: which frames the packets show, in presentation order.
// Where the packets alone do not prove it, the answer is PA_REINDEX and the
// caller scans.
#include "index.h"
#include <stdlib.h>
#include <libavutil/common.h>

struct sorting { int64_t pts; int32_t packet; };

static int by_pts(const void *a, const void *b)
{
    const struct sorting *x = a, *y = b;
    if (x->pts != y->pts)
        return x->pts < y->pts ? -1 : 1;
    return x->packet - y->packet;
}

// Display delay: how many packets stored before a frame are shown after it.
static int reorder_depth(const pa_packet *m, int32_t n)
{
    int depth = 0;
    for (int32_t i = 1; i < n; i++) {
        int ahead = 0;
        for (int32_t j = i - 1; j >= 0 && j >= i - 32; j--)
            ahead += m[j].position > m[i].position;
        if (ahead > depth)
            depth = ahead;
    }
    return depth;
}

static int order_by_pts(pa_index *x)
{
    int32_t n = x->npkts;
    struct sorting *s = malloc((size_t)n * sizeof *s);
    if (!s)
        return pa_fail(x->call, PA_MEMORY, "frame index: out of memory");
    int sorted = 1, code = PA_OK;
    for (int32_t i = 0; i < n; i++) {
        if (x->meta[i].pts == AV_NOPTS_VALUE) {
            free(s);
            return PA_REINDEX;
        }
        s[i] = (struct sorting){x->meta[i].pts, i};
        sorted &= !i || s[i].pts > s[i - 1].pts;
    }
    if (!sorted)
        qsort(s, n, sizeof *s, by_pts);
    for (int32_t i = 0; i < n; i++) {
        if (i && s[i].pts == s[i - 1].pts)
            code = PA_REINDEX;
        x->order[i] = s[i].packet;
        x->meta[s[i].packet].position = i;
    }
    free(s);
    return code;
}

// Storage order, but a reference frame of MPEG-4 is shown after the B frames
// that follow it.
static int order_by_type(pa_index *x)
{
    int32_t at = 0, held = -1;
    for (int32_t i = 0; i < x->npkts; i++) {
        pa_packet *m = &x->meta[i];
        if (m->type == 'B' || !m->shows) {
            x->order[at++] = i;
            continue;
        }
        if (held >= 0)
            x->order[at++] = held;
        held = i;
    }
    if (held >= 0)
        x->order[at++] = held;
    for (int32_t i = 0; i < at; i++)
        x->meta[x->order[i]].position = i;
    return PA_OK;
}

// Frames without presentation times (AVI) leave the decoder, one reference
// late where B-frames are allowed, at the decoding time of a later packet.
static void times_from_storage(pa_index *x)
{
    int late = x->syntax.codec == AV_CODEC_ID_MPEG4 && !x->syntax.mpeg4.low_delay && !(x->syntax.mpeg4.simple && !x->syntax.mpeg4.vol_control);
    int64_t next = AV_NOPTS_VALUE;
    for (int32_t i = x->npkts - 1; i >= 0; i--) {
        pa_packet *m = &x->meta[i];
        if (!m->shows)
            continue;
        if (!late || m->type == 'B') {
            m->pts = m->dts;
            continue;
        }
        m->pts = next == AV_NOPTS_VALUE ? av_sat_add64(x->meta[x->npkts - 1].dts, 1) : next;
        next = m->dts;
    }
}

static int fill_entries(pa_index *x)
{
    int32_t frames = 0;
    if (pa_grow((void **)&x->entries, &x->entries_cap, x->npkts, sizeof *x->entries))
        return pa_fail(x->call, PA_MEMORY, "frame index: out of memory");
    int timed = 1;
    for (int32_t i = 0; i < x->npkts; i++)
        timed &= !x->meta[i].shows || x->meta[i].pts != AV_NOPTS_VALUE;
    if (!timed)
        times_from_storage(x);
    for (int32_t i = 0; i < x->npkts; i++) {
        pa_packet *m = &x->meta[x->order[i]];
        if (m->shows > 1)
            return PA_REINDEX;
        if (!m->shows || m->hidden)
            continue;
        m->frame = frames;
        x->entries[frames++] = (pa_entry){m->pts, x->order[i], m->key, m->nonref};
    }
    x->nentries = frames;
    return frames ? PA_OK : PA_REINDEX;
}

// Edit lists mark packets as hidden. One run at the beginning (the way to a
// key frame) and one at the end are understood; more need a full scan.
static int simple_edits(pa_index *x)
{
    int32_t first = x->npkts, last = -1;
    for (int32_t i = 0; i < x->npkts; i++)
        if (x->meta[x->order[i]].shows && !x->meta[x->order[i]].hidden) {
            if (first == x->npkts)
                first = i;
            last = i;
        }
    for (int32_t i = first; i <= last; i++)
        if (x->meta[x->order[i]].hidden)
            return 0;
    return 1;
}

// Codecs in which every packet shows one frame, in storage order.
static int one_each(enum AVCodecID id)
{
    switch (id) {
    case AV_CODEC_ID_MJPEG: case AV_CODEC_ID_PNG: case AV_CODEC_ID_PRORES: case AV_CODEC_ID_RAWVIDEO: case AV_CODEC_ID_FFV1:
    case AV_CODEC_ID_MSMPEG4V2: case AV_CODEC_ID_MSMPEG4V3: case AV_CODEC_ID_WMV1: case AV_CODEC_ID_FLV1: case AV_CODEC_ID_H263:
        return 1;
    default:
        return 0;
    }
}

static int hevc_rules(pa_index *x)
{
    int top = 0, fresh = 0;
    if (x->meta[0].type < 16 || x->meta[0].type > 21 || x->syntax.irregular)
        return PA_REINDEX;
    for (int32_t i = 0; i < x->npkts; i++) {
        pa_packet *m = &x->meta[i];
        if (m->layer > top)
            top = m->layer;
        if (m->key)
            fresh = i == 0 || m->type <= 18;
        if (fresh && (m->type == 8 || m->type == 9))
            m->shows = 0; // leading pictures without their reference are skipped
    }
    for (int32_t i = 0; i < x->npkts; i++)
        if (x->meta[i].layer < top)
            x->meta[i].nonref = 0;
    return PA_OK;
}

int pa_index_build(pa_index *x)
{
    x->ordered = 0;
    if (x->info->image || x->suspect || (x->call->switches & PA_FULL_SCAN))
        return PA_REINDEX;
    if (pa_grow((void **)&x->order, &x->order_cap, x->npkts, sizeof *x->order))
        return pa_fail(x->call, PA_MEMORY, "frame index: out of memory");
    int code = PA_REINDEX, timed = 1;
    for (int32_t i = 0; i < x->npkts; i++)
        timed &= x->meta[i].pts != AV_NOPTS_VALUE;
    switch (x->syntax.codec) {
    case AV_CODEC_ID_H264:
        if (timed && x->meta[0].key)
            code = order_by_pts(x);
        break;
    case AV_CODEC_ID_HEVC:
        if (timed)
            code = hevc_rules(x);
        if (timed && !code)
            code = order_by_pts(x);
        break;
    case AV_CODEC_ID_VP8: case AV_CODEC_ID_VP9: case AV_CODEC_ID_AV1:
        if (x->meta[0].key)
            code = timed ? order_by_pts(x) : order_by_type(x);
        break;
    case AV_CODEC_ID_MPEG4:
        if (x->syntax.mpeg4.packed && x->windowed)
            break;
        if (pa_unpack(&x->syntax, x->pkts, x->meta, x->npkts, x->scratch))
            return pa_fail(x->call, PA_MEMORY, "packed frames: out of memory");
        if (x->syntax.irregular || (x->syntax.mpeg4.b_frames && (!x->syntax.mpeg4.vol_control || x->syntax.mpeg4.low_delay)))
            break;
        if (x->meta[0].type != 'I' || (x->npkts > 1 && x->meta[1].type == 'B'))
            break;
        code = order_by_type(x);
        break;
    default:
        if (one_each(x->syntax.codec) && x->meta[0].key)
            code = timed ? order_by_pts(x) : order_by_type(x);
        break;
    }
    if (!code)
        code = simple_edits(x) ? fill_entries(x) : PA_REINDEX;
    if (!code) {
        x->ordered = 1;
        x->delay = reorder_depth(x->meta, x->npkts);
        x->info->frames = x->nentries;
        x->info->exact = 1;
    }
    return code;
}
