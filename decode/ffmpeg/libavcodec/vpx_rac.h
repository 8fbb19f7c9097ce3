/*
 * After libavcodec/vpx_rac.h of FFmpeg, which is
 * Copyright (C) 2006 Aurelien Jacobs <aurel@gnuage.org>
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

// The range decoder of VP8 and VP9 for 64-bit x86, in the place of FFmpeg's:
// same names, same bits whatever the data, read six bytes at a time instead of two.
//
// The fields are 64 bits wide so that the callers' counters, which are 32 bits
// wide, cannot alias them: the compiler keeps them in registers.
#ifndef AVCODEC_VPX_RAC_H
#define AVCODEC_VPX_RAC_H

#include <stdint.h>
#include <string.h>

#include "bytestream.h"
#include "config.h"
#include "libavutil/attributes.h"
#include "libavutil/bswap.h"

typedef struct VPXRangeCoder {
    uint64_t code_word;    // what comes next, its first bit below eight zeros;
                           // damaged data may set some, as they do in FFmpeg's
    uint64_t high;         // size of the range, 1 to 255
    int64_t bits;          // eight less the bits that code_word holds
    const uint8_t *buffer; // what was not read yet, up to end
    const uint8_t *end;
    int end_reached;
} VPXRangeCoder;

int ff_vpx_init_range_decoder(VPXRangeCoder *c, const uint8_t *buf, int buf_size);

extern const uint8_t ff_vpx_leading_zeros[256]; // of a byte that is not zero

// Counts reads behind the end; damage that asks for more than ten is an end.
static av_always_inline int vpx_rac_is_end(VPXRangeCoder *c)
{
    c->end_reached += c->bits >= 0 && c->buffer >= c->end;
    return c->end_reached > 10;
}

// Scales the range to at least 128. Gives the code word, which the caller
// stores once it has decoded with it.
static av_always_inline uint64_t vpx_rac_renorm(VPXRangeCoder *c)
{
#ifdef __LZCNT__
    int shift = __builtin_clz((unsigned)c->high) - 24;
#else
    int shift = ff_vpx_leading_zeros[c->high];
#endif
    uint64_t code = c->code_word << shift;
    int64_t bits = c->bits + shift;
    c->high <<= shift;
    if (__builtin_expect(bits >= 0, 0) && c->buffer < c->end) {
        const uint8_t *p = c->buffer;
        if (__builtin_expect(c->end - p >= 8, 1)) {
            uint64_t next;
            memcpy(&next, p, sizeof next);
            code |= av_be2ne64(next) >> (16 - bits); // what is more than six bytes comes again
            bits -= 48;
            p += 6;
        } else {
            for (; p < c->end && bits >= -40; bits -= 8)
                code |= (uint64_t)*p++ << (40 + bits);
        }
        c->buffer = p;
    }
    c->bits = bits;
    return code;
}

// Takes the lower part of the range, low wide, for a zero and the rest for a
// one, without a branch: where the bit is anyone's guess.
static av_always_inline int vpx_rac_split(VPXRangeCoder *c, uint64_t code, uint64_t low)
{
    uint64_t zero = -(uint64_t)(code < low << 48), one = ~zero;
    c->high = (low & zero) | ((c->high - low) & one);
    c->code_word = code - (low << 48 & one);
    return one & 1;
}

static av_always_inline uint64_t vpx_rac_part(const VPXRangeCoder *c, unsigned prob)
{
    return 1 + ((c->high - 1) * prob >> 8);
}

#define vpx_rac_get_prob vpx_rac_get_prob
static av_always_inline int vpx_rac_get_prob(VPXRangeCoder *c, uint8_t prob)
{
    uint64_t code = vpx_rac_renorm(c);
    return vpx_rac_split(c, code, vpx_rac_part(c, prob));
}

// The same where the caller branches on the bit anyway.
#define vpx_rac_get_prob_branchy vpx_rac_get_prob_branchy
static av_always_inline int vpx_rac_get_prob_branchy(VPXRangeCoder *c, int prob)
{
    uint64_t code = vpx_rac_renorm(c), low = vpx_rac_part(c, prob);
    if (code < low << 48) {
        c->high = low;
        c->code_word = code;
        return 0;
    }
    c->high -= low;
    c->code_word = code - (low << 48);
    return 1;
}

// A bit with even odds, as VP8's older relatives round them.
static av_always_inline int vpx_rac_get(VPXRangeCoder *c)
{
    uint64_t code = vpx_rac_renorm(c);
    return vpx_rac_split(c, code, (c->high + 1) >> 1);
}

#endif
