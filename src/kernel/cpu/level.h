/* SPDX-License-Identifier: MIT */
/* The level of CPU that is being compiled: REELI_CPU, which is portable, avx2 or avx512. Its
 * instructions follow from its name, for where one file holds all levels not every compiler says
 * which of them it is in. The portable level has what the whole program is compiled for. */
#ifndef REELI_LEVEL_H
#define REELI_LEVEL_H

#include "fma.h"

#define LEVEL_portable 1
#define LEVEL_avx2 2
#define LEVEL_avx512 3
#define LEVEL_(cpu) LEVEL_##cpu
#define LEVEL(cpu) LEVEL_(cpu)

#if LEVEL(REELI_CPU) >= 2 || (defined(__AVX2__) && defined(__FMA__))
#define HAS_AVX2 /* and fused multiply-adds */
#include <immintrin.h>
#endif
#if LEVEL(REELI_CPU) >= 3 ||                                                                       \
    (defined(HAS_AVX2) && defined(__AVX512F__) && defined(__AVX512DQ__) &&                         \
     defined(__AVX512BW__) && defined(__AVX512VL__))
#define HAS_AVX512
#endif

/* The third level has loops of its own where vectors of 512 bits pay: long formulas, products, what
 * is made of them. For the rest by_level.h gives it the second's. */
#if LEVEL(REELI_CPU) >= 3
#define ONLY_WIDE
#endif

#if defined(__aarch64__) && defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__) /* see vectors.h */
#define HAS_NEON
#include <arm_neon.h>
#endif

/* a b + c, rounded once. */
#if defined(HAS_AVX2) || defined(REELI_FMA_INSTRUCTION)
#define HAS_FMA
#define FMAF(a, b, c) fmaf(a, b, c)
#define FMA(a, b, c) fma(a, b, c)
#else
#define FMAF(a, b, c) reeli_fmaf(a, b, c)
#define FMA(a, b, c) reeli_fma(a, b, c)
#endif

#endif
