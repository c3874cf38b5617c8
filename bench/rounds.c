/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_ROUNDS = 501, LEAST_ROUNDS = 5 };

bool bench_json;
int bench_threads;

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds_of(const contender *c, int repeats)
{
    double start = now();
    for (int i = 0; i < repeats; i++) {
        c->run(c->state);
    }
    return (now() - start) / repeats;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How often a contender must run for the clock to be precise: at least half a millisecond. */
static int repeats_for(const contender *c)
{
    int repeats = 1;
    while (seconds_of(c, repeats) * repeats < 5e-4 && repeats < 1 << 24) {
        repeats *= 2;
    }
    return repeats;
}

void time_in_rounds(const contender *contenders, int count, double units, double seconds,
                    timing *out)
{
    static double times[MOST_CONTENDERS][MOST_ROUNDS];
    int repeats[MOST_CONTENDERS], rounds = 0;
    for (int c = 0; c < count; c++) {
        repeats[c] = repeats_for(&contenders[c]);
    }
    for (double start = now();
         rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || now() - start < seconds); rounds++) {
        for (int c = 0; c < count; c++) {
            times[c][rounds] = seconds_of(&contenders[c], repeats[c]) / units;
        }
    }
    for (int c = 0; c < count; c++) {
        qsort(times[c], (size_t)rounds, sizeof times[c][0], ascending);
        out[c] =
            (timing){times[c][rounds / 2], times[c][rounds / 4], times[c][rounds - 1 - rounds / 4]};
    }
}

static double ratio(const result *r)
{
    return r->rate ? r->limit.median / r->reel.median : r->reel.median / r->limit.median;
}

static void report_json(const result *r)
{
    double sign = r->rate ? -1 : 1;
    printf(
        "{\"workload\": \"%s\", \"config\": \"%s\", \"threads\": %d, \"reel\": %.6g, \"limit\": ",
        r->workload, r->config, r->threads, pow(r->reel.median, sign) * r->scale);
    if (r->limit.median > 0) {
        printf("%.6g, \"libtorch\": null, \"unit\": \"%s\", \"ratio_limit\": %.4g}\n",
               pow(r->limit.median, sign) * r->scale, r->unit, ratio(r));
    } else {
        printf("null, \"libtorch\": null, \"unit\": \"%s\", \"ratio_limit\": null}\n", r->unit);
    }
    fflush(stdout);
}

void report(const result *r)
{
    if (bench_json) {
        report_json(r);
        return;
    }
    double sign = r->rate ? -1 : 1;
    printf("%-10s %-24s %d thread%s  reel %9.4g %-5s (%.4g to %.4g)", r->workload, r->config,
           r->threads, r->threads == 1 ? " " : "s", pow(r->reel.median, sign) * r->scale, r->unit,
           pow(r->rate ? r->reel.high : r->reel.low, sign) * r->scale,
           pow(r->rate ? r->reel.low : r->reel.high, sign) * r->scale);
    if (r->limit.median > 0) {
        printf("  limit %9.4g  ratio %.3f", pow(r->limit.median, sign) * r->scale, ratio(r));
    }
    printf("\n");
    fflush(stdout);
}

void check_losses(const char *workload, double reel, double limit, double tolerance)
{
    if (!(fabs(reel - limit) <= tolerance * fabs(limit))) {
        fprintf(stderr,
                "bench: %s: the losses differ: %.9g, and %.9g by hand; no time is believed\n",
                workload, reel, limit);
        exit(1);
    }
}
