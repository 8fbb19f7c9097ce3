// Opening: container, video stream, packets; still images.
#include "container.h"
#include <string.h>
#include <libavutil/avstring.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

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

static int interrupted(void *opaque)
{
    pa_container *c = opaque;
    return pa_stopped(c->call) != PA_OK;
}

enum AVCodecID pa_image_format(const uint8_t *d, int64_t n)
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
int pa_container_cut(const pa_container *c)
{
    if (c->handle || c->size < 12 || memcmp(c->data + 4, "ftyp", 4))
        return 0;
    int64_t at = 0;
    while (at + 8 <= c->size) {
        uint64_t box = AV_RB32(c->data + at);
        if (box == 1 && at + 16 <= c->size)
            box = AV_RB64(c->data + at + 8);
        else if (box == 0)
            return 0;
        if (box < 8)
            return 0;
        if (box > (uint64_t)(c->size - at))
            return 1;
        at += (int64_t)box;
    }
    return 0;
}

// Containers whose headers give codec, size and packet times, so that neither
// stream probing nor parsing is needed.
static int header_suffices(const pa_container *c)
{
    const char *name = c->fmt->iformat->name;
    AVCodecParameters *par = c->par;
    if (c->call->switches & PA_STREAM_INFO)
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

int pa_container_open(pa_container *c)
{
    c->unread = 0;
    int err = pa_io_open(c);
    if (err)
        return err;
    const AVInputFormat *container = NULL;
    int ret = av_probe_input_buffer2(c->io, &container, "", NULL, 0, 1 << 20);
    if (ret < 0) {
        int stopped = pa_stopped(c->call);
        if (stopped)
            return stopped;
        if (c->call->io_error)
            return pa_fail(c->call, PA_IO, "read failed");
        return pa_fail(c->call, PA_UNSUPPORTED, "no known video or image container");
    }
    c->fmt = avformat_alloc_context();
    if (!c->fmt)
        return pa_fail(c->call, PA_MEMORY, "format context: out of memory");
    pa_handle_made();
    c->fmt->pb = c->io;
    c->fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
    c->fmt->io_open = refuse_open;
    c->fmt->format_whitelist = av_strdup(containers);
    if (!c->fmt->format_whitelist) // without a list every container would do
        return pa_fail(c->call, PA_MEMORY, "format context: out of memory");
    c->fmt->interrupt_callback = (AVIOInterruptCB){interrupted, c};
    c->fmt->max_streams = 256;
    ret = avformat_open_input(&c->fmt, "", container, NULL);
    if (ret < 0) {
        pa_handle_gone(); // avformat_open_input freed it
        c->fmt = NULL;
        // MP4 recorders write the index last.
        if (!c->call->truncated)
            c->call->truncated = pa_container_cut(c) || strstr(c->call->message, "moov atom not found");
        if (ret == AVERROR(EINVAL))
            return pa_fail(c->call, PA_UNSUPPORTED, "container %s is not allowed", container->name);
        return pa_av_fail(c->call, ret, "open container");
    }
    c->name = container->name;

    int probed = 0;
    if (video_streams(c->fmt) != 1 || (c->fmt->ctx_flags & AVFMTCTX_NOHEADER)) {
        ret = avformat_find_stream_info(c->fmt, NULL);
        if (ret < 0)
            return pa_av_fail(c->call, ret, "probe streams");
        probed = 1;
    }
    int best = av_find_best_stream(c->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (best < 0 || (c->fmt->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC))
        return pa_fail(c->call, PA_UNSUPPORTED, "no video stream");
    c->stream = c->fmt->streams[best];
    c->par = c->stream->codecpar;
    if (!probed && !header_suffices(c)) {
        ret = avformat_find_stream_info(c->fmt, NULL);
        if (ret < 0)
            return pa_av_fail(c->call, ret, "probe streams");
        probed = 1;
    }
    if (!probed)
        c->fmt->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    for (unsigned i = 0; i < c->fmt->nb_streams; i++)
        if ((int)i != best)
            c->fmt->streams[i]->discard = AVDISCARD_ALL;
    return PA_OK;
}

int pa_container_open_image(pa_container *c, enum AVCodecID id)
{
    c->image_par = avcodec_parameters_alloc();
    if (!c->image_par)
        return pa_fail(c->call, PA_MEMORY, "image: out of memory");
    c->par = c->image_par;
    c->par->codec_type = AVMEDIA_TYPE_VIDEO;
    c->par->codec_id = id;
    c->name = "image";
    return PA_OK;
}

int pa_container_read(pa_container *c, AVPacket *pkt)
{
    // Some demuxers ask to be tried again for each 64 KiB in which they find nothing.
    enum { MOST_UNREAD = 16, MOST_AGAIN = 4096 };
    for (int again = 0;;) {
        int stopped = pa_stopped(c->call);
        if (stopped)
            return stopped;
        av_packet_unref(pkt);
        int ret = av_read_frame(c->fmt, pkt);
        if (ret == AVERROR_EOF)
            return PA_END;
        if (ret == AVERROR(EAGAIN) && again++ < MOST_AGAIN)
            continue;
        if (ret < 0) {
            stopped = pa_stopped(c->call);
            if (stopped)
                return stopped;
            if (c->call->io_error || ret == AVERROR(ENOMEM))
                return pa_av_fail(c->call, ret, "read packets");
            // Some demuxers go on behind a damaged packet, some never do.
            if (++c->unread > MOST_UNREAD || ret == AVERROR(EAGAIN))
                return PA_END;
            again = 0;
            continue;
        }
        if (pkt->stream_index == c->stream->index && pkt->size)
            return PA_OK;
        again = 0;
    }
}

void pa_container_close(pa_container *c)
{
    if (c->fmt) {
        avformat_close_input(&c->fmt);
        pa_handle_gone();
    }
    pa_io_close(c);
    avcodec_parameters_free(&c->image_par);
    c->stream = NULL;
    c->par = NULL;
}
