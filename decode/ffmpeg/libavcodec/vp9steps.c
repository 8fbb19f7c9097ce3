/*
 * After libavcodec/vp9data.c of FFmpeg, which is
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

// FFmpeg's tables of VP9's scans, beside each other what is needed at a place.
#include "vp9coefs.h"

static PAStep small[3][16], middle[3][64], large[3][256], largest[1024];
const PAStep *const pa_vp9_steps[5][4] = {
    {small[0], small[1], small[2], small[0]},
    {middle[0], middle[1], middle[2], middle[0]},
    {large[0], large[1], large[2], large[0]},
    {largest, largest, largest, largest},
    {small[0], small[0], small[0], small[0]}, // lossless
};

static void fill(PAStep *step, int tx, enum TxfmType type)
{
    const int16_t *scan = ff_vp9_scans[tx][type], (*near)[2] = ff_vp9_scans_nb[tx][type];
    const int bands[5] = {1, 3, 6, 10, tx ? 21 : 13}; // where each but the first begins
    for (int i = 0, n = 16 << 2 * tx; i < n; i++, step++) {
        *step = (PAStep){scan[i], {near[i][0], near[i][1]}, (near[i][0] == scan[i]) + (near[i][1] == scan[i])};
        for (int band = 0; band < 5; band++)
            step->band += 6 * (i + 1 >= bands[band]);
    }
}

static __attribute__((constructor)) void make_steps(void)
{
    for (enum TxfmType type = DCT_DCT; type < 3; type++) {
        fill(small[type], TX_4X4, type);
        fill(middle[type], TX_8X8, type);
        fill(large[type], TX_16X16, type);
    }
    fill(largest, TX_32X32, DCT_DCT);
}
