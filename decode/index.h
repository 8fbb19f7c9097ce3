// The frame index: a clip's packets, which frames they show, and in which order
// these are presented, told from packets where they prove it and else from a
// full scan, which decodes everything.
#ifndef PADAPTER_DECODE_INDEX_H
#define PADAPTER_DECODE_INDEX_H

#include "base.h"
#include "container.h"
#include "codec.h"

typedef struct pa_entry {  // one frame, in presentation order
    int64_t pts;
    int32_t packet;        // ordinal in storage order
    uint8_t key;
    uint8_t nonref;
} pa_entry;

typedef struct pa_index {
    pa_call *call;                   // these five are set by the owner
    pa_info *info;
    pa_container *container;
    pa_decoder *decoder;
    pa_syntax syntax;

    AVPacket **pkts; int32_t pkts_cap;
    pa_packet *meta; int32_t npkts, meta_cap;
    AVPacket *scratch;
    int windowed;                    // packets are not held but read again when decoding
    int32_t read_at;                 // windowed: next packet that the container gives

    int32_t *order; int32_t order_cap;
    pa_entry *entries; int32_t nentries, entries_cap;
    int full_scan;                   // entries come from decoding
    int ordered;                     // meta[].frame is known
    int delay;                       // display delay in frames, -1: unknown
    int suspect;                     // a packet is damaged as the container tells

    AVFrame *still;                  // the decoded frame of an image
    int still_damaged;
} pa_index;

int pa_index_init(pa_index *x);
void pa_index_clear(pa_index *x);    // for the next clip
void pa_index_free(pa_index *x);

int pa_index_read(pa_index *x);      // all packets of the container
int pa_index_image(pa_index *x);     // the one packet of an image
int pa_index_packet(pa_index *x, int32_t i, AVPacket **pkt);
// Sends packet i to the decoder, size bytes of it if that is positive. In a full
// scan a packet that cannot be decoded is noted as lost, else it is PA_REINDEX.
int pa_index_send(pa_index *x, int32_t i, int size);
int pa_index_build(pa_index *x);     // PA_REINDEX: the packets prove no order
int pa_index_scan(pa_index *x);      // by decoding everything
void pa_index_describe(pa_index *x); // geometry and rates, as known now

#endif
