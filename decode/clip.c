// A worker's lifetime, its memory, and opening and closing of clips.
#include "clip_worker.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libavutil/frame.h>

int64_t pa_live(void) { return atomic_load(&pa_handles); }

const char *pa_message(pa_worker *w) { return w->call.message; }
const char *pa_log(pa_worker *w) { return w->call.log; }
int64_t pa_codec_ns(pa_worker *w) { return w->decoder.ns; }
int64_t pa_render_ns(pa_worker *w) { return w->render_ns; }
int64_t pa_packets_sent(pa_worker *w) { return w->decoder.sent; }
const pa_entry *pa_entries(pa_worker *w) { return w->index.entries; }

void pa_interrupt(pa_worker *w) { atomic_store(&w->call.interrupted, 1); }
void pa_resume(pa_worker *w) { atomic_store(&w->call.interrupted, 0); }

pa_worker *pa_new(void)
{
    pa_worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    pa_handle_made();
    w->container.call = w->decoder.call = w->index.call = &w->call;
    w->index.info = &w->info;
    w->index.container = &w->container;
    w->index.decoder = &w->decoder;
    w->decoder.frame = av_frame_alloc();
    if (pa_index_init(&w->index) || !w->decoder.frame) {
        pa_free(w);
        return NULL;
    }
    return w;
}

void pa_free(pa_worker *w)
{
    if (!w)
        return;
    pa_close(w);
    av_frame_free(&w->decoder.frame);
    pa_index_free(&w->index);
    pa_tables_free(&w->tables);
    free(w->needed);
    free(w->want);
    free(w->whole);
    free(w);
    pa_handle_gone();
}

uint8_t *pa_buffer(pa_worker *w, int64_t size)
{
    // Give a big buffer back once the clips are small again.
    const int64_t keep = 8 << 20;
    if (size > w->whole_cap || (w->whole_cap > keep && size < w->whole_cap / 4)) {
        free(w->whole);
        w->whole_cap = 0;
        int64_t cap = size + size / 8;
        w->whole = malloc(cap + AV_INPUT_BUFFER_PADDING_SIZE);
        if (!w->whole)
            return NULL;
        w->whole_cap = cap;
    }
    memset(w->whole + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    return w->whole;
}

void pa_configure(pa_worker *w, pa_limits limits, int threads, int switches, int64_t deadline_us)
{
    pa_call_configure(&w->call, limits, switches, deadline_us);
    w->decoder.threads = threads;
}

static int open_image(pa_worker *w, enum AVCodecID id)
{
    int err = pa_decoder_find(&w->decoder, id, "images of kind");
    if (!err)
        err = pa_container_open_image(&w->container, id);
    if (!err)
        err = pa_index_image(&w->index);
    return err;
}

static int open_video(pa_worker *w)
{
    int err = pa_container_open(&w->container);
    if (err)
        return err;
    const AVCodecParameters *par = w->container.par;
    err = pa_decoder_find(&w->decoder, par->codec_id, "codec");
    if (!err)
        err = pa_too_big(&w->call, par->width, par->height);
    if (!err)
        err = pa_index_read(&w->index);
    return err;
}

static int open_clip(pa_worker *w)
{
    int err = pa_stopped(&w->call);
    if (err)
        return err;
    if (w->container.size <= 0)
        return pa_fail(&w->call, PA_EMPTY, "the file has no bytes");
    enum AVCodecID image = AV_CODEC_ID_NONE;
    if (!w->container.handle && w->container.size < INT32_MAX)
        image = pa_image_format(w->container.data, w->container.size);
    err = image != AV_CODEC_ID_NONE ? open_image(w, image) : open_video(w);
    if (w->container.name)
        snprintf(w->info.container, sizeof w->info.container, "%s", w->container.name);
    if (err)
        return err;
    w->index.syntax.codec = w->container.par->codec_id;
    pa_index_describe(&w->index);
    err = pa_index_build(&w->index);
    // Without a size in the headers only a decoded frame tells it.
    if (err == PA_REINDEX || (!err && (w->info.width <= 0 || w->info.height <= 0)))
        err = pa_index_scan(&w->index);
    if (!err)
        pa_index_describe(&w->index);
    return err;
}

int pa_open(pa_worker *w, uintptr_t handle, int64_t size, pa_info *info)
{
    pa_close(w);
    pa_call_reset(&w->call);
    pa_call_listen(&w->call);
    w->container.data = w->whole;
    w->container.handle = handle;
    w->container.size = size;
    w->decoder.ns = w->decoder.sent = w->render_ns = 0;
    memset(&w->info, 0, sizeof w->info);
    int err = open_clip(w);
    *info = w->info;
    if (err)
        pa_close(w);
    pa_call_listen(NULL);
    return err;
}

int pa_scan(pa_worker *w, pa_info *info)
{
    pa_call_listen(&w->call);
    pa_stop(w);
    int err = pa_index_scan(&w->index);
    if (!err)
        pa_index_describe(&w->index);
    *info = w->info;
    pa_call_listen(NULL);
    return err;
}

void pa_refresh(pa_worker *w, pa_info *info)
{
    pa_index_describe(&w->index);
    *info = w->info;
}

void pa_stop(pa_worker *w)
{
    pa_decoder_close(&w->decoder);
    w->running = 0;
}

void pa_close(pa_worker *w)
{
    pa_stop(w);
    if (w->decoder.frame)
        av_frame_unref(w->decoder.frame);
    pa_index_clear(&w->index);
    pa_container_close(&w->container);
    w->container.name = NULL;
    w->decoder.codec = NULL;
}
