/*
 * After libavcodec/mpv_reconstruct_mb_template.c of FFmpeg, which is
 * Copyright (c) 2000,2001 Fabrice Bellard
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

// FFmpeg's mpv_reconstruct_mb_template.c, called
// mpv_reconstruct_mb_template_body.c here, in which a decoder adds blocks 0 and 1, 2 and
// 3, and where chroma is halved both ways 4 and 5, together, if both are coded
// and the inverse DCT is the one of xvididct_avx2.h.
#if !IS_ENCODER
#include "x86/xvididct_avx2.h"

static av_always_inline int add_two_dct(MpegEncContext *s, int16_t block[12][64], int i, uint8_t *a, uint8_t *b, int stride)
{
    if (s->block_last_index[i] < 0 || s->block_last_index[i + 1] < 0 || s->idsp.idct_add != ff_xvid_idct_add_avx2)
        return 0;
    if (b == a + 8)
        ff_xvid_idct_add_beside_avx2(a, stride, block[i]);
    else
        ff_xvid_idct_add_apart_avx2(a, b, stride, block[i]);
    return 1;
}

// One block after the other comes by: the first of two waits for the second.
static av_always_inline void add_dct_of(MpegEncContext *s, int16_t block[12][64], int i, uint8_t *before, uint8_t *dest, int stride)
{
    if (i < 4 || i < 6 && s->chroma_y_shift) {
        if (!(i & 1) || add_two_dct(s, block, i - 1, before, dest, stride))
            return;
        add_dct(s, block[i - 1], i - 1, before, stride);
    }
    add_dct(s, block[i], i, dest, stride);
}

#define add_dct(s, of, i, dest, stride) add_dct_of(s, block, i, (i) < 4 ? (dest) - block_size : dest_cb, dest, stride)
#endif

#include "mpv_reconstruct_mb_template_body.c"

#undef add_dct
