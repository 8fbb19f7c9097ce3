// Memory: lists that grow, and how much the process takes.
#include "base.h"
#include <stdlib.h>
#include <string.h>
#include <libavutil/mem.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

int pa_grow(void **p, int32_t *cap, int32_t need, size_t item)
{
    if (need <= *cap)
        return PA_OK;
    int64_t grown = *cap + (int64_t)*cap / 2;
    if (grown < need)
        grown = need;
    if (grown < 64)
        grown = 64;
    if (grown > INT32_MAX / (int64_t)item)
        grown = need;
    void *q = realloc(*p, (size_t)grown * item);
    if (!q)
        return PA_MEMORY;
    memset((char *)q + (size_t)*cap * item, 0, (size_t)(grown - *cap) * item);
    *p = q;
    *cap = (int32_t)grown;
    return PA_OK;
}

void pa_process_alloc(void) { av_max_alloc(512 << 20); }

void pa_process_malloc(void)
{
#ifdef __GLIBC__
    if (getenv("GLIBC_TUNABLES") || getenv("MALLOC_TRIM_THRESHOLD_"))
        return;
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 4 << 20);
#endif
}
