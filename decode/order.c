// The frame index: which frames the packets show, in presentation order.
// Where the packets alone do not prove it, pa_index answers PA_REINDEX and
// the caller indexes by decoding.
#include "unit.h"
#include <stdlib.h>

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

int pa_order_by_pts(pa_worker *w)
{
    int32_t n = w->npkts;
    struct sorting *s = malloc((size_t)n * sizeof *s);
    if (!s)
        return pa_fail(w, PA_MEMORY, "frame index: out of memory");
    int sorted = 1, code = PA_OK;
    for (int32_t i = 0; i < n; i++) {
        if (w->meta[i].pts == AV_NOPTS_VALUE) {
            free(s);
            return PA_REINDEX;
        }
        s[i] = (struct sorting){w->meta[i].pts, i};
        sorted &= !i || s[i].pts > s[i - 1].pts;
    }
    if (!sorted)
        qsort(s, n, sizeof *s, by_pts);
    for (int32_t i = 0; i < n; i++) {
        if (i && s[i].pts == s[i - 1].pts)
            code = PA_REINDEX;
        w->order[i] = s[i].packet;
        w->meta[s[i].packet].position = i;
    }
    free(s);
    return code;
}

// Storage order, but a reference frame of MPEG-4 is shown after the B frames
// that follow it.
int pa_order_by_type(pa_worker *w)
{
    int32_t at = 0, held = -1;
    for (int32_t i = 0; i < w->npkts; i++) {
        pa_packet *m = &w->meta[i];
        if (m->type == 'B' || !m->shows) {
            w->order[at++] = i;
            continue;
        }
        if (held >= 0)
            w->order[at++] = held;
        held = i;
    }
    if (held >= 0)
        w->order[at++] = held;
    for (int32_t i = 0; i < at; i++)
        w->meta[w->order[i]].position = i;
    return PA_OK;
}

// Frames without presentation times (AVI) leave the decoder, one reference
// late where B-frames are allowed, at the decoding time of a later packet.
static void times_from_storage(pa_worker *w)
{
    int late = w->par->codec_id == AV_CODEC_ID_MPEG4 && !w->parse.low_delay && !(w->parse.simple && !w->parse.vol_control);
    int64_t next = AV_NOPTS_VALUE;
    for (int32_t i = w->npkts - 1; i >= 0; i--) {
        pa_packet *m = &w->meta[i];
        if (!m->shows)
            continue;
        if (!late || m->type == 'B') {
            m->pts = m->dts;
            continue;
        }
        m->pts = next == AV_NOPTS_VALUE ? w->meta[w->npkts - 1].dts + 1 : next;
        next = m->dts;
    }
}

int pa_fill_entries(pa_worker *w)
{
    int32_t frames = 0;
    if (pa_grow((void **)&w->entries, &w->entries_cap, w->npkts, sizeof *w->entries))
        return pa_fail(w, PA_MEMORY, "frame index: out of memory");
    int timed = 1;
    for (int32_t i = 0; i < w->npkts; i++)
        timed &= !w->meta[i].shows || w->meta[i].pts != AV_NOPTS_VALUE;
    if (!timed)
        times_from_storage(w);
    for (int32_t i = 0; i < w->npkts; i++) {
        pa_packet *m = &w->meta[w->order[i]];
        if (m->shows > 1)
            return PA_REINDEX;
        if (!m->shows || m->hidden)
            continue;
        m->frame = frames;
        w->entries[frames++] = (pa_entry){m->pts, w->order[i], m->key, m->nonref};
    }
    w->nentries = frames;
    return frames ? PA_OK : PA_REINDEX;
}

// Edit lists mark packets as hidden. One run at the beginning (the way to a
// key frame) and one at the end are understood; more are counted by decoding.
static int simple_edits(pa_worker *w)
{
    int32_t first = w->npkts, last = -1;
    for (int32_t i = 0; i < w->npkts; i++)
        if (w->meta[w->order[i]].shows && !w->meta[w->order[i]].hidden) {
            if (first == w->npkts)
                first = i;
            last = i;
        }
    for (int32_t i = first; i <= last; i++)
        if (w->meta[w->order[i]].hidden)
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

static int hevc_rules(pa_worker *w)
{
    int top = 0, fresh = 0;
    if (w->meta[0].type < 16 || w->meta[0].type > 21 || w->parse.irregular)
        return PA_REINDEX;
    for (int32_t i = 0; i < w->npkts; i++) {
        pa_packet *m = &w->meta[i];
        if (m->layer > top)
            top = m->layer;
        if (m->key)
            fresh = i == 0 || m->type <= 18;
        if (fresh && (m->type == 8 || m->type == 9))
            m->shows = 0; // leading pictures without their reference are skipped
    }
    for (int32_t i = 0; i < w->npkts; i++)
        if (w->meta[i].layer < top)
            w->meta[i].nonref = 0;
    return PA_OK;
}

int pa_index(pa_worker *w)
{
    w->ordered = 0;
    if (w->info.image || w->suspect || (w->switches & PA_COUNTED))
        return PA_REINDEX;
    if (pa_grow((void **)&w->order, &w->order_cap, w->npkts, sizeof *w->order))
        return pa_fail(w, PA_MEMORY, "frame index: out of memory");
    int code = PA_REINDEX, timed = 1;
    for (int32_t i = 0; i < w->npkts; i++)
        timed &= w->meta[i].pts != AV_NOPTS_VALUE;
    switch (w->par->codec_id) {
    case AV_CODEC_ID_H264:
        if (timed && w->meta[0].key)
            code = pa_order_by_pts(w);
        break;
    case AV_CODEC_ID_HEVC:
        if (timed)
            code = hevc_rules(w);
        if (timed && !code)
            code = pa_order_by_pts(w);
        break;
    case AV_CODEC_ID_VP8: case AV_CODEC_ID_VP9: case AV_CODEC_ID_AV1:
        if (w->meta[0].key)
            code = timed ? pa_order_by_pts(w) : pa_order_by_type(w);
        break;
    case AV_CODEC_ID_MPEG4:
        if (w->parse.packed && w->windowed)
            break;
        pa_unpack(w);
        if (w->parse.irregular || (w->parse.b_frames && (!w->parse.vol_control || w->parse.low_delay)))
            break;
        if (w->meta[0].type != 'I' || (w->npkts > 1 && w->meta[1].type == 'B'))
            break;
        code = pa_order_by_type(w);
        break;
    default:
        if (one_each(w->par->codec_id) && w->meta[0].key)
            code = timed ? pa_order_by_pts(w) : pa_order_by_type(w);
        break;
    }
    if (!code)
        code = simple_edits(w) ? pa_fill_entries(w) : PA_REINDEX;
    if (!code) {
        w->ordered = 1;
        w->reorder = reorder_depth(w->meta, w->npkts);
        w->info.frames = w->nentries;
        w->info.exact = 1;
    }
    return code;
}
