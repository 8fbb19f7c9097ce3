// AV1 packets: which frames they show, and whether others need them.
#include "codec_bits.h"
#include <string.h>

// The fields of a sequence header that stand before refresh_frame_flags in a
// frame header depend on. AV1 specification, 5.5.
static void av1_sequence(pa_syntax *s, bits *b)
{
    memset(&s->av1, 0, sizeof s->av1);
    take(b, 4);
    s->av1.reduced = take(b, 1);
    if (s->av1.reduced)
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
        s->av1.frame_id_bits = take(b, 3) + delta + 1;
    }
    take(b, 7); // superblock size to dual filter
    int order = take(b, 1);
    if (order)
        take(b, 2);
    s->av1.screen_tools = take(b, 1) ? 2 : (int)take(b, 1);
    s->av1.integer_mv = 2;
    if (s->av1.screen_tools && !take(b, 1))
        s->av1.integer_mv = take(b, 1);
    if (order)
        s->av1.order_bits = take(b, 3) + 1;
    s->av1.known = more(b);
}

struct av1_frame { int shown, key, refreshes; };

// AV1 specification, 5.9.2. A frame that refreshes no slot is referred to by
// none: in AV1 everything that one frame hands to another lies in a slot.
static struct av1_frame av1_frame_header(const pa_syntax *s, bits *b)
{
    struct av1_frame f = {1, 1, 1};
    if (s->av1.reduced)
        return f;
    if (take(b, 1)) { // an earlier frame is shown
        f.key = 0;
        return f;
    }
    int type = take(b, 2);
    f.key = type == 0;
    f.shown = take(b, 1);
    if (!s->av1.known || type == 0 || type == 3)
        return f;
    if (!f.shown)
        take(b, 1);
    int resilient = take(b, 1);
    take(b, 1); // disable_cdf_update
    int tools = s->av1.screen_tools == 2 ? (int)take(b, 1) : s->av1.screen_tools;
    if (tools && s->av1.integer_mv == 2)
        take(b, 1);
    take(b, s->av1.frame_id_bits);
    take(b, 1); // frame_size_override_flag
    take(b, s->av1.order_bits);
    if (type == 1 && !resilient)
        take(b, 3); // primary_ref_frame
    f.refreshes = take(b, 8) || !more(b);
    return f;
}

void pa_av1_packet(pa_syntax *s, const uint8_t *d, int64_t n, pa_packet *m)
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
            av1_sequence(s, &b);
            sequence = 1;
        } else if (type == 3 || type == 6) {
            struct av1_frame f = av1_frame_header(s, &b);
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
