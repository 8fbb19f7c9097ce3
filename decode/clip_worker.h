// The worker's inside, for the files of clip alone.
#ifndef PADAPTER_DECODE_CLIP_WORKER_H
#define PADAPTER_DECODE_CLIP_WORKER_H

#include "clip.h"

struct pa_worker {
    pa_call call;
    pa_info info;
    pa_container container;
    pa_decoder decoder;
    pa_index index;
    struct pa_tables *tables;
    uint8_t *whole; int64_t whole_cap; // buffer for a whole file

    // What is wanted, and where decoding is.
    int32_t *want; int32_t want_cap, nwant, next_want;
    uint8_t *needed; int32_t needed_cap; // by packet: its frame is wanted
    int32_t next_packet, last_packet, segment_key, next_segment;
    int32_t out_count, draining, last_frame;
    int running;
    int64_t render_ns;
};

#endif
