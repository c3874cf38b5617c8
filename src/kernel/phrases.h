/* SPDX-License-Identifier: MIT */
/* Numbers and phrases that the formulas of elementwise.def share, in its vocabulary, whatever that
 * is compiled as. */
#ifndef REELI_PHRASES_H
#define REELI_PHRASES_H

/* clang-format off */
#define LN2 0.69314718055994530942
#define LN10 2.30258509299404568402
#define SQRT_HALF 0.70710678118654752440
#define SQRT_2_OVER_PI 0.79788456080286535588
#define ONE_OVER_SQRT_2PI 0.39894228040143267794
#define TWO_OVER_SQRT_PI 1.12837916709551257390
#define HALF_SQRT_PI 0.88622692545275801365
/* The normal distribution's cumulative function; its approximation ½ (1 + tanh u), which is
 * sigmoid(2u) and as such has no 1 - tanh² to lose digits in; the slope of 2u. */
#define NORMAL_CDF(x) mul(0.5, add(1, erf(mul(SQRT_HALF, x))))
#define LIKE_NORMAL_CDF(x)                                                                         \
    sigmoid(mul(2 * SQRT_2_OVER_PI, add(x, mul(0.044715, mul(x, mul(x, x))))))
#define LIKE_NORMAL_SLOPE(x) mul(2 * SQRT_2_OVER_PI, add(1, mul(0.134145, mul(x, x))))
/* tanh(ln(1 + eˣ)) = n / (n + 2) with n = eˣ (eˣ + 2); 1 from x = 20 on. */
#define MISH_EXP(x) exp(neg(at_least(neg(x), -20)))
#define MISH_N(x) mul(MISH_EXP(x), add(MISH_EXP(x), 2))
#define MISH_TANH(x) div(MISH_N(x), add(MISH_N(x), 2))
/* Whether lerp's result lies nearer to where it begins. */
#define IS_NEAR(c) (magnitude(c) < (T)0.5)
/* Whether logit has a slope at x: it is not beyond what eps cuts off. */
#define HAS_ODDS(x) both(ge(x, eps < 0 ? 0 : eps), le(x, eps < 0 ? 1 : 1 - eps))
#define WITH_ODDS(x) where(HAS_ODDS(x), x, 0.5)
/* a² + b², and infinity for 0, by which what is 0 can be divided. */
#define NORM_NOT_0(a, b)                                                                           \
    where(eq(add(square(a), square(b)), 0), (double)INFINITY, add(square(a), square(b)))
/* clang-format on */

#endif
