/* SPDX-License-Identifier: MIT */
/* The vocabulary of elementwise.def on plain elements of type T. The gradients' words have twins
 * for tensors in ops/vocabulary.h. */
#ifndef REELI_FORMULA_H
#define REELI_FORMULA_H

#include "kernels.h"
#include "special.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* glibc's vector library: GCC may call these for a whole vector at a time. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) &&       \
    !defined(REELI_FOR_SIZE)
#if __GLIBC_PREREQ(2, 35)
#define VECTOR_MATH1(name)                                                                         \
    __attribute__((simd("notinbranch"), const)) float name##f(float);                              \
    __attribute__((simd("notinbranch"), const)) double(name)(double);
#define VECTOR_MATH2(name)                                                                         \
    __attribute__((simd("notinbranch"), const)) float name##f(float, float);                       \
    __attribute__((simd("notinbranch"), const)) double(name)(double, double);
VECTOR_MATH1(acos)
VECTOR_MATH1(acosh)
VECTOR_MATH1(asin)
VECTOR_MATH1(asinh)
VECTOR_MATH1(atan)
VECTOR_MATH1(atanh)
VECTOR_MATH1(cos)
VECTOR_MATH1(cosh)
VECTOR_MATH1(erf)
VECTOR_MATH1(erfc)
VECTOR_MATH1(exp)
VECTOR_MATH1(exp2)
VECTOR_MATH1(expm1)
VECTOR_MATH1(log)
VECTOR_MATH1(log10)
VECTOR_MATH1(log1p)
VECTOR_MATH1(log2)
VECTOR_MATH1(sin)
VECTOR_MATH1(sinh)
VECTOR_MATH1(tan)
VECTOR_MATH1(tanh)
VECTOR_MATH2(atan2)
VECTOR_MATH2(hypot)
VECTOR_MATH2(pow)
#endif
#endif

#define neg(a) (-(T)(a))
#define add(a, b) ((T)(a) + (T)(b))
#define sub(a, b) ((T)(a) - (T)(b))
#define mul(a, b) ((T)(a) * (T)(b))
#define div(a, b) ((T)(a) / (T)(b))
#define sign(a) ((T)(((a) > 0) - ((a) < 0)))
#define zero(a) ((T)0)
#define gt(a, b) ((T)(a) > (T)(b))
#define ge(a, b) ((T)(a) >= (T)(b))
#define lt(a, b) ((T)(a) < (T)(b))
#define le(a, b) ((T)(a) <= (T)(b))
#define eq(a, b) ((T)(a) == (T)(b))
#define ne(a, b) ((T)(a) != (T)(b))
#define both(a, b) ((a) && (b))
#define either(a, b) ((a) || (b))
#define where(c, a, b) ((c) ? (T)(a) : (T)(b))
#define at_least(a, least) ((T)(a) < (T)(least) ? (T)(least) : (T)(a))
#define at_most(a, most) ((T)(a) > (T)(most) ? (T)(most) : (T)(a))

#ifdef GRADIENTS /* T is float or double */

/* Functions of T's own width: MATH(name) is name##f where T is float. In parentheses it is the
 * double's. */
#define acos(x) MATH(acos)(x)
#define acosh(x) MATH(acosh)(x)
#define asin(x) MATH(asin)(x)
#define asinh(x) MATH(asinh)(x)
#define atan(x) MATH(atan)(x)
#define atanh(x) MATH(atanh)(x)
#define cos(x) MATH(cos)(x)
#define cosh(x) MATH(cosh)(x)
#define erf(x) MATH(erf)(x)
#define erfc(x) MATH(erfc)(x)
#define exp(x) MATH(exp)(x)
#define exp2(x) MATH(exp2)(x)
#define expm1(x) MATH(expm1)(x)
#define fabs(x) MATH(fabs)(x)
#define floor(x) MATH(floor)(x)
#define lgamma(x) MATH(lgamma)(x)
#define log(x) MATH(log)(x)
#define log10(x) MATH(log10)(x)
#define log1p(x) MATH(log1p)(x)
#undef log2 /* newlib */
#define log2(x) MATH(log2)(x)
#define nearbyint(x) MATH(nearbyint)(x)
#define sin(x) MATH(sin)(x)
#define sinh(x) MATH(sinh)(x)
#define sqrt(x) MATH(sqrt)(x)
#define tan(x) MATH(tan)(x)
#define tanh(x) MATH(tanh)(x)
#define trunc(x) MATH(trunc)(x)
#define atan2(x, y) MATH(atan2)(x, y)
#define copysign(x, y) MATH(copysign)(x, y)
#define fmod(x, y) MATH(fmod)(x, y)
#define hypot(x, y) MATH(hypot)(x, y)
#define pow(x, y) MATH(pow)(x, y)

#define erfinv(x) ((T)reeli_erfinv_of((double)(x)))
#define polygamma(n, x) ((T)reeli_polygamma_of((double)(n), (double)(x)))

