/* SPDX-License-Identifier: MIT */
/* Chapter 9: fill in what says TODO, and run ./scripts/course.sh 9. */
#include "exercise.h"

/* TODO */
reel_tensor *penalty(reel_tensor *w, double lambda)
{
    (void)lambda;
    return reel_sum(w);
}

/* TODO: reel_sign, reel_abs and reel_relu; reel_copy_ writes, with gradients off. */
void soft_threshold(reel_tensor *w, double by) { (void)w, (void)by; }

/* TODO */
double hover(double lr, double lambda)
{
    (void)lr, (void)lambda;
    return 0;
}
