/* SPDX-License-Identifier: MIT */
/* Operations on 10,000,000 floats in GB/s, beside a plain copy that moves the same bytes. An
 * operation's limit is memcpy, on one thread, between as many bytes as the operation reads and
 * writes together. */
#include "bench.h"

#include <cblas.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 10000000, ROWS = 10000, COLUMNS = 1000 };

typedef struct work {
    reel *r;
    reel_tensor *a, *b, *matrix;
    reel_tensor *(*operation)(const struct work *w);
} work;

static reel_tensor *add(const work *w) { return reel_add(w->a, w->b); }
static reel_tensor *mul(const work *w) { return reel_mul(w->a, w->b); }
static reel_tensor *absolute(const work *w) { return reel_abs(w->a); }
static reel_tensor *relu(const work *w) { return reel_relu(w->a); }
static reel_tensor *exponential(const work *w) { return reel_exp(w->a); }
static reel_tensor *hyperbolic(const work *w) { return reel_tanh(w->a); }
static reel_tensor *sum(const work *w) { return reel_sum(w->a); }
static reel_tensor *mean(const work *w) { return reel_mean(w->a); }
static reel_tensor *l1_loss(const work *w) { return reel_l1_loss(w->a, w->b, REEL_MEAN); }
static reel_tensor *transposed_copy(const work *w) { return reel_contiguous(reel_t(w->matrix)); }

static double run_operation(void *state)
{
    work *w = state;
    w->operation(w);
    reel_rewind(w->r);
    return 0;
}

typedef struct copy {
    char *to, *from;
    size_t bytes; /* read, and written */
} copy;

static double run_copy(void *state)
{
    copy *c = state;
    memcpy(c->to, c->from, c->bytes);
    return 0;
}

static void bench_operation(work *w, copy *c, const char *name, double floats)
{
    timing time[2];
    const double bytes = floats * (double)COUNT * sizeof(float);
    c->bytes = (size_t)bytes / 2;
    time_in_rounds((contender[]){{run_operation, w}, {run_copy, c}}, 2, bytes, bench_seconds / 2,
                   time);
    report(&(result){.workload = "bandwidth",
                     .config = name,
                     .unit = "GB/s",
                     .threads = reel_get_num_threads(w->r),
                     .scale = 1e-9,
                     .rate = true,
                     .reel = time[0],
                     .limit = time[1]});
}

static double run_matmul(void *state)
{
    work *w = state;
    reel_matmul(w->a, w->b);
    reel_rewind(w->r);
    return 0;
}

typedef struct gemm {
    int n;
    const float *a, *b;
    float *c;
} gemm;

static double run_gemm(void *state)
{
    gemm *g = state;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, g->n, g->n, g->n, 1, g->a, g->n, g->b,
                g->n, 0, g->c, g->n);
    return 0;
}

static void bench_matmul(reel *r, int n)
{
    char name[32];
    work w = {.r = r,
              .a = reel_randn(r, REEL_F32, REEL_SHAPE(n, n)),
              .b = reel_randn(r, REEL_F32, REEL_SHAPE(n, n))};
    gemm g = {n, reel_data_f32(w.a), reel_data_f32(w.b),
              malloc((size_t)n * (size_t)n * sizeof(float))};
    timing time[2];
    time_in_rounds((contender[]){{run_matmul, &w}, {run_gemm, &g}}, 2, 2.0 * n * n * n,
                   bench_seconds / 2, time);
    snprintf(name, sizeof name, "matmul %d", n);
    report(&(result){.workload = "bandwidth",
                     .config = name,
                     .unit = "GF/s",
                     .threads = reel_get_num_threads(r),
                     .scale = 1e-9,
                     .rate = true,
                     .reel = time[0],
                     .limit = time[1]});
    free(g.c);
    reel_tensor_free(w.a);
    reel_tensor_free(w.b);
}

static void bench_threads(int threads)
{
    static const struct {
        const char *name;
        reel_tensor *(*operation)(const work *w);
        double floats; /* read and written for each element */
    } operations[] = {{"add", add, 3},         {"mul", mul, 3},
                      {"abs", absolute, 2},    {"relu", relu, 2},
                      {"exp", exponential, 2}, {"tanh", hyperbolic, 2},
                      {"sum", sum, 1},         {"mean", mean, 1},
                      {"l1_loss", l1_loss, 2}, {"transposed copy", transposed_copy, 2}};
    reel *r = reel_new();
    reel_set_num_threads(r, threads);
    work w = {.r = r,
              .a = reel_randn(r, REEL_F32, REEL_SHAPE(COUNT)),
              .b = reel_randn(r, REEL_F32, REEL_SHAPE(COUNT))};
    w.matrix = reel_keep(reel_reshape(w.a, REEL_SHAPE(ROWS, COLUMNS)));
    reel_tensor *from = reel_ones(r, REEL_F32, REEL_SHAPE(2 * COUNT)), *to = reel_ones_like(from);
    copy c = {(char *)reel_data_f32(to), (char *)reel_data_f32(from), 0};
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        w.operation = operations[i].operation;
        bench_operation(&w, &c, operations[i].name, operations[i].floats);
    }
    for (int n = 256; n <= 1024; n *= 2) {
        bench_matmul(r, n);
    }
    reel_free(r);
}

void bench_bandwidth(void) { for_each_thread_count(bench_threads); }
