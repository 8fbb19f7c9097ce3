// Opening: container, stream, packets; still images without a container.
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libavutil/avstring.h>
#include <libavutil/display.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/opt.h>

// Containers that are read. Others (playlists, concatenations, scripts) could
// name further files, and FFmpeg must open none.
static const char *const containers =
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,gif,h264,hevc,m4v,h263,vc1,"
    "ivf,obu,av1,apng,mjpeg,dv,yuv4mpegpipe,rm,mxf,wtv,nut,rawvideo,"
    "image2pipe,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,gif_pipe,tiff_pipe,jpegls_pipe,j2k_pipe,pbm_pipe,pgm_pipe,ppm_pipe";

static int refuse_open(AVFormatContext *s, AVIOContext **pb, const char *url, int flags, AVDictionary **options)
{
    return AVERROR(EPERM);
}

static int interrupted(void *opaque) { return pa_stopped(opaque) != PA_OK; }

enum AVCodecID pa_sniff_image(const uint8_t *d, int64_t n)
{
    if (n >= 3 && d[0] == 0xFF && d[1] == 0xD8 && d[2] == 0xFF)
        return AV_CODEC_ID_MJPEG;
    if (n >= 8 && !memcmp(d, "\x89PNG\r\n\x1a\n", 8))
        return AV_CODEC_ID_PNG;
    if (n >= 12 && !memcmp(d, "RIFF", 4) && !memcmp(d + 8, "WEBP", 4))
        return AV_CODEC_ID_WEBP;
    if (n >= 26 && d[0] == 'B' && d[1] == 'M' && AV_RL32(d + 6) == 0 && AV_RL32(d + 14) >= 12 && AV_RL32(d + 14) <= 124)
        return AV_CODEC_ID_BMP;
    return AV_CODEC_ID_NONE;
}

// A top-level box of an MP4 file that reaches behind the file's end means
// that the file was cut.
static int mp4_cut(pa_worker *w)
{
    if (w->handle || w->size < 12 || memcmp(w->data + 4, "ftyp", 4))
        return 0;
    int64_t at = 0;
    while (at + 8 <= w->size) {
        uint64_t box = AV_RB32(w->data + at);
        if (box == 1 && at + 16 <= w->size)
            box = AV_RB64(w->data + at + 8);
        else if (box == 0)
            return 0;
        if (box < 8)
            return 0;
        if (box > (uint64_t)(w->size - at))
            return 1;
        at += (int64_t)box;
    }
    return 0;
}

// Containers whose headers give codec, size and packet times, so that neither
// stream probing nor parsing is needed.
static int header_suffices(pa_worker *w)
{
    const char *name = w->fmt->iformat->name;
    AVCodecParameters *par = w->par;
    if (w->switches & PA_STREAM_INFO)
        return 0;
    if (par->codec_id == AV_CODEC_ID_NONE || par->width <= 0 || par->height <= 0)
        return 0;
    if (!av_match_name("mov", name) && !av_match_name("matroska", name) && !av_match_name("avi", name))
        return 0;
    switch (par->codec_id) {
    case AV_CODEC_ID_H264: case AV_CODEC_ID_HEVC: case AV_CODEC_ID_MPEG4: case AV_CODEC_ID_VP8: case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1: case AV_CODEC_ID_MJPEG: case AV_CODEC_ID_PNG: case AV_CODEC_ID_FFV1: case AV_CODEC_ID_PRORES:
        return 1;
    default:
        return 0;
    }
}

static int video_streams(AVFormatContext *fmt)
{
    int n = 0;
    for (unsigned i = 0; i < fmt->nb_streams; i++)
        n += fmt->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    return n;
}

