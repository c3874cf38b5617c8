/* SPDX-License-Identifier: MIT */
/*
 * Mathematics that works element by element. Comparisons are in compare.h, activations in
 * activation.h, changes in place in inplace.h. Most are rows of src/kernel/elementwise_hot.def and
 * elementwise_rare.def, formulas of their value and their gradient.
 *
 * Shape:  inputs broadcast together, by NumPy's rules; the result has the shape they broadcast to.
 * dtype:  PyTorch's promotion: float64 over float32 over int64 over bool, where tensors without
 *         dims and plain numbers only count if nothing else is of their category. Integers and
 *         bools become float32 where nothing else is said; "stay integers" says that integers do
 *         not, and then bools are refused; "floating only" that both are refused.
 * Owner:  the result lives until `reel_rewind`.
 * Fails:  poison and REEL_ERR_SHAPE if the inputs do not broadcast; REEL_ERR_DTYPE for what is
 *         refused.
 */
#ifndef REEL_ELEMENTWISE_H
#define REEL_ELEMENTWISE_H

#include <reel/activation.h>
#include <reel/compare.h>
#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A plain number as an operand: it has no dims and yields to any tensor's dtype, as 2 and 0.5 do in
 * PyTorch. A whole number keeps an integer tensor integer: `reel_pow(reel_number(r, 2), x)`.
 *
 * Owner: lives until `reel_rewind`.
 */
REEL_API reel_tensor *reel_number(reel *r, double value);

/** x itself. Fails: REEL_ERR_DTYPE for bool. Source: torch.positive. */
REEL_API reel_tensor *reel_positive(reel_tensor *x);
/** -x. Integers stay integers. Gradient: -g. Source: torch.neg. */
REEL_API reel_tensor *reel_neg(reel_tensor *x);
/** |x|. Integers stay integers. Gradient: g sign(x), 0 at 0. Source: torch.abs. */
REEL_API reel_tensor *reel_abs(reel_tensor *x);
/** -1, 0 or 1. Integers and bools stay as they are. Gradient: 0. Source: torch.sign. */
REEL_API reel_tensor *reel_sign(reel_tensor *x);
/** x². Integers stay integers. Gradient: 2 g x. Source: torch.square. */
REEL_API reel_tensor *reel_square(reel_tensor *x);
/** √x, NaN below 0. Gradient: g / 2√x. Source: torch.sqrt. */
REEL_API reel_tensor *reel_sqrt(reel_tensor *x);
/** 1 / √x. Gradient: -g y³ / 2. Source: torch.rsqrt. */
REEL_API reel_tensor *reel_rsqrt(reel_tensor *x);
/** 1 / x. Gradient: -g y². Source: torch.reciprocal. */
REEL_API reel_tensor *reel_reciprocal(reel_tensor *x);
/** eˣ. Gradient: g eˣ. Source: torch.exp. */
REEL_API reel_tensor *reel_exp(reel_tensor *x);
/** 2ˣ. Gradient: g 2ˣ ln 2. Source: torch.exp2. */
REEL_API reel_tensor *reel_exp2(reel_tensor *x);
/** eˣ - 1, exact near 0. Gradient: g eˣ. Source: torch.expm1. */
REEL_API reel_tensor *reel_expm1(reel_tensor *x);
/** ln x, NaN below 0. Gradient: g / x. Source: torch.log. */
REEL_API reel_tensor *reel_log(reel_tensor *x);
/** ln(1 + x), exact near 0. Gradient: g / (1 + x). Source: torch.log1p. */
REEL_API reel_tensor *reel_log1p(reel_tensor *x);
/** The logarithm to base 2. Gradient: g / (x ln 2). Source: torch.log2. */
REEL_API reel_tensor *reel_log2(reel_tensor *x);
/** The logarithm to base 10. Gradient: g / (x ln 10). Source: torch.log10. */
REEL_API reel_tensor *reel_log10(reel_tensor *x);
/** sin x. Gradient: g cos x. Source: torch.sin. */
REEL_API reel_tensor *reel_sin(reel_tensor *x);
/** cos x. Gradient: -g sin x. Source: torch.cos. */
REEL_API reel_tensor *reel_cos(reel_tensor *x);
/** tan x. Gradient: g (1 + tan² x). Source: torch.tan. */
REEL_API reel_tensor *reel_tan(reel_tensor *x);
/** arcsin x. Gradient: g / √(1 - x²). Source: torch.asin. */
REEL_API reel_tensor *reel_asin(reel_tensor *x);
/** arccos x. Gradient: -g / √(1 - x²). Source: torch.acos. */
REEL_API reel_tensor *reel_acos(reel_tensor *x);
/** arctan x. Gradient: g / (1 + x²). Source: torch.atan. */
REEL_API reel_tensor *reel_atan(reel_tensor *x);
/** sinh x. Gradient: g cosh x. Source: torch.sinh. */
REEL_API reel_tensor *reel_sinh(reel_tensor *x);
/** cosh x. Gradient: g sinh x. Source: torch.cosh. */
REEL_API reel_tensor *reel_cosh(reel_tensor *x);
/** tanh x. Gradient: g (1 - tanh² x). Source: torch.tanh. */
REEL_API reel_tensor *reel_tanh(reel_tensor *x);
/** arsinh x. Gradient: g / √(x² + 1). Source: torch.asinh. */
REEL_API reel_tensor *reel_asinh(reel_tensor *x);
/** arcosh x. Gradient: g / √(x² - 1). Source: torch.acosh. */
REEL_API reel_tensor *reel_acosh(reel_tensor *x);
/** artanh x. Gradient: g / (1 - x²). Source: torch.atanh. */
REEL_API reel_tensor *reel_atanh(reel_tensor *x);
/** The error function. Gradient: g 2/√π exp(-x²). Source: torch.erf. */
REEL_API reel_tensor *reel_erf(reel_tensor *x);
/** 1 - erf x, exact where that is small. Gradient: -g 2/√π exp(-x²). Source: torch.erfc. */
REEL_API reel_tensor *reel_erfc(reel_tensor *x);
/** The x whose erf is given; ±∞ at ±1, NaN beyond. Gradient: g √π/2 exp(y²). Source:
 * torch.erfinv. */
