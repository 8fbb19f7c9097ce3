// What a packet's first bytes tell: may decoding begin here, does any other
// frame refer to this one, does it show a frame at all.
//
// meta.type holds: H.264 1 for IDR; HEVC the NAL type; MPEG-4 'I', 'P', 'S',
// 'B' or 'N' (not coded); VP9 1 when an earlier frame is shown again.
#include "unit.h"
#include <string.h>
#include <libavutil/intreadwrite.h>

typedef struct { const uint8_t *d; int64_t n, at; } bits;

static unsigned take(bits *b, int n)
{
    unsigned v = 0;
    while (n--) {
        int64_t byte = b->at >> 3;
        v = v << 1 | (byte < b->n ? b->d[byte] >> (7 - (b->at & 7)) & 1 : 0);
        b->at++;
    }
    return v;
}

static int more(const bits *b) { return b->at < b->n * 8; }

// Position behind the next start code 00 00 01, or end.
static const uint8_t *start_code(const uint8_t *p, const uint8_t *end)
{
    for (; p + 3 < end; p++) {
        if (p[2] > 1)
            p += 2;
        else if (p[0] == 0 && p[1] == 0 && p[2] == 1)
            return p + 3;
    }
    return end;
}

typedef void (*nal_fn)(const uint8_t *nal, int64_t n, void *state);

static void each_nal(pa_worker *w, const uint8_t *p, int64_t n, nal_fn fn, void *state)
{
    const uint8_t *end = p + n;
    if (w->nal_length) {
        while (end - p > w->nal_length) {
            int64_t len = 0;
            for (int i = 0; i < w->nal_length; i++)
                len = len << 8 | *p++;
            if (len > end - p)
                len = end - p;
            if (len > 1)
                fn(p, len, state);
            p += len;
        }
        return;
    }
    for (p = start_code(p, end); p < end; p = start_code(p, end))
        if (end - p > 1)
            fn(p, end - p, state);
}

struct h264_seen { int vcl, idr, ref; };

static void h264_nal(const uint8_t *nal, int64_t n, void *state)
{
    struct h264_seen *s = state;
    int type = nal[0] & 31;
    if (type == 1 || type == 2 || type == 5) {
        s->vcl = 1;
        s->idr |= type == 5;
        s->ref |= nal[0] >> 5 & 3;
    }
}

struct hevc_seen { int vcl, type, layer, eos; };

static void hevc_nal(const uint8_t *nal, int64_t n, void *state)
{
    struct hevc_seen *s = state;
    int type = nal[0] >> 1 & 63, layer_id = (nal[0] & 1) << 5 | nal[1] >> 3;
    if (layer_id)
        return;
    if (type < 32 && !s->vcl) {
        s->vcl = 1;
        s->type = type;
        s->layer = (nal[1] & 7) - 1;
    }
    s->eos |= type == 36 || type == 37;
}

static void vp9_frame(const uint8_t *d, int64_t n, pa_packet *m, int first)
{
    bits b = {d, n, 0};
    if (n < 1 || take(&b, 2) != 2)
        return;
    int profile = take(&b, 1);
    profile |= take(&b, 1) << 1;
    if (profile == 3)
        take(&b, 1);
    if (take(&b, 1)) {
        m->shows++;
        m->type = 1;
        return;
    }
    int inter = take(&b, 1), show = take(&b, 1);
    m->shows += show;
    if (first && !inter)
        m->key = 1;
}

static void vp9_packet(const uint8_t *d, int64_t n, pa_packet *m)
{
    m->shows = m->key = 0;
    uint8_t marker = d[n - 1];
    if ((marker & 0xE0) == 0xC0) {
        int frames = (marker & 7) + 1, mag = (marker >> 3 & 3) + 1, index = 2 + mag * frames;
        if (n >= index && d[n - index] == marker) {
            const uint8_t *size = d + n - index + 1, *p = d;
            int64_t left = n - index;
            for (int i = 0; i < frames; i++) {
                int64_t len = 0;
                for (int j = 0; j < mag; j++)
                    len |= (int64_t)*size++ << 8 * j;
                if (len > left)
                    len = left;
                if (len)
                    vp9_frame(p, len, m, i == 0);
                p += len;
                left -= len;
            }
            return;
        }
    }
    vp9_frame(d, n, m, 1);
}

