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

// VP9's loop filters for 8-bit pixels and processors with AVX2, in the place of
// FFmpeg's: sixteen (or eight) places of an edge at once, and nothing is
// computed that none of them needs. The filters are those of the VP9 bitstream
// specification, 8.8.2.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define PA_AVX2 __attribute__((target("avx2"))) static inline __attribute__((always_inline))

// Pixels across an edge: before it p[0] (the nearest) to p[7], behind it q[0] to
// q[7]; a vector each, sixteen places along the edge.
struct pa_edge {
    __m128i p[8], q[8];
};

// How an edge was changed.
enum { PA_SAME, PA_NARROW /* p[2] to q[2] at most */, PA_WIDE };

PA_AVX2 __m128i pa_apart(__m128i a, __m128i b)
{
    return _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a));
}

PA_AVX2 __m128i pa_max4(__m128i a, __m128i b, __m128i c, __m128i d)
{
    return _mm_max_epu8(_mm_max_epu8(a, b), _mm_max_epu8(c, d));
}

PA_AVX2 __m128i pa_within(__m128i a, __m128i limit)
{
    return _mm_cmpeq_epi8(_mm_subs_epu8(a, limit), _mm_setzero_si128());
}

PA_AVX2 __m128i pa_shift3(__m128i a) // signed bytes by 8
{
    const __m128i sign = _mm_set1_epi8(0x10);
    a = _mm_and_si128(_mm_srli_epi16(a, 3), _mm_set1_epi8(0x1f));
    return _mm_sub_epi8(_mm_xor_si128(a, sign), sign);
}

// The filter of four pixels, where on.
PA_AVX2 void pa_filter4(struct pa_edge *e, __m128i on, __m128i calm)
{
    const __m128i half = _mm_set1_epi8(-128);
    __m128i p1 = _mm_xor_si128(e->p[1], half), p0 = _mm_xor_si128(e->p[0], half);
    __m128i q0 = _mm_xor_si128(e->q[0], half), q1 = _mm_xor_si128(e->q[1], half);
    __m128i step = _mm_subs_epi8(q0, p0);
    __m128i f = _mm_andnot_si128(calm, _mm_subs_epi8(p1, q1));
    f = _mm_adds_epi8(_mm_adds_epi8(_mm_adds_epi8(f, step), step), step);
    f = _mm_and_si128(f, on);
    __m128i f1 = pa_shift3(_mm_adds_epi8(f, _mm_set1_epi8(4)));
    __m128i f2 = pa_shift3(_mm_adds_epi8(f, _mm_set1_epi8(3)));
    e->q[0] = _mm_xor_si128(_mm_subs_epi8(q0, f1), half);
    e->p[0] = _mm_xor_si128(_mm_adds_epi8(p0, f2), half);
    f = _mm_sub_epi8(_mm_avg_epu8(_mm_xor_si128(f1, half), half), half); // (f1 + 1) >> 1
    f = _mm_and_si128(f, calm);
    e->q[1] = _mm_xor_si128(_mm_subs_epi8(q1, f), half);
    e->p[1] = _mm_xor_si128(_mm_adds_epi8(p1, f), half);
}

