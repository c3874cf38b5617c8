/* SPDX-License-Identifier: MIT */
/* Chapter 5: the loop. */
#include <reel/reel.h>

enum { EPOCHS = 100, DIGITS = 40 };

/* Trains for EPOCHS epochs, and writes each epoch's loss (reel_item_repr) into its line. */
void train(reel *r, reel_module *model, reel_module *l1_loss, reel_optimizer *sgd, reel_tensor *x,
           reel_tensor *y_true, char losses[EPOCHS][DIGITS]);
/* One step of plain gradient descent, by hand: p = p - lr * gradient, for each parameter that has
 * one. */
void step(reel *r, reel_tensor_list parameters, double lr);
