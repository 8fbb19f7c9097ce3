/*
 * After libavcodec/vp9block.c of FFmpeg, which is
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

// How VP9's coefficients are read, in the place of FFmpeg's decode_coeffs: the
// same numbers whatever the data. A third of a clip's time goes here, most of it
// waiting for the bit before, so the range decoder is kept in variables over a
// whole block of three planes, and what a bit waits for is as short as it gets.
#ifndef AVCODEC_VP9COEFS_H
#define AVCODEC_VP9COEFS_H

#include <stdint.h>
#include <string.h>

#include "libavutil/attributes.h"
#include "libavutil/bswap.h"
#include "libavutil/common.h"
#include "libavutil/intreadwrite.h"
#include "vp9data.h"
#include "vp9dec.h"
#include "vpx_rac.h"

// One place of a scan.
typedef struct PAStep {
    uint16_t at;      // where its coefficient is stored
    uint16_t near[2]; // the places whose sizes are the next one's context
    uint8_t self;     // how many of these two are this place itself
    uint8_t band;     // the next one's band, times six
} PAStep;

// As ff_vp9_scans, made when the program starts.
extern const PAStep *const pa_vp9_steps[5][4];

// A VPXRangeCoder in variables. The window's highest bit comes next; its first
// eight are below the range, as they are in any data once a tile's marker was read.
typedef struct PABits {
    uint64_t window;
    uint32_t high; // size of the range, not scaled yet
    int held;      // bits of the window that come from the data
    const uint8_t *next, *end;
} PABits;

// Makes held at least 57 while data last.
static av_always_inline void pa_fill(PABits *b)
{
    if (__builtin_expect(b->end - b->next >= 8, 1)) {
        uint64_t next;
        memcpy(&next, b->next, sizeof next);
        b->window |= av_be2ne64(next) >> b->held; // what is more than whole bytes comes again
        b->next += (63 - b->held) >> 3;
        b->held |= 56;
    } else {
        for (; b->next < b->end && b->held <= 56; b->held += 8)
            b->window |= (uint64_t)*b->next++ << (56 - b->held);
    }
}

// A bit takes up to seven and looks at eight.
static av_always_inline void pa_hold(PABits *b, int bits)
{
    if (__builtin_expect(b->held < 7 * bits + 8, 0))
        pa_fill(b);
}

// Scales the range to at least 128 and gives it less one, 24 bits up.
static av_always_inline uint64_t pa_scale(PABits *b)
{
    int zeros = __builtin_clz(b->high);
    uint32_t top = b->high << zeros;
    b->window <<= zeros - 24;
    b->held -= zeros - 24;
    return top - (1u << 24);
}

// A bit that the caller branches on. Its comparison needs no part of the range
// shifted into place: the product's lower half cannot change it.
static av_always_inline int pa_bit(PABits *b, uint64_t prob)
{
    uint64_t less = pa_scale(b), product = less * prob, low = product >> 32;
    if (b->window >> 56 << 32 > product) {
        b->window -= (low + 1) << 56;
        b->high = (uint32_t)(less >> 24) - (uint32_t)low;
        return 1;
    }
    b->high = low + 1;
    return 0;
}

// A bit that is anyone's guess, without a branch.
static av_always_inline unsigned pa_guess(PABits *b, uint64_t prob)
{
    uint64_t less = pa_scale(b);
    uint32_t low = less * prob >> 32, high = (uint32_t)(less >> 24) - low;
    uint64_t edge = (uint64_t)(low + 1) << 56, zero = -(uint64_t)(b->window < edge);
    b->window -= edge & ~zero;
    b->high = high ^ ((high ^ (low + 1)) & (uint32_t)zero);
    return zero + 1;
}

// A sign: even odds, for which pa_guess(b, 128) comes to halves of the range.
// Gives 0, or all ones for minus.
static av_always_inline unsigned pa_minus(PABits *b)
{
    int zeros = __builtin_clz(b->high) - 24;
    uint32_t high = b->high << zeros;
    b->window <<= zeros;
    b->held -= zeros;
    uint64_t edge = (uint64_t)((high + 1) >> 1) << 56, plus = -(uint64_t)(b->window < edge);
    b->window -= edge & ~plus;
    b->high = (high >> 1) + (high & (uint32_t)plus & 1);
    return ~(uint32_t)plus;
}

// Of each transform block whether the places along its side held coefficients.
static av_always_inline void pa_merge(uint8_t *held, int end, enum TxfmMode tx)
{
    if (tx == TX_8X8)
        for (int n = 0; n < end; n += 2)
            held[n] = !!AV_RN16(held + n);
    else if (tx == TX_16X16)
        for (int n = 0; n < end; n += 4)
            held[n] = !!AV_RN32(held + n);
    else if (tx == TX_32X32)
        for (int n = 0; n < end; n += 8)
            held[n] = !!AV_RN64(held + n);
}

// The other way, but for places outside the picture.
static av_always_inline void pa_spread(uint8_t *held, int end, enum TxfmMode tx)
{
    if (tx == TX_8X8) {
        for (int n = 1; n < end; n += 2)
            held[n] = held[n - 1];
    } else if (tx != TX_4X4) {
        for (int n = 0, side = 1 << tx; n < end; n += side)
            for (int k = n + 1; k < n + side && k < end; k++)
                held[k] = held[n];
    }
}

// One transform block, of n coefficients. Gives the number that were read, those
// behind the last one not counted. By band and context: odds, and how often which
// sizes came and whether more did. qmul: the first one's factor, and the others'.
static av_always_inline int pa_coefs(PABits *bits, int16_t *coef, const PAStep *step, const PAStep *last, unsigned ctx,
                                     const uint8_t (*odds)[11], unsigned (*came)[3], unsigned (*more)[2],
                                     const int16_t qmul[2], int half, int bpp)
{
    static const uint8_t small[3][5] = {{173, 148, 140}, {176, 155, 140, 135}, {180, 157, 141, 134, 130}};
    static const uint8_t big[18] = {255, 255, 255, 255, 254, 254, 254, 252, 249, 243, 230, 196, 177, 153, 140, 133, 130, 129};
    PABits b = *bits;
    const PAStep *first = step;
    const unsigned others = qmul[1];
    unsigned q = qmul[0];
    uint8_t sizes[1024]; // of what was read, none above 5

    pa_hold(&b, 1);
    do {
        const uint8_t *p = odds[ctx];
        unsigned around, size, value;

        if (!pa_bit(&b, p[0])) {
            more[ctx][0]++;
            break;
        }
        more[ctx][1]++;
        for (;;) {
            sizes[step->at] = 0;
            around = 1 + sizes[step->near[0]] + sizes[step->near[1]];
            pa_hold(&b, 4); // this one, the next, a sign and whether there is more
            if (pa_bit(&b, p[1]))
                break;
            came[ctx][0]++;
            ctx = step->band + (around >> 1);
            p = odds[ctx];
            q = others;
            if (++step == last)
                goto end; // damaged: a whole one ends by saying so
        }
        if (!pa_bit(&b, p[2])) {
            came[ctx][1]++;
            value = size = 1;
        } else {
            came[ctx][2]++;
            pa_hold(&b, 7);
            if (!pa_bit(&b, p[3])) {
                if (!pa_bit(&b, p[4])) {
                    value = size = 2;
                } else {
                    size = 3;
                    value = 3 + pa_guess(&b, p[5]);
                }
            } else if (!pa_bit(&b, p[6])) {
                size = 4;
                if (!pa_bit(&b, p[7])) {
                    value = 5 + pa_guess(&b, 159);
                } else {
                    value = 7 + 2 * pa_guess(&b, 165);
                    value += pa_guess(&b, 145);
                }
            } else {
                const uint8_t *odd;
                int length;
                size = 5;
                pa_hold(&b, 4);
                if (!pa_bit(&b, p[8])) {
                    length = 3 + pa_bit(&b, p[9]);
                    odd = small[length - 3];
                } else if (!pa_bit(&b, p[10])) {
                    length = 5;
                    odd = small[2];
                } else {
                    length = bpp + 6;
                    odd = big + 18 - length;
                }
                value = 0;
                for (int i = 0; i < length; i++) {
                    pa_hold(&b, 1);
                    value += value + pa_guess(&b, odd[i]);
                }
                value += length > 5 ? 67 : 3 + (8 << (length - 3));
                pa_hold(&b, 2);
            }
        }
        sizes[step->at] = size;
        unsigned minus = pa_minus(&b);
        if (bpp == 8) {
            coef[step->at] = ((value * q >> half) ^ minus) - minus;
        } else { // as FFmpeg does when a damaged one is beyond 32 bits
            int product = ((value ^ minus) - minus) * q;
            AV_WN32A(&coef[2 * step->at], half ? product / 2 : product);
        }
        q = others;
        ctx = step->band + ((around + step->self * size) >> 1);
    } while (++step < last);
end:
    *bits = b;
    return step - first;
}

// All coefficients of a block: true if there are any.
static av_always_inline int pa_vp9_coefs(VP9TileData *td, int bpp8)
{
    const VP9Context *s = td->s;
    const VP9Block *b = td->b;
    VPXRangeCoder *c = td->c;
    PABits bits = {c->code_word << 8, c->high, 8 - c->bits, c->buffer, c->end};
    int end_x = FFMIN(2 * (s->cols - td->col), ff_vp9_bwh_tab[1][b->bs][0] << 1);
    int end_y = FFMIN(2 * (s->rows - td->row), ff_vp9_bwh_tab[1][b->bs][1] << 1);
    int any = 0;

    for (int plane = 0; plane < 3; plane++) {
        int chroma = plane > 0, tx = chroma ? b->uvtx : b->tx, side = 1 << tx;
        const uint8_t (*odds)[11] = s->prob.coef[tx][chroma][!b->intra][0];
        unsigned (*came)[3] = td->counts.coef[tx][chroma][!b->intra][0];
        unsigned (*more)[2] = td->counts.eob[tx][chroma][!b->intra][0];
        const int16_t *qmul = s->s.h.segmentation.feat[b->seg_id].qmul[chroma];
        const PAStep *const *steps = pa_vp9_steps[!chroma && s->s.h.lossless ? 4 : tx];
        int each_mode = !chroma && tx == TX_4X4 && b->bs > BS_8x8;
        uint8_t *above = s->above_y_nnz_ctx + 2 * td->col, *left = td->left_y_nnz_ctx + 2 * td->row7, *ends = td->eob;
        int16_t *coef = td->block;
        if (plane == 1) {
            end_x >>= s->ss_h;
            end_y >>= s->ss_v;
        }
        if (chroma) {
            above = s->above_uv_nnz_ctx[plane - 1] + (td->col << !s->ss_h);
            left = td->left_uv_nnz_ctx[plane - 1] + (td->row7 << !s->ss_v);
            ends = td->uveob[plane - 1];
            coef = td->uvblock[plane - 1];
        }
        pa_merge(above, end_x, tx);
        pa_merge(left, end_y, tx);
        for (int y = 0, n = 0; y < end_y; y += side)
            for (int x = 0; x < end_x; x += side, n += side * side) {
                enum TxfmType type = chroma ? DCT_DCT : ff_vp9_intra_txfm_type[b->mode[each_mode ? n : 0]];
                int end = pa_coefs(&bits, coef + (16 * n << !bpp8), steps[type], steps[type] + 16 * side * side, above[x] + left[y],
                                   odds, came, more, qmul, tx == TX_32X32, bpp8 ? 8 : s->s.h.bpp);
                above[x] = left[y] = end > 0;
                any |= end;
                if (tx >= TX_16X16)
                    AV_WN16A(ends + n, end);
                else
                    ends[n] = end;
            }
        pa_spread(above, end_x, tx);
        pa_spread(left, end_y, tx);
    }
    if (bits.held > 56) { // more than code_word takes
        bits.held -= 8;
        bits.next--;
    }
    c->code_word = bits.window >> 8;
    c->high = bits.high;
    c->bits = 8 - bits.held;
    c->buffer = bits.next;
    return any > 0;
}

// In what follows, vp9block.c, decode_coeffs is another function where it is
// defined and this one where it is called.
#define decode_coeffs(first, ...) PA_##first, __VA_ARGS__)
#define PA_VP9TileData __attribute__((unused)) decode_coeffs_of_ffmpeg(VP9TileData
#define PA_td pa_vp9_coefs(td

#endif
