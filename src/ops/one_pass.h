/* SPDX-License-Identifier: MIT */
/*
 * What a captured step does in one pass where the step did it in two. A replay knows what a step
 * cannot: that the gradient of the loss will be asked for, and what it begins with. So a loss's
 * gradient is computed beside its terms, and a line's with its values, block by block while their
 * inputs are in the cache, where they are more than one; the bits are those of two passes.
 */
#ifndef REELI_ONE_PASS_H
#define REELI_ONE_PASS_H

#include "ops.h"

/* While a step is captured, the gradient of a reduced loss for `input`, given that of its terms, if
 * nothing has touched elements since the loss: then the loss's entry computes both from now on.
 * NULL where that is not so. */
reel_tensor *reeli_gradient_beside_loss(reeli_node *n, int input, reel_tensor *g);

/* The same of the weight of a linear of one output whose loss has just been joined with its
 * gradient, g: dw of y = X w + b, L(y). */
reel_tensor *reeli_gradient_beside_line(reeli_node *n, reel_tensor *g);

/* A large loss is about to be recorded. Its forward will write the first input's gradient, for a
 * backward that begins with 1, to where it will stay, if nothing is there that is needed: into the
 * buffer of a leaf that has no gradient now, or, of a result, anywhere. Else, where the gradient
 * goes by the sign of a - b alone, the forward keeps these, two bits an element, and the gradient
 * reads a sixteenth. */
void reeli_prepare_gradient(reeli_node *n);

/* What the forward computes beside the loss, where there is such a place; the terms' share of the
 * gradient goes into `share`. */
void reeli_go_ahead(const reeli_node *n, reeli_beside *beside, double *share);

/* The gradient that is there already, given that of the loss; NULL: it is to be computed. */
reel_tensor *reeli_gradient_ahead(reeli_node *n, int input, const reel_tensor *g);

/* The gradient by them, if they were kept; else NULL. */
reel_tensor *reeli_gradient_by_signs(reeli_node *n, int input, reel_tensor *g);

/* The forward of a reduced loss, and what is computed beside it, if not NULL. */
bool reeli_loss_beside(reeli_node *n, const reeli_beside *beside);
/* The loop that does it for a loss of many floats and its first input, or its forward alone; NULL:
 * there is none. */
reeli_loss_pass *reeli_pass_over_loss(const reeli_node *n);

/* The product of a linear's forward; its data, or its bias, NULL: no memory. */
reeli_gemm reeli_linear_gemm(const reeli_node *n);

#endif
