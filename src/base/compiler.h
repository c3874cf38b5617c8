/* SPDX-License-Identifier: MIT */
/* What C11 has no word for, and where a compiler has none either, without it. */
#ifndef REELI_COMPILER_H
#define REELI_COMPILER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __GNUC__
#define REELI_RARELY(condition) __builtin_expect((condition), 0)
#define REELI_PREFETCH(address) __builtin_prefetch(address)
#define REELI_ASSUME(condition) ((condition) ? (void)0 : __builtin_unreachable())
#ifdef __OPTIMIZE_SIZE__
#define REELI_INLINE static inline
#define REELI_UNROLL(times)
#else
#define REELI_INLINE static inline __attribute__((always_inline))
#ifdef __clang__ /* which by a number would unroll after arrays have got their place in memory */
#define REELI_UNROLL(times) REELI_PRAGMA(clang loop unroll(full))
#else
#define REELI_UNROLL(times) REELI_PRAGMA(GCC unroll times)
#endif
#define REELI_PRAGMA(text) _Pragma(#text)
#endif
#if defined(__MINGW32__) && !defined(__clang__) /* which has a printf of its own, C's */
#define REELI_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define REELI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif
#define REELI_RARE __attribute__((cold, noinline)) /* a function out of the way of the usual */
#define REELI_APART __attribute__((noinline))      /* whose registers and stack its callers spare */
#else
#define REELI_RARELY(condition) (condition)
#define REELI_PREFETCH(address) ((void)(address))
#define REELI_ASSUME(condition) ((void)0)
#define REELI_INLINE static inline
#define REELI_UNROLL(times)
#define REELI_PRINTF(text, first)
#define REELI_RARE
#define REELI_APART
#endif

/* a + b and a * b in *result; false when it does not fit. */
static inline bool reeli_add(int64_t a, int64_t b, int64_t *result)
{
#ifdef __GNUC__
    return !__builtin_add_overflow(a, b, result);
#else
    *result = (int64_t)((uint64_t)a + (uint64_t)b);
    return b < 0 ? *result < a : *result >= a;
#endif
}

static inline bool reeli_multiply(int64_t a, int64_t b, int64_t *result)
{
#ifdef __GNUC__
    return !__builtin_mul_overflow(a, b, result);
#else
    *result = (int64_t)((uint64_t)a * (uint64_t)b);
    return a == 0 || (*result / a == b && !(a == -1 && b == INT64_MIN));
#endif
}

/* a b of sizes, or INT64_MAX where it is more, which is no size that anything has: what has no
 * elements may have sizes whose product is none. */
static inline int64_t reeli_times(int64_t a, int64_t b)
{
    int64_t product;
    return reeli_multiply(a, b, &product) ? product : INT64_MAX;
}

/* How many bits the number has: 0 for 0, 64 from 2^63 on. */
static inline int reeli_bits(uint64_t x)
{
#ifdef __GNUC__
    return x ? 64 - __builtin_clzll(x) : 0;
#else
    int bits = 0;
    for (int step = 32; step > 0; step /= 2) {
        if (x >> step) {
            x >>= step;
            bits += step;
        }
    }
    return bits + (x != 0);
#endif
}

#endif
