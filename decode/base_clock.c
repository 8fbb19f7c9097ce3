// The clock: deadlines, and what work took.
#include "base.h"
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_us(void) { return read_clock(CLOCK_MONOTONIC) / 1000; }

static clockid_t clock_of(int switches) { return switches & PA_WALL ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID; }

int64_t pa_clock(pa_call *c) { return c->switches & (PA_MEASURE | PA_WALL) ? read_clock(clock_of(c->switches)) : 0; }

int64_t pa_since(pa_call *c, int64_t t)
{
    if (!(c->switches & (PA_MEASURE | PA_WALL)))
        return 0;
    t = read_clock(clock_of(c->switches)) - t - c->clock_cost;
    return t > 0 ? t : 0;
}

// What reading a clock once costs: a microsecond where it is a system call.
static int64_t clock_cost(clockid_t id)
{
    int64_t least = INT64_MAX, before = read_clock(id);
    for (int i = 0; i < 32; i++) {
        int64_t now = read_clock(id);
        if (now - before < least)
            least = now - before;
        before = now;
    }
    return least;
}

void pa_call_configure(pa_call *c, pa_limits limits, int switches, int64_t deadline_us)
{
    c->limits = limits;
    if (switches & (PA_MEASURE | PA_WALL) && (!c->clock_cost || clock_of(switches) != clock_of(c->switches)))
        c->clock_cost = clock_cost(clock_of(switches));
    c->switches = switches;
    c->deadline = deadline_us ? now_us() + deadline_us : 0;
}

int pa_stopped(pa_call *c)
{
    if (atomic_load_explicit(&c->interrupted, memory_order_relaxed))
        return pa_fail(c, PA_CANCELED, "canceled");
    if (c->deadline && now_us() > c->deadline)
        return pa_fail(c, PA_TIMEOUT, "deadline passed");
    return PA_OK;
}
