// Geometry of one rendering: which source samples make an output sample.
#ifndef PADAPTER_DECODE_PIXELS_TABLES_H
#define PADAPTER_DECODE_PIXELS_TABLES_H

#include "pixels.h"
#include <libavutil/pixdesc.h>

// Neighbouring output samples whose taps lie so close together that 16 bytes
// from base on hold them; mask, 16 bytes a group, picks them.
typedef struct pa_groups {
    int near;         // whether that is so for all groups
    int32_t *base;
    uint8_t *mask;
} pa_groups;

// One axis of one plane. Output sample i is
//   sum over t of weight[i*taps+t] * source[start[i]+t], weights in 1/16384.
typedef struct pa_axis {
    int32_t n;        // output samples
    int32_t taps;
    int32_t lo, hi;   // source samples used: [lo, hi)
    int32_t *start;   // padded to a multiple of 16 by repeating the last
    int16_t *weight;
    int32_t cap;      // of start, in samples
    int32_t weight_cap;
    // With two taps:
    int16_t *second;  // weight of the second in 1/32768, at most 32767
    pa_groups fours;  // both taps of four samples
    pa_groups eights; // the first taps of eight samples, or one sample on the second ones
    int32_t group_cap; // of what belongs to groups, in samples
} pa_axis;

typedef struct pa_key {
    double x, y, w, h;
    int32_t width, height, filter, mirrored;
    int32_t stored_w, stored_h, display_w, display_h;
    int32_t transpose, hflip, vflip;
    int32_t chroma_w, chroma_h, log2_w, log2_h, x_pos, y_pos;
} pa_key;

// R, G, B = rows · (Y, U, V) + offset; 1/8192, of samples in 1/128.
typedef struct pa_color {
    int32_t m[3][3];
    int64_t offset[3];
    // Where R has no U, B has no V and all have the same Y, as in all YCbCr, also
    //   R = y Y + y0 + rv V, G = y Y + y0 + gu U + gv V, B = y Y + y0 + (1 + bu) U
    // in 1/64, U and V about their middle; factors are in 1/32768.
    int ycc;
    int16_t y, y0, rv, gu, gv, bu;
} pa_color;

enum { PA_MIDDLE = 128 * 128 }; // of chroma, in 1/128

struct pa_tables {
    pa_key key;
    int valid;
    pa_axis x[2], y[2];    // luma, chroma
    int16_t *row[3];       // vertically filtered rows
    int16_t *line[2];      // generic reader: source rows
    int32_t *acc;
    uint8_t *transposed;       // rendering before transposition
    uint16_t *wide;
    int64_t row_cap, transposed_cap;
};

int pa_tables_prepare(struct pa_tables **t, const pa_key *key);
void pa_color_of(const AVFrame *f, const AVPixFmtDescriptor *desc, pa_color *c);

// Vertical blend of two rows of samples into 1/128 units, w in 1/32768.
void pa_blend8_scalar(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n);
void pa_blend16_scalar(const uint16_t *a, const uint16_t *b, int shift, int w, int16_t *out, int n);
// Two-tap horizontal filter and colour conversion of n output samples.
void pa_convert_scalar(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                       const pa_color *c, uint8_t *rgb, int n);
// The same for colours that are ycc.
void pa_convert_ycc_scalar(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                           const pa_color *c, uint8_t *rgb, int n);
#if defined(__x86_64__)
// What lies soon bytes behind a is fetched into the cache; it need not exist.
void pa_blend8_avx2(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n, ptrdiff_t soon);
void pa_blend16_avx2(const uint16_t *a, const uint16_t *b, int shift, int w, int16_t *out, int n);
void pa_convert_ycc_avx2(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                         const pa_color *c, uint8_t *rgb, int n);
#endif

#endif
