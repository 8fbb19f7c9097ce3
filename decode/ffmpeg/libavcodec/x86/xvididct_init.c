/*
 * After libavcodec/x86/xvididct_init.c, xvididct.c and x86/xvididct.asm of FFmpeg, which is
 * Copyright (C) 2006-2011 Xvid Solutions GmbH
 * Copyright (C) 2001 Peter Ross <pross@xvid.org>
 * Copyright (C) 2000-2001 Peter Gubanov <peter@elecard.net.ru>
 * Copyright (C) 2003 Pascal Massimino <skal@planet-d.net>
 * Rounding trick Copyright (C) 2000 Michel Lespinasse <walken@zoy.org>
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

// FFmpeg's x86/xvididct_init.c, called xvididct_init_body.c here, and for
// processors with AVX2 an Xvid inverse DCT that gives the same bytes.
//
// FFmpeg's transforms a row at a time and jumps over rows of zeros, which the
// processor guesses wrong. Here rows are transformed two at once, whatever is in
// them, and the only question is whether rows 4 to 7 are empty, as they mostly are.
// That changes nothing in the result: zeros become zeros, for every rounder but
// row 0's is less than one unit. Two blocks of a macroblock share their columns' pass.
#include <immintrin.h>

#include "libavutil/mem_internal.h"

#define ff_xvid_idct_init_x86 xvid_idct_init_body
#include "xvididct_init_body.c"
#undef ff_xvid_idct_init_x86

#include "xvididct_avx2.h"

#define AVX2 __attribute__((target("avx2")))
#define INLINE AVX2 __attribute__((always_inline)) static inline

// c1 to c7 are cos(k pi/16), scaled by what the pass over columns leaves out for a
// row; the numbers are Xvid's, whose last digits count. They meet the samples
// 0 2 0 2 ..., 4 6 4 6 ... with their pairs turned, 5 7 5 7 ... turned, 1 3 1 3 ...
#define EVEN_LOW(c1, c2, c3, c4, c5, c6, c7) c4, c2, -c4, -c2, c4, -c6, c4, -c6
#define EVEN_HIGH(c1, c2, c3, c4, c5, c6, c7) c4, c6, c4, c6, -c4, c2, c4, -c2
#define ODD_HIGH(c1, c2, c3, c4, c5, c6, c7) c5, c7, c3, -c7, c7, c3, c7, -c5
#define ODD_LOW(c1, c2, c3, c4, c5, c6, c7) c1, c3, -c1, -c5, c5, -c1, c3, -c1
#define ROWS04(matrix) matrix(22725, 21407, 19266, 16384, 12873, 8867, 4520)
#define ROWS17(matrix) matrix(31521, 29692, 26722, 22725, 17855, 12299, 6270)
#define ROWS26(matrix) matrix(29692, 27969, 25172, 21407, 16819, 11585, 5906)
#define ROWS35(matrix) matrix(26722, 25172, 22654, 19266, 15137, 10426, 5315)
#define ROUND(r) r, r, r, r

// What two rows, one after the other, are multiplied with; rounders are added.
typedef struct coefficients {
    DECLARE_ALIGNED(32, int16_t, of)[4][16];
    DECLARE_ALIGNED(32, int32_t, round)[8];
} coefficients;

#define COEFFICIENTS(a, b, round_a, round_b)                                                                  \
    {{{a(EVEN_LOW), b(EVEN_LOW)}, {a(EVEN_HIGH), b(EVEN_HIGH)}, {a(ODD_HIGH), b(ODD_HIGH)}, {a(ODD_LOW), b(ODD_LOW)}}, \
     {ROUND(round_a), ROUND(round_b)}}

static const coefficients rows01 = COEFFICIENTS(ROWS04, ROWS17, 65536, 3597), rows23 = COEFFICIENTS(ROWS26, ROWS35, 2260, 1203);
static const coefficients rows45 = COEFFICIENTS(ROWS04, ROWS35, 0, 120), rows67 = COEFFICIENTS(ROWS26, ROWS17, 512, 512);

// tan(k pi/16) and sqrt(1/2) in 1/65536; the third less one, which is added again
static const DECLARE_ALIGNED(32, int16_t, tan1)[16] = {ROUND(13036), ROUND(13036), ROUND(13036), ROUND(13036)};
static const DECLARE_ALIGNED(32, int16_t, tan2)[16] = {ROUND(27146), ROUND(27146), ROUND(27146), ROUND(27146)};
static const DECLARE_ALIGNED(32, int16_t, tan3)[16] = {ROUND(-21746), ROUND(-21746), ROUND(-21746), ROUND(-21746)};
static const DECLARE_ALIGNED(32, int16_t, root)[16] = {ROUND(23170), ROUND(23170), ROUND(23170), ROUND(23170)};

INLINE __m256i load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE __m256i times(__m256i a, const int16_t *b) { return _mm256_mulhi_epi16(a, load(b)); }
INLINE __m256i plus(__m256i a, __m256i b) { return _mm256_adds_epi16(a, b); }
INLINE __m256i minus(__m256i a, __m256i b) { return _mm256_subs_epi16(a, b); }

INLINE __m256i two_rows(const int16_t *rows, const coefficients *c)
{
    __m256i row = load(rows);
    __m256i even = _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi64(row, row), load(c->of[0])),
                                    _mm256_madd_epi16(_mm256_shuffle_epi32(row, 0x11), load(c->of[1])));
    __m256i odd = _mm256_add_epi32(_mm256_madd_epi16(_mm256_shuffle_epi32(row, 0xBB), load(c->of[2])),
                                   _mm256_madd_epi16(_mm256_unpackhi_epi64(row, row), load(c->of[3])));
    even = _mm256_add_epi32(even, load(c->round));
    __m256i left = _mm256_srai_epi32(_mm256_add_epi32(even, odd), 11);
    __m256i right = _mm256_srai_epi32(_mm256_sub_epi32(even, odd), 11);
    return _mm256_shufflehi_epi16(_mm256_packs_epi32(left, right), 0x1B); // the right half comes out backwards
}

// Columns by Loeffler's, Ligtenberg's and Moschytz' scheme; rows 4 to 7 are not
// looked at where they are empty.
INLINE void columns(__m256i r[8], int empty)
{
    __m256i a = plus(times(r[3], tan3), r[3]), b = r[3], c = r[1], d = times(r[1], tan1);
    __m256i e = r[2], f = times(r[2], tan2), sum = r[0], difference = r[0];
    if (!empty) {
        a = minus(a, r[5]);
        b = plus(plus(times(r[5], tan3), r[5]), b);
        c = plus(times(r[7], tan1), c);
        d = minus(d, r[7]);
        e = plus(times(r[6], tan2), e);
        f = minus(f, r[6]);
        sum = plus(r[4], sum);
        difference = minus(difference, r[4]);
    }
    __m256i cb = minus(c, b), da = plus(a, d);
    __m256i odd0 = plus(b, c), odd1 = times(plus(da, cb), root), odd2 = times(minus(cb, da), root), odd3 = minus(d, a);
    odd1 = plus(odd1, odd1);
    odd2 = plus(odd2, odd2);
    __m256i even0 = plus(e, sum), even1 = plus(f, difference), even2 = minus(difference, f), even3 = minus(sum, e);
    r[0] = _mm256_srai_epi16(plus(odd0, even0), 6);
    r[1] = _mm256_srai_epi16(plus(odd1, even1), 6);
    r[2] = _mm256_srai_epi16(plus(odd2, even2), 6);
    r[3] = _mm256_srai_epi16(plus(odd3, even3), 6);
    r[4] = _mm256_srai_epi16(minus(even3, odd3), 6);
    r[5] = _mm256_srai_epi16(minus(even2, odd2), 6);
    r[6] = _mm256_srai_epi16(minus(even1, odd1), 6);
    r[7] = _mm256_srai_epi16(minus(even0, odd0), 6);
}

INLINE __m256i upper(__m256i a) { return _mm256_castsi128_si256(_mm256_extracti128_si256(a, 1)); }

// One block in the lower halves; the upper ones hold nothing of use.
INLINE void one(const int16_t *block, __m256i r[8])
{
    __m256i rest = _mm256_or_si256(load(block + 32), load(block + 48));
    r[0] = two_rows(block, &rows01);
    r[1] = upper(r[0]);
    r[2] = two_rows(block + 16, &rows23);
    r[3] = upper(r[2]);
    if (_mm256_testz_si256(rest, rest)) {
        columns(r, 1);
        return;
    }
    r[4] = two_rows(block + 32, &rows45);
    r[5] = upper(r[4]);
    r[6] = two_rows(block + 48, &rows67);
    r[7] = upper(r[6]);
    columns(r, 0);
}

INLINE void two_of_two(const int16_t *rows, const coefficients *c, __m256i r[2])
{
    __m256i a = two_rows(rows, c), b = two_rows(rows + 64, c);
    r[0] = _mm256_permute2x128_si256(a, b, 0x20);
    r[1] = _mm256_permute2x128_si256(a, b, 0x31);
}

// Two blocks, which lie one after the other, in the halves.
INLINE void two(const int16_t *blocks, __m256i r[8])
{
    __m256i rest = _mm256_or_si256(_mm256_or_si256(load(blocks + 32), load(blocks + 48)), _mm256_or_si256(load(blocks + 96), load(blocks + 112)));
    two_of_two(blocks, &rows01, r);
    two_of_two(blocks + 16, &rows23, r + 2);
    if (_mm256_testz_si256(rest, rest)) {
        columns(r, 1);
        return;
    }
    two_of_two(blocks + 32, &rows45, r + 4);
    two_of_two(blocks + 48, &rows67, r + 6);
    columns(r, 0);
}

INLINE void store_two_rows(uint8_t *dest, ptrdiff_t stride, __m128i bytes)
{
    _mm_storel_epi64((__m128i *)dest, bytes);
    _mm_storeh_pi((__m64 *)(dest + stride), _mm_castsi128_ps(bytes));
}

AVX2 static void idct_put_avx2(uint8_t *dest, ptrdiff_t stride, int16_t *block)
{
    __m256i r[8];
    one(block, r);
    for (int i = 0; i < 8; i += 2, dest += 2 * stride)
        store_two_rows(dest, stride, _mm_packus_epi16(_mm256_castsi256_si128(r[i]), _mm256_castsi256_si128(r[i + 1])));
    _mm256_zeroupper();
}

INLINE __m128i add_row(const uint8_t *dest, __m256i row)
{
    return _mm_adds_epi16(_mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)dest)), _mm256_castsi256_si128(row));
}

AVX2 void ff_xvid_idct_add_avx2(uint8_t *dest, ptrdiff_t stride, int16_t *block)
{
    __m256i r[8];
    one(block, r);
    for (int i = 0; i < 8; i += 2, dest += 2 * stride)
        store_two_rows(dest, stride, _mm_packus_epi16(add_row(dest, r[i]), add_row(dest + stride, r[i + 1])));
    _mm256_zeroupper();
}

AVX2 void ff_xvid_idct_add_beside_avx2(uint8_t *dest, ptrdiff_t stride, int16_t *blocks)
{
    __m256i r[8];
    two(blocks, r);
    for (int i = 0; i < 8; i += 2, dest += 2 * stride) {
        __m256i first = plus(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)dest)), r[i]);
        __m256i second = plus(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(dest + stride))), r[i + 1]);
        __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xD8);
        _mm_storeu_si128((__m128i *)dest, _mm256_castsi256_si128(bytes));
        _mm_storeu_si128((__m128i *)(dest + stride), _mm256_extracti128_si256(bytes, 1));
    }
    _mm256_zeroupper();
}

INLINE __m256i add_row_each(const uint8_t *a, const uint8_t *b, __m256i row)
{
    __m128i pixels = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)a), _mm_loadl_epi64((const __m128i *)b));
    return plus(_mm256_cvtepu8_epi16(pixels), row);
}

AVX2 void ff_xvid_idct_add_apart_avx2(uint8_t *a, uint8_t *b, ptrdiff_t stride, int16_t *blocks)
{
    __m256i r[8];
    two(blocks, r);
    for (int i = 0; i < 8; i += 2, a += 2 * stride, b += 2 * stride) {
        __m256i bytes = _mm256_packus_epi16(add_row_each(a, b, r[i]), add_row_each(a + stride, b + stride, r[i + 1]));
        store_two_rows(a, stride, _mm256_castsi256_si128(bytes));
        store_two_rows(b, stride, _mm256_extracti128_si256(bytes, 1));
    }
    _mm256_zeroupper();
}

void ff_xvid_idct_init_x86(IDCTDSPContext *c, AVCodecContext *avctx, unsigned high_bit_depth);

av_cold void ff_xvid_idct_init_x86(IDCTDSPContext *c, AVCodecContext *avctx, unsigned high_bit_depth)
{
    xvid_idct_init_body(c, avctx, high_bit_depth);
#if HAVE_X86ASM
    if (c->idct_add == ff_xvid_idct_add_sse2 && av_get_cpu_flags() & AV_CPU_FLAG_AVX2) {
        c->idct_put = idct_put_avx2;
        c->idct_add = ff_xvid_idct_add_avx2;
    }
#endif
}
