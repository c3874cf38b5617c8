/* SPDX-License-Identifier: MIT */
/* The tables of loops: what cpu/ makes of each, by level and dtype. */
#include "loops.h"

#include "by_level.h"

/* clang-format off */
#define TABLE_BY(by, name, i64)                                                                    \
    DECLARE_FLOATS(reeli_##name##_loop, reeli_##name)                                              \
    reeli_##name##_loop *const reeli_##name##_loops[REELI_LEVELS][REELI_LOOP_DTYPES] =             \
        by(DTYPES, reeli_##name, i64);
#define TABLE_OF_FLOATS(name) TABLE_BY(BY_LEVEL, name, NULL)
#define NARROW_OF_FLOATS(name) TABLE_BY(BY_TWO_LEVELS, name, NULL)
#define NARROW_OF_ALL(name)                                                                        \
    reeli_##name##_loop reeli_##name##_i64_portable;                                               \
    TABLE_BY(BY_TWO_LEVELS, name, reeli_##name##_i64_portable)
REELI_LOOPS_OF_FLOATS(TABLE_OF_FLOATS)
REELI_NARROW_OF_FLOATS(NARROW_OF_FLOATS)
REELI_NARROW_OF_ALL(NARROW_OF_ALL)
reeli_small_product_loop reeli_small_product_i64_portable;
TABLE_BY(BY_LEVEL, small_product, reeli_small_product_i64_portable)

#define OF_LEVEL(level, f64_level, name, unused) name##_##level
#define TABLE_OF_LEVELS(by, name)                                                                  \
    DECLARE_LEVELS(reeli_##name##_loop, reeli_##name)                                              \
    reeli_##name##_loop *const reeli_##name##_loops[REELI_LEVELS] = by(OF_LEVEL, reeli_##name, );
TABLE_OF_LEVELS(BY_LEVEL, sum_pooled_gradients)
TABLE_OF_LEVELS(BY_LEVEL, stream)
TABLE_OF_LEVELS(BY_LEVEL, transpose)
TABLE_OF_LEVELS(BY_TWO_LEVELS, normal)
TABLE_OF_LEVELS(BY_LEVEL, chain)