REEL_API reel_tensor *reel_erfinv(reel_tensor *x);
/** ln |Γ(x)|. Gradient: g ψ(x). Source: torch.lgamma. */
REEL_API reel_tensor *reel_lgamma(reel_tensor *x);
/** ψ(x), the derivative of ln Γ; NaN at -1, -2, …. Gradient: g ψ'(x). Source: torch.digamma. */
REEL_API reel_tensor *reel_digamma(reel_tensor *x);
/** The n-th derivative of ψ. Gradient: g times the next one. Fails: REEL_ERR_VALUE for an order n
 *  below 0, or above 170, whose factorial is beyond doubles. Source: torch.polygamma. */
REEL_API reel_tensor *reel_polygamma(reel_tensor *x, int64_t n);
/** 1 / (1 + e⁻ˣ). Gradient: g y (1 - y). Source: torch.sigmoid. */
REEL_API reel_tensor *reel_sigmoid(reel_tensor *x);
/** ln(x / (1 - x)), x first limited to [eps, 1 - eps]; an eps below 0 is none, and then x outside
 *  [0, 1] gives NaN. Gradient: g / (x (1 - x)), 0 outside the limits. Source: torch.logit. */
REEL_API reel_tensor *reel_logit(reel_tensor *x, double eps);
/** x rounded up. Integers stay integers. Gradient: 0. Source: torch.ceil. */
REEL_API reel_tensor *reel_ceil(reel_tensor *x);
/** x rounded down. Integers stay integers. Gradient: 0. Source: torch.floor. */
REEL_API reel_tensor *reel_floor(reel_tensor *x);
/** x rounded towards 0. Integers stay integers. Gradient: 0. Source: torch.trunc. */
REEL_API reel_tensor *reel_trunc(reel_tensor *x);
/** x rounded to the nearest whole number, a half to the even one. Integers stay integers.
 *  Gradient: 0. Source: torch.round. */
REEL_API reel_tensor *reel_round(reel_tensor *x);
/** x rounded to so many decimals, places before the point if negative. Floating only. Gradient: 0.
 *  Source: torch.round(x, decimals=decimals). */
REEL_API reel_tensor *reel_round_decimals(reel_tensor *x, double decimals);
/** x - trunc(x). Floating only. Gradient: g. Source: torch.frac. */
REEL_API reel_tensor *reel_frac(reel_tensor *x);

/** a + b; or, for two bools. Gradient: g to both. Source: torch.add. */
REEL_API reel_tensor *reel_add(reel_tensor *a, reel_tensor *b);
/** a - b. Integers stay integers. Gradient: g and -g. Source: torch.sub. */
REEL_API reel_tensor *reel_sub(reel_tensor *a, reel_tensor *b);
/** a + alpha b. Fails: REEL_ERR_VALUE for integers and an alpha that is not whole. Gradient: g and
 *  alpha g. Source: torch.add(a, b, alpha=alpha). */
