/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_ROUNDS = 501, LEAST_ROUNDS = 5, STEPS_COMPARED = 20 };

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Between contenders of several threads: OpenBLAS's spin for 2^26 ticks, some 30 ms, before they
 * sleep. */
static double pause_before;

static void pause_for(double seconds)
{
    nanosleep(&(struct timespec){0, (long)(seconds * 1e9)}, NULL);
}

static double run_times(const contender *c, int repeats)
{
    if (c->run == run_peer) {
        double loss;
        return peer_seconds(c->state, repeats, &loss);
    }
    double start = now();
    for (int i = 0; i < repeats; i++) {
        c->run(c->state);
    }
    return now() - start;
}

/* One run more, and a quarter of them, which do not count, bring what they need back into the
 * caches and wake their threads: a step of training follows its like. */
static double seconds_of(const contender *c, int repeats)
{
    if (pause_before > 0) {
        pause_for(pause_before);
    }
    run_times(c, repeats / 4 + 1);
    return run_times(c, repeats) / repeats;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How often a contender must run for the clock to be precise: at least two milliseconds; longer
 * where threads that slept have to find a core first. */
static int repeats_for(const contender *c)
{
    const double burst = pause_before > 0 ? 6e-2 : 2e-3;
    int repeats = 1;
    while (seconds_of(c, repeats) * repeats < burst && repeats < 1 << 24) {
        repeats *= 2;
    }
    return repeats;
}

void time_in_rounds(const contender *contenders, int count, double units, double seconds,
                    timing *out)
{
    static double times[MOST_CONTENDERS][MOST_ROUNDS];
    int repeats[MOST_CONTENDERS] = {0}, rounds = 0, least = seconds > 0 ? LEAST_ROUNDS : 1;
    for (int c = 0; c < count; c++) {
        repeats[c] = contenders[c].run ? repeats_for(&contenders[c]) : 0;
    }
    for (double start = now(); rounds < MOST_ROUNDS && (rounds < least || now() - start < seconds);
         rounds++) {
        for (int i = 0; i < count; i++) {
            const int c = (i + rounds) % count; /* nobody always follows the same one */
            times[c][rounds] =
                contenders[c].run ? seconds_of(&contenders[c], repeats[c]) / units : 0;
        }
    }
    for (int c = 0; c < count; c++) {
        double sorted[MOST_ROUNDS];
        memcpy(sorted, times[c], (size_t)rounds * sizeof *sorted);
        qsort(sorted, (size_t)rounds, sizeof *sorted, ascending);
        out[c] = (timing){sorted[rounds / 2], sorted[rounds / 4], sorted[rounds - 1 - rounds / 4],
                          times[c], rounds};
    }
}

double time_ratio(timing a, timing b)
{
    double ratios[MOST_ROUNDS];
    if (!a.rounds || !b.rounds || a.count != b.count) {
        return a.median / b.median;
    }
    for (int i = 0; i < a.count; i++) {
        ratios[i] = a.rounds[i] / b.rounds[i];
    }
    qsort(ratios, (size_t)a.count, sizeof *ratios, ascending);
    return ratios[a.count / 2];
}

void compare_losses(const comparison *c, const contender *all, int count)
{
    const int steps = c->steps ? c->steps : STEPS_COMPARED;
    for (int step = 0; step < steps; step++) {
        const double first = all[0].run(all[0].state);
        for (int i = 1; i < count; i++) {
            const double other = all[i].run ? all[i].run(all[i].state) : first;
            if (!(fabs(first - other) <= c->tolerance * fabs(other))) {
                fprintf(
                    stderr,
                    "bench: %s: the losses of step %d differ: %.9g, and %.9g by contender %d; no "
                    "time is believed\n",
                    c->workload, step + 1, first, other, i + 1);
                exit(1);
            }
        }
    }
}

static void report_way(const comparison *c, const char *way, timing reel, timing limit,
                       timing libtorch)
{
    char config[64];
    snprintf(config, sizeof config, "%s%s%s", way, c->config ? ", " : "",
             c->config ? c->config : "");
    report(&(result){.workload = c->workload,
                     .config = config,
                     .unit = c->unit,
                     .threads = c->threads,
                     .scale = c->scale,
                     .reel = reel,
                     .limit = limit,
                     .libtorch = libtorch});
}

void compare(const comparison *c)
{
    enum { EAGER, REPLAYED, LIMIT, ONE_PASS, EAGER_BESIDE, LIBTORCH, ALL };
    if (bench_format == FORMAT_LEVELS) {
        compare_levels(c);
        return;
    }
    if (bench_format == FORMAT_COUNTED) {
        count_steps(c);
        return;
    }
    const contender all[ALL] = {
        c->eager,    c->replayed,     c->limit,
        c->one_pass, c->eager_beside, libtorch_contender(c->workload, c->config, c->threads)};
    timing time[ALL];
    compare_losses(c, all, ALL);
    pause_before = c->threads > 1 ? 0.06 : 0;
    time_in_rounds(all, ALL, c->units > 0 ? c->units : 1, bench_seconds, time);
    pause_before = 0;
    report_way(c, "eager", time[EAGER], time[LIMIT], time[LIBTORCH]);
    if (c->replayed.run) {
        report_way(c, "replayed", time[REPLAYED], time[LIMIT], time[LIBTORCH]);
    }
    if (c->one_pass.run) {
        report_way(c, "limit in one pass", time[c->replayed.run ? REPLAYED : EAGER], time[ONE_PASS],
                   time[LIBTORCH]);
    }
    if (c->eager_beside.run) {
        report_way(c, "limit in one pass, eager", time[EAGER_BESIDE], time[ONE_PASS],
                   time[LIBTORCH]);
    }
    if (all[LIBTORCH].run) {
        peer_stop(all[LIBTORCH].state);
    }
}
