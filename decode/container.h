// Containers: the bytes of a clip, FFmpeg's demuxer over them, the video stream
// and its packets; still images, which have no container.
#ifndef PADAPTER_DECODE_CONTAINER_H
#define PADAPTER_DECODE_CONTAINER_H

#include "base.h"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

typedef struct pa_container {
    pa_call *call;
    const uint8_t *data;             // the whole file, where handle is 0
    uintptr_t handle;                // of paRead
    int64_t size, offset;
    const char *name;                // FFmpeg's, or "image"
    AVIOContext *io;
    AVFormatContext *fmt;
    AVStream *stream;                // the best video stream; NULL for images
    AVCodecParameters *par;          // the stream's, or image_par
    AVCodecParameters *image_par;
    int unread;                      // packets that could not be read so far
} pa_container;

// The image format that a file's first bytes name, or none.
enum AVCodecID pa_image_format(const uint8_t *data, int64_t size);

// Opens the file in data or handle, which are set, at its beginning.
int pa_container_open(pa_container *c);
int pa_container_open_image(pa_container *c, enum AVCodecID id);
// The stream's next packet that holds anything: PA_OK, PA_END behind the last, or an error.
int pa_container_read(pa_container *c, AVPacket *pkt);
// Whether the file ends before its boxes do.
int pa_container_cut(const pa_container *c);
void pa_container_close(pa_container *c);

// For container_open.c.
int pa_io_open(pa_container *c);
void pa_io_close(pa_container *c);

#endif
