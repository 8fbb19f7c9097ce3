// Rendering of a decoded frame into RGB: crop, scale and colour conversion in
// one pass over the rows that are needed.
#include "pixels_tables.h"
#include <libavutil/imgutils.h>
#include <string.h>

typedef struct plane {
    const uint8_t *data;
    ptrdiff_t stride;
    int comp;        // component of the pixel format
    int wide;        // plain 16-bit samples
    int plain;       // plain 8-bit samples, one after the other
    int step, shift; // otherwise: distance in bytes, 8-bit samples when step > 0
} plane;

typedef struct drawing {
    int switches;
    struct pa_tables *t;
    const AVFrame *f;
    const AVPixFmtDescriptor *desc;
    plane planes[3];
    int nplanes, simd;
    pa_color color;
} drawing;

static int little_endian(void)
{
    const uint16_t one = 1;
    return *(const uint8_t *)&one;
}

static plane plane_of(const drawing *d, int comp)
{
    const AVComponentDescriptor *c = &d->desc->comp[comp];
    plane p = {.comp = comp, .data = d->f->data[c->plane] + c->offset, .stride = d->f->linesize[c->plane]};
    int odd = d->desc->flags & (AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM);
    int big = !!(d->desc->flags & AV_PIX_FMT_FLAG_BE);
    if (d->switches & PA_GENERIC)
        return p;
    if (!odd && c->depth == 8 && c->shift == 0) {
        p.plain = c->step == 1;
        p.step = c->step;
    } else if (!odd && c->depth > 8 && c->depth <= 15 && c->shift == 0 && c->step == 2 && big == !little_endian() &&
               c->offset == 0) {
        p.wide = 1;
        p.shift = 15 - c->depth;
    }
    return p;
}

// Samples [from, to) of row y as 16-bit values in 1/128 units of eight bits.
static void read_row(drawing *d, const plane *p, int y, int from, int to, int16_t *out)
{
    const AVComponentDescriptor *c = &d->desc->comp[p->comp];
    const uint8_t *row = p->data + y * p->stride;
    if (p->plain || p->step) {
        row += (ptrdiff_t)from * p->step;
        for (int i = from; i < to; i++, row += p->step)
            out[i] = *row * 128;
        return;
    }
    if (p->wide) {
        const uint16_t *s = (const uint16_t *)row;
        for (int i = from; i < to; i++)
            out[i] = (s[i] << p->shift) & 0x7FFF;
        return;
    }
    if (d->desc->flags & AV_PIX_FMT_FLAG_PAL) {
        const uint32_t *palette = (const uint32_t *)d->f->data[1];
        for (int i = from; i < to; i++)
            out[i] = (int16_t)((palette[row[i]] >> (16 - 8 * p->comp) & 255) * 128);
        return;
    }
    int depth = c->depth;
    const uint8_t *data[4] = {d->f->data[0], d->f->data[1], d->f->data[2], d->f->data[3]};
    uint16_t *wide = d->t->wide;
    av_read_image_line2(wide, data, d->f->linesize, d->desc, from, y, p->comp, to - from, 0, 2);
    int inverted = d->f->format == AV_PIX_FMT_MONOWHITE;
    for (int i = from; i < to; i++) {
        int v = wide[i - from];
        if (depth < 8) { // widen to eight bits: the largest value becomes 255
            int top = (1 << depth) - 1;
            v = (inverted ? top - v : v) * 255 / top * 128;
        } else {
            v = depth > 15 ? v >> (depth - 15) : v << (15 - depth);
        }
        out[i] = (int16_t)v;
    }
}

// Whether an axis blends two neighbours with weights between zero and one.
static int is_blend(const drawing *d, const pa_axis *a) { return a->taps <= 2 && d->t->key.filter != PA_BICUBIC; }

