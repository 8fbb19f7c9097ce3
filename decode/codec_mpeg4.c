// MPEG-4 Part 2 packets: VOP types, headers, packed B-frames.
#include "codec_bits.h"
#include <string.h>

void pa_mpeg4_layer(pa_syntax *s, const uint8_t *d, int64_t n)
{
    bits b = {d, n, 0};
    int verid = 1;
    take(&b, 1);
    int kind = take(&b, 8);
    s->mpeg4.simple = kind == 1 || kind == 17;
    if (take(&b, 1)) {
        verid = take(&b, 4);
        take(&b, 3);
    }
    if (take(&b, 4) == 15)
        take(&b, 16);
    s->mpeg4.vol_control = take(&b, 1);
    s->mpeg4.low_delay = 0;
    if (s->mpeg4.vol_control) {
        take(&b, 2);
        s->mpeg4.low_delay = take(&b, 1);
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
    s->mpeg4.time_bits = more(&b) ? width : 0;
    if (shape != 0)
        s->irregular = 1;
}

static int mpeg4_type(pa_syntax *s, const uint8_t *d, int64_t n)
{
    bits b = {d, n, 0};
    int type = "IPBS"[take(&b, 2)];
    while (more(&b) && take(&b, 1))
        ;
    take(&b, 1);
    if (!s->mpeg4.time_bits) {
        s->irregular = 1;
        return type;
    }
    take(&b, s->mpeg4.time_bits);
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

void pa_mpeg4_user_data(pa_syntax *s, const uint8_t *d, int64_t n)
{
    int packed = says_packed(d, n);
    if (packed >= 0)
        s->mpeg4.divx_packed = packed;
}

void pa_mpeg4_packet(pa_syntax *s, const uint8_t *d, int64_t n, pa_packet *m)
{
    const uint8_t *end = d + n, *p = start_code(d, end), *first = end;
    int types[2] = {0, 0}, vops = 0;
    for (; p < end; p = start_code(p, end)) {
        if ((p[0] == 0xB6 || p[0] == 0xB3) && first == end)
            first = p;
        if (p[0] >= 0x20 && p[0] <= 0x2F) {
            pa_mpeg4_layer(s, p + 1, end - p - 1);
        } else if (p[0] == 0xB2) {
            pa_mpeg4_user_data(s, p + 1, end - p - 1);
        } else if (p[0] == 0xB6 && end - p > 1) {
            int type = mpeg4_type(s, p + 1, end - p - 1);
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
        s->mpeg4.packed = 1;
}

int pa_unpack(pa_syntax *s, AVPacket **pkts, pa_packet *meta, int32_t n, AVPacket *scratch)
{
    // FFmpeg puts a packet's second VOP off until the next packet, whose own
    // VOP it then puts off in turn unless that is a P-VOP. The same, ahead of
    // decoding, gives every VOP a packet of its own.
    AVPacket *held = scratch;
    int pending = 0;
    for (int32_t i = 0; i < n && s->mpeg4.packed && s->mpeg4.divx_packed; i++) {
        pa_packet *m = &meta[i];
        AVPacket *pkt = pkts[i];
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
                    if (av_packet_ref(held, pkt) < 0)
                        return PA_MEMORY;
                    held->data = pkt->data + m->split;
                    held->size = size - m->split;
                }
            }
        }
        m->shows = m->type && m->type != 'N';
    }
    av_packet_unref(held);
    if (s->mpeg4.packed && !s->mpeg4.divx_packed)
        s->irregular = 1;
    for (int32_t i = 0; i < n; i++) {
        pa_packet *m = &meta[i];
        m->nonref = m->type == 'B';
        s->mpeg4.b_frames |= m->type == 'B';
        // Headers that differ from the first packet's would be missing.
        m->key = m->type == 'I' && m->header == meta[0].header;
    }
    return PA_OK;
}
