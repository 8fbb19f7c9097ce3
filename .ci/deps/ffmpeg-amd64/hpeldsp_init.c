// FFmpeg's x86/hpeldsp_init.c, called hpeldsp_init_body.c here, and SSE2 in the
// place of the one function of half-pixel motion that is left to MMX there and
// that MPEG-4 Part 2 calls often: the mean of four neighbours, rounded down.
#include <emmintrin.h>

#define ff_hpeldsp_init_x86 hpeldsp_init_body
#include "hpeldsp_init_body.c"
#undef ff_hpeldsp_init_x86

// Sums of each of eight pixels and the one to its right, as 16-bit lanes.
static av_always_inline __m128i pairs8(const uint8_t *p)
{
    const __m128i zero = _mm_setzero_si128();
    return _mm_add_epi16(_mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)p), zero),
                         _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)(p + 1)), zero));
}

// (sum of a 2 x 2 square + 1) / 4
static av_always_inline __m128i quarter(__m128i above, __m128i below)
{
    return _mm_srli_epi16(_mm_add_epi16(_mm_add_epi16(above, below), _mm_set1_epi16(1)), 2);
}

static void put_no_rnd_pixels8_xy2_sse2(uint8_t *block, const uint8_t *pixels, ptrdiff_t stride, int h)
{
    __m128i above = pairs8(pixels);
    for (; h > 0; h--, block += stride) {
        __m128i below = pairs8(pixels += stride), mean = quarter(above, below);
        _mm_storel_epi64((__m128i *)block, _mm_packus_epi16(mean, mean));
        above = below;
    }
}

static void put_no_rnd_pixels16_xy2_sse2(uint8_t *block, const uint8_t *pixels, ptrdiff_t stride, int h)
{
    __m128i left = pairs8(pixels), right = pairs8(pixels + 8);
    for (; h > 0; h--, block += stride) {
        __m128i left_below = pairs8(pixels += stride), right_below = pairs8(pixels + 8);
        _mm_storeu_si128((__m128i *)block, _mm_packus_epi16(quarter(left, left_below), quarter(right, right_below)));
        left = left_below;
        right = right_below;
    }
}

void ff_hpeldsp_init_x86(HpelDSPContext *c, int flags);

av_cold void ff_hpeldsp_init_x86(HpelDSPContext *c, int flags)
{
    hpeldsp_init_body(c, flags);
    if (av_get_cpu_flags() & AV_CPU_FLAG_SSE2) {
        c->put_no_rnd_pixels_tab[0][3] = put_no_rnd_pixels16_xy2_sse2;
        c->put_no_rnd_pixels_tab[1][3] = put_no_rnd_pixels8_xy2_sse2;
    }
}