// Row i of plane p, vertically filtered, for the samples that axis x uses.
static void blend_row(drawing *d, const plane *p, const pa_axis *ya, const pa_axis *xa, int i, int16_t *out)
{
    int y = ya->start[i], lo = xa->lo, n = xa->hi - xa->lo;
    const int16_t *w = ya->weight + (size_t)i * ya->taps;
    if (is_blend(d, ya)) {
        // weight of the second row in 1/32768; a whole weight moves the row
        int second = ya->taps == 2 ? w[1] * 2 : 0, other = ya->taps == 2;
        if (second >= 32768) {
            y++;
            second = 0;
        }
        if (second == 0)
            other = 0;
        if (p->plain) {
            const uint8_t *a = p->data + y * p->stride + lo, *b = other ? a + p->stride : a;
#if defined(__x86_64__)
            if (d->simd) {
                pa_blend8_avx2(a, b, second, out + lo, n, 4 * p->stride); // frames are not in the first cache any more
                return;
            }
#endif
            pa_blend8_scalar(a, b, second, out + lo, n);
        } else if (p->wide) {
            const uint16_t *a = (const uint16_t *)(p->data + y * p->stride) + lo;
            const uint16_t *b = other ? (const uint16_t *)((const uint8_t *)a + p->stride) : a;
#if defined(__x86_64__)
            if (d->simd) {
                pa_blend16_avx2(a, b, p->shift, second, out + lo, n);
                return;
            }
#endif
            pa_blend16_scalar(a, b, p->shift, second, out + lo, n);
        } else {
            int16_t *a = d->t->line[0], *b = d->t->line[1];
            read_row(d, p, y, lo, lo + n, a);
            if (other)
                read_row(d, p, y + 1, lo, lo + n, b);
            else
                b = a;
            for (int x = lo; x < lo + n; x++)
                out[x] = a[x] + (((b[x] - a[x]) * second + 0x4000) >> 15);
        }
        return;
    }
    int32_t *acc = d->t->acc;
    memset(acc + lo, 0, n * sizeof *acc);
    for (int t = 0; t < ya->taps; t++) {
        if (!w[t])
            continue;
        int16_t *a = d->t->line[0];
        read_row(d, p, y + t, lo, lo + n, a);
        for (int x = lo; x < lo + n; x++)
            acc[x] += a[x] * w[t];
    }
    // Cubic weights overshoot: half units keep the sum within 16 bits.
    for (int x = lo; x < lo + n; x++)
        out[x] = (int16_t)((acc[x] + 16384) >> 15);
}

static inline int taps_sum(const int16_t *row, const pa_axis *a, int i, int halved)
{
    const int16_t *w = a->weight + (size_t)i * a->taps, *p = row + a->start[i];
    int64_t sum = 0;
    for (int t = 0; t < a->taps; t++)
        sum += p[t] * w[t];
    return (int)((sum * (halved ? 2 : 1) + 8192) >> 14);
}

static void convert_row(drawing *d, uint8_t *rgb)
{
    struct pa_tables *t = d->t;
    const pa_axis *luma = &t->x[0], *chroma = d->nplanes == 1 ? luma : &t->x[1];
    const int16_t *y = t->row[0], *u = t->row[1], *v = t->row[2];
    const pa_color *c = &d->color;
    if (d->nplanes == 1)
        u = v = y; // the matrix has no weight for them
    int luma_half = !is_blend(d, &t->y[0]), chroma_half = d->nplanes == 1 ? luma_half : !is_blend(d, &t->y[1]);
    if (luma->taps == 2 && chroma->taps == 2 && !luma_half && !chroma_half) {
        if (!c->ycc) {
            pa_convert_scalar(y, u, v, luma, chroma, c, rgb, luma->n);
            return;
        }
#if defined(__x86_64__)
        if (d->simd) {
            pa_convert_ycc_avx2(y, u, v, luma, chroma, c, rgb, luma->n);
            return;
        }
#endif
        pa_convert_ycc_scalar(y, u, v, luma, chroma, c, rgb, luma->n);
        return;
    }
    for (int i = 0; i < luma->n; i++) {
        int64_t s[3] = {taps_sum(y, luma, i, luma_half), taps_sum(u, chroma, i, chroma_half), taps_sum(v, chroma, i, chroma_half)};
        for (int k = 0; k < 3; k++) {
            int64_t q = (c->m[k][0] * s[0] + c->m[k][1] * s[1] + c->m[k][2] * s[2] + c->offset[k]) >> 20;
            rgb[3 * i + k] = q < 0 ? 0 : q > 255 ? 255 : (uint8_t)q;
        }
    }
}