#define PARAMETER(value) ((T)(value))
#define not_a_number(x) ((x) != (x))
#define incomparable(a, b) isunordered(a, b)
#define NOT_A_NUMBER ((T)NAN)
#define magnitude(x) fabs(x)
#define rounded(how, x) how(x)
#define power(a, b) pow(a, b)
#define div_trunc(a, b) trunc((T)(a) / (T)(b))
#define modulo_trunc(a, b) fmod(a, b)

/* Where there are no such vector functions floats have our own, which are written for vectors; and
 * whole ones where the CPU has no instruction for them. What divides calls the C library, which is
 * less code. */
#ifdef OWN_EXP_TANH
#include "transcendental.h"
#if !defined(VECTOR_MATH1) && !defined(REELI_FOR_SIZE)
#undef erf
#undef exp
#undef log
#undef log1p
#define erf(x) erf_float(x)
#define exp(x) exp_float(x)
#define log(x) log_float(x)
#define log1p(x) log1p_float(x)
#endif
#endif
#if defined(OWN_EXP_TANH) && !defined(HAS_AVX2)
#define nearest(x) nearest_float(x)
#define downward(x) floor_float(x)
#define upward(x) (-floor_float(-(x)))
#define toward_zero(x) copysign(floor_float(fabs(x)), x)
#else
#define nearest(x) nearbyint(x)
#define downward(x) floor(x)
#define upward(x) MATH(ceil)(x)
#define toward_zero(x) trunc(x)
#endif

static inline T square(T x) { return x * x; }

/* x where |x| < bound, else the bound with x's sign. */
static inline T within(T x, T bound) { return at_least(at_most(x, bound), -bound); }

static inline T rsqrt(T x) { return 1 / sqrt(x); }

static inline T sigmoid(T x) { return 1 / (1 + exp(-x)); }

static inline T odds_log(T x) { return log(x / (1 - x)); }

static inline T odds_slope(T x, T t) { return (x - t) / at_least(x * (1 - x), 1e-12); }

/* ln(eᵃ + eᵇ) without overflow; two equal infinities are their own sum. */
static inline T log_of_sum(T a, T b)
{
    const T larger = a > b || a != a ? a : b;
    return a == b && a - a != 0 ? a : larger + log1p(exp(-fabs(a - b)));
}

/* ln cosh d = m + ln(1 + e^-2m) - ln 2 with m = |d|, which cannot overflow. Where m is small it
 * cancels, and -½ ln(1 - tanh² m) does not; both come from w = e^-2m - 1. */
static inline T log_cosh(T d)
{
    const T m = magnitude(d), w = expm1(-2 * m), t = w / (2 + w);
    const bool small = m < 1;
    const T l = log1p(small ? -t * t : 1 + w);
    return small ? l * (T)-0.5 : m + l - (T)0.69314718055994530942;
}

/* Half to even, after the given number of decimals; before the point if negative. */
static inline T to_decimals(T x, T decimals)
{
    const T ten = (T)(pow)(10, (double)fabs(decimals));
    return decimals < 0 ? nearbyint(x / ten) * ten : nearbyint(x * ten) / ten;
}

static inline T modulo_floor(T a, T b)
{
    const T rest = fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* a / b rounded down: from the rest, which is exact, and not from the quotient, which may round
 * up. */
static inline T div_floor(T a, T b)
{
    const T rest = fmod(a, b);
    const T quotient = (a - rest) / b - (T)(rest != 0 && (rest < 0) != (b < 0));
    const T whole = floor(quotient);
    return b == 0          ? a / b
           : quotient == 0 ? copysign((T)0, a / b)
                           : whole + (T)(quotient - whole > (T)0.5);
}

#else /* T is int64_t, and wraps around. Dividing by 0 gives 0: who offers it checks first */

#define magnitude(x) ((x) < 0 ? -(x) : (x))
#define rounded(how, x) (x)
#define PARAMETER(value) whole(value)
#define not_a_number(x) false
#define incomparable(a, b) false
#define NOT_A_NUMBER 0

static inline T whole(double value)
{
    return value >= 0x1p63 ? INT64_MAX : value >= -0x1p63 ? (T)value : INT64_MIN;
}

static inline T div_trunc(T a, T b) { return b == 0 ? 0 : b == -1 ? -a : a / b; }

static inline T modulo_trunc(T a, T b) { return b == 0 || b == -1 ? 0 : a % b; }

static inline T modulo_floor(T a, T b)
{
    const T rest = modulo_trunc(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static inline T div_floor(T a, T b)
{
    const T rest = modulo_trunc(a, b);
    return div_trunc(a, b) - (rest != 0 && (rest < 0) != (b < 0));
}

static inline T power(T a, T b)
{
    if (b < 0) {
        return a == 1 || a == -1 ? (b & 1 ? a : 1) : 0;
    }
    T result = 1;
    for (; b; b >>= 1, a *= a) {
        result *= b & 1 ? a : 1;
    }
    return result;
}

#endif

/* max(x, low), of that the min with high; of two zeros the bound; NaN where one of the three is. */
REELI_INLINE T limited(T x, T low, T high)
{
    const T least = x <= low ? low : x, y = least >= high ? high : least;
    return incomparable(low, high) ? NOT_A_NUMBER : y;
}

#endif
