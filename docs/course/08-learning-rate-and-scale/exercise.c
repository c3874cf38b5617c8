/* SPDX-License-Identifier: MIT */
/* Chapter 8: fill in what says TODO, and run ./scripts/course.sh 8. */
#include "exercise.h"

/* TODO: between 0.01, which is stable, and 1, which is not: look in the middle, again and again. */
double largest_stable_lr(void) { return 0.01; }

/* TODO: w z + b with z = (x - mean) / deviation: what stands before x, and what is left? */
line in_old_units(line in_z, double mean, double deviation)
{
    (void)mean, (void)deviation;
    return in_z;
}

/* TODO: too near to 1 and the last steps are too long; too small and it never gets there. */
double decay(void) { return 1; }
