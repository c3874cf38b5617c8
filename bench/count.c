/* SPDX-License-Identifier: MIT */
/*
 * --count: instructions, unlike times, do not depend on what else the machine does. Each way of
 * ours takes its steps in a function of its own, so that a profiler can count what is in it alone,
 * after steps enough for all memory to be there.
 */
#include "bench.h"

#include <stdio.h>

enum { STEPS = 100, STEPS_BEFORE = 10 };

#if defined(__GNUC__)
__attribute__((noinline))
#endif
void counted_steps(const contender *c);

void counted_steps(const contender *c)
{
    for (int i = 0; i < STEPS; i++) {
        c->run(c->state);
    }
}

/* The line's name and how often its unit was done: what the count is to be divided by. */
static void count_way(const comparison *c, const char *way, const contender *ours)
{
    if (!ours->run) {
        return;
    }
    for (int i = 0; i < STEPS_BEFORE; i++) {
        ours->run(ours->state);
    }
    counted_steps(ours);
    printf("%s: %s%s%s\t%g\n", c->workload, way, c->config ? ", " : "", c->config ? c->config : "",
           (double)STEPS * (c->units > 0 ? c->units : 1));
}

void count_steps(const comparison *c)
{
    count_way(c, "eager", &c->eager);
    count_way(c, "replayed", &c->replayed);
}