// The fields of a sequence header that stand before refresh_frame_flags in a
// frame header depend on. AV1 specification, 5.5.
static void av1_sequence(pa_worker *w, bits *b)
{
    memset(&w->av1, 0, sizeof w->av1);
    take(b, 4);
    w->av1.reduced = take(b, 1);
    if (w->av1.reduced)
        return;
    if (take(b, 1)) // timing_info_present_flag: decoder model fields may follow
        return;
    int delays = take(b, 1), points = take(b, 5) + 1;
    while (points--) {
        take(b, 12);
        if (take(b, 5) > 7)
            take(b, 1);
        if (delays && take(b, 1))
            take(b, 4);
    }
    int width_bits = take(b, 4) + 1, height_bits = take(b, 4) + 1;
    take(b, width_bits);
    take(b, height_bits);
    if (take(b, 1)) { // frame_id_numbers_present_flag
        int delta = take(b, 4) + 2;
        w->av1.frame_id_bits = take(b, 3) + delta + 1;
    }
    take(b, 7); // superblock size to dual filter
    int order = take(b, 1);
    if (order)
        take(b, 2);
    w->av1.screen_tools = take(b, 1) ? 2 : (int)take(b, 1);
    w->av1.integer_mv = 2;
    if (w->av1.screen_tools && !take(b, 1))
        w->av1.integer_mv = take(b, 1);
    if (order)
        w->av1.order_bits = take(b, 3) + 1;
    w->av1.known = more(b);
}

struct av1_frame { int shown, key, refreshes; };

// AV1 specification, 5.9.2. A frame that refreshes no slot is referred to by
// none: in AV1 everything that one frame hands to another lies in a slot.
static struct av1_frame av1_frame_header(const pa_worker *w, bits *b)
{
    struct av1_frame f = {1, 1, 1};
    if (w->av1.reduced)
        return f;
    if (take(b, 1)) { // an earlier frame is shown
        f.key = 0;
        return f;
    }
    int type = take(b, 2);
    f.key = type == 0;
    f.shown = take(b, 1);
    if (!w->av1.known || type == 0 || type == 3)
        return f;
    if (!f.shown)
        take(b, 1);
    int resilient = take(b, 1);
    take(b, 1); // disable_cdf_update
    int tools = w->av1.screen_tools == 2 ? (int)take(b, 1) : w->av1.screen_tools;
    if (tools && w->av1.integer_mv == 2)
        take(b, 1);
    take(b, w->av1.frame_id_bits);
    take(b, 1); // frame_size_override_flag
    take(b, w->av1.order_bits);
    if (type == 1 && !resilient)
        take(b, 3); // primary_ref_frame
    f.refreshes = take(b, 8) || !more(b);
    return f;
}

static void av1_packet(pa_worker *w, const uint8_t *d, int64_t n, pa_packet *m)
{
    const uint8_t *begin = d, *end = d + n;
    int frames = 0, sequence = 0, refreshes = 0, leaf = 0;
    m->shows = m->key = 0;
    while (d < end) {
        const uint8_t *unit = d;
        int type = d[0] >> 3 & 15, extension = d[0] >> 2 & 1, sized = d[0] >> 1 & 1;
        d += 1 + extension;
        uint64_t len = d < end ? end - d : 0;
        if (sized) {
            len = 0;
            for (int i = 0; i < 8 && d < end; i++) {
                len |= (uint64_t)(*d & 127) << 7 * i;
                if (!(*d++ & 128))
                    break;
            }
        }
        if (d >= end)
            break;
        if (len > (uint64_t)(end - d))
            len = end - d;
        bits b = {d, (int64_t)len, 0};
        if (type == 1) {
            av1_sequence(w, &b);
            sequence = 1;
        } else if (type == 3 || type == 6) {
            struct av1_frame f = av1_frame_header(w, &b);
            m->shows += f.shown;
            refreshes |= f.refreshes;
            // A last frame that is shown and kept in no slot can be cut off.
            leaf = f.shown && !f.refreshes && frames ? (int)(unit - begin) : 0;
            if (!frames++ && f.key && f.shown && sequence)
                m->key = 1;
        }
        d += len;
    }
    m->nonref = frames && !refreshes;
    m->split = m->shows == 1 ? leaf : 0;
}