REEL_API reel_tensor *reel_add_alpha(reel_tensor *a, reel_tensor *b, double alpha);
/** a - alpha b, as `reel_add_alpha`. Source: torch.sub(a, b, alpha=alpha). */
REEL_API reel_tensor *reel_sub_alpha(reel_tensor *a, reel_tensor *b, double alpha);
/** b - a. Source: torch.rsub. */
REEL_API reel_tensor *reel_rsub(reel_tensor *a, reel_tensor *b);
/** a b; and, for two bools. Gradient: g b and g a. Source: torch.mul. */
REEL_API reel_tensor *reel_mul(reel_tensor *a, reel_tensor *b);
/** a / b. Gradient: g / b and -g a / b². Source: torch.div. */
REEL_API reel_tensor *reel_div(reel_tensor *a, reel_tensor *b);
/** a / b rounded towards 0. Integers stay integers. Gradient: 0. Fails: REEL_ERR_VALUE where an
 *  integer is divided by 0. Source: torch.div(a, b, rounding_mode='trunc'). */
REEL_API reel_tensor *reel_div_trunc(reel_tensor *a, reel_tensor *b);
/** a / b rounded down. Integers stay integers. Gradient: 0. Fails: REEL_ERR_VALUE where an integer
 *  is divided by 0. Source: torch.div(a, b, rounding_mode='floor'). */
REEL_API reel_tensor *reel_div_floor(reel_tensor *a, reel_tensor *b);
/** The rest of `reel_div_trunc`, which has the sign of a. Integers stay integers. Gradient: g and
 *  -g trunc(a / b). Fails: REEL_ERR_VALUE where an integer is divided by 0. Source: torch.fmod. */
REEL_API reel_tensor *reel_fmod(reel_tensor *a, reel_tensor *b);
/** The rest of `reel_div_floor`, which has the sign of b. Integers stay integers. Gradient: g and
 *  -g floor(a / b). Fails: REEL_ERR_VALUE where an integer is divided by 0. Source:
 *  torch.remainder. */
REEL_API reel_tensor *reel_remainder(reel_tensor *a, reel_tensor *b);
/** aᵇ. Integers stay integers. A negative power of an integer is 0 unless that is 1 or -1; a plain
 *  negative number as its power is REEL_ERR_VALUE. Gradient: g b aᵇ⁻¹, 0 where b is 0, and g y ln
 *  a, 0 where a is 0 and b is not negative. Source: torch.pow. */
REEL_API reel_tensor *reel_pow(reel_tensor *a, reel_tensor *b);
/** The larger one; NaN if one is. Integers and bools stay as they are. Gradient: g to the larger,
 *  half to each if equal. Source: torch.maximum. */
REEL_API reel_tensor *reel_maximum(reel_tensor *a, reel_tensor *b);
/** The smaller one, as `reel_maximum`. Source: torch.minimum. */
REEL_API reel_tensor *reel_minimum(reel_tensor *a, reel_tensor *b);
/** The larger one; if one is NaN, the other. Integers and bools stay as they are. Gradient: g to
 *  the one taken, a if equal. Source: torch.fmax. */
REEL_API reel_tensor *reel_fmax(reel_tensor *a, reel_tensor *b);
/** The smaller one, as `reel_fmax`. Source: torch.fmin. */
REEL_API reel_tensor *reel_fmin(reel_tensor *a, reel_tensor *b);
/** The angle of the point (b, a). Gradient: g b / (a² + b²) and -g a / (a² + b²). Source:
 *  torch.atan2. */
REEL_API reel_tensor *reel_atan2(reel_tensor *a, reel_tensor *b);
/** √(a² + b²) without overflow. Floating only. Gradient: g a / y and g b / y. Source: torch.hypot.
 */
REEL_API reel_tensor *reel_hypot(reel_tensor *a, reel_tensor *b);
/** |a| with the sign of b. Gradient: g y / a, 0 at 0; b gets 0. Source: torch.copysign. */
REEL_API reel_tensor *reel_copysign(reel_tensor *a, reel_tensor *b);
/** a ln b, 0 where a is 0. Gradient: g ln b and g a / b. Source: torch.xlogy. */
REEL_API reel_tensor *reel_xlogy(reel_tensor *a, reel_tensor *b);
/** ln(eᵃ + eᵇ) without overflow. Floating only. Gradient: g sigmoid(a - b) and g sigmoid(b - a).
 *  Source: torch.logaddexp. */
