// Geometry of one rendering: which source samples make an output sample.
#ifndef PADAPTER_DECODE_TABLES_H
#define PADAPTER_DECODE_TABLES_H

#include "unit.h"

// One axis of one plane. Output sample i is
//   sum over t of weight[i*taps+t] * source[start[i]+t], weights in 1/16384.
typedef struct pa_axis {
    int32_t n;        // output samples
    int32_t taps;
    int32_t lo, hi;   // source samples used: [lo, hi)
    int32_t *start;   // padded to a multiple of 8 by repeating the last
    int16_t *weight;
    int32_t cap;      // of start, in samples
    int32_t weight_cap;
    // Two taps, at most 8 samples between the taps of any four neighbours:
    // each group of four loads 16 bytes at base and picks its taps by mask.
    int near;
    int32_t cap_groups;
    int32_t *base;    // a group
    uint8_t *mask;    // 16 a group
} pa_axis;

typedef struct pa_key {
    double x, y, w, h;
    int32_t width, height, filter, mirrored;
    int32_t stored_w, stored_h, display_w, display_h;
    int32_t transpose, hflip, vflip;
    int32_t chroma_w, chroma_h, log2_w, log2_h, x_pos, y_pos;
} pa_key;

typedef struct pa_color {  // R, G, B = rows · (Y, U, V) + offset; 1/8192, of samples in 1/128
    int32_t m[3][3];
    int64_t offset[3];
    int ycc;               // R has no U, B has no V: the fast kernel applies
} pa_color;

struct pa_tables {
    pa_key key;
    int valid;
    pa_axis x[2], y[2];    // luma, chroma
    int16_t *row[3];       // vertically filtered rows
    int16_t *line[2];      // generic reader: source rows
    int32_t *acc;
    uint8_t *turned;       // rendering before transposition
    uint16_t *wide;
    int64_t row_cap, turned_cap;
};

int pa_tables_prepare(struct pa_tables **t, const pa_key *key);
void pa_color_of(const AVFrame *f, const AVPixFmtDescriptor *desc, pa_color *c);

// Vertical blend of two rows of samples into 1/128 units, w in 1/32768.
void pa_blend8_scalar(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n);
void pa_blend16_scalar(const uint16_t *a, const uint16_t *b, int shift, int w, int16_t *out, int n);
// Two-tap horizontal filter and colour conversion of n output samples.
void pa_convert_scalar(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                       const pa_color *c, uint8_t *rgb, int from, int n);
#if defined(__x86_64__)
void pa_blend8_avx2(const uint8_t *a, const uint8_t *b, int w, int16_t *out, int n);
void pa_blend16_avx2(const uint16_t *a, const uint16_t *b, int shift, int w, int16_t *out, int n);
void pa_convert_avx2(const int16_t *y, const int16_t *u, const int16_t *v, const pa_axis *luma, const pa_axis *chroma,
                     const pa_color *c, uint8_t *rgb, int from, int n);
#endif

#endif
