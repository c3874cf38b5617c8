/* SPDX-License-Identifier: MIT */
/* W1: an epoch of the L1 tutorial, and its whole process. */
#define _GNU_SOURCE /* wait4, memrchr */
#include "bench.h"
#include "limit/limit.h"

#include <fcntl.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct tutorial {
    reel *r;
    reel_tensor *x, *y;
    reel_module *model, *l1_loss;
    reel_optimizer *sgd;
    double loss;
} tutorial;

static tutorial make_tutorial(void)
{
    reel *r = reel_new();
    tutorial t = {.r = r};
    t.x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    t.y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    t.model = reel_nn_linear(r, 1, 1);
    t.l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    t.sgd = reel_optim_sgd(reel_parameters(t.model), (reel_sgd_options){.lr = 0.01});
    return t;
}

static void epoch(void *state)
{
    tutorial *t = state;
    reel_tensor *y_pred = reel_forward(t->model, reel_unsqueeze(t->x, 1));
    reel_tensor *loss = reel_loss(t->l1_loss, y_pred, reel_unsqueeze(t->y, 1));
    reel_zero_grad(t->sgd);
    reel_backward(loss);
    reel_step(t->sgd);
    t->loss = reel_item(loss);
    reel_rewind(t->r);
}

static void limit_epoch(void *state) { limit_w1_epoch(state); }

void bench_w1_tutorial(void)
{
    tutorial t = make_tutorial();
    limit_w1 *limit = limit_w1_create((float)reel_item(reel_parameter(t.model, "weight")),
                                      (float)reel_item(reel_parameter(t.model, "bias")));
    for (int i = 0; i < 50; i++) {
        epoch(&t);
        check_losses("W1", t.loss, (double)limit_w1_epoch(limit), 1e-4);
    }
    timing time[2];
    time_in_rounds((contender[]){{epoch, &t}, {limit_epoch, limit}}, 2, 1, 2, time);
    report(&(result){"W1", "eager", "us", 1, 1e6, time[0], time[1], false});
    limit_w1_destroy(limit);
    reel_free(t.r);
}

/* The tutorial's program, which lies beside this one. */
static const char *tutorial_program(void)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 32);
    char *name = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    strcpy(name ? name + 1 : path, "l1_tutorial");
    return path;
}

static long peak_kb;

static void run_process(void *state)
{
    const char *program = state;
    struct rusage used;
    int status;
    pid_t child = vfork();
    if (child == 0) {
        execl(program, program, "0", (char *)NULL);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0 || status != 0) {
        fprintf(stderr, "bench: %s did not run\n", program);
        exit(1);
    }
    peak_kb = used.ru_maxrss;
}

/* 100 epochs, their 101 lines and the start of the process included. */
void bench_w1_process(void)
{
    char *program = strdup(tutorial_program());
    int out = dup(1), nowhere = open("/dev/null", O_WRONLY);
    timing time;
    fflush(stdout);
    dup2(nowhere, 1);
    time_in_rounds(&(contender){run_process, program}, 1, 1, 2, &time);
    dup2(out, 1);
    close(out);
    close(nowhere);
    report(&(result){"W1p", "whole process", "ms", 1, 1e3, time, {0, 0, 0}, false});
    const double mb = (double)peak_kb / 1024;
    report(&(result){"W1p", "peak memory", "MB", 1, 1, {mb, mb, mb}, {0, 0, 0}, false});
    free(program);
}
