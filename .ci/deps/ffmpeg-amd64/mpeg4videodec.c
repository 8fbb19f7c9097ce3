// FFmpeg's mpeg4videodec.c, called mpeg4videodec_body.c here, whose reading of
// coefficients goes through mpeg4_bits.h and is compiled apart for each kind of block.
#define UNCHECKED_BITSTREAM_READER 1 // as there, and before the headers that ask for it
#include "get_bits.h"
#include "mpeg4videodec.h"

#include "mpeg4_bits.h"

static inline int mpeg4_decode_block(Mpeg4DecContext *ctx, int16_t *block, int n, int coded, int intra,
                                     int use_intra_dc_vlc, int rvlc) __attribute__((always_inline));

#include "mpeg4videodec_body.c"
