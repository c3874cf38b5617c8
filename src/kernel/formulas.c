/* SPDX-License-Identifier: MIT */
/* The rows of elementwise.def as tables of loops: what cpu/maps.h makes of each formula. */
#include "by_level.h"
#include "loops.h"

/* clang-format off */
/* Integers have a value where the domain says so. */
#define VALUE_FLOATING(value) NULL
#define VALUE_REAL(value) NULL
#define VALUE_NUMERIC(value) value
#define VALUE_WIDE(value) value
#define VALUE_ANY(value) value

#define VALUE_REDUCED(value) NULL
#define VALUE_SIMPLE(value) NULL

/* Those whose vectors are of 256 bits at the third level, too (cpu/maps.h), have the second's. */
#define LEVELS_FLOATING BY_LEVEL
#define LEVELS_REAL BY_LEVEL
#define LEVELS_NUMERIC BY_TWO_LEVELS
#define LEVELS_WIDE BY_LEVEL
#define LEVELS_ANY BY_TWO_LEVELS
#define LEVELS_REDUCED BY_TWO_LEVELS
#define LEVELS_SIMPLE BY_TWO_OF_FLOATS
#define LEVELS_COMPARED BY_TWO_OF_FLOATS
#define VALUE_COMPARED(value) value

/* The hot rows: loops for floats at each level, values and gradients. */
#define HOT(name, domain, gradients)                                                               \
    DECLARE_FLOATS(reeli_map_loop, reeli_##name##_value)                                           \
    reeli_map_loop reeli_##name##_value_i64_portable;                                              \
    static const reeli_map name##_values[REELI_LEVELS][REELI_LOOP_DTYPES] =                        \
        LEVELS_##domain(DTYPES, reeli_##name##_value,                                              \
                        VALUE_##domain(reeli_##name##_value_i64_portable));                        \
    const reeli_formula reeli_formula_##name = {name##_values[0], REELI_LOOP_DTYPES, gradients};
#define GRADIENTS(name, ...)                                                                       \
    static const reeli_map name##_gradients[][REELI_LEVELS][2] = {__VA_ARGS__};
#define FLOATS(level, f64_level, name, unused) {name##_f32_##level, name##_f64_##f64_level}
#define DX(name, domain) LEVELS_##domain(FLOATS, reeli_##name##_dx, )
#define DA(name, domain) LEVELS_##domain(FLOATS, reeli_##name##_da, )
#define DB(name, domain) LEVELS_##domain(FLOATS, reeli_##name##_db, )
#define OF_CONDITION {{NULL}}
#define DECLARE_GRADIENT(name, part) DECLARE_FLOATS(reeli_map_loop, reeli_##name##_##part)

#define UNARY(name, function, domain, ...)                                                         \
    DECLARE_GRADIENT(name, dx)                                                                     \
    GRADIENTS(name, DX(name, domain))                                                              \
    HOT(name, domain, name##_gradients)
#define BINARY(name, function, domain, ...)                                                        \
    DECLARE_GRADIENT(name, da)                                                                     \
    DECLARE_GRADIENT(name, db)                                                                     \
    GRADIENTS(name, DA(name, domain), DB(name, domain))                                            \
    HOT(name, domain, name##_gradients)
#define LOSS(name, domain, ...) BINARY(name, , domain, )
#define COMPARE(name, ...) HOT(name, COMPARED, NULL)
#define PREDICATE(name, ...) HOT(name, ANY, NULL)
#define SELECT(name, ...)                                                                          \
    DECLARE_GRADIENT(name, da)                                                                     \
    DECLARE_GRADIENT(name, db)                                                                     \
    GRADIENTS(name, OF_CONDITION, DA(name, ANY), DB(name, ANY))                                    \
    HOT(name, ANY, name##_gradients)
#include "elementwise_hot.def"
#include "elementwise_undef.def"

/* The rare ones: values, compiled once, but for what the C library has vectors of. */
#define LIBRARY_portable(name) reeli_##name##_value_f32
#ifdef REELI_VECTOR_FUNCTIONS
#define LIBRARY_avx2(name) reeli_##name##_vectors
#else
#define LIBRARY_avx2(name) reeli_##name##_value_f32
#endif
#define LIBRARY_ROW(level, f64_level, name, f64) {LIBRARY_##level(name), f64, NULL}
#define RARE_LIBRARY(name)                                                                         \
    reeli_map_loop reeli_##name##_value_f32, reeli_##name##_value_f64, reeli_##name##_vectors;     \
    static const reeli_map name##_values[REELI_LEVELS][REELI_LOOP_DTYPES] =                        \
        BY_TWO_LEVELS(LIBRARY_ROW, name, reeli_##name##_value_f64);                                \
    const reeli_formula reeli_formula_##name = {name##_values[0], REELI_LOOP_DTYPES, NULL};
#define RARE(name, domain)                                                                         \
    reeli_map_loop reeli_##name##_value_f32, reeli_##name##_value_f64, reeli_##name##_value_i64;   \
    static const reeli_map name##_values[REELI_LOOP_DTYPES] = {                                    \
        reeli_##name##_value_f32, reeli_##name##_value_f64,                                        \
        VALUE_##domain(reeli_##name##_value_i64)};                                                 \
    const reeli_formula reeli_formula_##name = {name##_values, 0, NULL};
#define RARE_FLOATING(name) RARE(name, FLOATING)
#define RARE_REAL(name) RARE(name, REAL)
#define RARE_COMPOSED(name) RARE_LIBRARY(name)
#define RARE_NUMERIC(name) RARE(name, NUMERIC)
#define RARE_ANY(name) RARE(name, ANY)
#define UNARY(name, function, domain, ...) RARE_##domain(name)
#define BINARY(name, function, domain, ...) RARE(name, domain)
#define TERNARY(name, function, domain, ...) RARE(name, domain)
#define LOSS(name, ...) RARE(name, FLOATING)
#define COMPARE(name, ...) RARE(name, ANY)
#define PREDICATE(name, ...) RARE(name, ANY)
#include "elementwise_rare.def"
#include "elementwise_undef.def"
