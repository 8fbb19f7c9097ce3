// Reading of bit fields and start codes, and the inspectors of each codec.
#ifndef PADAPTER_DECODE_CODEC_BITS_H
#define PADAPTER_DECODE_CODEC_BITS_H

#include "codec.h"
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef struct { const uint8_t *d; int64_t n, at; } bits;

static inline unsigned take(bits *b, int n)
{
    unsigned v = 0;
    while (n--) {
        int64_t byte = b->at >> 3;
        v = v << 1 | (byte < b->n ? b->d[byte] >> (7 - (b->at & 7)) & 1 : 0);
        b->at++;
    }
    return v;
}

static inline int more(const bits *b) { return b->at < b->n * 8; }

// Position behind the next start code 00 00 01, or end. Coded data hardly ever
// has two zeros in a row, and where no pair begins no start code does.
static inline const uint8_t *start_code(const uint8_t *p, const uint8_t *end)
{
    while (end - p > 3) {
#if defined(__SSE2__)
        if (end - p > 16) {
            __m128i here = _mm_loadu_si128((const __m128i *)p), behind = _mm_loadu_si128((const __m128i *)(p + 1));
            __m128i pair = _mm_cmpeq_epi8(_mm_or_si128(here, behind), _mm_setzero_si128());
            if (!_mm_movemask_epi8(pair)) {
                p += 16;
                continue;
            }
        }
#else
        if (end - p > 8) {
            const uint64_t ones = 0x0101010101010101u;
            uint64_t x;
            memcpy(&x, p, 8);
            uint64_t zeros = (x - ones) & ~x & ones << 7;
            if (!(zeros & zeros >> 8)) {
                p += 7;
                continue;
            }
        }
#endif
        if (p[2] > 1)
            p += 3;
        else if (p[0] == 0 && p[1] == 0 && p[2] == 1)
            return p + 3;
        else
            p++;
    }
    return end;
}

void pa_av1_packet(pa_syntax *s, const uint8_t *d, int64_t n, pa_packet *m);
void pa_mpeg4_layer(pa_syntax *s, const uint8_t *d, int64_t n);     // a VOL header
void pa_mpeg4_user_data(pa_syntax *s, const uint8_t *d, int64_t n);
void pa_mpeg4_packet(pa_syntax *s, const uint8_t *d, int64_t n, pa_packet *m);

#endif
