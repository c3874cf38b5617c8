/* SPDX-License-Identifier: MIT */
/* Chapter 7: fill in what says TODO, and run ./scripts/course.sh 7. */
#include "exercise.h"

/* TODO: a leaf c, an optimizer, a loop; steps of L1 do not shrink by themselves: reel_set_lr. */
double median(reel *r, const double *v, int n)
{
    (void)r, (void)n;
    return v[0];
}

/* TODO: reel_where(condition, there, elsewhere). */
reel_tensor *huber(reel_tensor *error) { return reel_mean(reel_square(error)); }

/* TODO */
double first_to_pull(void) { return 0; }
