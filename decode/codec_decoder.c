// The decoder of a clip's codec.
#include "codec.h"
#include <libavutil/common.h>

int pa_decoder_find(pa_decoder *d, enum AVCodecID id, const char *what)
{
    d->codec = avcodec_find_decoder(id);
    return d->codec ? PA_OK : pa_fail(d->call, PA_UNSUPPORTED, "no decoder for %s %s", what, avcodec_get_name(id));
}

int pa_decoder_open(pa_decoder *d, const pa_container *c, int delay)
{
    d->ctx = avcodec_alloc_context3(d->codec);
    if (!d->ctx)
        return pa_fail(d->call, PA_MEMORY, "codec context: out of memory");
    pa_handle_made();
    int ret = avcodec_parameters_to_context(d->ctx, c->par);
    if (ret >= 0) {
        d->ctx->thread_count = d->threads > 0 ? d->threads : 1;
        d->ctx->flags |= AV_CODEC_FLAG_COPY_OPAQUE;
        // Decoders round sizes up; frames are held to the limit as they come.
        int64_t pixels = d->call->limits.pixels;
        d->ctx->max_pixels = av_sat_add64(pixels, pixels / 4 + (1 << 16));
        if (c->stream)
            d->ctx->pkt_timebase = c->stream->time_base;
        // The index knows how far frames are reordered; the decoder would
        // have to find out while frames already leave it.
        if (c->par->codec_id == AV_CODEC_ID_H264 && delay > d->ctx->has_b_frames)
            d->ctx->has_b_frames = delay < 16 ? delay : 16;
        ret = avcodec_open2(d->ctx, d->codec, NULL);
    }
    if (ret < 0) {
        pa_decoder_close(d);
        return pa_av_fail(d->call, ret, "open decoder");
    }
    return PA_OK;
}

int pa_decoder_send(pa_decoder *d, AVPacket *pkt, int32_t ordinal)
{
    if (pkt) {
        pkt->opaque = (void *)(intptr_t)(ordinal + 1);
        d->sent_last = ordinal;
        d->sent++;
    }
    int64_t t = pa_clock(d->call);
    int ret = avcodec_send_packet(d->ctx, pkt);
    d->ns += pa_since(d->call, t);
    return ret;
}

int pa_decoder_receive(pa_decoder *d)
{
    int64_t t = pa_clock(d->call);
    int ret = avcodec_receive_frame(d->ctx, d->frame);
    d->ns += pa_since(d->call, t);
    return ret;
}

void pa_decoder_flush(pa_decoder *d) { avcodec_flush_buffers(d->ctx); }

void pa_decoder_close(pa_decoder *d)
{
    if (!d->ctx)
        return;
    avcodec_free_context(&d->ctx);
    pa_handle_gone();
}

int pa_is_damaged(const AVFrame *f)
{
    return f->decode_error_flags || (f->flags & AV_FRAME_FLAG_CORRUPT);
}

// VP8 and VP9 give each packet's frame at once, but a frame shown again
// carries the opaque of its first packet.
int32_t pa_packet_of(const pa_decoder *d, const AVFrame *f)
{
    if (d->codec->id == AV_CODEC_ID_VP8 || d->codec->id == AV_CODEC_ID_VP9)
        return d->sent_last;
    return (int32_t)(intptr_t)f->opaque - 1;
}
