/* SPDX-License-Identifier: MIT */
/* a b + c, rounded once: by the CPU's instruction where the compiler may use it, else by our own
 * arithmetic, because not every C library's rounds once (mingw-w64's and newlib's round twice). */
#ifndef REELI_FMA_H
#define REELI_FMA_H

#include "arithmetic.h"
#include "compiler.h"

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
 * rounds it again, to fewer digits, still sees on which side of a tie the exact sum was. That is
 * the sum cut off, towards 0, with a 1 in its last place. */
REELI_INLINE double reeli_round_to_odd(double sum, double error)
{
    uint64_t bits, lost;
    memcpy(&bits, &sum, sizeof bits);
    memcpy(&lost, &error, sizeof lost);
    const uint64_t below = lost ^ bits, size = lost & (~(uint64_t)0 >> 1);
    lost = (-size & ~(size + ((uint64_t)1 << 52))) >> 63; /* 1 unless it is 0 or no number */
    bits = (bits - (below >> 63 & lost)) | lost;
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
REELI_INLINE float reeli_fmaf_in_software(float a, float b, float c)
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
