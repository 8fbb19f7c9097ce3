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

// FFmpeg's vp9block.c, called vp9block_body.c here, with coefficients read by
// vp9coefs.h, compiled for any processor, and the choice between it and
// vp9block_bmi2.c.
#include "libavutil/cpu.h"

#define ff_vp9_decode_block ff_vp9_decode_block_any
#include "vp9coefs.h"
#include "vp9block_body.c"
#undef ff_vp9_decode_block

typedef void decode_block(VP9TileData *td, int row, int col, VP9Filter *lflvl, ptrdiff_t yoff, ptrdiff_t uvoff,
                          enum BlockLevel bl, enum BlockPartition bp);
decode_block ff_vp9_decode_block, ff_vp9_decode_block_bmi2;

void ff_vp9_decode_block(VP9TileData *td, int row, int col, VP9Filter *lflvl, ptrdiff_t yoff, ptrdiff_t uvoff,
                         enum BlockLevel bl, enum BlockPartition bp)
{
    // FFmpeg's flags can be switched off; they know no LZCNT.
    int bmi2 = __builtin_cpu_supports("lzcnt") && av_get_cpu_flags() & AV_CPU_FLAG_BMI2;
    decode_block *decode = bmi2 ? ff_vp9_decode_block_bmi2 : ff_vp9_decode_block_any;
    decode(td, row, col, lflvl, yoff, uvoff, bl, bp);
}
