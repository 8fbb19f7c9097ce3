// Decodes a clip again and again with the native unit of package decode, each
// time failing one allocation more: the first, the second, and so on, until one
// run gets by without. Every run must end with a code, leave no handle behind,
// and be followed by a good one on the same worker. The sanitizers see the rest:
// what is read after it was freed, what is written behind its end, and what is
// never freed. Lists that grow (realloc) are few, and each of them fails once.
//
//   nomemory STEP FILE...    STEP 1: every allocation; 7: every seventh
//
// Linked with --wrap for each function below.
#include "../clip.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long until = -1; // allocations that succeed before one fails; negative: all
static int growing;     // only those that grow a list count

static int fails(void) { return until >= 0 && until-- == 0; }
static int fails_new(void) { return !growing && fails(); }

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
int __real_posix_memalign(void **p, size_t align, size_t n);
void *__wrap_malloc(size_t n) { return fails_new() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return fails_new() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
int __wrap_posix_memalign(void **p, size_t align, size_t n) { return fails_new() ? ENOMEM : __real_posix_memalign(p, align, n); }

static uint8_t *file;
static int64_t size;

int paRead(uintptr_t handle, int64_t offset, uint8_t *buf, int n)
{
    for (int i = 0; i < n; i++)
        buf[i] = file[offset + i];
    return n;
}

enum { SIDE = 48 };

// One clip; windowed: packets are read piece by piece.
static int decode(pa_worker *w, int windowed)
{
    pa_limits limits = {1 << 20, 1000, windowed ? 4096 : 64 << 20};
    pa_info info;
    static uint8_t rgb[2 * SIDE * SIDE * 3];
    if (!windowed) {
        uint8_t *whole = pa_buffer(w, size);
        if (!whole)
            return PA_MEMORY;
        memcpy(whole, file, size);
    }
    pa_configure(w, limits, 1, 0, 0);
    int code = pa_open(w, windowed, size, &info);
    for (int again = 0; !code && again < 3; again++) {
        int32_t wanted[2] = {0, info.frames - 1};
        pa_shape shape = {0, 0, info.width, info.height, SIDE, SIDE, PA_BILINEAR, 0};
        pa_frame frames[2];
        code = pa_render(w, wanted, 2, &shape, rgb, frames, &info);
        if (code == PA_REINDEX)
            code = pa_scan(w, &info);
        else if (code != PA_RESHAPE)
            break;
        else
            code = PA_OK;
    }
    pa_close(w);
    return code;
}

static int run(const char *name, int step, int windowed)
{
    long n = 0;
    for (int done = 0; !done; n += step) {
        until = n;
        pa_worker *w = pa_new();
        int code = w ? decode(w, windowed) : PA_MEMORY;
        done = until >= 0;
        until = -1;
        if (done && code) {
            fprintf(stderr, "%s: code %d with all its memory: %s\n", name, code, pa_message(w));
            return 1;
        }
        if (w && (code = decode(w, windowed))) {
            fprintf(stderr, "%s: code %d after allocation %ld had failed: %s\n", name, code, n, pa_message(w));
            return 1;
        }
        pa_free(w);
        if (pa_live()) {
            fprintf(stderr, "%s: %lld handles are left after allocation %ld had failed\n", name, (long long)pa_live(), n);
            return 1;
        }
    }
    printf("%s%s: %s 0, %d, %d to %ld failed once\n", name, windowed ? ", piece by piece" : "", growing ? "growth of lists" : "allocations", step, 2 * step, n);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = argc < 3, step = argc > 1 ? atoi(argv[1]) : 0;
    if (step < 1)
        return 2;
    pa_process_log();
    for (int i = 2; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) <= 0) {
            perror(argv[i]);
            return 2;
        }
        rewind(f);
        file = malloc(size);
        if (!file || fread(file, 1, size, f) != (size_t)size)
            return 2;
        fclose(f);
        growing = 0;
        failed |= run(argv[i], step, 0) | run(argv[i], step, 1);
        growing = 1;
        failed |= run(argv[i], 1, 0) | run(argv[i], 1, 1);
        free(file);
    }
    return failed;
}
