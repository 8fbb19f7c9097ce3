// Filter tables and colour matrices.
#include "pixels_tables.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ONE = 1 << 14, MAX_TAPS = 1024 };

// The kernel works on so many output samples at a time.
static int32_t padded(int32_t n) { return (n + 15) / 16 * 16; }

static void groups_free(pa_axis *a)
{
    free(a->second);
    free(a->fours.base);
    free(a->fours.mask);
    free(a->eights.base);
    free(a->eights.mask);
}

static int axis_reserve(pa_axis *a, int32_t n, int32_t taps)
{
    int32_t all = padded(n);
    if (all > a->cap) {
        free(a->start);
        a->start = malloc((size_t)all * sizeof *a->start);
        a->cap = a->start ? all : 0;
    }
    if (all > a->group_cap) {
        groups_free(a);
        a->second = malloc((size_t)all * sizeof *a->second);
        a->fours.base = malloc((size_t)all / 4 * sizeof *a->fours.base);
        a->fours.mask = malloc((size_t)all * 4);
        a->eights.base = malloc((size_t)all / 8 * sizeof *a->eights.base);
        a->eights.mask = malloc((size_t)all * 2);
        a->group_cap = a->second && a->fours.base && a->fours.mask && a->eights.base && a->eights.mask ? all : 0;
        if (!a->group_cap)
            return PA_MEMORY;
    }
    if (all * taps > a->weight_cap) {
        free(a->weight);
        a->weight = malloc((size_t)all * taps * sizeof *a->weight);
        a->weight_cap = a->weight ? all * taps : 0;
    }
    a->n = n;
    a->taps = taps;
    return a->start && a->weight ? PA_OK : PA_MEMORY;
}

// Integer weights that add up to exactly one; what rounding leaves over goes
// to the largest.
static void quantize(const double *w, int taps, int16_t *out)
{
    int sum = 0, largest = 0;
    for (int t = 0; t < taps; t++) {
        out[t] = (int16_t)lrint(w[t] * ONE);
        sum += out[t];
        if (fabs(w[t]) > fabs(w[largest]))
            largest = t;
    }
    out[largest] += ONE - sum;
}

static double cubic(double x)
{
    const double a = -0.75; // the constant OpenCV uses
    x = fabs(x);
    if (x <= 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2)
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    return 0;
}

// Taps of weight w[0..n) beginning at source sample at, folded into [0, size).
static void place(pa_axis *a, int32_t i, int at, const double *w, int n, int size)
{
    double folded[MAX_TAPS + 4];
    for (int t = 0; t < a->taps; t++)
        folded[t] = 0;
    int start = at;
    if (start > size - a->taps)
        start = size - a->taps;
    if (start < 0)
        start = 0;
    for (int t = 0; t < n; t++) {
        int s = at + t;
        if (s < 0)
            s = 0;
        if (s > size - 1)
            s = size - 1;
        folded[s - start] += w[t];
    }
    a->start[i] = start;
    quantize(folded, a->taps, a->weight + (size_t)i * a->taps);
}

// Groups of size output samples, of each of which the mask picks so many bytes.
static void axis_group(const pa_axis *a, pa_groups *g, int size, int bytes)
{
    g->near = a->taps == 2;
    for (int32_t k = 0; g->near && k < padded(a->n) / size; k++) {
        const int32_t *s = a->start + size * k;
        int32_t low = s[0], high = s[0];
        for (int i = 1; i < size; i++) {
            low = s[i] < low ? s[i] : low;
            high = s[i] > high ? s[i] : high;
        }
        g->near = 2 * (high - low) + bytes <= 16;
        g->base[k] = low;
        for (int i = 0; i < size && g->near; i++)
            for (int b = 0; b < bytes; b++)
                g->mask[16 * k + bytes * i + b] = (uint8_t)(2 * (s[i] - low) + b);
    }
}

