// The pixel kernel: two rows blended into 16-bit samples (1/128 units), then a
// two-tap horizontal filter and colour conversion in one pass. Each function
// but pa_convert_scalar has an AVX2 twin that gives the same bytes.
#include "pixels_tables.h"

static inline uint8_t clip(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

void pa_blend8_scalar(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n)
{
    for (int i = 0; i < n; i++) {
        int d = (b[i] - a[i]) * 128;
        out[i] = a[i] * 128 + ((d * w + 0x4000) >> 15);
    }
}

void pa_blend16_scalar(const uint16_t *a, const uint16_t *b, int shift, int w, int16_t *out, int n)
{
    for (int i = 0; i < n; i++) {
        int p = (a[i] << shift) & 0x7FFF, q = (b[i] << shift) & 0x7FFF;
        out[i] = p + (((q - p) * w + 0x4000) >> 15);
    }
}

static inline int two_taps(const int16_t *row, const pa_axis *a, int i)
{
    const int16_t *w = a->weight + 2 * i, *p = row + a->start[i];
    return (p[0] * w[0] + p[1] * w[1] + 8192) >> 14;
}

void pa_convert_scalar(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                       const pa_color *c, uint8_t *rgb, int n)
{
    for (int i = 0; i < n; i++) {
        int Y = two_taps(y, luma, i), U = two_taps(u, chroma, i), V = two_taps(v, chroma, i);
        for (int k = 0; k < 3; k++)
            rgb[3 * i + k] = clip((int)((c->m[k][0] * Y + c->m[k][1] * U + c->m[k][2] * V + c->offset[k]) >> 20));
    }
}

// What the instructions of the same names do with 16-bit lanes.
static inline int mulhrs(int a, int b) { return (a * b + 0x4000) >> 15; }
static inline int adds(int a, int b) { return a + b > 32767 ? 32767 : a + b < -32768 ? -32768 : a + b; }

// Chroma about its middle.
static inline int around_middle(const int16_t *row, const pa_axis *a, int i)
{
    const int16_t *p = row + a->start[i];
    return p[0] + mulhrs(p[1] - p[0], a->second[i]) - PA_MIDDLE;
}

void pa_convert_ycc_scalar(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                           const pa_color *c, uint8_t *rgb, int n)
{
    for (int i = 0; i < n; i++) {
        int Y = mulhrs(two_taps(y, luma, i), c->y) + c->y0;
        int U = around_middle(u, chroma, i), V = around_middle(v, chroma, i);
        rgb[3 * i] = clip(adds(Y, mulhrs(V, c->rv)) >> 6);
        rgb[3 * i + 1] = clip(adds(Y, mulhrs(U, c->gu) + mulhrs(V, c->gv)) >> 6);
        rgb[3 * i + 2] = clip(adds(Y, U + mulhrs(U, c->bu)) >> 6);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 void pa_blend8_avx2(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n, ptrdiff_t soon)
{
    const __m256i weight = _mm256_set1_epi16((int16_t)w);
    int i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i p = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
        __m256i q = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(b + i)));
        _mm_prefetch((const char *)(a + i + soon), _MM_HINT_T0);
        __m256i d = _mm256_slli_epi16(_mm256_sub_epi16(q, p), 7);
        __m256i r = _mm256_add_epi16(_mm256_slli_epi16(p, 7), _mm256_mulhrs_epi16(d, weight));
        _mm256_storeu_si256((__m256i *)(out + i), r);
        if (i + 16 < n && i + 32 > n)
            i = n - 32; // the last block overlaps the one before it
    }
    _mm256_zeroupper();
    pa_blend8_scalar(a + i, b + i, w, out + i, n - i);
}

AVX2 void pa_blend16_avx2(const uint16_t *a, const uint16_t *b, int shift, int w, int16_t *out, int n)
{
    const __m256i weight = _mm256_set1_epi16((int16_t)w), mask = _mm256_set1_epi16(0x7FFF);
    const __m128i s = _mm_cvtsi32_si128(shift);
    int i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i p = _mm256_and_si256(_mm256_sll_epi16(_mm256_loadu_si256((const __m256i *)(a + i)), s), mask);
        __m256i q = _mm256_and_si256(_mm256_sll_epi16(_mm256_loadu_si256((const __m256i *)(b + i)), s), mask);
        __m256i r = _mm256_add_epi16(p, _mm256_mulhrs_epi16(_mm256_sub_epi16(q, p), weight));
        _mm256_storeu_si256((__m256i *)(out + i), r);
    }
    _mm256_zeroupper();
    pa_blend16_scalar(a + i, b + i, shift, w, out + i, n - i);
}

// What the loop below reads of an axis. Bytes may alias anything, so without
// copies every stored pixel would make the compiler load all of it again.
typedef struct taps {
    const int32_t *start, *base;
    const int16_t *weight, *second;
    const uint8_t *mask;
} taps;

static inline taps taps_of(const pa_axis *a, const pa_groups *g)
{
    return (taps){a->start, g->base, a->weight, a->second, g->mask};
}

AVX2 static inline __m256i two_loads(const int16_t *low, const int16_t *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)), _mm_loadu_si128((const __m128i *)high), 1);
}

// Both taps of eight samples, each sample's side by side.
AVX2 static inline __m256i eight_pairs(const int16_t *row, const taps *a, size_t i, int near)
{
    if (!near) // one 32-bit gather fetches both taps of a sample
        return _mm256_i32gather_epi32((const int *)row, _mm256_loadu_si256((const __m256i *)(a->start + i)), 2);
    __m256i all = two_loads(row + a->base[i / 4], row + a->base[i / 4 + 1]);
    return _mm256_shuffle_epi8(all, _mm256_loadu_si256((const __m256i *)(a->mask + 4 * i)));
}

