/*
 * After libavcodec/x86/hpeldsp_init.c of FFmpeg, which is
 * Copyright (c) 2000, 2001 Fabrice Bellard
 * Copyright (c) 2002-2004 Michael Niedermayer <michaelni@gmx.at>
 * Changes by the padapter project, 2026.
 *
 * This file is part of padapter's changes to FFmpeg.
 *
 * It is free software; you can redistribute it and/or
 * modify it under the terms of the GNU Lesser General Public
 * License as published by the Free Software Foundation; either
 * version 2.1 of the License, or (at your option) any later version.
 *
 * It is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU
 * Lesser General Public License for more details.
 *
 * You should have received a copy of the GNU Lesser General Public
 * License along with FFmpeg; if not, write to the Free Software
 * Foundation, Inc., 51 Franklin Street, Fifth Floor, Boston, MA 02110-1301 USA
 */

// FFmpeg's x86/hpeldsp_init.c, called hpeldsp_init_body.c here, and the means of
// four neighbours of half-pixel motion, which MPEG-4 Part 2 takes often, in bytes
// and two rows at once (AVX2 for sixteen pixels): its own are a row at a time in
// 16-bit numbers, those that round down in MMX.
#include <immintrin.h>

#define ff_hpeldsp_init_x86 hpeldsp_init_body
#include "hpeldsp_init_body.c"
#undef ff_hpeldsp_init_x86

// Of pixels a and b beside each other, and c and d below: h is (a + b + 1) / 2
// and x has its lowest bit set where that was rounded up; then
//   (a + b + c + d + 2) / 4 = (h0 + h1 + 1) / 2 - ((h0 ^ h1) & (x0 | x1) & 1)
//   (a + b + c + d + 1) / 4 = (h0 + h1 + 1) / 2 - (((h0 ^ h1) | (x0 & x1)) & 1)
// with / rounding down.
static av_always_inline __m128i mean8(__m128i h0, __m128i x0, __m128i h1, __m128i x1, int down)
{
    __m128i odd = _mm_xor_si128(h0, h1);
    __m128i less = down ? _mm_or_si128(odd, _mm_and_si128(x0, x1)) : _mm_and_si128(odd, _mm_or_si128(x0, x1));
    return _mm_sub_epi8(_mm_avg_epu8(h0, h1), _mm_and_si128(less, _mm_set1_epi8(1)));
}

// Eight pixels of a row in the lower half, of the next in the upper one.
static av_always_inline __m128i rows8(const uint8_t *p, ptrdiff_t stride)
{
    return _mm_castpd_si128(_mm_loadh_pd(_mm_load_sd((const double *)p), (const double *)(p + stride)));
}

static av_always_inline void pixels8_xy2(uint8_t *block, const uint8_t *pixels, ptrdiff_t stride, int h, int down, int avg)
{
    __m128i a = _mm_loadl_epi64((const __m128i *)pixels), b = _mm_loadl_epi64((const __m128i *)(pixels + 1));
    __m128i h0 = _mm_slli_si128(_mm_avg_epu8(a, b), 8), x0 = _mm_slli_si128(_mm_xor_si128(a, b), 8);
    for (pixels += stride; h > 0; h -= 2, block += 2 * stride, pixels += 2 * stride) {
        a = rows8(pixels, stride);
        b = rows8(pixels + 1, stride);
        __m128i h1 = _mm_avg_epu8(a, b), x1 = _mm_xor_si128(a, b);
        // the row above and the first of these, over these two
        __m128i mean = mean8(_mm_castpd_si128(_mm_shuffle_pd(_mm_castsi128_pd(h0), _mm_castsi128_pd(h1), 1)),
                             _mm_castpd_si128(_mm_shuffle_pd(_mm_castsi128_pd(x0), _mm_castsi128_pd(x1), 1)), h1, x1, down);
        if (avg)
            mean = _mm_avg_epu8(mean, rows8(block, stride));
        _mm_storel_epi64((__m128i *)block, mean);
        _mm_storeh_pd((double *)(block + stride), _mm_castsi128_pd(mean));
        h0 = h1;
        x0 = x1;
    }
}

