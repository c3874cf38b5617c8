/* SPDX-License-Identifier: MIT */
/* The vocabulary of elementwise.def's gradients on plain elements of type T. Its twin for tensors is
 * autograd's formula vocabulary; <tgmath.h> gives exp, log, tanh, … of T's own width. */
#ifndef REELI_FORMULA_H
#define REELI_FORMULA_H

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

#endif
