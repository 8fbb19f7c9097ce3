/*
 * After libavcodec/vp9dsp_template.c of FFmpeg, which is
 * Copyright (C) 2013 Ronald S. Bultje <rsbultje gmail com>
 * Copyright (C) 2013 Clément Bœsch <u pkh me>
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

// VP9's eight-tap motion compensation of 8-bit blocks 4, 8 and 16 pixels wide for
// processors with AVX2, in the place of FFmpeg's. Sums are taken in an order in
// which 16 bits hold them but for the last, which saturates as the result does.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PA_AVX2 __attribute__((target("avx2"))) static inline __attribute__((always_inline))

// Taps 0 and 1, 2 and 3 and so on, sixteen times each.
struct pa_taps {
    __m256i k[4];
};

PA_AVX2 struct pa_taps pa_taps(const int16_t *filter)
{
    __m128i k = _mm_load_si128((const __m128i *)filter);
    __m256i all = _mm256_broadcastsi128_si256(_mm_packs_epi16(k, k));
    return (struct pa_taps){{
        _mm256_shuffle_epi8(all, _mm256_set1_epi16(0x0100)),
        _mm256_shuffle_epi8(all, _mm256_set1_epi16(0x0302)),
        _mm256_shuffle_epi8(all, _mm256_set1_epi16(0x0504)),
        _mm256_shuffle_epi8(all, _mm256_set1_epi16(0x0706)),
    }};
}

PA_AVX2 __m256i pa_sum(__m256i x01, __m256i x23, __m256i x45, __m256i x67, const struct pa_taps *t)
{
    __m256i a = _mm256_add_epi16(_mm256_maddubs_epi16(x01, t->k[0]), _mm256_maddubs_epi16(x45, t->k[2]));
    __m256i b = _mm256_add_epi16(_mm256_maddubs_epi16(x23, t->k[1]), _mm256_maddubs_epi16(x67, t->k[3]));
    return _mm256_mulhrs_epi16(_mm256_adds_epi16(a, b), _mm256_set1_epi16(256)); // (sum + 64) >> 7
}

PA_AVX2 __m256i pa_both(__m128i low, __m128i high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

PA_AVX2 __m128i pa_get(const uint8_t *at, int width)
{
    if (width == 4) {
        int32_t v;
        memcpy(&v, at, 4);
        return _mm_cvtsi32_si128(v);
    }
    return width == 8 ? _mm_loadl_epi64((const __m128i *)at) : _mm_loadu_si128((const __m128i *)at);
}

PA_AVX2 void pa_put(uint8_t *at, __m128i row, int width, int avg)
{
    if (avg)
        row = _mm_avg_epu8(row, pa_get(at, width));
    if (width == 4) {
        int32_t v = _mm_cvtsi128_si32(row);
        memcpy(at, &v, 4);
    } else if (width == 8) {
        _mm_storel_epi64((__m128i *)at, row);
    } else {
        _mm_storeu_si128((__m128i *)at, row);
    }
}

// A row, or two narrow ones at once, filtered along it.
PA_AVX2 __m256i pa_along(const uint8_t *a, const uint8_t *b, int width, const struct pa_taps *t)
{
    const __m256i pairs = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8));
    __m256i x;
    if (width == 4) {
        const __m256i four = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 2, 3, 3, 4, 4, 5, 5, 6));
        __m256i k01 = _mm256_unpacklo_epi64(t->k[0], t->k[1]), k45 = _mm256_unpacklo_epi64(t->k[2], t->k[3]);
        x = pa_both(_mm_loadu_si128((const __m128i *)(a - 3)), _mm_loadu_si128((const __m128i *)(b - 3)));
        __m256i sum = _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_shuffle_epi8(x, four), k01),
                                       _mm256_maddubs_epi16(_mm256_shuffle_epi8(x, _mm256_add_epi8(four, _mm256_set1_epi8(4))), k45));
        sum = _mm256_adds_epi16(sum, _mm256_srli_si256(sum, 8));
        return _mm256_mulhrs_epi16(sum, _mm256_set1_epi16(256));
    }
    __m256i at = pairs;
    if (width == 8) {
        x = pa_both(_mm_loadu_si128((const __m128i *)(a - 3)), _mm_loadu_si128((const __m128i *)(b - 3)));
    } else { // the last 16 of the 23 pixels that it takes
        x = pa_both(_mm_loadu_si128((const __m128i *)(a - 3)), _mm_loadu_si128((const __m128i *)(a + 4)));
        at = _mm256_add_epi8(pairs, _mm256_set_epi64x(0x0101010101010101, 0x0101010101010101, 0, 0));
    }
    const __m256i two = _mm256_set1_epi8(2);
    __m256i at2 = _mm256_add_epi8(at, two), at4 = _mm256_add_epi8(at2, two), at6 = _mm256_add_epi8(at4, two);
    return pa_sum(_mm256_shuffle_epi8(x, at), _mm256_shuffle_epi8(x, at2), _mm256_shuffle_epi8(x, at4), _mm256_shuffle_epi8(x, at6), t);
}

PA_AVX2 void pa_filter_along(uint8_t *dst, ptrdiff_t to, const uint8_t *src, ptrdiff_t from, int h, int width, int avg, const int16_t *filter)
{
    const struct pa_taps t = pa_taps(filter);
    for (; h > 1; h -= 2, dst += 2 * to, src += 2 * from) {
        if (width == 16) {
            __m256i rows = _mm256_packus_epi16(pa_along(src, src, 16, &t), pa_along(src + from, src + from, 16, &t));
            rows = _mm256_permute4x64_epi64(rows, 0xd8);
            pa_put(dst, _mm256_castsi256_si128(rows), 16, avg);
            pa_put(dst + to, _mm256_extracti128_si256(rows, 1), 16, avg);
        } else {
            __m256i sums = pa_along(src, src + from, width, &t);
            __m256i rows = _mm256_packus_epi16(sums, sums);
            pa_put(dst, _mm256_castsi256_si128(rows), width, avg);
            pa_put(dst + to, _mm256_extracti128_si256(rows, 1), width, avg);
        }
    }
    if (h) {
        __m256i sums = pa_along(src, src, width, &t);
        __m256i rows = _mm256_packus_epi16(sums, sums);
        if (width == 16)
            rows = _mm256_permute4x64_epi64(rows, 0xd8);
        pa_put(dst, _mm256_castsi256_si128(rows), width, avg);
    }
}

// Filters two rows at a time across them. Rows are taken in pairs, the pixels of
// one beside those of the next.
PA_AVX2 void pa_filter_across(uint8_t *dst, ptrdiff_t to, const uint8_t *src, ptrdiff_t from, int h, int width, int avg, const int16_t *filter)
{
    const struct pa_taps t = pa_taps(filter);
    src -= 3 * from;
    if (width == 16) {
        __m256i row = _mm256_permute4x64_epi64(_mm256_castsi128_si256(pa_get(src, 16)), 0x10), pair[8];
#pragma GCC unroll 6
        for (int i = 0; i < 6; i++) {
            __m256i next = _mm256_permute4x64_epi64(_mm256_castsi128_si256(pa_get(src += from, 16)), 0x10);
            pair[i] = _mm256_unpacklo_epi8(row, next);
            row = next;
        }
        for (; h > 0; h -= 2, dst += 2 * to) {
#pragma GCC unroll 2
            for (int i = 6; i < 8; i++) {
                __m256i next = _mm256_permute4x64_epi64(_mm256_castsi128_si256(pa_get(src += from, 16)), 0x10);
                pair[i] = _mm256_unpacklo_epi8(row, next);
                row = next;
            }
            __m256i rows = _mm256_packus_epi16(pa_sum(pair[0], pair[2], pair[4], pair[6], &t), pa_sum(pair[1], pair[3], pair[5], pair[7], &t));
            rows = _mm256_permute4x64_epi64(rows, 0xd8);
            pa_put(dst, _mm256_castsi256_si128(rows), 16, avg);
            pa_put(dst + to, _mm256_extracti128_si256(rows, 1), 16, avg);
#pragma GCC unroll 6
            for (int i = 0; i < 6; i++)
                pair[i] = pair[i + 2];
        }
    } else { // pairs of two rows: the lower half begins with one, the upper half with the next
        __m128i a = pa_get(src, width), b = pa_get(src += from, width);
        __m256i pair[4];
#pragma GCC unroll 3
        for (int i = 0; i < 3; i++) {
            __m128i c = pa_get(src += from, width), d = pa_get(src += from, width);
            pair[i] = _mm256_unpacklo_epi8(pa_both(a, b), pa_both(b, c));
            a = c;
            b = d;
        }
        for (; h > 0; h -= 2, dst += 2 * to) {
            __m128i c = pa_get(src += from, width);
            pair[3] = _mm256_unpacklo_epi8(pa_both(a, b), pa_both(b, c));
            __m256i sums = pa_sum(pair[0], pair[1], pair[2], pair[3], &t);
            __m256i rows = _mm256_packus_epi16(sums, sums);
            pa_put(dst, _mm256_castsi256_si128(rows), width, avg);
            pa_put(dst + to, _mm256_extracti128_si256(rows, 1), width, avg);
            pair[0] = pair[1];
            pair[1] = pair[2];
            pair[2] = pair[3];
            a = c;
            if (h > 2)
                b = pa_get(src += from, width);
        }
    }
}

#define PA_BLOCKS(op, width, avg) \
    __attribute__((target("avx2"), noinline)) static void pa_##op##_along_##width(uint8_t *dst, ptrdiff_t to, const uint8_t *src, ptrdiff_t from, int h, \
                                                                                const int16_t *mx, const int16_t *my) \
    { \
        pa_filter_along(dst, to, src, from, h, width, avg, mx); \
    } \
    __attribute__((target("avx2"), noinline)) static void pa_##op##_across_##width(uint8_t *dst, ptrdiff_t to, const uint8_t *src, ptrdiff_t from, int h, \
                                                                                 const int16_t *mx, const int16_t *my) \
    { \
        pa_filter_across(dst, to, src, from, h, width, avg, my); \
    } \
    __attribute__((target("avx2"), noinline)) static void pa_##op##_both_##width(uint8_t *dst, ptrdiff_t to, const uint8_t *src, ptrdiff_t from, int h, \
                                                                               const int16_t *mx, const int16_t *my) \
    { \
        uint8_t rows[(64 + 7) * 16]; \
        pa_filter_along(rows, width, src - 3 * from, from, h + 7, width, 0, mx); \
        pa_filter_across(dst, to, rows + 3 * width, width, h, width, avg, my); \
    } \
    PA_FILTERS(op, width, along) \
    PA_FILTERS(op, width, across) \
    PA_FILTERS(op, width, both)
#define PA_FILTERS(op, width, way) \
    PA_FILTER(op, width, way, FILTER_8TAP_SMOOTH) \
    PA_FILTER(op, width, way, FILTER_8TAP_REGULAR) \
    PA_FILTER(op, width, way, FILTER_8TAP_SHARP)
#define PA_FILTER(op, width, way, kind) \
    static void pa_##op##_##way##_##width##_##kind(uint8_t *dst, ptrdiff_t to, const uint8_t *src, ptrdiff_t from, int h, int mx, int my) \
    { \
        pa_##op##_##way##_##width(dst, to, src, from, h, ff_vp9_subpel_filters[kind][mx], ff_vp9_subpel_filters[kind][my]); \
    }

PA_BLOCKS(put, 4, 0)
PA_BLOCKS(put, 8, 0)
PA_BLOCKS(put, 16, 0)
PA_BLOCKS(avg, 4, 1)
PA_BLOCKS(avg, 8, 1)
PA_BLOCKS(avg, 16, 1)
