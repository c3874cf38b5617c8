/* SPDX-License-Identifier: MIT */
/* Chapter 12: fill in what says TODO, and run ./scripts/course.sh 12. */
#include "exercise.h"

/* TODO: reel_mean_dim(t, dims, count, keepdim) over the rows, dim 0. */
reel_tensor *standardised(reel_tensor *x, reel_tensor *train)
{
    (void)train;
    return x;
}

/* TODO */
int best_epoch(const double *losses, int epochs, int patience)
{
    (void)losses, (void)patience;
    return epochs - 1;
}

/* TODO: reel_capture_begin, reel_capture_end, reel_replay. */
double replayed(reel *r, one_step step, void *context, int steps)
{
    (void)r, (void)steps;
    return reel_item(step(context));
}
