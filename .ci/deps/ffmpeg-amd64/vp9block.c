// FFmpeg's vp9block.c, called vp9block_body.c here, compiled for any
// processor, and the choice between it and vp9block_lzcnt.c.
#define ff_vp9_decode_block ff_vp9_decode_block_any
#include "vp9block_body.c"
#undef ff_vp9_decode_block

typedef void decode_block(VP9TileData *td, int row, int col, VP9Filter *lflvl, ptrdiff_t yoff, ptrdiff_t uvoff,
                          enum BlockLevel bl, enum BlockPartition bp);
decode_block ff_vp9_decode_block, ff_vp9_decode_block_lzcnt;

void ff_vp9_decode_block(VP9TileData *td, int row, int col, VP9Filter *lflvl, ptrdiff_t yoff, ptrdiff_t uvoff,
                         enum BlockLevel bl, enum BlockPartition bp)
{
    decode_block *decode = __builtin_cpu_supports("lzcnt") ? ff_vp9_decode_block_lzcnt : ff_vp9_decode_block_any;
    decode(td, row, col, lflvl, yoff, uvoff, bl, bp);
}
