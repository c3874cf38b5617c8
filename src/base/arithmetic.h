/* SPDX-License-Identifier: MIT */
/* The arithmetic that every digit rests on: each operation on floats rounds to a float and each on
 * doubles to a double, once, in the order in which it is written. A compiler that was told
 * otherwise gives wrong digits in silence, so it is refused here; what can be mended, is. */
#ifndef REELI_ARITHMETIC_H
#define REELI_ARITHMETIC_H

#include <float.h>

#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53
#error "Reel needs IEEE 754's float of 32 and double of 64 bits."
#endif

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||     \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "Reel's digits need arithmetic as it is written: no -ffast-math, no -Ofast."
#endif

/* Wider intermediate results are rounded twice, or whenever the compiler likes. 16 is 0 with a
 * third type. A pragma that brings SSE's arithmetic to 32-bit x86 leaves FLT_EVAL_METHOD as it
 * was. */
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#ifndef __SSE2_MATH__
#error "FLT_EVAL_METHOD is not 0: on 32-bit x86 add -msse2 -mfpmath=sse, on s390x -std=gnu11."
#endif
#endif

_Static_assert(sizeof(1.0) == sizeof(double), "compile Reel without -fsingle-precision-constant");

/* a * b + c is two roundings, unless it says `fma`. GCC has -ffp-contract=off for this. Clang does
 * not tell which parts of -ffast-math it was given; the first pragma takes them back, but makes a
 * contraction of the sum again, whatever the flags, which the second forbids. */
#if defined(__clang__)
#if defined(__x86_64__) || defined(__i386__)
#pragma float_control(precise, on)
#endif
#pragma STDC FP_CONTRACT OFF
#endif

#endif
