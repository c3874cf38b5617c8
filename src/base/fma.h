/* SPDX-License-Identifier: MIT */
/* a b + c, rounded once: by the CPU's instruction where the compiler may use it, else by our own
 * arithmetic, because not every C library's rounds once (mingw-w64's and newlib's round twice). */
#ifndef REELI_FMA_H
#define REELI_FMA_H

#include "arithmetic.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__FMA__) || (defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)) ||                     \
    defined(__aarch64__) || defined(__s390x__) || defined(__powerpc64__) ||                        \
    (defined(__riscv_flen) && __riscv_flen >= 64)
#define REELI_FMA_INSTRUCTION 1
#endif

/* The two by arithmetic alone. */
double reeli_fma_in_software(double a, double b, double c);

/* A sum and its rounding error, as one double rounded to odd: where there is an error, the one of
 * the sum's neighbours and itself whose last bit is 1 and between which the exact sum lies. Who
 * rounds it again, to fewer digits, still sees on which side of a tie the exact sum was. */
static inline double reeli_round_to_odd(double sum, double error)
{
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    const int64_t outwards = (error > 0) - (error < 0), even = ~bits & 1; /* no NaN is either */
    bits += even * (sum < 0 ? -outwards : outwards);
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

/*
 * A product of floats is exact in doubles, and so the error of its sum with c. Loops over it are
 * vectorised.
 *
 * Source: Boldo and Melquiond, Emulation of a FMA and correctly rounded sums, IEEE Transactions on
 * Computers, 2008; the error of the sum is Knuth's.
 */
static inline float reeli_fmaf_in_software(float a, float b, float c)
{
    const double product = (double)a * (double)b, sum = product + (double)c, back = sum - product;
    const double error = (product - (sum - back)) + ((double)c - back); /* NaN if sum is infinite */
    return (float)reeli_round_to_odd(sum, error);
}

#ifdef REELI_FMA_INSTRUCTION
#define reeli_fmaf(a, b, c) fmaf(a, b, c)
#define reeli_fma(a, b, c) fma(a, b, c)
#else
#define reeli_fmaf(a, b, c) reeli_fmaf_in_software(a, b, c)
#define reeli_fma(a, b, c) reeli_fma_in_software(a, b, c)
#endif

#endif