REEL_API reel_tensor *reel_logaddexp(reel_tensor *a, reel_tensor *b);

/** a + weight (b - a). Floating only. A number as the weight: `reel_number`. Gradient: g (1 -
 *  weight), g weight and g (b - a). Source: torch.lerp. */
REEL_API reel_tensor *reel_lerp(reel_tensor *a, reel_tensor *b, reel_tensor *weight);
/** x + value a b. Integers stay integers. Gradient: g, g value b and g value a. Source:
 *  torch.addcmul. */
REEL_API reel_tensor *reel_addcmul(reel_tensor *x, reel_tensor *a, reel_tensor *b, double value);
/** x + value a / b. Floating only. Gradient: g, g value / b and -g value a / b². Source:
 *  torch.addcdiv. */
REEL_API reel_tensor *reel_addcdiv(reel_tensor *x, reel_tensor *a, reel_tensor *b, double value);
/** x limited to [min, max]; an infinite bound is none, and max wins where min is above it.
 *  Integers stay integers if the bounds are whole. Gradient: g within the bounds, else 0. Source:
 *  torch.clamp. */
REEL_API reel_tensor *reel_clamp(reel_tensor *x, double min, double max);
/** The same between tensors, of which one may be NULL. Gradient: g to what was taken. Fails:
 *  REEL_ERR_VALUE if both are NULL. Source: torch.clamp. */
REEL_API reel_tensor *reel_clamp_tensors(reel_tensor *x, reel_tensor *min, reel_tensor *max);
/** x, min where it is below. Integers and bools stay as they are. Gradient: g to the one taken.
 *  Source: torch.clamp_min. */
REEL_API reel_tensor *reel_clamp_min(reel_tensor *x, reel_tensor *min);
/** x, max where it is above, as `reel_clamp_min`. Source: torch.clamp_max. */
REEL_API reel_tensor *reel_clamp_max(reel_tensor *x, reel_tensor *max);

/** What stands for what is no number; all zero is PyTorch's default, REEL_ZERO is 0 itself. */
typedef struct reel_nan_to_num_options {
    double nan;    /**< 0 */
    double posinf; /**< the dtype's largest number */
    double neginf; /**< and its negative */
} reel_nan_to_num_options;

/** x with numbers in place of NaN and infinities; integers and bools as they are. Gradient: g where
 *  x is finite, else 0. Source: torch.nan_to_num. */
REEL_API reel_tensor *reel_nan_to_num(reel_tensor *x, reel_nan_to_num_options options);

/* With a number in place of the second tensor. A whole number keeps an integer tensor integer. */

/** x + value. Source: torch.add. */
REEL_API reel_tensor *reel_add_scalar(reel_tensor *x, double value);
/** x - value. Source: torch.sub. */
REEL_API reel_tensor *reel_sub_scalar(reel_tensor *x, double value);
/** x value. Source: torch.mul. */
REEL_API reel_tensor *reel_mul_scalar(reel_tensor *x, double value);
/** x / value. Source: torch.div. */
REEL_API reel_tensor *reel_div_scalar(reel_tensor *x, double value);
/** As `reel_div_trunc`. Source: torch.div(x, value, rounding_mode='trunc'). */
REEL_API reel_tensor *reel_div_trunc_scalar(reel_tensor *x, double value);
/** As `reel_div_floor`. Source: torch.div(x, value, rounding_mode='floor'). */
REEL_API reel_tensor *reel_div_floor_scalar(reel_tensor *x, double value);
/** As `reel_fmod`. Source: torch.fmod. */
REEL_API reel_tensor *reel_fmod_scalar(reel_tensor *x, double value);
/** As `reel_remainder`. Source: torch.remainder. */
REEL_API reel_tensor *reel_remainder_scalar(reel_tensor *x, double value);
/** As `reel_maximum`. Source: torch.maximum. */
REEL_API reel_tensor *reel_maximum_scalar(reel_tensor *x, double value);
/** As `reel_minimum`. Source: torch.minimum. */
REEL_API reel_tensor *reel_minimum_scalar(reel_tensor *x, double value);
/** xᵉ as `reel_pow`; quicker for 2, 3, 0.5, -0.5 and -1. Source: torch.pow. */
REEL_API reel_tensor *reel_pow_scalar(reel_tensor *x, double exponent);

#ifdef __cplusplus
}
#endif
#endif
