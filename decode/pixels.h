// Pixels: a decoded frame rendered into RGB, and the layout of its planes.
#ifndef PADAPTER_DECODE_PIXELS_H
#define PADAPTER_DECODE_PIXELS_H

#include "base.h"
#include <libavutil/frame.h>

enum pa_filter { PA_BILINEAR = 0, PA_BICUBIC = 1, PA_AREA = 2 };

typedef struct pa_shape {  // what to render
    double x, y, w, h;     // oriented square-pixel source coordinates
    int32_t width, height; // of the output
    int32_t filter;
    int32_t hflip;
} pa_shape;

typedef struct pa_layout { // planes without row padding
    int32_t planes, palette;
    int32_t even;          // chroma is subsampled alike in both directions
    int32_t rows[4], bytes[4], step[4];
    char name[32];
} pa_layout;

int pa_layout_of(const AVFrame *f, pa_layout *out);

struct pa_tables; // kept from frame to frame; NULL at first
void pa_tables_free(struct pa_tables **t);

// Renders f, whose orientation and display size info tells, into dst, RGB
// [height][width][3]. centered: chroma is, where the frame does not say.
int pa_draw(pa_call *call, struct pa_tables **t, const pa_info *info, const AVFrame *f, int centered,
            const pa_shape *s, uint8_t *dst);

#endif
