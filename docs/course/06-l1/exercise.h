/* SPDX-License-Identifier: MIT */
/* Chapter 6: the L1 loss. */
#include <reel/reel.h>

/* mean |a - b|, with its gradient. */
reel_tensor *l1(reel_tensor *a, reel_tensor *b);
/* The same, summed. */
reel_tensor *l1_sum(reel_tensor *a, reel_tensor *b);
/* The learning rate for a sum over n elements that takes the steps that lr takes for their mean. */
double lr_for_sum(double lr, int n);