PA_AVX2 __m128i pa_bytes(__m256i words)
{
    return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

// The mean over taps of each pixel with its neighbours, itself counted twice, of
// all pixels but the outermost, where on: 8 taps over 8 pixels, 16 over 16.
PA_AVX2 void pa_mean(struct pa_edge *e, const struct pa_edge *from, int taps, __m128i on)
{
    const int reach = taps / 2 - 1; // on each side
    const int shift = taps == 8 ? 3 : 4;
    const int n = taps;
    __m256i x[16], sum = _mm256_set1_epi16(taps / 2);
#pragma GCC unroll 16
    for (int i = 0; i < n; i++)
        x[i] = _mm256_cvtepu8_epi16(i < n / 2 ? from->p[n / 2 - 1 - i] : from->q[i - n / 2]);
    // of the pixel before the first one that is filtered: all on its left equal it
    sum = _mm256_add_epi16(sum, _mm256_slli_epi16(x[0], shift - 1));
#pragma GCC unroll 16
    for (int i = 1; i <= reach; i++)
        sum = _mm256_add_epi16(sum, x[i]);
#pragma GCC unroll 16
    for (int i = 1; i < n - 1; i++) {
        int in = i + reach < n - 1 ? i + reach : n - 1, out = i - 1 - reach > 0 ? i - 1 - reach : 0;
        sum = _mm256_add_epi16(_mm256_sub_epi16(sum, x[out]), x[in]);
        __m128i mean = pa_bytes(_mm256_srli_epi16(_mm256_add_epi16(sum, x[i]), shift));
        __m128i *to = i < n / 2 ? &e->p[n / 2 - 1 - i] : &e->q[i - n / 2];
        *to = _mm_blendv_epi8(*to, mean, on);
    }
}

// Filters an edge: with four taps or, in flat places that wide allows, eight or
// (if taps is 16 and they are flat further out) sixteen.
PA_AVX2 int pa_filter(struct pa_edge *e, int taps, __m128i edge, __m128i inner, __m128i high, __m128i wide)
{
    const __m128i one = _mm_set1_epi8(1);
    __m128i p10 = pa_apart(e->p[1], e->p[0]), q10 = pa_apart(e->q[1], e->q[0]);
    __m128i slope = _mm_max_epu8(p10, q10);
    __m128i most = _mm_max_epu8(slope, pa_max4(pa_apart(e->p[3], e->p[2]), pa_apart(e->p[2], e->p[1]),
                                               pa_apart(e->q[3], e->q[2]), pa_apart(e->q[2], e->q[1])));
    // VP9's largest limit across an edge is 193, so that a sum may stop at 255.
    __m128i across = pa_apart(e->p[0], e->q[0]);
    __m128i apart = _mm_srli_epi16(_mm_and_si128(pa_apart(e->p[1], e->q[1]), _mm_set1_epi8(-2)), 1);
    __m128i on = _mm_and_si128(pa_within(most, inner), pa_within(_mm_adds_epu8(_mm_adds_epu8(across, across), apart), edge));
    if (_mm_testz_si128(on, on))
        return PA_SAME;
    __m128i calm = pa_within(slope, high);
    if (taps == 4) {
        pa_filter4(e, on, calm);
        return PA_NARROW;
    }
    __m128i flat = pa_max4(pa_apart(e->p[2], e->p[0]), pa_apart(e->q[2], e->q[0]), pa_apart(e->p[3], e->p[0]), pa_apart(e->q[3], e->q[0]));
    flat = _mm_and_si128(_mm_and_si128(pa_within(_mm_max_epu8(flat, slope), one), on), wide);
    if (_mm_testz_si128(flat, flat)) {
        pa_filter4(e, on, calm);
        return PA_NARROW;
    }
    const struct pa_edge from = *e;
    __m128i far = _mm_setzero_si128();
    if (taps == 16) {
        far = _mm_max_epu8(pa_max4(pa_apart(e->p[4], e->p[0]), pa_apart(e->q[4], e->q[0]), pa_apart(e->p[5], e->p[0]), pa_apart(e->q[5], e->q[0])),
                           pa_max4(pa_apart(e->p[6], e->p[0]), pa_apart(e->q[6], e->q[0]), pa_apart(e->p[7], e->p[0]), pa_apart(e->q[7], e->q[0])));
        far = _mm_and_si128(pa_within(far, one), flat);
    }
    if (!_mm_testc_si128(flat, on))
        pa_filter4(e, _mm_andnot_si128(flat, on), calm);
    if (taps == 8 || !_mm_testc_si128(far, flat))
        pa_mean(e, &from, 8, flat);
    if (taps == 8 || _mm_testz_si128(far, far))
        return PA_NARROW;
    pa_mean(e, &from, 16, far);
    return PA_WIDE;
}

// Sixteen or eight pixels.
PA_AVX2 __m128i pa_load(const uint8_t *at, int pixels)
{
    return pixels == 16 ? _mm_loadu_si128((const __m128i *)at) : _mm_loadl_epi64((const __m128i *)at);
}

// Two rows of columns, eight apart; of eight rows one, twice.
PA_AVX2 __m256i pa_row(const uint8_t *at, ptrdiff_t stride, int rows, int pixels)
{
    __m128i first = pa_load(at, pixels), second = rows == 8 ? first : pa_load(at + 8 * stride, pixels);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

// Columns first and first + 1 out of their halves in all rows.
PA_AVX2 void pa_columns(struct pa_edge *e, int first, __m256i two)
{
    two = _mm256_permute4x64_epi64(two, 0xd8);
    __m128i a = _mm256_castsi256_si128(two), b = _mm256_extracti128_si256(two, 1);
    if (first < 8) {
        e->p[7 - first] = a;
        e->p[6 - first] = b;
    } else {
        e->q[first - 8] = a;
        e->q[first - 7] = b;
    }
}

PA_AVX2 void pa_load_columns(struct pa_edge *e, const uint8_t *dst, ptrdiff_t stride, int rows, int pixels)
{
    __m256i r[8];
    dst -= pixels / 2;
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++)
        r[i] = pa_row(dst + i * stride, stride, rows, pixels);
#pragma GCC unroll 2
    for (int half = 0; half < pixels / 8; half++) {
        __m256i ab[4], abcd[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            ab[i] = half ? _mm256_unpackhi_epi8(r[2 * i], r[2 * i + 1]) : _mm256_unpacklo_epi8(r[2 * i], r[2 * i + 1]);
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            abcd[i] = _mm256_unpacklo_epi16(ab[2 * i], ab[2 * i + 1]);
            abcd[2 + i] = _mm256_unpackhi_epi16(ab[2 * i], ab[2 * i + 1]);
        }
        int first = 8 - pixels / 2 + 8 * half;
        pa_columns(e, first, _mm256_unpacklo_epi32(abcd[0], abcd[1]));
        pa_columns(e, first + 2, _mm256_unpackhi_epi32(abcd[0], abcd[1]));
        pa_columns(e, first + 4, _mm256_unpacklo_epi32(abcd[2], abcd[3]));
        pa_columns(e, first + 6, _mm256_unpackhi_epi32(abcd[2], abcd[3]));
    }
}

// Eight columns from first on, as rows: rows 2 i and 2 i + 1 (and by eight more
// in the upper half) in out[i].
PA_AVX2 void pa_rows(__m256i out[4], const struct pa_edge *e, int first)
{
    const __m256i pairs = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    __m256i two[4], four[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        int c = first + 2 * i;
        __m128i a = c < 8 ? e->p[7 - c] : e->q[c - 8], b = c < 8 ? e->p[6 - c] : e->q[c - 7];
        two[i] = _mm256_shuffle_epi8(_mm256_permute4x64_epi64(_mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1), 0xd8), pairs);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        four[i] = _mm256_unpacklo_epi16(two[2 * i], two[2 * i + 1]);
        four[2 + i] = _mm256_unpackhi_epi16(two[2 * i], two[2 * i + 1]);
    }
    out[0] = _mm256_unpacklo_epi32(four[0], four[1]);
    out[1] = _mm256_unpackhi_epi32(four[0], four[1]);
    out[2] = _mm256_unpacklo_epi32(four[2], four[3]);
    out[3] = _mm256_unpackhi_epi32(four[2], four[3]);
}

