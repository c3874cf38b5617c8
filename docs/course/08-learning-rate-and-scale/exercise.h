/* SPDX-License-Identifier: MIT */
/* Chapter 8: rates and units. */
#include <reel/reel.h>

typedef struct line {
    double w, b;
} line;

/* The loss after 400 steps of SGD on five points of y = 2x with MSE, from w = b = 0: to try rates
 * with. Infinite or NaN if it has run away. */
double loss_after(double lr);
/* The largest learning rate that does not run away. */
double largest_stable_lr(void);
/* A line in z = (x - mean) / deviation, as a line in x. */
line in_old_units(line in_z, double mean, double deviation);
/* Each step's learning rate is the one before times this, from 0.1 on. */
double decay(void);
