// The pixel kernel: two rows blended into 16-bit samples (1/128 units), then a
// two-tap horizontal filter and colour conversion in one pass. Each function
// has a scalar definition and an AVX2 twin that gives the same bytes.
#include "tables.h"

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
                       const pa_color *c, uint8_t *rgb, int from, int n)
{
    for (int i = from; i < n; i++) {
        int Y = two_taps(y, luma, i), U = two_taps(u, chroma, i), V = two_taps(v, chroma, i);
        for (int k = 0; k < 3; k++)
            rgb[3 * i + k] = clip((int)((c->m[k][0] * Y + c->m[k][1] * U + c->m[k][2] * V + c->offset[k]) >> 20));
    }
}

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 void pa_blend8_avx2(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n)
{
    const __m256i weight = _mm256_set1_epi16((int16_t)w);
    int i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i p = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
        __m256i q = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(b + i)));
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
    const int16_t *weight;
    const uint8_t *mask;
} taps;

static inline taps taps_of(const pa_axis *a) { return (taps){a->start, a->base, a->weight, a->mask}; }

// Eight samples in 1/16384 of what they are to be, half a unit added.
AVX2 static inline __m256i weigh(__m256i pairs, const taps *a, size_t i)
{
    __m256i sum = _mm256_madd_epi16(pairs, _mm256_loadu_si256((const __m256i *)(a->weight + 2 * i)));
    return _mm256_add_epi32(sum, _mm256_set1_epi32(8192));
}

// Pairs of a sample of luma, already whole, and one of chroma, whose upper
// half two bits up is its whole part.
AVX2 static inline __m256i pair_up(__m256i luma, __m256i chroma)
{
    return _mm256_blend_epi16(luma, _mm256_slli_epi32(chroma, 2), 0xAA);
}

// Eight samples: one 32-bit gather fetches both taps of a sample.
AVX2 static inline __m256i gather_two(const int16_t *row, const taps *a, size_t i)
{
    __m256i at = _mm256_loadu_si256((const __m256i *)(a->start + i));
    return weigh(_mm256_i32gather_epi32((const int *)row, at, 2), a, i);
}

// Eight samples whose taps lie close together: two loads and a shuffle.
AVX2 static inline __m256i shuffle_two(const int16_t *row, const taps *a, size_t i)
{
    __m256i near = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(row + a->base[i / 4])));
    near = _mm256_inserti128_si256(near, _mm_loadu_si128((const __m128i *)(row + a->base[i / 4 + 1])), 1);
    return weigh(_mm256_shuffle_epi8(near, _mm256_loadu_si256((const __m256i *)(a->mask + 4 * i))), a, i);
}

static inline int pair_of(int low, int high) { return (int)((uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16); }

AVX2 static inline __attribute__((always_inline)) void convert(const int16_t *y, const int16_t *u, const int16_t *v,
                                                               const pa_axis *luma, const pa_axis *chroma, const pa_color *c,
                                                               uint8_t *rgb, int from, int n, int near)
{
    const __m256i ry = _mm256_set1_epi32(pair_of(c->m[0][0], c->m[0][2])), gu = _mm256_set1_epi32(pair_of(c->m[1][0], c->m[1][1]));
    const __m256i gv = _mm256_set1_epi32(pair_of(0, c->m[1][2])), bu = _mm256_set1_epi32(pair_of(c->m[2][0], c->m[2][1]));
    const __m256i r0 = _mm256_set1_epi32((int)c->offset[0]), g0 = _mm256_set1_epi32((int)c->offset[1]);
    const __m256i b0 = _mm256_set1_epi32((int)c->offset[2]);
    // In each half four red, four green and four blue bytes become four pixels.
    const __m256i weave = _mm256_setr_epi8(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, -1, -1, -1, -1,
                                           0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, -1, -1, -1, -1);
    const taps l = taps_of(luma), h = taps_of(chroma);
    const size_t count = n > 0 ? n : 0;
    for (size_t i = from; i < count; i += 8) {
        __m256i Y, U, V;
        if (near) {
            Y = shuffle_two(y, &l, i);
            U = shuffle_two(u, &h, i);
            V = shuffle_two(v, &h, i);
        } else {
            Y = gather_two(y, &l, i);
            U = gather_two(u, &h, i);
            V = gather_two(v, &h, i);
        }
        Y = _mm256_srai_epi32(Y, 14);
        __m256i yv = pair_up(Y, V), yu = pair_up(Y, U);
        __m256i r = _mm256_srai_epi32(_mm256_add_epi32(_mm256_madd_epi16(yv, ry), r0), 20);
        __m256i g = _mm256_add_epi32(_mm256_madd_epi16(yu, gu), _mm256_madd_epi16(yv, gv));
        __m256i b = _mm256_srai_epi32(_mm256_add_epi32(_mm256_madd_epi16(yu, bu), b0), 20);
        g = _mm256_srai_epi32(_mm256_add_epi32(g, g0), 20);
        // Packing twice, signed and then unsigned, is the clip to 0..255.
        __m256i p = _mm256_packus_epi16(_mm256_packs_epi32(r, g), _mm256_packs_epi32(b, b));
        p = _mm256_shuffle_epi8(p, weave);
        uint8_t *to = rgb + 3 * i;
        __m128i low = _mm256_castsi256_si128(p), high = _mm256_extracti128_si256(p, 1);
        if (i + 16 <= count) { // four bytes too many, which the next step writes again
            _mm_storeu_si128((__m128i *)to, low);
            _mm_storeu_si128((__m128i *)(to + 12), high);
        } else {
            uint8_t last[28];
            _mm_storeu_si128((__m128i *)last, low);
            _mm_storeu_si128((__m128i *)(last + 12), high);
            memcpy(to, last, i + 8 <= count ? 24 : 3 * (count - i));
        }
    }
    _mm256_zeroupper();
}

AVX2 void pa_convert_avx2(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                          const pa_color *c, uint8_t *rgb, int from, int n)
{
    if (luma->near && chroma->near)
        convert(y, u, v, luma, chroma, c, rgb, from, n, 1);
    else
        convert(y, u, v, luma, chroma, c, rgb, from, n, 0);
}
#endif
