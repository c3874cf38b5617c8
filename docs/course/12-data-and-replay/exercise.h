/* SPDX-License-Identifier: MIT */
/* Chapter 12: what may be known of the test rows (nothing), when to stop, and replay. */
#include <reel/reel.h>

/* x (m, k), each column less its mean in train (n, k), divided by its deviation there. */
reel_tensor *standardised(reel_tensor *x, reel_tensor *train);
/* The epoch (from 0) with the smallest loss, of those that are seen: the training stops after
 * `patience` epochs in a row that were not better than the best. */
int best_epoch(const double *losses, int epochs, int patience);
/* A step, as a function. It returns the loss. */
typedef reel_tensor *(*one_step)(void *context);
/* So many steps in all, of which the first is captured and the others are replayed; the last
 * loss. */
double replayed(reel *r, one_step step, void *context, int steps);