// Output sample i lies at from + (i + 0.5) * step, in units of this plane's
// samples, whose sample k covers [k, k+1).
static int axis_fill(pa_axis *a, int32_t n, double from, double step, int size, int filter)
{
    double width = fabs(step);
    int taps = 2;
    if (filter == PA_BICUBIC)
        taps = 4;
    else if (filter == PA_AREA && width > 1)
        taps = (int)ceil(width) + 1;
    if (taps > MAX_TAPS)
        return PA_LIMITS;
    if (taps > size)
        taps = size;
    if (axis_reserve(a, n, taps))
        return PA_MEMORY;
    a->lo = size;
    a->hi = 0;
    for (int32_t i = 0; i < n; i++) {
        double w[MAX_TAPS + 4], s = from + (i + 0.5) * step;
        if (filter == PA_AREA && width > 1) {
            double begin = s - width / 2, end = s + width / 2;
            if (begin < 0)
                begin = 0;
            if (end > size)
                end = size;
            int first = (int)floor(begin + 1e-9), count = 0;
            if (first > size - 1)
                first = size - 1;
            for (int k = first; k < end - 1e-9 && count < taps; k++) {
                double l = k > begin ? k : begin, r = k + 1 < end ? k + 1 : end;
                w[count++] = (r - l) / (end - begin);
            }
            if (!count) {
                w[0] = 1;
                count = 1;
            }
            place(a, i, first, w, count, size);
        } else if (filter == PA_BICUBIC) {
            double u = s - 0.5, f = floor(u);
            if (f < -4)
                f = -4, u = -4;
            if (f > size + 4)
                f = size + 4, u = size + 4;
            for (int t = 0; t < 4; t++)
                w[t] = cubic(u - f - (t - 1));
            place(a, i, (int)f - 1, w, 4, size);
        } else {
            double u = s - 0.5;
            if (u < 0)
                u = 0;
            if (u > size - 1)
                u = size - 1;
            double f = floor(u);
            w[0] = 1 - (u - f);
            w[1] = u - f;
            place(a, i, (int)f, w, 2, size);
        }
        if (a->start[i] < a->lo)
            a->lo = a->start[i];
        if (a->start[i] + taps > a->hi)
            a->hi = a->start[i] + taps;
    }
    for (int32_t i = n; i < padded(n); i++) {
        a->start[i] = a->start[n - 1];
        memcpy(a->weight + (size_t)i * taps, a->weight + (size_t)(n - 1) * taps, taps * sizeof *a->weight);
    }
    for (int32_t i = 0; i < padded(n) && taps == 2; i++)
        a->second[i] = (int16_t)(a->weight[2 * i + 1] > 16383 ? 32767 : 2 * a->weight[2 * i + 1]);
    axis_group(a, &a->fours, 4, 4);
    axis_group(a, &a->eights, 8, 2);
    return PA_OK;
}

void pa_tables_free(struct pa_tables **pt)
{
    struct pa_tables *t = *pt;
    if (!t)
        return;
    for (int i = 0; i < 4; i++) {
        pa_axis *a = i < 2 ? &t->x[i] : &t->y[i - 2];
        free(a->start);
        free(a->weight);
        groups_free(a);
    }
    free(t->row[0]);
    free(t->line[0]);
    free(t->acc);
    free(t->wide);
    free(t->transposed);
    free(t);
    *pt = NULL;
}

// from and step of the stored axis that an output axis runs along.
static void along(double begin, double extent, int32_t n, int mirrored, int flipped, double display, double stored,
                  double *from, double *step)
{
    *step = extent / n;
    *from = begin;
    if (mirrored) {
        *from = begin + extent;
        *step = -*step;
    }
    if (flipped) {
        *from = display - *from;
        *step = -*step;
    }
    *from *= stored / display;
    *step *= stored / display;
}

// The same axis in samples of a plane subsampled by 1 << log2, whose samples
// sit position/256 of a luma sample behind the first luma sample's.
static void subsample(double *from, double *step, int log2, int position)
{
    if (!log2)
        return;
    double scale = 1 << log2, offset = position / 128.0 * (scale - 1) / 2;
    *from = (*from - 0.5 - offset) / scale + 0.5;
    *step /= scale;
}

int pa_tables_prepare(struct pa_tables **pt, const pa_key *k)
{
    if (!*pt && !(*pt = calloc(1, sizeof **pt)))
        return PA_MEMORY;
    struct pa_tables *t = *pt;
    if (t->valid && !memcmp(&t->key, k, sizeof *k))
        return PA_OK;
    t->valid = 0;
    int32_t nx = k->transpose ? k->height : k->width, ny = k->transpose ? k->width : k->height;
    double ax, bx, ay, by; // display axes, in stored luma samples
    along(k->x, k->w, k->width, k->mirrored, k->hflip, k->display_w, k->transpose ? k->stored_h : k->stored_w, &ax, &bx);
    along(k->y, k->h, k->height, 0, k->vflip, k->display_h, k->transpose ? k->stored_w : k->stored_h, &ay, &by);
    double fx = k->transpose ? ay : ax, sx = k->transpose ? by : bx;
    double fy = k->transpose ? ax : ay, sy = k->transpose ? bx : by;
    int err = axis_fill(&t->x[0], nx, fx, sx, k->stored_w, k->filter);
    if (!err)
        err = axis_fill(&t->y[0], ny, fy, sy, k->stored_h, k->filter);
    if (!err && k->chroma_w) {
        subsample(&fx, &sx, k->log2_w, k->x_pos);
        subsample(&fy, &sy, k->log2_h, k->y_pos);
        err = axis_fill(&t->x[1], nx, fx, sx, k->chroma_w, k->filter);
        if (!err)
            err = axis_fill(&t->y[1], ny, fy, sy, k->chroma_h, k->filter);
        // Chroma may need fewer taps than luma; the kernels take both alike.
    }
    if (err)
        return err;
    int64_t need = k->stored_w + 64;
    if (need > t->row_cap) {
        free(t->row[0]);
        free(t->line[0]);
        free(t->acc);
        free(t->wide);
        t->row[0] = calloc((size_t)need * 3, sizeof(int16_t));
        t->line[0] = calloc((size_t)need * 2, sizeof(int16_t));
        t->acc = calloc((size_t)need, sizeof(int32_t));
        t->wide = calloc((size_t)need, sizeof(uint16_t));
        t->row_cap = t->row[0] && t->line[0] && t->acc && t->wide ? need : 0;
        if (!t->row_cap)
            return PA_MEMORY;
    }
    for (int i = 1; i < 3; i++)
        t->row[i] = t->row[0] + i * t->row_cap;
    t->line[1] = t->line[0] + t->row_cap;
    if (k->transpose) {
        int64_t bytes = (int64_t)nx * ny * 3;
        if (bytes > t->transposed_cap) {
            free(t->transposed);
            t->transposed = malloc(bytes);
            t->transposed_cap = t->transposed ? bytes : 0;
            if (!t->transposed)
                return PA_MEMORY;
        }
    }
    t->key = *k;
    t->valid = 1;
    return PA_OK;
}

