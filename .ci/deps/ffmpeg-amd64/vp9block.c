// FFmpeg's vp9block.c, called vp9block_body.c here, with coefficients read by
// vp9coefs.h, compiled for any processor, and the choice between it and
// vp9block_bmi2.c.
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
    decode_block *decode = __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("bmi2") ? ff_vp9_decode_block_bmi2
                                                                                             : ff_vp9_decode_block_any;
    decode(td, row, col, lflvl, yoff, uvoff, bl, bp);
}
