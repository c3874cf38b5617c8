/* SPDX-License-Identifier: MIT */
/* Timing several ways of doing the same work against each other, in interleaved rounds of one
 * run. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* A way of doing the work: `run` does it once and returns its loss, or 0 where there is none.
 * One whose `run` is NULL is not there, and is not timed. */
typedef struct contender {
    double (*run)(void *state);
    void *state;
} contender;

/* Seconds of one unit: the median over the rounds, and the quarter below and above it. */
typedef struct timing {
    double median, low, high;
    const double *rounds; /* each, until others are timed; NULL: not known */
    int count;
} timing;

enum { MOST_CONTENDERS = 6 };

/* Times each contender in turn, round after round, for about `seconds` in all. */
void time_in_rounds(const contender *contenders, int count, double units, double seconds,
                    timing *out);
/* How many times as long a takes as b: the median over rounds of both in the same round, for what
 * slows the CPU down for a while does so to both; without rounds, of the medians. */
double time_ratio(timing a, timing b);

/* A line of the report. A median of 0 stands for: not measured. */
typedef struct result {
    const char *workload, *config, *unit;
    int threads;
    double scale; /* of a second in the unit: 1e6 for µs */
    bool rate;    /* the figures are rates, and more is better */
    timing reel, limit, libtorch;
} result;

void report(const result *r);
/* Seconds in the unit of the line. */
double figure(const result *r, double seconds);

/* What a line is to reach: so little, so much, or so small a multiple of the limit. */
typedef struct bar {
    enum { NO_BAR, BAR_AT_MOST, BAR_AT_LEAST, BAR_RATIO } kind;
    double value;
} bar;
bar find_bar(const result *r);

/* A workload and all that do it. Those that are given must each start from the same numbers. */
typedef struct comparison {
    const char *workload;
    const char *config; /* what is special about it, "sgd"; or NULL */
    const char *unit;
    double scale; /* of a second in the unit */
    double units; /* of work in one run; 0: 1 */
    int threads;
    contender eager, replayed, limit;
    contender one_pass;     /* a second limit, which reads its input once; a line of its own */
    contender eager_beside; /* and an eager way beside it, of another line */
    int steps;              /* whose losses are compared first; 0: 20 */
    double tolerance;       /* of a loss, relative */
} comparison;

/*
 * Compares the losses of some steps, libtorch's among them if it can be had, ends the program
 * unless they agree, then times all and reports a line for each way of ours.
 */
void compare(const comparison *c);

/* Runs all step by step with the first; ends the program where a loss differs from it. */
void compare_losses(const comparison *c, const contender *all, int count);

/* Another program that does work when it is told to, and says how long it took. */
typedef struct peer peer;
/* Starts a program that lies beside this one, or returns NULL if there is none. `threads`: of the
 * BLAS and the OpenMP that it brings along. */
peer *peer_start(const char *program, const char *const *arguments, int threads);
/* Seconds that it took to do the work `repeats` times; what it said of the last one, to *value. */
double peer_seconds(peer *p, int repeats, double *value);
/* As a contender's `run`: the rounds then take the peer's own word for the time. */
double run_peer(void *state);
void peer_stop(peer *p);

/* libtorch's side of a workload, or one that is not there. */
contender libtorch_contender(const char *workload, const char *config, int threads);

double now(void);

/* The program of this name beside this one; good until the next call. */
const char *program_beside(const char *name);

/* Runs a workload with each level of kernels; a line for each of its comparisons, with the time of
 * each level as a multiple of the first one's. */
void run_levels(void (*run)(void));
void compare_levels(const comparison *c);

/* --count: the ways of a comparison that are ours, each for some steps that a profiler counts. */
void count_steps(const comparison *c);

/* --baseline: the lines of an earlier run's JSON, with which later lines are compared. */
void read_baseline(const char *path);
/* Says how the line's figure moved; nothing without a baseline. */
void compare_with_baseline(const result *r);
/* Which lines moved beyond their spread; false if one became slower. */
bool conclude_baseline(void);

/* What the command line asked for. */
typedef enum format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_MARKDOWN,
    FORMAT_LEVELS,
    FORMAT_COUNTED
} format;
extern format bench_format;
extern double bench_seconds; /* for each comparison */

/* Calls `run` for the number of threads that was asked for, or else for 1 and for 2. */
void for_each_thread_count(void (*run)(int threads));

/* The workloads. */
void bench_w1_tutorial(void);
void bench_w1_process(void);
void bench_w2_mlp(void);
void bench_w3_wide_mlp(void);
void bench_w4_l1_loss(void);
void bench_w4_huber_loss(void);
void bench_w5_linear_regression(void);
void bench_w6_chain(void);
void bench_w7_convolutional(void);
void bench_w8_unet(void);
void bench_w9_lstm(void);
void bench_elementwise(void);
void bench_fit(void);
void bench_csv(void); /* where the library reads tables */
void bench_bandwidth(void);
void bench_optimizers(void);

#endif
