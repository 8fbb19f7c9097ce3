// What a packet's first bytes tell: may decoding begin here, does any other
// frame refer to this one, does it show a frame at all.
//
// meta.type holds: H.264 1 for IDR; HEVC the NAL type; MPEG-4 'I', 'P', 'S',
// 'B' or 'N' (not coded); VP9 1 when an earlier frame is shown again.
#include "codec_bits.h"
#include <string.h>
#include <libavutil/intreadwrite.h>

typedef void (*nal_fn)(const uint8_t *nal, int64_t n, void *state);

static void each_nal(int nal_length, const uint8_t *p, int64_t n, nal_fn fn, void *state)
{
    const uint8_t *end = p + n;
    if (nal_length) {
        while (end - p > nal_length) {
            int64_t len = 0;
            for (int i = 0; i < nal_length; i++)
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

void pa_inspect_start(pa_syntax *s, const AVCodecParameters *par)
{
    const uint8_t *x = par->extradata;
    int n = par->extradata_size;
    memset(s, 0, sizeof *s);
    s->codec = par->codec_id;
    if (par->codec_id == AV_CODEC_ID_H264 && n >= 7 && x[0] == 1)
        s->nal_length = (x[4] & 3) + 1;
    if (par->codec_id == AV_CODEC_ID_HEVC && n >= 23 && (x[0] || x[1] || x[2] > 1))
        s->nal_length = (x[21] & 3) + 1;
    if (par->codec_id == AV_CODEC_ID_MPEG4 && n > 4) {
        const uint8_t *end = x + n;
        for (const uint8_t *p = start_code(x, end); p < end; p = start_code(p, end))
            if (p[0] >= 0x20 && p[0] <= 0x2F)
                pa_mpeg4_layer(s, p + 1, end - p - 1);
            else if (p[0] == 0xB2)
                pa_mpeg4_user_data(s, p + 1, end - p - 1);
    }
    if (par->codec_id == AV_CODEC_ID_AV1 && n > 4 && x[0] >> 7) {
        pa_packet unused = {0};
        pa_av1_packet(s, x + 4, n - 4, &unused);
    }
}

void pa_inspect(pa_syntax *s, const AVPacket *pkt, pa_packet *m)
{
    switch (s->codec) {
    case AV_CODEC_ID_H264: {
        struct h264_seen seen = {0};
        each_nal(s->nal_length, pkt->data, pkt->size, h264_nal, &seen);
        m->shows = seen.vcl;
        m->key = seen.idr;
        m->type = seen.idr;
        m->nonref = seen.vcl && !seen.ref;
        break;
    }
    case AV_CODEC_ID_HEVC: {
        struct hevc_seen seen = {0};
        each_nal(s->nal_length, pkt->data, pkt->size, hevc_nal, &seen);
        m->shows = seen.vcl;
        m->type = seen.type;
        m->layer = seen.layer;
        m->key = seen.vcl && seen.type >= 16 && seen.type <= 21;
        m->nonref = seen.vcl && seen.type < 16 && seen.type % 2 == 0;
        if (seen.eos)
            s->irregular = 1;
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
        pa_av1_packet(s, pkt->data, pkt->size, m);
        break;
    case AV_CODEC_ID_MPEG4:
        pa_mpeg4_packet(s, pkt->data, pkt->size, m);
        break;
    case AV_CODEC_ID_MJPEG: case AV_CODEC_ID_PNG: case AV_CODEC_ID_PRORES: case AV_CODEC_ID_RAWVIDEO:
        m->key = m->nonref = 1;
        break;
    default:
        break;
    }
}
