/*
 * After libavcodec/x86/vp9dsp_init.c of FFmpeg, which is
 * Copyright (c) 2013 Ronald S. Bultje <rsbultje gmail com>
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

// FFmpeg's table of VP9's functions on this processor, called vp9dsp_init_body.c
// here, with the project's own where they apply.
#define ff_vp9dsp_init_x86 ff_vp9dsp_init_x86_of_ffmpeg
#include "vp9dsp_init_body.c"
#undef ff_vp9dsp_init_x86
#include "vp9lpf_avx2.h"
#include "vp9mc_avx2.h"

#define EDGES(where, name) \
    where[0] = pa_columns_##name; \
    where[1] = pa_rows_##name

#define BLOCKS(size, width, kind) \
    dsp->mc[size][kind][0][1][0] = pa_put_along_##width##_##kind; \
    dsp->mc[size][kind][0][0][1] = pa_put_across_##width##_##kind; \
    dsp->mc[size][kind][0][1][1] = pa_put_both_##width##_##kind; \
    dsp->mc[size][kind][1][1][0] = pa_avg_along_##width##_##kind; \
    dsp->mc[size][kind][1][0][1] = pa_avg_across_##width##_##kind; \
    dsp->mc[size][kind][1][1][1] = pa_avg_both_##width##_##kind

#define SIZES(kind) \
    BLOCKS(2, 16, kind); \
    BLOCKS(3, 8, kind); \
    BLOCKS(4, 4, kind)

av_cold void ff_vp9dsp_init_x86(VP9DSPContext *dsp, int bpp, int bitexact); // its header was read above
av_cold void ff_vp9dsp_init_x86(VP9DSPContext *dsp, int bpp, int bitexact)
{
    ff_vp9dsp_init_x86_of_ffmpeg(dsp, bpp, bitexact);
    if (bpp != 8 || !EXTERNAL_AVX2_FAST(av_get_cpu_flags()))
        return;
    EDGES(dsp->loop_filter_8[0], 4);
    EDGES(dsp->loop_filter_8[1], 8);
    EDGES(dsp->loop_filter_8[2], 16);
    EDGES(dsp->loop_filter_16, 16_16);
    EDGES(dsp->loop_filter_mix2[0][0], 4_4);
    EDGES(dsp->loop_filter_mix2[0][1], 4_8);
    EDGES(dsp->loop_filter_mix2[1][0], 8_4);
    EDGES(dsp->loop_filter_mix2[1][1], 8_8);
    SIZES(FILTER_8TAP_SMOOTH);
    SIZES(FILTER_8TAP_REGULAR);
    SIZES(FILTER_8TAP_SHARP);
}