static void transpose(const uint8_t *from, int nx, int ny, uint8_t *to)
{
    // from has ny rows of nx pixels, to has nx rows of ny pixels.
    for (int y0 = 0; y0 < ny; y0 += 16)
        for (int x = 0; x < nx; x++)
            for (int y = y0; y < ny && y < y0 + 16; y++)
                memcpy(to + 3 * ((size_t)x * ny + y), from + 3 * ((size_t)y * nx + x), 3);
}

static int supported(const AVPixFmtDescriptor *desc)
{
    if (!desc || (desc->flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_XYZ)))
        return 0;
    for (int i = 0; i < desc->nb_components; i++)
        if (desc->comp[i].depth > 16)
            return 0;
    return 1;
}

int pa_draw(pa_call *call, struct pa_tables **tables, const pa_info *info, const AVFrame *f, int centered,
            const pa_shape *s, uint8_t *dst)
{
    drawing d = {.switches = call->switches, .f = f, .desc = av_pix_fmt_desc_get(f->format)};
    if (!supported(d.desc))
        return pa_fail(call, PA_UNSUPPORTED, "pixel format %s", d.desc ? d.desc->name : "unknown");
    int rgb = !!(d.desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)), gray = d.desc->nb_components <= 2 && !rgb;
    pa_key key;
    memset(&key, 0, sizeof key);
    key.x = s->x, key.y = s->y, key.w = s->w, key.h = s->h;
    key.width = s->width, key.height = s->height, key.filter = s->filter, key.mirrored = s->hflip;
    key.stored_w = f->width, key.stored_h = f->height;
    key.display_w = info->width, key.display_h = info->height;
    key.transpose = info->transpose, key.hflip = info->hflip, key.vflip = info->vflip;
    d.nplanes = gray ? 1 : 3;
    if (!gray) {
        key.log2_w = rgb ? 0 : d.desc->log2_chroma_w;
        key.log2_h = rgb ? 0 : d.desc->log2_chroma_h;
        key.chroma_w = AV_CEIL_RSHIFT(f->width, key.log2_w);
        key.chroma_h = AV_CEIL_RSHIFT(f->height, key.log2_h);
        enum AVChromaLocation loc = f->chroma_location;
        if (loc == AVCHROMA_LOC_UNSPECIFIED)
            loc = centered ? AVCHROMA_LOC_CENTER : AVCHROMA_LOC_LEFT;
        int x = 0, y = 128;
        av_chroma_location_enum_to_pos(&x, &y, loc);
        key.x_pos = x;
        key.y_pos = y;
    }
    int err = pa_tables_prepare(tables, &key);
    if (err)
        return pa_fail(call, err, err == PA_LIMITS ? "the region is more than 1000 times the output" : "filter tables: out of memory");
    d.t = *tables;
    for (int i = 0; i < d.nplanes; i++)
        d.planes[i] = plane_of(&d, i);
    pa_color_of(f, d.desc, &d.color);
#if defined(__x86_64__)
    d.simd = !(call->switches & PA_NO_SIMD) && __builtin_cpu_supports("avx2");
#endif
    struct pa_tables *t = d.t;
    int nx = t->x[0].n, ny = t->y[0].n;
    uint8_t *out = key.transpose ? t->transposed : dst;
    for (int i = 0; i < ny; i++) {
        for (int p = 0; p < d.nplanes; p++)
            blend_row(&d, &d.planes[p], &t->y[p > 0], &t->x[p > 0], i, t->row[p]);
        convert_row(&d, out + (size_t)i * nx * 3);
    }
    if (key.transpose)
        transpose(out, nx, ny, dst);
    return PA_OK;
}