PA_AVX2 void pa_store_narrow(const struct pa_edge *e, uint8_t *dst, ptrdiff_t stride, int rows)
{
    __m256i out[4];
    pa_rows(out, e, 4);
    dst -= 4;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint8_t *at = dst + 2 * i * stride;
        __m128i a = _mm256_castsi256_si128(out[i]), b = _mm256_extracti128_si256(out[i], 1);
        _mm_storel_epi64((__m128i *)at, a);
        _mm_storeh_pd((double *)(at + stride), _mm_castsi128_pd(a));
        if (rows == 16) {
            at += 8 * stride;
            _mm_storel_epi64((__m128i *)at, b);
            _mm_storeh_pd((double *)(at + stride), _mm_castsi128_pd(b));
        }
    }
}

PA_AVX2 void pa_store_wide(const struct pa_edge *e, uint8_t *dst, ptrdiff_t stride, int rows)
{
    __m256i left[4], right[4];
    pa_rows(left, e, 0);
    pa_rows(right, e, 8);
    dst -= 8;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint8_t *at = dst + 2 * i * stride;
        __m256i a = _mm256_unpacklo_epi64(left[i], right[i]), b = _mm256_unpackhi_epi64(left[i], right[i]);
        _mm_storeu_si128((__m128i *)at, _mm256_castsi256_si128(a));
        _mm_storeu_si128((__m128i *)(at + stride), _mm256_castsi256_si128(b));
        if (rows == 16) {
            at += 8 * stride;
            _mm_storeu_si128((__m128i *)at, _mm256_extracti128_si256(a, 1));
            _mm_storeu_si128((__m128i *)(at + stride), _mm256_extracti128_si256(b, 1));
        }
    }
}

