/* SPDX-License-Identifier: MIT */
/* The table of operations that ops.def makes. */
#include "ops.h"

#include <math.h>

/* The words of the column `saved`. */
enum { none = 0, X = 1, A = 1, B = 2, C = 4, Y = REELI_SAVES_RESULT };

/*
 * What a gradient reads follows from its formula, compiled here as a third thing: each name stands
 * for its bit, each word for all bits in it. The bits are the only unsigned values in a formula. So
 * it is known for each input apart: x.mul_(2) needs no x, and a changed weight only matters to who
 * reads it.
 */
#define READS(v) _Generic((v), unsigned : (v), default : 0u)
#define neg(p) READS(p)
#define sign(p) READS(p)
#define magnitude(p) READS(p)
#define square(p) READS(p)
#define sqrt(p) READS(p)
#define rsqrt(p) READS(p)
#define exp(p) READS(p)
#define log(p) READS(p)
#define log1p(p) READS(p)
#define sin(p) READS(p)
#define cos(p) READS(p)
#define sinh(p) READS(p)
#define cosh(p) READS(p)
#define tanh(p) READS(p)
#define erf(p) READS(p)
#define sigmoid(p) READS(p)
#define add(p, q) (READS(p) | READS(q))
#define sub(p, q) (READS(p) | READS(q))
#define mul(p, q) (READS(p) | READS(q))
#define div(p, q) (READS(p) | READS(q))
#define div_trunc(p, q) (READS(p) | READS(q))
#define div_floor(p, q) (READS(p) | READS(q))
#define pow(p, q) (READS(p) | READS(q))
#define at_least(p, q) (READS(p) | READS(q))
#define gt(p, q) (READS(p) | READS(q))
#define ge(p, q) (READS(p) | READS(q))
#define lt(p, q) (READS(p) | READS(q))
#define le(p, q) (READS(p) | READS(q))
#define eq(p, q) (READS(p) | READS(q))
#define ne(p, q) (READS(p) | READS(q))
#define both(p, q) (READS(p) | READS(q))
#define either(p, q) (READS(p) | READS(q))
#define zero(p) 0u
#define where(p, q, s) (READS(p) | READS(q) | READS(s))
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

/* Whether a formula is g alone. */
#define IS_G(formula) (sizeof(formula) == 2 && (formula)[0] == 'g')

#define ROW(name, keeps, ...)                                                                      \
    const reeli_op reeli_op_##name = {#name, sizeof(reeli_##keeps), __VA_ARGS__};
#define CHECKED(name, saved, reads)                                                                \
    _Static_assert((reads) == (saved), #name ": `saved` is not what the gradients read");
#define MAPS reeli_elementwise_forward, reeli_elementwise_gradient
#define UNARY(name, domain, saved, parameters, f, gx)                                              \
    NUMBERS_##parameters CHECKED(name, saved, READS(gx))                                           \
        ROW(name, row, saved, {READS(gx)}, MAPS, REELI_FORMULA_##name, domain, false, IS_G(#gx))
#define BINARY(name, domain, saved, parameters, f, ga, gb)                                         \
    NUMBERS_##parameters CHECKED(name, saved, READS(ga) | READS(gb))                               \
        ROW(name, row, saved, {READS(ga), READS(gb)}, MAPS, REELI_FORMULA_##name, domain, false,   \
            IS_G(#ga) | IS_G(#gb) << 1)
#define TERNARY(name, domain, saved, parameters, f, ga, gb, gc)                                    \
    NUMBERS_##parameters CHECKED(name, saved, READS(ga) | READS(gb) | READS(gc))                   \
        ROW(name, row, saved, {READS(ga), READS(gb), READS(gc)}, MAPS, REELI_FORMULA_##name,       \
            domain, false, IS_G(#ga) | IS_G(#gb) << 1 | IS_G(#gc) << 2)
#define LOSS(name, saved, parameters, f, ga, gb)                                                   \
    NUMBERS_##parameters CHECKED(name, saved, READS(ga) | READS(gb))                               \
        ROW(name, row, saved, {READS(ga), READS(gb)}, reeli_loss_forward, reeli_loss_gradient,     \
            REELI_FORMULA_##name, FLOATING, false, 0)
#define COMPARE(name, f)                                                                           \
    ROW(name, row, none, {0}, reeli_elementwise_forward, NULL, REELI_FORMULA_##name, ANY, true, 0)
#define PREDICATE(name, f) COMPARE(name, f)
#define SELECT(name, saved, f, ga, gb)                                                             \
    ROW(name, row, saved, {0, saved, saved}, MAPS, REELI_FORMULA_##name, ANY, false, 0)
#define OP(name, saved, keeps)                                                                     \
    ROW(name, keeps, saved, {saved, saved, saved}, reeli_##name##_forward,                         \
        reeli_##name##_gradient, -1, ANY, false, 0)
#define FIXED(name, keeps)                                                                         \
    ROW(name, keeps, none, {0}, reeli_##name##_forward, NULL, -1, ANY, false, 0)
#define PICK(name)                                                                                 \
    ROW(name, choice, B, {B, B, B}, reeli_##name##_forward, reeli_pick_gradient, -1, ANY, false, 0)
#define VIEW(name, keeps)                                                                          \
    ROW(name, keeps, none, {0}, NULL, reeli_##name##_gradient, -1, ANY, false, 0)
#include "ops.def"

const reeli_op *const reeli_ops[] = {
#define UNARY(name, ...) &reeli_op_##name,
#define BINARY(name, ...) &reeli_op_##name,
#define TERNARY(name, ...) &reeli_op_##name,
#define LOSS(name, ...) &reeli_op_##name,
#define COMPARE(name, ...) &reeli_op_##name,
#define PREDICATE(name, ...) &reeli_op_##name,
#define SELECT(name, ...) &reeli_op_##name,
#define OP(name, ...) &reeli_op_##name,
#define FIXED(name, ...) &reeli_op_##name,
#define PICK(name) &reeli_op_##name,
#define VIEW(name, ...) &reeli_op_##name,
#include "ops.def"
    NULL};
