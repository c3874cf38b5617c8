/* SPDX-License-Identifier: MIT */
/* --levels: every workload with the kernels of each level of CPU, and what they cost. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEVELS = 3, MOST_LINES = 64 };
static const char *const levels[LEVELS] = {NULL, "avx2", "portable"}; /* NULL: this machine's own */

typedef struct line {
    char name[96];
    double cost[LEVELS]; /* in units of the limit, or in seconds where there is none */
} line;

static line lines[MOST_LINES];
static int level, filled[LEVELS]; /* the level that runs, and each one's lines so far */

void report_level(const result *r)
{
    int *count = &filled[level];
    if (*count == MOST_LINES) {
        return;
    }
    line *to = &lines[(*count)++];
    snprintf(to->name, sizeof to->name, "%s: %s | %d", r->workload, r->config, r->threads);
    to->cost[level] = r->reel.median / (r->limit.median > 0 ? r->limit.median : 1);
}

void run_levels(void (*run)(void))
{
    for (level = 0; level < LEVELS; level++) {
        if (levels[level]) {
            setenv("REEL_CPU", levels[level], 1); /* each reel looks when it is made */
        } else {
            unsetenv("REEL_CPU");
        }
        run();
    }
}

void print_levels(void)
{
    printf("| workload | threads | this CPU's own | avx2 | portable |\n|---|---|---|---|---|\n");
    for (int i = 0; i < filled[0]; i++) {
        printf("| %s |", lines[i].name);
        for (int k = 0; k < LEVELS; k++) {
            printf(" %.3g |", lines[i].cost[k] / lines[i].cost[0]);
        }
        printf("\n");
    }
}
