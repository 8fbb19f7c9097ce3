// Geometry, orientation and rates of the open clip.
#include "unit.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <libavutil/display.h>

// Orientation as the ffmpeg program derives it from a display matrix: a
// transposition (or none), then flips of the result.
void pa_set_orientation(pa_info *info, const int32_t *matrix)
{
    info->transpose = info->hflip = info->vflip = info->rotation = 0;
    if (!matrix)
        return;
    double angle = av_display_rotation_get(matrix);
    if (isnan(angle))
        return;
    double theta = -round(angle);
    theta -= 360 * floor(theta / 360 + 0.9 / 360);
    if (fabs(theta - 90) < 1) {
        info->transpose = 1;
        info->hflip = 1;
        info->vflip = 0;
        if (matrix[3] > 0) // mirrored, too
            info->hflip = 0;
        info->rotation = 90;
    } else if (fabs(theta - 180) < 1) {
        info->hflip = matrix[0] < 0;
        info->vflip = matrix[4] < 0;
        info->rotation = 180;
    } else if (fabs(theta - 270) < 1) {
        info->transpose = 1;
        info->vflip = 1;
        if (matrix[3] < 0)
            info->hflip = 1;
        info->rotation = 270;
    } else if (fabs(theta) < 1) {
        info->vflip = matrix[4] < 0;
    }
}

static void set_display_size(pa_info *info)
{
    double w = info->stored_w, h = info->stored_h;
    int num = info->sar_num, den = info->sar_den;
    if (num > 0 && den > 0 && num != den && num <= 16LL * den && den <= 16LL * num)
        w = fmax(1, round(w * num / den));
    info->width = info->transpose ? (int)h : (int)w;
    info->height = info->transpose ? (int)w : (int)h;
}

static const int32_t *stream_matrix(const AVCodecParameters *par)
{
    const AVPacketSideData *sd =
        av_packet_side_data_get(par->coded_side_data, par->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return sd && sd->size >= 9 * 4 ? (const int32_t *)sd->data : NULL;
}

void pa_describe(pa_worker *w)
{
    pa_info *info = &w->info;
    AVCodecParameters *par = w->par;
    snprintf(info->codec, sizeof info->codec, "%s", avcodec_get_name(par->codec_id));
    if (!w->confirmed) {
        info->stored_w = par->width;
        info->stored_h = par->height;
        AVRational sar = par->sample_aspect_ratio;
        if (w->stream && w->stream->sample_aspect_ratio.num > 0)
            sar = w->stream->sample_aspect_ratio;
        info->sar_num = sar.num;
        info->sar_den = sar.den;
        pa_set_orientation(info, stream_matrix(par));
        const char *name = av_get_pix_fmt_name(par->format);
        snprintf(info->pixel_format, sizeof info->pixel_format, "%s", name ? name : "");
        set_display_size(info);
    }
    if (!w->stream) {
        info->tb_num = 1;
        info->tb_den = 1;
        return;
    }
    AVRational rate = w->stream->avg_frame_rate;
    if (rate.num <= 0 || rate.den <= 0)
        rate = w->stream->r_frame_rate;
    info->tb_num = w->stream->time_base.num;
    info->tb_den = w->stream->time_base.den;
    info->duration_us = 0;
    if (w->stream->duration > 0)
        info->duration_us = av_rescale_q(w->stream->duration, w->stream->time_base, AV_TIME_BASE_Q);
    else if (w->fmt->duration > 0)
        info->duration_us = w->fmt->duration;
    if ((rate.num <= 0 || rate.den <= 0) && w->nentries > 1) {
        int64_t span = w->entries[w->nentries - 1].pts - w->entries[0].pts;
        if (span > 0)
            av_reduce(&rate.num, &rate.den, (int64_t)(w->nentries - 1) * info->tb_den, span * info->tb_num, INT32_MAX);
    }
    if (rate.num > 0 && rate.den > 0) {
        info->fps_num = rate.num;
        info->fps_den = rate.den;
        if (!info->duration_us)
            info->duration_us = av_rescale(w->nentries, 1000000LL * rate.den, rate.num);
    }
}

int pa_match_frame(pa_worker *w, const AVFrame *f)
{
    pa_info before = w->info, *info = &w->info;
    info->stored_w = f->width;
    info->stored_h = f->height;
    AVRational sar = f->sample_aspect_ratio;
    if (w->fmt)
        sar = av_guess_sample_aspect_ratio(w->fmt, w->stream, (AVFrame *)f);
    info->sar_num = sar.num;
    info->sar_den = sar.den;
    const AVFrameSideData *sd = av_frame_get_side_data(f, AV_FRAME_DATA_DISPLAYMATRIX);
    if (sd && sd->size >= 9 * 4)
        pa_set_orientation(info, (const int32_t *)sd->data);
    else
        pa_set_orientation(info, stream_matrix(w->par));
    const char *name = av_get_pix_fmt_name(f->format);
    snprintf(info->pixel_format, sizeof info->pixel_format, "%s", name ? name : "");
    set_display_size(info);
    w->confirmed = 1;
    return info->width == before.width && info->height == before.height && info->stored_w == before.stored_w &&
           info->stored_h == before.stored_h && info->transpose == before.transpose && info->hflip == before.hflip &&
           info->vflip == before.vflip;
}

void pa_refresh(pa_worker *w, pa_info *info)
{
    pa_describe(w);
    *info = w->info;
}
