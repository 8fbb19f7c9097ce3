/*
 * After libavcodec/xvididct.c and x86/xvididct.asm of FFmpeg, which is
 * Copyright (C) 2006-2011 Xvid Solutions GmbH
 * Copyright (C) 2003 Pascal Massimino <skal@planet-d.net>
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

// Xvid's inverse DCT in AVX2: see xvididct_init.c. Strides are in bytes.
#ifndef PADAPTER_XVIDIDCT_AVX2_H
#define PADAPTER_XVIDIDCT_AVX2_H

#include <stddef.h>
#include <stdint.h>

void ff_xvid_idct_add_avx2(uint8_t *dest, ptrdiff_t stride, int16_t *block);

// Two blocks that lie one after the other, added to pixels side by side, or to
// pixels in two places.
void ff_xvid_idct_add_beside_avx2(uint8_t *dest, ptrdiff_t stride, int16_t *blocks);
void ff_xvid_idct_add_apart_avx2(uint8_t *a, uint8_t *b, ptrdiff_t stride, int16_t *blocks);

#endif
