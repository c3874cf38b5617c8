/* SPDX-License-Identifier: MIT */
/* Optimizer steps over 10,000,000 parameters, in GB/s, beside a plain copy that moves the same
 * bytes on one thread. */
#include "bench.h"

#include <reel/reel.h>
#include <string.h>

enum { COUNT = 10000000 };

static double run_step(void *state)
{
    reel_step(state);
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

static void bench_step(reel_optimizer *o, int threads, copy *c, const char *name, double floats)
{
    timing time[2];
    const double bytes = floats * (double)COUNT * sizeof(float);
    c->bytes = (size_t)bytes / 2;
    time_in_rounds((contender[]){{run_step, o}, {run_copy, c}}, 2, bytes, bench_seconds / 2, time);
    report(&(result){.workload = "optimizers",
                     .config = name,
                     .unit = "GB/s",
                     .threads = threads,
                     .scale = 1e-9,
                     .rate = true,
                     .reel = time[0],
                     .limit = time[1]});
    reel_optimizer_free(o);
}

/* SGD reads p, g and a buffer and writes p and the buffer; Adam has two of them. */
static void bench_threads(int threads)
{
    reel *r = reel_new();
    reel_set_num_threads(r, threads);
    reel_tensor *p = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(COUNT)), true);
    reel_tensor *w = reel_randn(r, REEL_F32, REEL_SHAPE(COUNT));
    reel_backward(reel_sum(reel_mul(p, w)));
    reel_rewind(r);
    reel_tensor *from = reel_ones(r, REEL_F32, REEL_SHAPE(5 * COUNT)), *to = reel_ones_like(from);
    copy c = {(char *)reel_data_f32(to), (char *)reel_data_f32(from), 0};
    const reel_tensor_list list = {r, &p, 1};
    bench_step(reel_optim_sgd(list, (reel_sgd_options){.lr = 1e-6}), threads, &c, "SGD", 3);
    bench_step(reel_optim_sgd(list, (reel_sgd_options){.lr = 1e-6, .momentum = 0.9}), threads, &c,
               "SGD, momentum", 5);
    bench_step(reel_optim_adam(list, (reel_adam_options){.lr = 1e-6}), threads, &c, "Adam", 7);
    bench_step(reel_optim_adamw(list, (reel_adamw_options){.lr = 1e-6, .amsgrad = true}), threads,
               &c, "AdamW, amsgrad", 9);
    bench_step(reel_optim_rmsprop(list, (reel_rmsprop_options){.lr = 1e-6}), threads, &c, "RMSprop",
               5);
    bench_step(reel_optim_adadelta(list, (reel_adadelta_options){.lr = 1e-6}), threads, &c,
               "Adadelta", 7);
    reel_free(r);
}

void bench_optimizers(void) { for_each_thread_count(bench_threads); }