// An edge between columns, rows long.
PA_AVX2 void pa_filter_columns(uint8_t *dst, ptrdiff_t stride, int rows, int taps, __m128i edge, __m128i inner, __m128i high, __m128i wide)
{
    struct pa_edge e;
    pa_load_columns(&e, dst, stride, rows, taps == 16 ? 16 : 8);
    switch (pa_filter(&e, taps, edge, inner, high, wide)) {
    case PA_NARROW: pa_store_narrow(&e, dst, stride, rows); break;
    case PA_WIDE: pa_store_wide(&e, dst, stride, rows);
    }
}

PA_AVX2 void pa_store(uint8_t *at, __m128i row, int columns)
{
    if (columns == 16)
        _mm_storeu_si128((__m128i *)at, row);
    else
        _mm_storel_epi64((__m128i *)at, row);
}

// An edge between rows, columns long.
PA_AVX2 void pa_filter_rows(uint8_t *dst, ptrdiff_t stride, int columns, int taps, __m128i edge, __m128i inner, __m128i high, __m128i wide)
{
    struct pa_edge e;
    int reach = taps == 16 ? 8 : 4;
    uint8_t *at = dst - reach * stride;
#pragma GCC unroll 16
    for (int i = 0; i < 2 * reach; i++, at += stride) {
        __m128i row = pa_load(at, columns);
        if (columns == 8)
            row = _mm_unpacklo_epi64(row, row);
        if (i < reach)
            e.p[reach - 1 - i] = row;
        else
            e.q[i - reach] = row;
    }
    int far = 0; // pixels that were changed on each side, of which the compiler must know the number
    switch (pa_filter(&e, taps, edge, inner, high, wide)) {
    case PA_NARROW: far = taps == 4 ? 2 : 3; break;
    case PA_WIDE: far = 7;
    }
    if (far == 7) {
        at = dst - 7 * stride;
#pragma GCC unroll 14
        for (int i = 0; i < 14; i++, at += stride)
            pa_store(at, i < 7 ? e.p[6 - i] : e.q[i - 7], columns);
    } else if (far) {
        const int n = taps == 4 ? 2 : 3;
        at = dst - n * stride;
#pragma GCC unroll 6
        for (int i = 0; i < 2 * n; i++, at += stride)
            pa_store(at, i < n ? e.p[n - 1 - i] : e.q[i - n], columns);
    }
}

PA_AVX2 __m128i pa_one(int v)
{
    return _mm_set1_epi8(v);
}

// Limits of the first eight places and of the other eight, which FFmpeg packs.
PA_AVX2 __m128i pa_two(int v)
{
    return _mm_shuffle_epi8(_mm_cvtsi32_si128(v), _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
}

#define PA_EDGE(way, name, length, taps, limit, wide) \
    __attribute__((target("avx2"))) static void name(uint8_t *dst, ptrdiff_t stride, int E, int I, int H) \
    { \
        pa_filter_##way(dst, stride, length, taps, limit(E), limit(I), limit(H), wide); \
    }
#define PA_EDGES(name, length, taps, limit, wide) \
    PA_EDGE(columns, pa_columns_##name, length, taps, limit, wide) \
    PA_EDGE(rows, pa_rows_##name, length, taps, limit, wide)

PA_EDGES(4, 8, 4, pa_one, _mm_setzero_si128())
PA_EDGES(8, 8, 8, pa_one, _mm_set1_epi8(-1))
PA_EDGES(16, 8, 16, pa_one, _mm_set1_epi8(-1))
PA_EDGES(16_16, 16, 16, pa_one, _mm_set1_epi8(-1))
PA_EDGES(4_4, 16, 4, pa_two, _mm_setzero_si128())
PA_EDGES(4_8, 16, 8, pa_two, _mm_set_epi64x(-1, 0))
PA_EDGES(8_4, 16, 8, pa_two, _mm_set_epi64x(0, -1))
PA_EDGES(8_8, 16, 8, pa_two, _mm_set1_epi8(-1))
