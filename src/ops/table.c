/* SPDX-License-Identifier: MIT */
/* The rows of operations that ops.def makes. */
#include "ops.h"

#include <math.h>

/* The words of the column `saved`. */
enum { none = 0, X = 1, A = 1, B = 2, C = 4, fresh = 64, Y = REELI_SAVES_RESULT };

/*
 * What a gradient reads follows from its formula, compiled here as a third thing: each name stands
 * for its bit, each word for all bits in it. The bits are the only unsigned values in a formula. So
 * it is known for each input apart: x.mul_(2) needs no x, and a changed weight only matters to who
 * reads it.
 */
#define READS(v) _Generic((v), unsigned : (v), default : 0u)
#define WORD1(operation, p) READS(p)
#define WORD2(operation, p, q) (READS(p) | READS(q))
#define WORD3(operation, p, q, s) (READS(p) | READS(q) | READS(s))
#include "vocabulary.h"
#undef zero
#define zero(p) 0u /* whatever p is */
#define g 0u
#define x 1u
#define a 1u
#define b 2u
#define c 4u
#define y 128u

/* A row's parameters are declared, so that a formula that names one compiles, and do not exist. */
#define NUMBERS_P0
#define NUMBERS_P1(first) extern const double first;
#define NUMBERS_P2(first, second) NUMBERS_P1(first) NUMBERS_P1(second)
#define NUMBERS_P3(first, second, third) NUMBERS_P2(first, second) NUMBERS_P1(third)

/* Whether a formula is g alone: no other is one letter. */
#define IS_G(formula) (sizeof(formula) == 2)

#define ROW(name, keeps, ...)                                                                      \
    const reeli_op reeli_op_##name = {#name, sizeof(reeli_##keeps), __VA_ARGS__};
/* clang-format off */
/* The gradients in operations; of where, input 0 is the condition. */
#define DX(name) {reeli_##name##_dx}
#define DA_DB(name) {reeli_##name##_da, reeli_##name##_db}
#define DA_DB_DC(name) {reeli_##name##_da, reeli_##name##_db, reeli_##name##_dc}
#define AFTER_CONDITION(name) {NULL, reeli_##name##_da, reeli_##name##_db}
/* clang-format on */

/* A row of elementwise.def; `pass`: the inputs whose gradient is g itself. */
#define RECORDED(name, how) static reeli_recorded_gradient *const name##_recorded[] = how(name);
#define FORMULA(name, parameters, domain, how, pass, gradients, ga, gb, gc)                        \
    NUMBERS_##parameters RECORDED(name, gradients)                                                 \
        ROW(name, row, READS(ga) | READS(gb) | READS(gc), {READS(ga), READS(gb), READS(gc)},       \
            false, true, domain, pass, reeli_##how##_forward, reeli_##how##_gradient,              \
            &reeli_formula_##name, name##_recorded)
#define UNARY(name, function, domain, parameters, f, gx)                                           \
    FORMULA(name, parameters, domain, elementwise, IS_G(#gx), DX, gx, 0, 0)
#define BINARY(name, function, domain, parameters, f, ga, gb)                                      \
    FORMULA(name, parameters, domain, elementwise, IS_G(#ga) | IS_G(#gb) << 1, DA_DB, ga, gb, 0)
#define TERNARY(name, function, domain, parameters, f, ga, gb, gc)                                 \
    FORMULA(name, parameters, domain, elementwise, IS_G(#ga) | IS_G(#gb) << 1 | IS_G(#gc) << 2,    \
            DA_DB_DC, ga, gb, gc)
#define LOSS(name, domain, parameters, f, ga, gb)                                                  \
    FORMULA(name, parameters, FLOATING, loss, 0, DA_DB, ga, gb, 0)
#define COMPARE(name, function, f)                                                                 \
    ROW(name, row, none, {0}, true, false, ANY, 0, reeli_elementwise_forward, NULL,                \
        &reeli_formula_##name, NULL)
#define PREDICATE(name, function, f) COMPARE(name, function, f)
/* The condition, which both gradients read, is input 0. */
#define SELECT(name, function, f, ga, gb)                                                          \
    RECORDED(name, AFTER_CONDITION)                                                                \
    ROW(name, row, X, {0, X, X}, false, true, ANY, 0, reeli_elementwise_forward,                   \
        reeli_elementwise_gradient, &reeli_formula_##name, name##_recorded)
#define NO_FORMULA NULL, NULL
#define SAVED(words) (~fresh & (words))
#define OP(name, saved, keeps)                                                                     \
    ROW(name, keeps, SAVED(saved), {SAVED(saved), SAVED(saved), SAVED(saved)}, false,              \
        (fresh & (saved)) != 0, ANY, 0, reeli_##name##_forward, reeli_##name##_gradient,           \
        NO_FORMULA)
#define FIXED(name, keeps)                                                                         \
    ROW(name, keeps, none, {0}, false, false, ANY, 0, reeli_##name##_forward, NULL, NO_FORMULA)
#define PICK(name)                                                                                 \
    ROW(name, choice, B, {B, B, B}, false, false, ANY, 0, reeli_##name##_forward,                  \
        reeli_pick_gradient, NO_FORMULA)
#define VIEW(name, keeps)                                                                          \
    ROW(name, keeps, none, {0}, false, false, ANY, 0, NULL, reeli_##name##_gradient, NO_FORMULA)
#include "ops.def"
