/* SPDX-License-Identifier: MIT */
/*
 * fit: an epoch of the program `reel fit` at W2's size, beside as many training steps with nothing
 * around them. The epoch is the difference between a long and a short training; so neither the
 * program's start nor reading the table is in it, but all else is: shuffling, gathering, the
 * schedule, the report.
 */
#include "bench.h"
#include "files.h"
#include "inputs.h"
#include "models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHORT = 5, LONG = 45, EPOCHS = LONG - SHORT, STEPS = W2_ROWS / W2_BATCH };

typedef struct training {
    reel *r;
    reel_tensor *x, *t;
    reel_module *model, *l1_loss;
    reel_optimizer *adam;
} training;

static training make_training(void)
{
    limit_mlp weights = draw_weights(W2_INPUTS, W2_HIDDEN);
    reel *r = reel_new();
    training s = {.r = r,
                  .x = reel_randn(r, REEL_F32, REEL_SHAPE(W2_BATCH, W2_INPUTS)),
                  .t = reel_randn(r, REEL_F32, REEL_SHAPE(W2_BATCH, 1)),
                  .model = make_mlp(r, W2_INPUTS, W2_HIDDEN, &weights),
                  .l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0})};
    s.adam = reel_optim_adam(reel_parameters(s.model), (reel_adam_options){0});
    free_weights(&weights);
    require_success(r);
    return s;
}

static reel_tensor *step(void *state)
{
    training *s = state;
    reel_tensor *loss = reel_loss(s->l1_loss, reel_forward(s->model, s->x), s->t);
    reel_zero_grad(s->adam);
    reel_backward(loss);
    reel_step(s->adam);
    return loss;
}

/* As many as the long training has more than the short one: what else runs on this machine then
 * takes as much from either. */
static double run_steps(void *state)
{
    double loss = 0;
    for (int i = 0; i < EPOCHS * STEPS; i++) {
        loss = run_replayed(state);
    }
    return loss;
}

/* A table of W2's size, the last column of which is to be predicted. */
static const char *write_table(void)
{
    int64_t size;
    enum { COLUMNS = W2_INPUTS + 1 };
    float *x = allocate(W2_ROWS * COLUMNS);
    fill_uniform(x, W2_ROWS * COLUMNS, 1, 1);
    const char *path = write_csv(x, W2_ROWS, COLUMNS, &size);
    free(x);
    return path;
}

static contender fit_program(const char *table, int epochs)
{
    char *program = strdup(program_beside("reel")), count[16];
    snprintf(count, sizeof count, "%d", epochs);
    peer *p = peer_start("bench_process",
                         (const char *[]){program, "fit", table, "--target=c13", "--hidden=64,64",
                                          "--batch-size=32", "--loss=l1", "--optimizer=adam",
                                          "--no-save", "--quiet", "--epochs", count, NULL},
                         1);
    free(program);
    return (contender){p ? run_peer : NULL, p};
}

/* `steps` are EPOCHS' steps alone. */
static void report_epoch(timing brief, timing lengthy, timing steps)
{
    timing epoch = {.median = lengthy.median - brief.median,
                    .low = lengthy.low - brief.median,
                    .high = lengthy.high - brief.median};
    const double share = steps.median / epoch.median;
    report(&(result){.workload = "fit",
                     .config = "epoch, limit: its steps alone",
                     .unit = "ms",
                     .threads = 1,
                     .scale = 1e3 / (double)EPOCHS,
                     .reel = epoch,
                     .limit = steps});
    report(&(result){.workload = "fit",
                     .config = "share inside the step",
                     .unit = "of 1",
                     .threads = 1,
                     .scale = 1,
                     .reel = {.median = share,
                              .low = steps.median / epoch.high,
                              .high = steps.median / epoch.low}});
}

void bench_fit(void)
{
    timing time[3];
    if (access(program_beside("reel"), X_OK) != 0) {
        fprintf(stderr, "fit: not measured; the program reel was not built\n");
        return;
    }
    const char *table = write_table();
    training s = make_training();
    replayed_step replayed = {.r = s.r, .run = step, .state = &s};
    contender all[] = {fit_program(table, SHORT), fit_program(table, LONG), {run_steps, &replayed}};
    time_in_rounds(all, 3, 1, 2 * bench_seconds, time);
    report_epoch(time[0], time[1], time[2]);
    peer_stop(all[0].state);
    peer_stop(all[1].state);
    reel_free(s.r);
}
