/* SPDX-License-Identifier: MIT */
/*
 * --levels: a workload with the kernels of each level of CPU, in interleaved rounds, as multiples
 * of the first level's time. A reel chooses its kernels when it is made. So the first level's
 * comparison starts the workload once more for the next level, which does the same; the last one
 * finds all levels' contenders alive, and times them.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 3 };
static const char *const levels[LEVELS] = {NULL, "avx2", "portable"}; /* NULL: this CPU's own */

static void (*workload)(void);
static int level;
static const comparison *found[LEVELS]; /* each level's, of the one that is being looked for */

static void choose_level(int which)
{
    level = which;
    if (levels[which]) {
        setenv("REEL_CPU", levels[which], 1);
    } else {
        unsetenv("REEL_CPU");
    }
}

static bool is_same(const comparison *a, const comparison *b)
{
    return a->threads == b->threads &&
           strcmp(a->config ? a->config : "", b->config ? b->config : "") == 0;
}

static void print_way(const char *way, const comparison *c, const timing *time)
{
    printf("| %s: %s%s%s | %d |", c->workload, way, c->config ? ", " : "",
           c->config ? c->config : "", c->threads);
    for (int i = 0; i < LEVELS; i++) {
        printf(" %.3g |", time_ratio(time[i], time[0]));
    }
    printf("\n");
    fflush(stdout);
}

static void time_levels(void)
{
    const comparison *c = found[0];
    contender all[2 * LEVELS];
    timing time[2 * LEVELS];
    for (int i = 0; i < LEVELS; i++) {
        all[i] = found[i]->eager;
        all[LEVELS + i] = found[i]->replayed;
    }
    compare_losses(c, all, 2 * LEVELS);
    time_in_rounds(all, 2 * LEVELS, 1, bench_seconds, time);
    print_way("eager", c, time);
    if (c->replayed.run) {
        print_way("replayed", c, time + LEVELS);
    }
}

void compare_levels(const comparison *c)
{
    if (level > 0 && !is_same(c, found[0])) {
        return; /* it has its own turn at the first level */
    }
    found[level] = c;
    if (level + 1 == LEVELS) {
        time_levels();
        return;
    }
    choose_level(level + 1);
    workload();
    choose_level(level - 1);
}

void run_levels(void (*run)(void))
{
    static bool started;
    if (!started) {
        printf(
            "| workload | threads | this CPU's own | avx2 | portable |\n|---|---|---|---|---|\n");
        started = true;
    }
    workload = run;
    choose_level(0);
    run();
}
