/*
 * After libavcodec/get_bits.h of FFmpeg, which is
 * Copyright (c) 2004 Michael Niedermayer <michaelni@gmx.at>
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

// The bit reader that FFmpeg's macros OPEN_READER to CLOSE_READER make, for
// loops that read thousands of short codes: same bits, same position; as in
// mpeg4videodec.c itself, nothing holds a position back at the end.
//
// FFmpeg loads the bits of a code from where the code before it ended, so each
// code waits for a load that waits for a table look-up that waits for a load.
// Here the next 57 bits are loaded from where the current code *begins*, beside
// its look-up, and then moved by its length: only look-up and shift are left
// in the chain.
#ifndef PADAPTER_MPEG4_BITS_H
#define PADAPTER_MPEG4_BITS_H

#include "get_bits.h"

#undef OPEN_READER
#undef UPDATE_CACHE
#undef SKIP_CACHE
#undef SKIP_COUNTER
#undef SKIP_BITS
#undef LAST_SKIP_BITS
#undef SHOW_UBITS
#undef SHOW_SBITS
#undef GET_CACHE

// At least 57 bits from bit `at` on, the first one uppermost.
#define READER_LOAD(gb, at) (AV_RB64((gb)->buffer + ((at) >> 3)) << ((at) & 7))

// next holds the bits from where it was loaded, gone is how many of them have
// been passed since.
#define OPEN_READER(name, gb)                                  \
    unsigned name##_index = (gb)->index;                       \
    unsigned name##_gone = 0;                                  \
    uint64_t name##_next = READER_LOAD(gb, name##_index);      \
    uint64_t av_unused name##_cache

#define UPDATE_CACHE(name, gb)                                 \
    do {                                                       \
        name##_cache = name##_next << name##_gone;             \
        name##_next = READER_LOAD(gb, name##_index);           \
        name##_gone = 0;                                       \
    } while (0)

#define SKIP_CACHE(name, gb, num) name##_cache <<= (num)

// Moves the position alone; the cache may have been moved by other amounts.
#define SKIP_COUNTER(name, gb, num)                            \
    do {                                                       \
        name##_index += (num);                                 \
        name##_next = READER_LOAD(gb, name##_index);           \
        name##_gone = 0;                                       \
    } while (0)

#define SKIP_BITS(name, gb, num)                               \
    do {                                                       \
        const unsigned skipped = (num);                        \
        name##_cache <<= skipped;                              \
        name##_gone += skipped;                                \
        name##_index += skipped;                               \
    } while (0)

#define LAST_SKIP_BITS SKIP_BITS

#define SHOW_UBITS(name, gb, num) ((unsigned)(name##_cache >> (64 - (num))))
#define SHOW_SBITS(name, gb, num) ((int)((int64_t)name##_cache >> (64 - (num))))
#define GET_CACHE(name, gb) ((uint32_t)(name##_cache >> 32))

#endif
