// Geometry, orientation and rates of the open clip.
#include "codec.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <libavutil/common.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>

// Orientation as the ffmpeg program derives it from a display matrix: a
// transposition (or none), then flips of the result.
static void set_orientation(pa_info *info, const int32_t *matrix)
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
    w = fmin(w, INT32_MAX); // of headers that lie
    info->width = info->transpose ? (int)h : (int)w;
    info->height = info->transpose ? (int)w : (int)h;
}

static const int32_t *stream_matrix(const AVCodecParameters *par)
{
    const AVPacketSideData *sd =
        av_packet_side_data_get(par->coded_side_data, par->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return sd && sd->size >= 9 * 4 ? (const int32_t *)sd->data : NULL;
}

// Zero where it is out of range, which av_rescale_q tells by its least number.
static int64_t microseconds(int64_t ticks, AVRational base) { return FFMAX(0, av_rescale_q(ticks, base, AV_TIME_BASE_Q)); }

void pa_describe(pa_info *info, const pa_container *c, int32_t frames, int64_t first, int64_t last)
{
    const AVCodecParameters *par = c->par;
    if (!par) // the container is closed
        return;
    snprintf(info->codec, sizeof info->codec, "%s", avcodec_get_name(par->codec_id));
    if (!info->confirmed) {
        info->stored_w = par->width;
        info->stored_h = par->height;
        AVRational sar = par->sample_aspect_ratio;
        if (c->stream && c->stream->sample_aspect_ratio.num > 0)
            sar = c->stream->sample_aspect_ratio;
        info->sar_num = sar.num;
        info->sar_den = sar.den;
        set_orientation(info, stream_matrix(par));
        const char *name = av_get_pix_fmt_name(par->format);
        snprintf(info->pixel_format, sizeof info->pixel_format, "%s", name ? name : "");
        set_display_size(info);
    }
    if (!c->stream) {
        info->tb_num = 1;
        info->tb_den = 1;
        return;
    }
    AVRational rate = c->stream->avg_frame_rate;
    if (rate.num <= 0 || rate.den <= 0)
        rate = c->stream->r_frame_rate;
    info->tb_num = c->stream->time_base.num;
    info->tb_den = c->stream->time_base.den;
    info->duration_us = 0;
    if (c->stream->duration > 0)
        info->duration_us = microseconds(c->stream->duration, c->stream->time_base);
    else if (c->fmt->duration > 0)
        info->duration_us = c->fmt->duration;
    if ((rate.num <= 0 || rate.den <= 0) && frames > 1) {
        int64_t span = av_sat_sub64(last, first);
        if (span > 0 && info->tb_num > 0 && span <= INT64_MAX / info->tb_num)
            av_reduce(&rate.num, &rate.den, (int64_t)(frames - 1) * info->tb_den, span * info->tb_num, INT32_MAX);
    }
    if (rate.num > 0 && rate.den > 0) {
        info->fps_num = rate.num;
        info->fps_den = rate.den;
        if (!info->duration_us)
            info->duration_us = FFMAX(0, av_rescale(frames, 1000000LL * rate.den, rate.num));
    }
}

int pa_match_frame(pa_info *info, const pa_container *c, const AVFrame *f)
{
    pa_info before = *info;
    info->stored_w = f->width;
    info->stored_h = f->height;
    AVRational sar = f->sample_aspect_ratio;
    if (c->fmt)
        sar = av_guess_sample_aspect_ratio(c->fmt, c->stream, (AVFrame *)f);
    info->sar_num = sar.num;
    info->sar_den = sar.den;
    const AVFrameSideData *sd = av_frame_get_side_data(f, AV_FRAME_DATA_DISPLAYMATRIX);
    if (sd && sd->size >= 9 * 4)
        set_orientation(info, (const int32_t *)sd->data);
    else
        set_orientation(info, stream_matrix(c->par));
    const char *name = av_get_pix_fmt_name(f->format);
    snprintf(info->pixel_format, sizeof info->pixel_format, "%s", name ? name : "");
    set_display_size(info);
    info->confirmed = 1;
    return info->width == before.width && info->height == before.height && info->stored_w == before.stored_w &&
           info->stored_h == before.stored_h && info->transpose == before.transpose && info->hflip == before.hflip &&
           info->vflip == before.vflip;
}
