// FFmpeg's vp9block.c for processors with LZCNT (since 2013): every bit of
// the range decoder waits for a count of leading zeros.
#pragma GCC target("lzcnt")
#define ff_vp9_decode_block ff_vp9_decode_block_lzcnt
#include "vp9block_body.c"
