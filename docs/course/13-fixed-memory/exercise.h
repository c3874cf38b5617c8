/* SPDX-License-Identifier: MIT */
/* Chapter 13: a training in one array. */
#include <reel/reel.h>
#include <stddef.h>

/* A line on five points of y = 2x (the tutorial, seed 0, L1, SGD with 0.01), so many steps: the
 * last loss. All that it needs lies in the memory; NaN if that is too small. *peak is what it
 * took. */
double train_within(void *memory, size_t size, int steps, size_t *peak);
/* The smallest size with which 100 steps can be done. */
size_t enough(void);
