/*
 * After libavcodec/mpeg4videodec.c of FFmpeg, which is
 * Copyright (c) 2000,2001 Fabrice Bellard
 * Copyright (c) 2002-2010 Michael Niedermayer <michaelni@gmx.at>
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

// FFmpeg's mpeg4videodec.c, called mpeg4videodec_body.c here, whose reading of
// coefficients goes through mpeg4_bits.h and is compiled apart for each kind of block.
#define UNCHECKED_BITSTREAM_READER 1 // as there, and before the headers that ask for it
#include "get_bits.h"
#include "mpeg4videodec.h"

#include "mpeg4_bits.h"

static inline int mpeg4_decode_block(Mpeg4DecContext *ctx, int16_t *block, int n, int coded, int intra,
                                     int use_intra_dc_vlc, int rvlc) __attribute__((always_inline));

#include "mpeg4videodec_body.c"
