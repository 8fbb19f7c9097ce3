// Plane layout of a frame in FFmpeg's rawvideo convention.
#include "pixels.h"
#include <stdio.h>
#include <string.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>

int pa_layout_of(const AVFrame *f, pa_layout *out)
{
    memset(out, 0, sizeof *out);
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(f->format);
    if (!desc || (desc->flags & AV_PIX_FMT_FLAG_HWACCEL))
        return PA_UNSUPPORTED;
    int bytes[4];
    if (av_image_fill_linesizes(bytes, f->format, f->width) < 0)
        return PA_UNSUPPORTED;
    snprintf(out->name, sizeof out->name, "%s", desc->name);
    out->palette = !!(desc->flags & AV_PIX_FMT_FLAG_PAL);
    out->planes = av_pix_fmt_count_planes(f->format);
    out->even = desc->log2_chroma_w == desc->log2_chroma_h;
    for (int i = 0; i < out->planes && i < 4; i++) {
        int chroma = (i == 1 || i == 2) && !(desc->flags & AV_PIX_FMT_FLAG_RGB);
        out->rows[i] = chroma ? AV_CEIL_RSHIFT(f->height, desc->log2_chroma_h) : f->height;
        out->bytes[i] = bytes[i];
    }
    if (out->palette) { // 256 entries of four bytes
        out->planes = 2;
        out->rows[1] = 1;
        out->bytes[1] = 1024;
    }
    for (int i = 0; i < desc->nb_components; i++) {
        const AVComponentDescriptor *c = &desc->comp[i];
        if (!(desc->flags & AV_PIX_FMT_FLAG_BITSTREAM) && c->step > out->step[c->plane])
            out->step[c->plane] = c->step;
    }
    return PA_OK;
}