// Sixteen numbers of 32 bits, which come as two times eight, as 16 bits.
AVX2 static inline __m256i narrow(__m256i first, __m256i second)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xD8);
}

// Eight samples of luma.
AVX2 static inline __m256i weigh(const int16_t *row, const taps *a, size_t i, int near)
{
    __m256i sum = _mm256_madd_epi16(eight_pairs(row, a, i, near), _mm256_loadu_si256((const __m256i *)(a->weight + 2 * i)));
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(8192)), 14);
}

// Sixteen samples of chroma about its middle.
AVX2 static inline __m256i around16(const int16_t *row, const taps *a, size_t i, int near)
{
    __m256i p, q;
    if (near) { // two loads for the first taps and, one sample on, two for the second ones
        const int16_t *low = row + a->base[i / 8], *high = row + a->base[i / 8 + 1];
        __m256i mask = _mm256_loadu_si256((const __m256i *)(a->mask + 2 * i));
        p = _mm256_shuffle_epi8(two_loads(low, high), mask);
        q = _mm256_shuffle_epi8(two_loads(low + 1, high + 1), mask);
    } else {
        __m256i first = eight_pairs(row, a, i, 0), second = eight_pairs(row, a, i + 8, 0);
        p = narrow(_mm256_srai_epi32(_mm256_slli_epi32(first, 16), 16), _mm256_srai_epi32(_mm256_slli_epi32(second, 16), 16));
        q = narrow(_mm256_srai_epi32(first, 16), _mm256_srai_epi32(second, 16));
    }
    p = _mm256_add_epi16(p, _mm256_mulhrs_epi16(_mm256_sub_epi16(q, p), _mm256_loadu_si256((const __m256i *)(a->second + i))));
    return _mm256_sub_epi16(p, _mm256_set1_epi16(PA_MIDDLE));
}

AVX2 static inline __attribute__((always_inline)) void convert(const int16_t *y, const int16_t *u, const int16_t *v,
                                                               const pa_axis *luma, const pa_axis *chroma, const pa_color *c,
                                                               uint8_t *rgb, int n, int near_luma, int near_chroma)
{
    const __m256i scale = _mm256_set1_epi16(c->y), black = _mm256_set1_epi16(c->y0);
    const __m256i rv = _mm256_set1_epi16(c->rv), gu = _mm256_set1_epi16(c->gu);
    const __m256i gv = _mm256_set1_epi16(c->gv), bu = _mm256_set1_epi16(c->bu);
    // In each half eight red and eight green bytes, and eight blue ones, become
    // five and a third pixels and the rest of the eight.
    const __m256i rg_head = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8, -1, 1, 9, -1, 2, 10, -1, 3, 11, -1, 4, 12, -1, 5));
    const __m256i b_head = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1));
    const __m256i rg_rest = _mm256_broadcastsi128_si256(_mm_setr_epi8(13, -1, 6, 14, -1, 7, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const __m256i b_rest = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, -1, -1, -1, -1, -1, -1));
    const taps l = taps_of(luma, &luma->fours), h = taps_of(chroma, &chroma->eights);
    const size_t count = n > 0 ? n : 0;
    for (size_t i = 0; i < count; i += 16) {
        __m256i Y = narrow(weigh(y, &l, i, near_luma), weigh(y, &l, i + 8, near_luma));
        __m256i U = around16(u, &h, i, near_chroma), V = around16(v, &h, i, near_chroma);
        Y = _mm256_add_epi16(_mm256_mulhrs_epi16(Y, scale), black);
        __m256i r = _mm256_adds_epi16(Y, _mm256_mulhrs_epi16(V, rv));
        __m256i g = _mm256_adds_epi16(Y, _mm256_add_epi16(_mm256_mulhrs_epi16(U, gu), _mm256_mulhrs_epi16(V, gv)));
        __m256i b = _mm256_adds_epi16(Y, _mm256_add_epi16(U, _mm256_mulhrs_epi16(U, bu)));
        b = _mm256_srai_epi16(b, 6);
        __m256i rg = _mm256_packus_epi16(_mm256_srai_epi16(r, 6), _mm256_srai_epi16(g, 6)); // and the clip to 0..255
        b = _mm256_packus_epi16(b, b);
        __m256i head = _mm256_or_si256(_mm256_shuffle_epi8(rg, rg_head), _mm256_shuffle_epi8(b, b_head));
        __m256i rest = _mm256_or_si256(_mm256_shuffle_epi8(rg, rg_rest), _mm256_shuffle_epi8(b, b_rest));
        uint8_t last[48], *to = i + 16 <= count ? rgb + 3 * i : last;
        _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(head));
        _mm_storel_epi64((__m128i *)(to + 16), _mm256_castsi256_si128(rest));
        _mm_storeu_si128((__m128i *)(to + 24), _mm256_extracti128_si256(head, 1));
        _mm_storel_epi64((__m128i *)(to + 40), _mm256_extracti128_si256(rest, 1));
        if (to == last)
            memcpy(rgb + 3 * i, last, 3 * (count - i));
    }
    _mm256_zeroupper();
}

AVX2 void pa_convert_ycc_avx2(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                              const pa_color *c, uint8_t *rgb, int n)
{
    if (luma->fours.near && chroma->eights.near)
        convert(y, u, v, luma, chroma, c, rgb, n, 1, 1);
    else if (chroma->eights.near)
        convert(y, u, v, luma, chroma, c, rgb, n, 0, 1);
    else
        convert(y, u, v, luma, chroma, c, rgb, n, luma->fours.near, 0);
}
#endif
