/* SPDX-License-Identifier: MIT */
/* Chapter 11: four programs to mend. */
#include <reel/reel.h>

/* The MSE loss of predictions (n, 1) and targets (n). */
reel_tensor *loss_of(reel_tensor *predictions, reel_tensor *targets);
/* Linear(1, 4), tanh, Linear(4, 1), ready to be trained. */
reel_module *network(reel *r);
/* sqrt(x) where x > 0, else x. */
reel_tensor *safe_root(reel_tensor *x);
/* The sum of the losses of so many batches, as a number for a report: `loss(batch)` computes
 * one. */
double total(int batches, reel_tensor *(*loss)(int batch));
