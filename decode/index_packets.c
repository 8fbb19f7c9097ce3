// The packets of a clip: read once, held or read again.
#include "index.h"
#include <stdlib.h>
#include <string.h>

int pa_index_init(pa_index *x)
{
    x->scratch = av_packet_alloc();
    x->still = av_frame_alloc();
    return x->scratch && x->still ? PA_OK : PA_MEMORY;
}

static void free_packets(pa_index *x)
{
    for (int32_t i = 0; i < x->pkts_cap; i++)
        av_packet_free(&x->pkts[i]);
    free(x->pkts);
    x->pkts = NULL;
    x->pkts_cap = 0;
}

static void free_lists(pa_index *x)
{
    free_packets(x);
    free(x->meta);
    free(x->order);
    free(x->entries);
    x->meta = NULL;
    x->order = NULL;
    x->entries = NULL;
    x->meta_cap = x->order_cap = x->entries_cap = 0;
}

void pa_index_clear(pa_index *x)
{
    av_frame_unref(x->still);
    if (x->scratch)
        av_packet_unref(x->scratch);
    for (int32_t i = 0; i < x->pkts_cap && x->pkts[i]; i++)
        av_packet_unref(x->pkts[i]);
    x->npkts = x->nentries = 0;
    x->windowed = x->full_scan = x->ordered = x->suspect = x->still_damaged = 0;
    x->delay = -1;
    // Lists grown by an unusually long clip are given back.
    if (x->meta_cap > 1 << 16 || x->entries_cap > 1 << 16)
        free_lists(x);
}

void pa_index_free(pa_index *x)
{
    free_lists(x);
    av_packet_free(&x->scratch);
    av_frame_free(&x->still);
}

static int out_of_memory(pa_index *x) { return pa_fail(x->call, PA_MEMORY, "packet list: out of memory"); }

// A packet to fill: slot i of the list.
static int slot(pa_index *x, int32_t i, AVPacket **pkt)
{
    if (pa_grow((void **)&x->pkts, &x->pkts_cap, i + 1, sizeof *x->pkts))
        return out_of_memory(x);
    if (!x->pkts[i] && !(x->pkts[i] = av_packet_alloc()))
        return out_of_memory(x);
    *pkt = x->pkts[i];
    return PA_OK;
}

int pa_index_read(pa_index *x)
{
    pa_call *call = x->call;
    int64_t total = 0, size = x->container->size;
    int code;
    pa_inspect_start(&x->syntax, x->container->par);
    x->npkts = 0;
    for (;;) {
        AVPacket *pkt;
        if (pa_grow((void **)&x->meta, &x->meta_cap, x->npkts + 1, sizeof *x->meta))
            return out_of_memory(x);
        code = slot(x, x->windowed ? 0 : x->npkts, &pkt);
        if (!code)
            code = pa_container_read(x->container, pkt);
        if (code)
            break;
        if (x->npkts >= call->limits.frames)
            return pa_fail(call, PA_LIMITS, "more than %lld packets", (long long)call->limits.frames);
        pa_packet *m = &x->meta[x->npkts];
        *m = (pa_packet){.pts = pkt->pts, .dts = pkt->dts, .position = -1, .frame = -1, .shows = 1,
                         .key = !!(pkt->flags & AV_PKT_FLAG_KEY), .hidden = !!(pkt->flags & AV_PKT_FLAG_DISCARD)};
        if (pkt->flags & AV_PKT_FLAG_CORRUPT)
            x->suspect = 1;
        pa_inspect(&x->syntax, pkt, m);
        total += pkt->size;
        x->npkts++;
        if (total / 4 > size + (1 << 18))
            return pa_fail(call, PA_LIMITS, "the index lists %lld bytes of packets in a file of %lld", (long long)total, (long long)size);
        if (!x->windowed && total > call->limits.held) {
            x->windowed = 1; // too much to hold: packets are read again when decoding
            for (int32_t i = 0; i < x->npkts; i++)
                av_packet_unref(x->pkts[i]);
        }
    }
    if (code != PA_END)
        return code;
    call->truncated = call->truncated || pa_container_cut(x->container);
    if (x->npkts == 0)
        return pa_fail(call, call->truncated ? PA_TRUNCATED : PA_CORRUPT, "the video stream holds no packets");
    x->info->truncated = call->truncated;
    x->info->unread = x->container->unread;
    if (x->container->unread)
        x->suspect = 1;
    return PA_OK;
}

int pa_index_image(pa_index *x)
{
    AVPacket *pkt;
    int code = slot(x, 0, &pkt);
    if (!code && pa_grow((void **)&x->meta, &x->meta_cap, 1, sizeof *x->meta))
        code = out_of_memory(x);
    if (code)
        return code;
    // The packet borrows the file's memory; it is unreferenced at the end.
    pkt->data = (uint8_t *)x->container->data; // FFmpeg copies what it does not own
    pkt->size = (int)x->container->size;
    pkt->pts = pkt->dts = 0;
    pkt->flags = AV_PKT_FLAG_KEY;
    x->meta[0] = (pa_packet){.pts = 0, .dts = 0, .shows = 1, .key = 1};
    x->npkts = 1;
    x->info->image = 1;
    return PA_OK;
}

// In windowed clips packets are read from the container once more.
int pa_index_packet(pa_index *x, int32_t i, AVPacket **pkt)
{
    if (!x->windowed) {
        *pkt = x->pkts[i];
        return PA_OK;
    }
    if (i < x->read_at) {
        pa_container_close(x->container);
        int err = pa_container_open(x->container);
        if (err)
            return err;
        x->read_at = 0;
    }
    *pkt = x->scratch;
    for (; x->read_at <= i; x->read_at++) {
        int code = pa_container_read(x->container, x->scratch);
        if (code == PA_END)
            return pa_fail(x->call, PA_CORRUPT, "the container gives fewer packets when read again");
        if (code)
            return code;
    }
    return PA_OK;
}

void pa_index_describe(pa_index *x)
{
    int32_t n = x->nentries;
    pa_describe(x->info, x->container, n, n ? x->entries[0].pts : 0, n ? x->entries[n - 1].pts : 0);
}