#define AVX2 __attribute__((target("avx2")))

AVX2 static av_always_inline __m256i mean16(__m256i h0, __m256i x0, __m256i h1, __m256i x1, int down)
{
    __m256i odd = _mm256_xor_si256(h0, h1);
    __m256i less = down ? _mm256_or_si256(odd, _mm256_and_si256(x0, x1)) : _mm256_and_si256(odd, _mm256_or_si256(x0, x1));
    return _mm256_sub_epi8(_mm256_avg_epu8(h0, h1), _mm256_and_si256(less, _mm256_set1_epi8(1)));
}

AVX2 static av_always_inline __m256i rows16(const uint8_t *p, ptrdiff_t stride)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p)), _mm_loadu_si128((const __m128i *)(p + stride)), 1);
}

AVX2 static av_always_inline void pixels16_xy2(uint8_t *block, const uint8_t *pixels, ptrdiff_t stride, int h, int down, int avg)
{
    __m256i a = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)pixels));
    __m256i b = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(pixels + 1)));
    __m256i h0 = _mm256_avg_epu8(a, b), x0 = _mm256_xor_si256(a, b);
    for (pixels += stride; h > 0; h -= 2, block += 2 * stride, pixels += 2 * stride) {
        a = rows16(pixels, stride);
        b = rows16(pixels + 1, stride);
        __m256i h1 = _mm256_avg_epu8(a, b), x1 = _mm256_xor_si256(a, b);
        __m256i mean = mean16(_mm256_permute2x128_si256(h0, h1, 0x21), _mm256_permute2x128_si256(x0, x1, 0x21), h1, x1, down);
        if (avg)
            mean = _mm256_avg_epu8(mean, rows16(block, stride));
        _mm_storeu_si128((__m128i *)block, _mm256_castsi256_si128(mean));
        _mm_storeu_si128((__m128i *)(block + stride), _mm256_extracti128_si256(mean, 1));
        h0 = h1;
        x0 = x1;
    }
}

#define XY2(name, size, down, avg) \
    name(uint8_t *block, const uint8_t *pixels, ptrdiff_t stride, int h) { pixels##size##_xy2(block, pixels, stride, h, down, avg); }
static void XY2(put_pixels8_xy2, 8, 0, 0)
static void XY2(avg_pixels8_xy2, 8, 0, 1)
static void XY2(put_no_rnd_pixels8_xy2, 8, 1, 0)
AVX2 static void XY2(put_pixels16_xy2, 16, 0, 0)
AVX2 static void XY2(avg_pixels16_xy2, 16, 0, 1)
AVX2 static void XY2(put_no_rnd_pixels16_xy2, 16, 1, 0)

// Without AVX2, in the place of MMX.
static void put_no_rnd_pixels16_xy2_halves(uint8_t *block, const uint8_t *pixels, ptrdiff_t stride, int h)
{
    put_no_rnd_pixels8_xy2(block, pixels, stride, h);
    put_no_rnd_pixels8_xy2(block + 8, pixels + 8, stride, h);
}

void ff_hpeldsp_init_x86(HpelDSPContext *c, int flags); // its header was read above

av_cold void ff_hpeldsp_init_x86(HpelDSPContext *c, int flags)
{
    int cpu = av_get_cpu_flags();
    hpeldsp_init_body(c, flags);
    if (!EXTERNAL_SSE2(cpu))
        return;
    c->put_pixels_tab[1][3] = put_pixels8_xy2;
    c->avg_pixels_tab[1][3] = avg_pixels8_xy2;
    c->put_no_rnd_pixels_tab[0][3] = put_no_rnd_pixels16_xy2_halves;
    c->put_no_rnd_pixels_tab[1][3] = put_no_rnd_pixels8_xy2;
    if (!EXTERNAL_AVX2_FAST(cpu))
        return;
    c->put_pixels_tab[0][3] = put_pixels16_xy2;
    c->avg_pixels_tab[0][3] = avg_pixels16_xy2;
    c->put_no_rnd_pixels_tab[0][3] = put_no_rnd_pixels16_xy2;
}