static void mpeg4_layer(pa_worker *w, const uint8_t *d, int64_t n)
{
    bits b = {d, n, 0};
    int verid = 1;
    take(&b, 1);
    int kind = take(&b, 8);
    w->parse.simple = kind == 1 || kind == 17;
    if (take(&b, 1)) {
        verid = take(&b, 4);
        take(&b, 3);
    }
    if (take(&b, 4) == 15)
        take(&b, 16);
    w->parse.vol_control = take(&b, 1);
    w->parse.low_delay = 0;
    if (w->parse.vol_control) {
        take(&b, 2);
        w->parse.low_delay = take(&b, 1);
        if (take(&b, 1))
            for (int i = 0; i < 79; i++)
                take(&b, 1);
    }
    int shape = take(&b, 2);
    if (shape == 3 && verid != 1)
        take(&b, 4);
    take(&b, 1);
    unsigned resolution = take(&b, 16);
    int width = 1;
    while (width < 16 && resolution > 1u << width)
        width++;
    w->parse.time_bits = more(&b) ? width : 0;
    if (shape != 0)
        w->parse.irregular = 1;
}

static int mpeg4_type(pa_worker *w, const uint8_t *d, int64_t n)
{
    bits b = {d, n, 0};
    int type = "IPBS"[take(&b, 2)];
    while (more(&b) && take(&b, 1))
        ;
    take(&b, 1);
    if (!w->parse.time_bits) {
        w->parse.irregular = 1;
        return type;
    }
    take(&b, w->parse.time_bits);
    take(&b, 1);
    return take(&b, 1) ? type : 'N';
}

// DivX marks streams with packed B-frames by a 'p' behind its version.
static int says_packed(const uint8_t *d, int64_t n)
{
    if (n < 4 || memcmp(d, "DivX", 4))
        return -1;
    for (int64_t i = 4; i < n && d[i] > 1; i++)
        if (d[i] == 'p')
            return 1;
    return 0;
}

static void mpeg4_user_data(pa_worker *w, const uint8_t *d, int64_t n)
{
    int packed = says_packed(d, n);
    if (packed >= 0)
        w->parse.divx_packed = packed;
}

static void mpeg4_packet(pa_worker *w, const uint8_t *d, int64_t n, pa_packet *m)
{
    const uint8_t *end = d + n, *p = start_code(d, end), *first = end;
    int types[2] = {0, 0}, vops = 0;
    for (; p < end; p = start_code(p, end)) {
        if ((p[0] == 0xB6 || p[0] == 0xB3) && first == end)
            first = p;
        if (p[0] >= 0x20 && p[0] <= 0x2F) {
            mpeg4_layer(w, p + 1, end - p - 1);
        } else if (p[0] == 0xB2) {
            mpeg4_user_data(w, p + 1, end - p - 1);
        } else if (p[0] == 0xB6 && end - p > 1) {
            int type = mpeg4_type(w, p + 1, end - p - 1);
            if (vops < 2)
                types[vops] = type;
            if (vops == 0)
                m->storable = n > 7 && !(p[1] & 0x40);
            if (vops == 1) {
                m->split = (int32_t)(p - 3 - d);
                m->second = p[1] & 0x40 ? 0 : types[1];
            }
            vops++;
        }
    }
    m->header = 2166136261u;
    for (const uint8_t *q = d; q < first; q++)
        m->header = (m->header ^ *q) * 16777619u;
    m->type = types[0];
    m->shows = vops > 0 && types[0] != 'N';
    if (vops > 1)
        w->parse.packed = 1;
}

