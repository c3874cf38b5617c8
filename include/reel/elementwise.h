/* SPDX-License-Identifier: MIT */
/*
 * Operations that work element by element.
 *
 * Shape:  inputs broadcast together, by NumPy's rules; the result has the shape they broadcast to.
 * dtype:  PyTorch's promotion: float64 over float32 over int64 over bool, where tensors without dims
 *         and plain numbers only count if nothing else is of their category.
 * Owner:  the result lives until `reel_rewind`.
 * Fails:  poison and REEL_ERR_SHAPE if the inputs do not broadcast; REEL_ERR_DTYPE where said.
 */
#ifndef REEL_ELEMENTWISE_H
#define REEL_ELEMENTWISE_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** -x. Gradient: -g. Fails: REEL_ERR_DTYPE for bool. Source: torch.neg. */
REEL_API reel_tensor *reel_neg(reel_tensor *x);
/** |x|. Gradient: g sign(x), 0 at 0. Fails: REEL_ERR_DTYPE for bool. Source: torch.abs. */
REEL_API reel_tensor *reel_abs(reel_tensor *x);
/** -1, 0 or 1. Gradient: 0. Fails: REEL_ERR_DTYPE for bool. Source: torch.sign. */
REEL_API reel_tensor *reel_sign(reel_tensor *x);
/** x². Gradient: 2 g x. Fails: REEL_ERR_DTYPE for bool. Source: torch.square. */
REEL_API reel_tensor *reel_square(reel_tensor *x);
/** √x, NaN below 0; integers become float32. Gradient: g / 2√x. Source: torch.sqrt. */
REEL_API reel_tensor *reel_sqrt(reel_tensor *x);
/** eˣ; integers become float32. Gradient: g eˣ. Source: torch.exp. */
REEL_API reel_tensor *reel_exp(reel_tensor *x);
/** ln x, NaN below 0; integers become float32. Gradient: g / x. Source: torch.log. */
REEL_API reel_tensor *reel_log(reel_tensor *x);
/** ln(1 + x), exact near 0; integers become float32. Gradient: g / (1 + x). Source: torch.log1p. */
REEL_API reel_tensor *reel_log1p(reel_tensor *x);
/** 1 / (1 + e⁻ˣ); integers become float32. Gradient: g y (1 - y). Source: torch.sigmoid. */
REEL_API reel_tensor *reel_sigmoid(reel_tensor *x);
/** tanh x; integers become float32. Gradient: g (1 - tanh² x). Source: torch.tanh. */
REEL_API reel_tensor *reel_tanh(reel_tensor *x);
/** max(x, 0), NaN stays. Gradient: g where x > 0, else 0. Fails: REEL_ERR_DTYPE for bool.
 *  Source: torch.nn.functional.relu. */
REEL_API reel_tensor *reel_relu(reel_tensor *x);

/** a + b; or, for two bools. Gradient: g to both. Source: torch.add. */
REEL_API reel_tensor *reel_add(reel_tensor *a, reel_tensor *b);
/** a - b. Gradient: g and -g. Fails: REEL_ERR_DTYPE for bool. Source: torch.sub. */
REEL_API reel_tensor *reel_sub(reel_tensor *a, reel_tensor *b);
/** a b; and, for two bools. Gradient: g b and g a. Source: torch.mul. */
REEL_API reel_tensor *reel_mul(reel_tensor *a, reel_tensor *b);
/** a / b, never rounded; integers become float32. Gradient: g / b and -g a / b².
 *  Source: torch.div. */
REEL_API reel_tensor *reel_div(reel_tensor *a, reel_tensor *b);

/* With a number in place of b. A whole number keeps an integer tensor integer. */

/** x + value. Source: torch.add. */
REEL_API reel_tensor *reel_add_scalar(reel_tensor *x, double value);
/** x - value. Source: torch.sub. */
REEL_API reel_tensor *reel_sub_scalar(reel_tensor *x, double value);
/** x value. Source: torch.mul. */
REEL_API reel_tensor *reel_mul_scalar(reel_tensor *x, double value);
/** x / value. Source: torch.div. */
REEL_API reel_tensor *reel_div_scalar(reel_tensor *x, double value);

/* Comparisons give bools and no gradient; NaN is unequal to everything. */

/** a = b. Source: torch.eq. */
REEL_API reel_tensor *reel_eq(reel_tensor *a, reel_tensor *b);
/** a ≠ b. Source: torch.ne. */
REEL_API reel_tensor *reel_ne(reel_tensor *a, reel_tensor *b);
/** a < b. Source: torch.lt. */
REEL_API reel_tensor *reel_lt(reel_tensor *a, reel_tensor *b);
/** a ≤ b. Source: torch.le. */
REEL_API reel_tensor *reel_le(reel_tensor *a, reel_tensor *b);
/** a > b. Source: torch.gt. */
REEL_API reel_tensor *reel_gt(reel_tensor *a, reel_tensor *b);
/** a ≥ b. Source: torch.ge. */
REEL_API reel_tensor *reel_ge(reel_tensor *a, reel_tensor *b);

/** a where the condition is true (not 0), else b. Gradient: g where each was taken, else 0.
 *  Source: torch.where. */
REEL_API reel_tensor *reel_where(reel_tensor *condition, reel_tensor *a, reel_tensor *b);

#ifdef __cplusplus
}
#endif
#endif
