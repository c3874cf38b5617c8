/* SPDX-License-Identifier: MIT */
/* Timing several ways of doing the same work against each other, in interleaved rounds of one
 * run. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* A way of doing the work: `run` does it once, which is `units` units of it. */
typedef struct contender {
    void (*run)(void *state);
    void *state;
} contender;

/* Seconds of one unit: the median over the rounds, and the quarter below and above it. */
typedef struct timing {
    double median, low, high;
} timing;

enum { MOST_CONTENDERS = 4 };

/* Times each contender in turn, round after round, for about `seconds` in all. */
void time_in_rounds(const contender *contenders, int count, double units, double seconds,
                    timing *out);

/* A line of the report. A median of 0 stands for: not measured. */
typedef struct result {
    const char *workload, *config, *unit;
    int threads;
    double scale; /* of a second in the unit: 1e6 for µs */
    timing reel, limit;
    bool rate; /* the figures are rates, and more is better */
} result;

void report(const result *r);

/* Ends the program unless the two losses are the same to within `tolerance` of theirs. */
void check_losses(const char *workload, double reel, double limit, double tolerance);

double now(void);

/* What the command line asked for. */
extern bool bench_json;
extern int bench_threads;

/* The workloads. */
void bench_w1_tutorial(void);
void bench_w1_process(void);
void bench_w6_chain(void);
void bench_bandwidth(void);
void bench_optimizers(void);

#endif