void pa_unpack(pa_worker *w)
{
    // FFmpeg puts a packet's second VOP off until the next packet, whose own
    // VOP it then puts off in turn unless that is a P-VOP. The same, ahead of
    // decoding, gives every VOP a packet of its own.
    AVPacket *held = w->scratch;
    int pending = 0;
    for (int32_t i = 0; i < w->npkts && w->parse.packed && w->parse.divx_packed; i++) {
        pa_packet *m = &w->meta[i];
        AVPacket *pkt = w->pkts[i];
        if (pending) {
            int type = pending;
            pending = m->storable ? m->type : 0;
            AVPacket swap = *held;
            *held = *pkt;
            *pkt = swap;
            pkt->pts = held->pts;
            pkt->dts = held->dts;
            pkt->flags = held->flags;
            m->type = type;
        } else {
            pending = m->second;
            if (m->split > 0) {
                int size = pkt->size;
                pkt->size = m->split;
                if (pending) {
                    av_packet_unref(held);
                    if (av_packet_ref(held, pkt) < 0) {
                        w->parse.irregular = 1;
                        break;
                    }
                    held->data = pkt->data + m->split;
                    held->size = size - m->split;
                }
            }
        }
        m->shows = m->type && m->type != 'N';
    }
    av_packet_unref(held);
    if (w->parse.packed && !w->parse.divx_packed)
        w->parse.irregular = 1;
    for (int32_t i = 0; i < w->npkts; i++) {
        pa_packet *m = &w->meta[i];
        m->nonref = m->type == 'B';
        w->parse.b_frames |= m->type == 'B';
        // Headers that differ from the first packet's would be missing.
        m->key = m->type == 'I' && m->header == w->meta[0].header;
    }
}

void pa_inspect_start(pa_worker *w)
{
    const uint8_t *x = w->par->extradata;
    int n = w->par->extradata_size;
    memset(&w->parse, 0, sizeof w->parse);
    memset(&w->av1, 0, sizeof w->av1);
    w->nal_length = 0;
    if (w->par->codec_id == AV_CODEC_ID_H264 && n >= 7 && x[0] == 1)
        w->nal_length = (x[4] & 3) + 1;
    if (w->par->codec_id == AV_CODEC_ID_HEVC && n >= 23 && (x[0] || x[1] || x[2] > 1))
        w->nal_length = (x[21] & 3) + 1;
    if (w->par->codec_id == AV_CODEC_ID_MPEG4 && n > 4) {
        const uint8_t *end = x + n;
        for (const uint8_t *p = start_code(x, end); p < end; p = start_code(p, end))
            if (p[0] >= 0x20 && p[0] <= 0x2F)
                mpeg4_layer(w, p + 1, end - p - 1);
            else if (p[0] == 0xB2)
                mpeg4_user_data(w, p + 1, end - p - 1);
    }
    if (w->par->codec_id == AV_CODEC_ID_AV1 && n > 4 && x[0] >> 7) {
        pa_packet unused = {0};
        av1_packet(w, x + 4, n - 4, &unused);
    }
}

void pa_inspect(pa_worker *w, const AVPacket *pkt, pa_packet *m)
{
    switch (w->par->codec_id) {
    case AV_CODEC_ID_H264: {
        struct h264_seen s = {0};
        each_nal(w, pkt->data, pkt->size, h264_nal, &s);
        m->shows = s.vcl;
        m->key = s.idr;
        m->type = s.idr;
        m->nonref = s.vcl && !s.ref;
        break;
    }
    case AV_CODEC_ID_HEVC: {
        struct hevc_seen s = {0};
        each_nal(w, pkt->data, pkt->size, hevc_nal, &s);
        m->shows = s.vcl;
        m->type = s.type;
        m->layer = s.layer;
        m->key = s.vcl && s.type >= 16 && s.type <= 21;
        m->nonref = s.vcl && s.type < 16 && s.type % 2 == 0;
        if (s.eos)
            w->parse.irregular = 1;
        break;
    }
    case AV_CODEC_ID_VP8:
        m->key = !(pkt->data[0] & 1);
        m->shows = pkt->data[0] >> 4 & 1;
        break;
    case AV_CODEC_ID_VP9:
        vp9_packet(pkt->data, pkt->size, m);
        break;
    case AV_CODEC_ID_AV1:
        av1_packet(w, pkt->data, pkt->size, m);
        break;
    case AV_CODEC_ID_MPEG4:
        mpeg4_packet(w, pkt->data, pkt->size, m);
        break;
    case AV_CODEC_ID_MJPEG: case AV_CODEC_ID_PNG: case AV_CODEC_ID_PRORES: case AV_CODEC_ID_RAWVIDEO:
        m->key = m->nonref = 1;
        break;
    default:
        break;
    }
}
