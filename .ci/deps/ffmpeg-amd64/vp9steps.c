// FFmpeg's tables of VP9's scans, beside each other what is needed at a place.
#include "vp9coefs.h"

static PAStep small[3][16], middle[3][64], large[3][256], largest[1024];
const PAStep *const pa_vp9_steps[5][4] = {
    {small[0], small[1], small[2], small[0]},
    {middle[0], middle[1], middle[2], middle[0]},
    {large[0], large[1], large[2], large[0]},
    {largest, largest, largest, largest},
    {small[0], small[0], small[0], small[0]}, // lossless
};

static void fill(PAStep *step, int tx, enum TxfmType type)
{
    const int16_t *scan = ff_vp9_scans[tx][type], (*near)[2] = ff_vp9_scans_nb[tx][type];
    const int bands[5] = {1, 3, 6, 10, tx ? 21 : 13}; // where each but the first begins
    for (int i = 0, n = 16 << 2 * tx; i < n; i++, step++) {
        *step = (PAStep){scan[i], {near[i][0], near[i][1]}, (near[i][0] == scan[i]) + (near[i][1] == scan[i])};
        for (int band = 0; band < 5; band++)
            step->band += 6 * (i + 1 >= bands[band]);
    }
}

static __attribute__((constructor)) void make_steps(void)
{
    for (enum TxfmType type = DCT_DCT; type < 3; type++) {
        fill(small[type], TX_4X4, type);
        fill(middle[type], TX_8X8, type);
        fill(large[type], TX_16X16, type);
    }
    fill(largest, TX_32X32, DCT_DCT);
}