int pa_open_format(pa_worker *w)
{
    int err = pa_io_open(w);
    if (err)
        return err;
    const AVInputFormat *container = NULL;
    int ret = av_probe_input_buffer2(w->io, &container, "", NULL, 0, 1 << 20);
    if (ret < 0) {
        int stopped = pa_stopped(w);
        if (stopped)
            return stopped;
        if (w->io_error)
            return pa_fail(w, PA_IO, "read failed");
        return pa_fail(w, PA_UNSUPPORTED, "no known video or image container");
    }
    w->fmt = avformat_alloc_context();
    if (!w->fmt)
        return pa_fail(w, PA_MEMORY, "format context: out of memory");
    atomic_fetch_add(&pa_handles, 1);
    w->fmt->pb = w->io;
    w->fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
    w->fmt->io_open = refuse_open;
    w->fmt->format_whitelist = av_strdup(containers);
    w->fmt->interrupt_callback = (AVIOInterruptCB){interrupted, w};
    w->fmt->max_streams = 256;
    ret = avformat_open_input(&w->fmt, "", container, NULL);
    if (ret < 0) {
        atomic_fetch_sub(&pa_handles, 1); // avformat_open_input freed it
        w->fmt = NULL;
        // MP4 recorders write the index last.
        if (!w->truncated)
            w->truncated = mp4_cut(w) || strstr(w->message, "moov atom not found");
        if (ret == AVERROR(EINVAL))
            return pa_fail(w, PA_UNSUPPORTED, "container %s is not allowed", container->name);
        return pa_av_fail(w, ret, "open container");
    }
    snprintf(w->info.container, sizeof w->info.container, "%s", container->name);

    int probed = 0;
    if (video_streams(w->fmt) != 1 || (w->fmt->ctx_flags & AVFMTCTX_NOHEADER)) {
        ret = avformat_find_stream_info(w->fmt, NULL);
        if (ret < 0)
            return pa_av_fail(w, ret, "probe streams");
        probed = 1;
    }
    int best = av_find_best_stream(w->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (best < 0 || (w->fmt->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC))
        return pa_fail(w, PA_UNSUPPORTED, "no video stream");
    w->stream = w->fmt->streams[best];
    w->par = w->stream->codecpar;
    if (!probed && !header_suffices(w)) {
        ret = avformat_find_stream_info(w->fmt, NULL);
        if (ret < 0)
            return pa_av_fail(w, ret, "probe streams");
        probed = 1;
    }
    if (!probed)
        w->fmt->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    for (unsigned i = 0; i < w->fmt->nb_streams; i++)
        if ((int)i != best)
            w->fmt->streams[i]->discard = AVDISCARD_ALL;
    w->codec = avcodec_find_decoder(w->par->codec_id);
    if (!w->codec)
        return pa_fail(w, PA_UNSUPPORTED, "no decoder for codec %s", avcodec_get_name(w->par->codec_id));
    return PA_OK;
}

int pa_too_big(pa_worker *w, int width, int height)
{
    if ((int64_t)width * height <= w->limits.pixels)
        return PA_OK;
    return pa_fail(w, PA_LIMITS, "a frame of %dx%d exceeds the limit of %lld pixels", width, height, (long long)w->limits.pixels);
}

int pa_read_packets(pa_worker *w)
{
    w->npkts = 0;
    int64_t total = 0;
    int broken = 0;
    for (;;) {
        int stopped = pa_stopped(w);
        if (stopped)
            return stopped;
        int32_t cap = w->pkts_cap;
        if (pa_grow((void **)&w->pkts, &w->pkts_cap, w->npkts + 1, sizeof *w->pkts))
            return pa_fail(w, PA_MEMORY, "packet list: out of memory");
        if (w->pkts_cap != cap || !w->meta) {
            pa_packet *m = realloc(w->meta, (size_t)w->pkts_cap * sizeof *m);
            if (!m)
                return pa_fail(w, PA_MEMORY, "packet list: out of memory");
            w->meta = m;
        }
        int32_t at = w->windowed ? 0 : w->npkts;
        AVPacket **slot = &w->pkts[at];
        if (!*slot && !(*slot = av_packet_alloc()))
            return pa_fail(w, PA_MEMORY, "packet: out of memory");
        int ret = av_read_frame(w->fmt, *slot);
        if (ret == AVERROR_EOF)
            break;
        if (ret == AVERROR(EAGAIN))
            continue;
        if (ret < 0) {
            stopped = pa_stopped(w);
            if (stopped)
                return stopped;
            if (w->io_error || ret == AVERROR(ENOMEM))
                return pa_av_fail(w, ret, "read packets");
            // Some demuxers go on behind a damaged packet, some never do.
            if (++broken > 16)
                break;
            continue;
        }
        AVPacket *pkt = *slot;
        if (pkt->stream_index != w->stream->index || pkt->size == 0) {
            av_packet_unref(pkt);
            continue;
        }
        if (w->npkts >= w->limits.frames)
            return pa_fail(w, PA_LIMITS, "more than %lld packets", (long long)w->limits.frames);
        pa_packet *m = &w->meta[w->npkts];
        *m = (pa_packet){.pts = pkt->pts, .dts = pkt->dts, .position = -1, .frame = -1, .shows = 1,
                         .key = !!(pkt->flags & AV_PKT_FLAG_KEY), .hidden = !!(pkt->flags & AV_PKT_FLAG_DISCARD)};
        if (pkt->flags & AV_PKT_FLAG_CORRUPT)
            w->suspect = 1;
        pa_inspect(w, pkt, m);
        total += pkt->size;
        w->npkts++;
        if (total > 4 * w->size + (1 << 20))
            return pa_fail(w, PA_LIMITS, "the index lists %lld bytes of packets in a file of %lld", (long long)total,
                           (long long)w->size);
        if (!w->windowed && total > w->limits.held) {
            w->windowed = 1; // too much to hold: packets are read again when decoding
            for (int32_t i = 0; i < w->npkts; i++)
                av_packet_unref(w->pkts[i]);
        } else if (w->windowed) {
            av_packet_unref(pkt);
        }
    }
    if (w->npkts == 0)
        return pa_fail(w, w->truncated || mp4_cut(w) ? PA_TRUNCATED : PA_CORRUPT, "the video stream holds no packets");
    w->info.truncated = w->truncated = w->truncated || mp4_cut(w);
    w->info.unread = broken;
    if (broken)
        w->suspect = 1;
    return PA_OK;
}

int pa_open_image(pa_worker *w, enum AVCodecID id)
{
    w->codec = avcodec_find_decoder(id);
    if (!w->codec)
        return pa_fail(w, PA_UNSUPPORTED, "no decoder for images of kind %s", avcodec_get_name(id));
    w->own_par = avcodec_parameters_alloc();
    if (!w->own_par)
        return pa_fail(w, PA_MEMORY, "image: out of memory");
    w->par = w->own_par;
    w->par->codec_type = AVMEDIA_TYPE_VIDEO;
    w->par->codec_id = id;
    w->info.image = 1;
    snprintf(w->info.container, sizeof w->info.container, "image");
    if (pa_grow((void **)&w->pkts, &w->pkts_cap, 1, sizeof *w->pkts))
        return pa_fail(w, PA_MEMORY, "image: out of memory");
    pa_packet *m = realloc(w->meta, (size_t)w->pkts_cap * sizeof *m);
    if (!m)
        return pa_fail(w, PA_MEMORY, "image: out of memory");
    w->meta = m;
    if (!w->pkts[0] && !(w->pkts[0] = av_packet_alloc()))
        return pa_fail(w, PA_MEMORY, "image: out of memory");
    // The packet borrows the worker's buffer; it is unreferenced on close.
    w->pkts[0]->data = (uint8_t *)w->data; // FFmpeg copies what it does not own
    w->pkts[0]->size = (int)w->size;
    w->pkts[0]->pts = w->pkts[0]->dts = 0;
    w->pkts[0]->flags = AV_PKT_FLAG_KEY;
    w->meta[0] = (pa_packet){.pts = 0, .dts = 0, .shows = 1, .key = 1};
    w->npkts = 1;
    return PA_OK;
}

int pa_open(pa_worker *w, uintptr_t handle, int64_t size, pa_info *info)
{
    pa_close(w);
    pa_current = w;
    w->handle = handle;
    w->size = size;
    w->message[0] = 0;
    w->log[0] = 0;
    w->log_len = 0;
    w->codec_ns = w->render_ns = w->sent = 0;
    w->io_error = w->truncated = w->suspect = w->oversized = 0;
    w->windowed = w->counted = w->ordered = 0;
    w->reorder = -1;
    w->confirmed = 0;
    w->damaged = 0;
    w->nal_length = 0;
    memset(&w->info, 0, sizeof w->info);
    int err = pa_stopped(w);
    enum AVCodecID image = AV_CODEC_ID_NONE;
    if (!err && size <= 0)
        err = pa_fail(w, PA_EMPTY, "the file has no bytes");
    if (!err && !handle && size < INT32_MAX)
        image = pa_sniff_image(w->data, size);
    if (!err && image != AV_CODEC_ID_NONE) {
        err = pa_open_image(w, image);
    } else if (!err) {
        err = pa_open_format(w);
        if (!err)
            err = pa_too_big(w, w->par->width, w->par->height);
        if (!err) {
            pa_inspect_start(w);
            err = pa_read_packets(w);
        }
    }
    if (!err) {
        pa_describe(w);
        err = pa_index(w);
    }
    // Without a size in the headers only a decoded frame tells it.
    if (err == PA_REINDEX || (!err && (w->info.width <= 0 || w->info.height <= 0)))
        err = pa_count_all(w);
    if (!err)
        pa_describe(w);
    *info = w->info;
    if (err)
        pa_close(w);
    pa_current = NULL;
    return err;
}

void pa_close(pa_worker *w)
{
    pa_stop(w);
    av_frame_unref(w->frame);
    av_frame_unref(w->still);
    av_packet_unref(w->scratch);
    for (int32_t i = 0; i < w->pkts_cap && w->pkts[i]; i++)
        av_packet_unref(w->pkts[i]);
    w->npkts = w->nentries = 0;
    // Lists grown by an unusually long clip are given back.
    if (w->pkts_cap > 1 << 16) {
        for (int32_t i = 0; i < w->pkts_cap; i++)
            av_packet_free(&w->pkts[i]);
        free(w->pkts); free(w->meta); free(w->order); free(w->entries); free(w->needed);
        w->pkts = NULL; w->meta = NULL; w->order = NULL; w->entries = NULL; w->needed = NULL;
        w->pkts_cap = w->order_cap = w->entries_cap = w->needed_cap = 0;
    }
    if (w->fmt) {
        avformat_close_input(&w->fmt);
        atomic_fetch_sub(&pa_handles, 1);
    }
    pa_io_close(w);
    avcodec_parameters_free(&w->own_par);
    w->stream = NULL;
    w->par = NULL;
    w->codec = NULL;
}
