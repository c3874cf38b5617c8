/* SPDX-License-Identifier: MIT */
/* Chapter 6: fill in what says TODO, and run ./scripts/course.sh 6. */
#include "exercise.h"

/* TODO: from reel_sub, reel_abs and reel_mean. */
reel_tensor *l1(reel_tensor *a, reel_tensor *b)
{
    (void)b;
    return reel_mean(a);
}

/* TODO */
reel_tensor *l1_sum(reel_tensor *a, reel_tensor *b)
{
    (void)b;
    return reel_sum(a);
}

/* TODO: how much larger are the sum's gradients? */
double lr_for_sum(double lr, int n)
{
    (void)n;
    return lr;
}
