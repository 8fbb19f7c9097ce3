// Decodes intact and damaged copies of clips with the FFmpeg that it is linked
// with, and prints one line a copy: the clip, how many frames and errors came,
// and the MD5 of all of them. Two builds of FFmpeg that agree print the same.
//
//   mutants [-n COPIES] [-s SEED] [-o ONLY] [-c FLAGS] [-v] FILE...
//
// -o decodes one copy alone, -v prints every frame and error. -c masks the
// processor's features with FFmpeg's names for them, such as sse4.2 or 0.
// Packets are damaged, not containers: damage meets the codec, and only that.
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/cpu.h>
#include <libavutil/imgutils.h>
#include <libavutil/md5.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_PACKETS = 40, MOST_PIXELS = 1 << 21 };

typedef struct clip {
    const char *name;
    AVCodecParameters *par;
    AVRational time_base;
    AVPacket *packets[MOST_PACKETS];
    int count;
} clip;

static void die(const char *what, const char *name)
{
    fprintf(stderr, "mutants: %s: %s\n", name, what);
    exit(2);
}

// SplitMix64: the same numbers everywhere.
static uint64_t rng;
static uint64_t draw(void)
{
    uint64_t z = rng += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static int below(int n) { return n > 0 ? (int)(draw() % (uint64_t)n) : 0; }

// The builds know no protocols, so files are read here.
static int read_file(void *file, uint8_t *buf, int n)
{
    size_t got = fread(buf, 1, n, file);
    return got ? (int)got : AVERROR_EOF;
}

static int64_t seek_file(void *file, int64_t offset, int whence)
{
    if (whence & AVSEEK_SIZE) {
        long at = ftell(file), size;
        fseek(file, 0, SEEK_END);
        size = ftell(file);
        fseek(file, at, SEEK_SET);
        return size;
    }
    return fseek(file, offset, whence & 3) ? -1 : ftell(file);
}

static void load(clip *c, const char *path)
{
    AVFormatContext *format = avformat_alloc_context();
    FILE *file = fopen(path, "rb");
    uint8_t *buffer = av_malloc(1 << 15);
    if (!file || !format || !buffer || !(format->pb = avio_alloc_context(buffer, 1 << 15, 0, file, read_file, NULL, seek_file)))
        die("cannot be read", path);
    const char *slash = strrchr(path, '/');
    c->name = slash ? slash + 1 : path;
    if (avformat_open_input(&format, path, NULL, NULL) < 0)
        die("cannot be opened", path);
    int with_headers = format->nb_streams == 1 && format->streams[0]->codecpar->extradata_size > 0;
    if (avformat_find_stream_info(format, NULL) < 0)
        die("cannot be probed", path);
    int stream = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (stream < 0)
        die("holds no video", path);
    c->par = avcodec_parameters_alloc();
    if (!c->par || avcodec_parameters_copy(c->par, format->streams[stream]->codecpar) < 0)
        die("out of memory", path);
    // Headers that probing takes out of packets depend on how FFmpeg was configured.
    if (!with_headers) {
        av_freep(&c->par->extradata);
        c->par->extradata_size = 0;
    }
    c->time_base = format->streams[stream]->time_base;
    while (c->count < MOST_PACKETS) {
        AVPacket *packet = av_packet_alloc();
        if (!packet)
            die("out of memory", path);
        if (av_read_frame(format, packet) < 0) {
            av_packet_free(&packet);
            break;
        }
        if (packet->stream_index != stream || !packet->size)
            av_packet_free(&packet);
        else
            c->packets[c->count++] = packet;
    }
    AVIOContext *pb = format->pb;
    avformat_close_input(&format);
    av_freep(&pb->buffer);
    avio_context_free(&pb);
    fclose(file);
    if (!c->count || !avcodec_find_decoder(c->par->codec_id))
        die("has no packets, or no decoder", path);
}

static void damage(uint8_t *d, int *size, int kind)
{
    int n = *size;
    if (n < 1)
        return;
    switch (kind) {
    case 0: // single bits
        for (int i = 1 + below(8); i > 0; i--)
            d[below(n)] ^= 1 << below(8);
        break;
    case 1: // bits of the headers
        for (int i = 1 + below(4); i > 0; i--)
            d[below(n < 24 ? n : 24)] ^= 1 << below(8);
        break;
    case 2: // a stretch of noise
        for (int at = below(n), end = at + 1 + below(200); at < end && at < n; at++)
            d[at] = (uint8_t)draw();
        break;
    case 3: // an early end
        *size = 1 + below(n);
        memset(d + *size, 0, n - *size);
        break;
    case 4: { // a hole
        int at = below(n), end = at + 1 + below(64);
        if (end > n)
            end = n;
        memmove(d + at, d + end, n - end);
        memset(d + n - (end - at), 0, end - at);
        *size = n - (end - at) > 0 ? n - (end - at) : 1;
        break;
    }
    default: // runs of one value, which make extreme coefficients
        memset(d + below(n), draw() & 1 ? 0xFF : 0, 1);
        for (int at = below(n), end = at + 1 + below(16), v = draw() & 1 ? 0xFF : 0; at < end && at < n; at++)
            d[at] = (uint8_t)v;
        break;
    }
}

typedef struct result { int frames, errors; struct AVMD5 *sum; int verbose; } result;

static void note_error(result *r, int code)
{
    r->errors++;
    av_md5_update(r->sum, (const uint8_t *)&code, sizeof code);
    if (r->verbose)
        printf("  error %d\n", code);
}

static void note_frame(result *r, const AVFrame *f)
{
    int32_t shape[6] = {f->width, f->height, f->format, f->decode_error_flags, f->pict_type, f->flags};
    int bytes[4], planes = av_pix_fmt_count_planes(f->format);
    struct AVMD5 *own = NULL;
    if (r->verbose && (own = av_md5_alloc()))
        av_md5_init(own);
    av_md5_update(r->sum, (const uint8_t *)shape, sizeof shape);
    if (av_image_fill_linesizes(bytes, f->format, f->width) < 0)
        die("a frame without layout", "frame");
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
    for (int p = 0; p < planes; p++) {
        int rows = p == 1 || p == 2 ? AV_CEIL_RSHIFT(f->height, d->log2_chroma_h) : f->height;
        for (int y = 0; y < rows; y++) {
            av_md5_update(r->sum, f->data[p] + (ptrdiff_t)y * f->linesize[p], bytes[p]);
            if (own)
                av_md5_update(own, f->data[p] + (ptrdiff_t)y * f->linesize[p], bytes[p]);
        }
    }
    if (own) {
        uint8_t md5[16];
        av_md5_final(own, md5);
        printf("  frame %d: %dx%d, errors %d, ", r->frames, f->width, f->height, f->decode_error_flags);
        for (int i = 0; i < 16; i++)
            printf("%02x", md5[i]);
        printf("\n");
        av_free(own);
    }
    r->frames++;
}

static void receive(result *r, AVCodecContext *ctx, AVFrame *frame)
{
    for (int failures = 0; failures < 64;) {
        int code = avcodec_receive_frame(ctx, frame);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return;
        if (code < 0) {
            note_error(r, code);
            failures++;
            continue;
        }
        note_frame(r, frame);
        av_frame_unref(frame);
    }
}

// Copy 0 of a clip is as it is.
static void decode(const clip *c, int copy, result *r)
{
    const AVCodec *codec = avcodec_find_decoder(c->par->codec_id);
    AVCodecContext *ctx = avcodec_alloc_context3(codec);
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    if (!ctx || !frame || !packet || avcodec_parameters_to_context(ctx, c->par) < 0)
        die("out of memory", c->name);
    ctx->thread_count = 1;
    ctx->pkt_timebase = c->time_base;
    ctx->max_pixels = MOST_PIXELS;
    if (copy && ctx->extradata_size && !below(12))
        damage(ctx->extradata, &ctx->extradata_size, below(6));
    int code = avcodec_open2(ctx, codec, NULL);
    int odds = 2 + below(20), kind = below(7), begin = copy && !below(6) ? below(c->count) : 0;
    if (code < 0)
        note_error(r, code);
    for (int i = begin; code >= 0 && i < c->count; i++) {
        const AVPacket *from = c->packets[copy && !below(60) ? below(c->count) : i];
        if (copy && !below(50))
            continue;
        if (av_new_packet(packet, from->size) < 0)
            die("out of memory", c->name);
        memcpy(packet->data, from->data, from->size);
        packet->pts = from->pts;
        packet->dts = from->dts;
        packet->flags = from->flags;
        if (copy && !below(odds))
            damage(packet->data, &packet->size, kind == 6 ? below(6) : kind);
        int sent = avcodec_send_packet(ctx, packet);
        av_packet_unref(packet);
        if (sent < 0)
            note_error(r, sent);
        receive(r, ctx, frame);
    }
    if (code >= 0) {
        avcodec_send_packet(ctx, NULL);
        receive(r, ctx, frame);
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&ctx);
}

int main(int argc, char **argv)
{
    int copies = 1000, only = -1, verbose = 0, option;
    uint64_t seed = 1;
    av_log_set_level(AV_LOG_QUIET);
    while ((option = getopt(argc, argv, "n:s:o:c:v")) != -1) {
        unsigned flags = 0;
        switch (option) {
        case 'n': copies = atoi(optarg); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 'o': only = atoi(optarg); break;
        case 'v': verbose = 1; break;
        case 'c':
            if (av_parse_cpu_caps(&flags, optarg) < 0)
                die("unknown processor features", optarg);
            av_force_cpu_flags(av_get_cpu_flags() & (int)flags);
            break;
        default: die("usage: mutants [-n COPIES] [-s SEED] [-o ONLY] [-c FLAGS] [-v] FILE...", "arguments");
        }
    }
    int files = argc - optind;
    if (files < 1)
        die("no files", "arguments");
    clip *clips = calloc(files, sizeof *clips);
    if (!clips)
        die("out of memory", "arguments");
    for (int i = 0; i < files; i++)
        load(&clips[i], argv[optind + i]);
    for (int i = 0; i < copies; i++) {
        if (only >= 0 && i != only)
            continue;
        const clip *c = &clips[i % files];
        result r = {.sum = av_md5_alloc(), .verbose = verbose};
        if (!r.sum)
            die("out of memory", c->name);
        av_md5_init(r.sum);
        rng = seed * 0xD1342543DE82EF95u + (uint64_t)i;
        decode(c, i / files, &r);
        uint8_t md5[16];
        av_md5_final(r.sum, md5);
        printf("%d %s %d frames %d errors ", i, c->name, r.frames, r.errors);
        for (int k = 0; k < 16; k++)
            printf("%02x", md5[k]);
        printf("\n");
        fflush(stdout);
        av_free(r.sum);
    }
    for (int i = 0; i < files; i++) {
        for (int k = 0; k < clips[i].count; k++)
            av_packet_free(&clips[i].packets[k]);
        avcodec_parameters_free(&clips[i].par);
    }
    free(clips);
    return 0;
}
