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

// FFmpeg's vp9block.c for processors with LZCNT and BMI2 (since 2013): every bit
// of the range decoder waits for a count of leading zeros and a shift. With the
// loop's variables as they are written, one to two per cent of a clip less.
#pragma GCC target("lzcnt,bmi2")
#pragma GCC optimize("no-ivopts")
#define ff_vp9_decode_block ff_vp9_decode_block_bmi2
#include "vp9coefs.h"
#include "vp9block_body.c"
