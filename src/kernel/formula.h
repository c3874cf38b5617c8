/* SPDX-License-Identifier: MIT */
/* The vocabulary of elementwise.def's gradients on plain elements of type T. Its twin for tensors is
 * autograd's formula vocabulary; <tgmath.h> gives exp, log, tanh, … of T's own width. */
#ifndef REELI_FORMULA_H
#define REELI_FORMULA_H

#include <stdbool.h>
#include <stdlib.h>
#include <tgmath.h>

/* glibc's vector library: GCC may call these for a whole vector at a time. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
#define VECTOR_MATH1(name)                                                                         \
    __attribute__((simd("notinbranch"), const)) float name##f(float);                              \
    __attribute__((simd("notinbranch"), const)) double(name)(double);
#define VECTOR_MATH2(name)                                                                         \
    __attribute__((simd("notinbranch"), const)) float name##f(float, float);                       \
    __attribute__((simd("notinbranch"), const)) double(name)(double, double);
VECTOR_MATH1(exp)
VECTOR_MATH1(log)
VECTOR_MATH1(log1p)
VECTOR_MATH1(expm1)
VECTOR_MATH1(tanh)
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
#define where(c, a, b) ((c) ? (T)(a) : (T)(b))
#define at_least(a, least) ((T)(a) < (T)(least) ? (T)(least) : (T)(a))
#define sigmoid(a) ((T)1 / ((T)1 + exp(-(T)(a))))

#ifdef GRADIENTS
/* ln cosh d = m + ln(1 + e^-2m) - ln 2 with m = |d|, which cannot overflow. Where m is small it cancels,
 * and -½ ln(1 - tanh² m) does not; both come from w = e^-2m - 1. */
static inline T log_cosh(T d)
{
    const T m = magnitude(d), w = expm1(-2 * m), t = w / (2 + w);
    const bool small = m < 1;
    const T l = log1p(small ? -t * t : 1 + w);
    return small ? l * (T)-0.5 : m + l - (T)0.69314718055994530942;
}
#endif

#endif
