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
