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
#define SELDOM_OF_FLOATS(name) TABLE_BY(BY_TWO_OF_FLOATS, name, NULL)
#define SELDOM_OF_LEVELS(name) TABLE_BY(BY_LEVEL_OF_FLOATS, name, NULL)
#define OF_ALL_BY(by, name)                                                                        \
    reeli_##name##_loop reeli_##name##_i64_portable;                                               \
    TABLE_BY(by, name, reeli_##name##_i64_portable)
#define NARROW_OF_ALL(name) OF_ALL_BY(BY_TWO_LEVELS, name)
#define SELDOM_OF_ALL(name) OF_ALL_BY(BY_TWO_OF_FLOATS, name)
REELI_LOOPS_OF_FLOATS(TABLE_OF_FLOATS)
REELI_NARROW_OF_FLOATS(NARROW_OF_FLOATS)
REELI_SELDOM_OF_FLOATS(SELDOM_OF_FLOATS)
REELI_SELDOM_OF_LEVELS(SELDOM_OF_LEVELS)
REELI_SELDOM_OF_ALL(SELDOM_OF_ALL)
REELI_NARROW_OF_ALL(NARROW_OF_ALL)
OF_ALL_BY(BY_LEVEL, small_product)

#define OF_LEVEL(level, f64_level, name, unused) name##_##level
#define TABLE_OF_LEVELS(by, name)                                                                  \
    DECLARE_LEVELS(reeli_##name##_loop, reeli_##name)                                              \
    reeli_##name##_loop *const reeli_##name##_loops[REELI_LEVELS] = by(OF_LEVEL, reeli_##name, );
TABLE_OF_LEVELS(BY_LEVEL, sum_pooled_gradients)
TABLE_OF_LEVELS(BY_LEVEL, stream)
TABLE_OF_LEVELS(BY_LEVEL, transpose)
TABLE_OF_LEVELS(BY_TWO_LEVELS, normal)
TABLE_OF_LEVELS(BY_LEVEL, chain)
TABLE_OF_LEVELS(BY_TWO_LEVELS, loss_pass)
