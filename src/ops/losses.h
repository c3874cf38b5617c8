/* SPDX-License-Identifier: MIT */
/* What the losses share. */
#ifndef REELI_LOSSES_H
#define REELI_LOSSES_H

#include "ops.h"

#include <math.h>
#include <reel/loss.h>

/* Whether there is such a reduction; records the error if not. */
bool reeli_sound_reduction(reel *r, const char *what, reel_reduction reduction);

/* A LOSS row, its parameter being p, on an input and a target that may broadcast (which warns). */
reel_tensor *reeli_loss(const reeli_op *op, reel_tensor *input, reel_tensor *target,
                        reel_reduction reduction, double p);

/* The mean of the terms, their sum, or the terms. */
reel_tensor *reeli_reduce_terms(reel_tensor *terms, reel_reduction reduction);

/* What a loss of other operations begins with: the reel of `count` usable tensors, the first
 * floating; NULL, and an error, if they are not, or if there is no such reduction. */
reel *reeli_loss_begin(const char *what, int count, reel_tensor *const *t,
                       reel_reduction reduction);

/* An option whose zero means another default; REEL_ZERO means zero. */
static inline double reeli_option(double value, double standard)
{
    return value == 0 && !signbit(value) ? standard : value;
}

/* Whether every element of a floating x lies in [least, most]; `nan` is what is said of a NaN. If
 * not, the error is this sentence. */
bool reeli_within(reel_tensor *x, double least, double most, bool nan, const char *sentence);

/* weight · x, and 0 where the weight is 0 and x infinite. */
reel_tensor *reeli_weighted(reel_tensor *weight, reel_tensor *x);

/* max(x, least), with the gradient of x everywhere. */
reel_tensor *reeli_raised(reel_tensor *x, double least);

/* max(x, 0), with the gradient of x at 0. */
reel_tensor *reeli_positive_part(reel_tensor *x);

#endif