void pa_color_of(const AVFrame *f, const AVPixFmtDescriptor *desc, pa_color *c)
{
    memset(c, 0, sizeof *c);
    int depth = desc->comp[0].depth, gray = desc->nb_components <= 2;
    double top = (double)(((int64_t)1 << depth) - 1) / ((int64_t)1 << (depth - 8 > 0 ? depth - 8 : 0));
    if (depth < 8)
        top = 255; // such samples are widened to eight bits when read
    double m[3][3], y_offset, y_scale, c_scale, c_middle = 128;
    if (desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) {
        double s = 255 / top;
        double identity[3][3] = {{s, 0, 0}, {0, s, 0}, {0, 0, s}};
        memcpy(m, identity, sizeof m);
        y_offset = c_middle = 0;
    } else {
        int full = f->color_range == AVCOL_RANGE_JPEG || (gray && f->color_range != AVCOL_RANGE_MPEG);
        switch (f->format) {
        case AV_PIX_FMT_YUVJ420P: case AV_PIX_FMT_YUVJ422P: case AV_PIX_FMT_YUVJ444P: case AV_PIX_FMT_YUVJ440P:
        case AV_PIX_FMT_YUVJ411P:
            full = 1;
        }
        double kr = .299, kb = .114; // also where the file says nothing, as FFmpeg does
        switch (f->colorspace) {
        case AVCOL_SPC_BT709: kr = .2126; kb = .0722; break;
        case AVCOL_SPC_FCC: kr = .30; kb = .11; break;
        case AVCOL_SPC_SMPTE240M: kr = .212; kb = .087; break;
        case AVCOL_SPC_BT2020_NCL: case AVCOL_SPC_BT2020_CL: kr = .2627; kb = .0593; break;
        default: break;
        }
        y_offset = full ? 0 : 16;
        y_scale = full ? 255 / top : 255.0 / 219;
        c_scale = full ? 255 / top : 255.0 / 224;
        double kg = 1 - kr - kb;
        double ycc[3][3] = {
            {y_scale, 0, 2 * (1 - kr) * c_scale},
            {y_scale, -2 * (1 - kb) * kb / kg * c_scale, -2 * (1 - kr) * kr / kg * c_scale},
            {y_scale, 2 * (1 - kb) * c_scale, 0},
        };
        double ycgco[3][3] = {
            {y_scale, -c_scale, c_scale}, {y_scale, c_scale, 0}, {y_scale, -c_scale, -c_scale},
        };
        memcpy(m, f->colorspace == AVCOL_SPC_YCGCO ? ycgco : ycc, sizeof m);
        if (gray)
            for (int i = 0; i < 3; i++)
                m[i][1] = m[i][2] = 0;
    }
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            c->m[i][j] = (int32_t)lrint(m[i][j] * 8192);
        c->offset[i] = (1 << 19) - (int64_t)c->m[i][0] * (int64_t)(y_offset * 128) -
                       (int64_t)(c->m[i][1] + c->m[i][2]) * (int64_t)(c_middle * 128);
    }
    if (desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL))
        for (int i = 0; i < 3; i++)
            c->offset[i] = 1 << 19;
    c->ycc = !c->m[0][1] && !c->m[2][2] && c->m[0][0] == c->m[1][0] && c_middle;
    if (!c->ycc)
        return;
    c->y = (int16_t)lrint(m[0][0] / 2 * 32768);
    c->y0 = (int16_t)lrint(32 - m[0][0] * y_offset * 64);
    c->rv = (int16_t)lrint(m[0][2] / 2 * 32768);
    c->gu = (int16_t)lrint(m[1][1] / 2 * 32768);
    c->gv = (int16_t)lrint(m[1][2] / 2 * 32768);
    c->bu = (int16_t)lrint((m[2][1] / 2 - 1) * 32768);
}
