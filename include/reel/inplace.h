/* SPDX-License-Identifier: MIT */
/*
 * Operations in place: the result goes into x's own memory, and x is returned. Values are those of
 * the function without the underscore; the other operands broadcast to x.
 *
 * Gradient: recorded like any operation; x then stands for its new value. What an earlier operation
 *           saved of x has changed, and backward says so if it is needed. A tensor that you created
 *           leaves the tape at `reel_rewind` and keeps its values.
 * Fails:    poison, and x is as it was: REEL_ERR_SHAPE if the result's shape is not x's;
 *           REEL_ERR_DTYPE if the result is floating and x is not, or x is bool and the result is
 *           not; REEL_ERR_VALUE if x repeats elements (reel_expand); REEL_ERR_STATE while
 *           operations are recorded, if x is a leaf that requires gradients, or a view and a
 *           gradient is wanted.
 */
#ifndef REEL_INPLACE_H
#define REEL_INPLACE_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** x = -x. Source: Tensor.neg_. */
REEL_API reel_tensor *reel_neg_(reel_tensor *x);
/** x = |x|. Source: Tensor.abs_. */
REEL_API reel_tensor *reel_abs_(reel_tensor *x);
/** x = x². Source: Tensor.square_. */
REEL_API reel_tensor *reel_square_(reel_tensor *x);
/** x = √x. Source: Tensor.sqrt_. */
REEL_API reel_tensor *reel_sqrt_(reel_tensor *x);
/** x = 1 / √x. Source: Tensor.rsqrt_. */
REEL_API reel_tensor *reel_rsqrt_(reel_tensor *x);
/** x = 1 / x. Source: Tensor.reciprocal_. */
REEL_API reel_tensor *reel_reciprocal_(reel_tensor *x);
/** x = eˣ. Source: Tensor.exp_. */
REEL_API reel_tensor *reel_exp_(reel_tensor *x);
/** x = ln x. Source: Tensor.log_. */
REEL_API reel_tensor *reel_log_(reel_tensor *x);
/** x = tanh x. Source: Tensor.tanh_. */
REEL_API reel_tensor *reel_tanh_(reel_tensor *x);
/** x = 1 / (1 + e⁻ˣ). Source: Tensor.sigmoid_. */
REEL_API reel_tensor *reel_sigmoid_(reel_tensor *x);
/** x = max(x, 0). Source: Tensor.relu_. */
REEL_API reel_tensor *reel_relu_(reel_tensor *x);
/** x = x limited to [min, max]; an infinite bound is none. Source: Tensor.clamp_. */
REEL_API reel_tensor *reel_clamp_(reel_tensor *x, double min, double max);

/** x = x + other. Source: Tensor.add_. */
REEL_API reel_tensor *reel_add_(reel_tensor *x, reel_tensor *other);
/** x = x + value. Source: Tensor.add_. */
REEL_API reel_tensor *reel_add_scalar_(reel_tensor *x, double value);
/** x = x + alpha other. Source: Tensor.add_(other, alpha=alpha). */
REEL_API reel_tensor *reel_add_alpha_(reel_tensor *x, reel_tensor *other, double alpha);
/** x = x - other. Source: Tensor.sub_. */
REEL_API reel_tensor *reel_sub_(reel_tensor *x, reel_tensor *other);
/** x = x - value. Source: Tensor.sub_. */
REEL_API reel_tensor *reel_sub_scalar_(reel_tensor *x, double value);
/** x = x - alpha other. Source: Tensor.sub_(other, alpha=alpha). */
REEL_API reel_tensor *reel_sub_alpha_(reel_tensor *x, reel_tensor *other, double alpha);
/** x = x other. Source: Tensor.mul_. */
REEL_API reel_tensor *reel_mul_(reel_tensor *x, reel_tensor *other);
/** x = x value. Source: Tensor.mul_. */
REEL_API reel_tensor *reel_mul_scalar_(reel_tensor *x, double value);
/** x = x / other. Source: Tensor.div_. */
REEL_API reel_tensor *reel_div_(reel_tensor *x, reel_tensor *other);
/** x = x / value. Source: Tensor.div_. */
REEL_API reel_tensor *reel_div_scalar_(reel_tensor *x, double value);
/** x = x + weight (end - x). Source: Tensor.lerp_. */
REEL_API reel_tensor *reel_lerp_(reel_tensor *x, reel_tensor *end, reel_tensor *weight);
/** x = x + value a b. Source: Tensor.addcmul_. */
REEL_API reel_tensor *reel_addcmul_(reel_tensor *x, reel_tensor *a, reel_tensor *b, double value);
/** x = x + value a / b. Source: Tensor.addcdiv_. */
REEL_API reel_tensor *reel_addcdiv_(reel_tensor *x, reel_tensor *a, reel_tensor *b, double value);

/** x = source, converted to x's dtype whatever it is. Gradient: g to the source. Source:
 *  Tensor.copy_. */
REEL_API reel_tensor *reel_copy_(reel_tensor *x, reel_tensor *source);
/** Every element = value, converted to x's dtype. Gradient: none. Source: Tensor.fill_. */
REEL_API reel_tensor *reel_fill_(reel_tensor *x, double value);
/** Every element = 0. Source: Tensor.zero_. */
REEL_API reel_tensor *reel_zero_(reel_tensor *x);

#ifdef __cplusplus
}
#endif
#endif
