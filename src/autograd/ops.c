/* SPDX-License-Identifier: MIT */
/* The table of operations that ops.def makes. */
#include "tape.h"

/* The words of the column `saved`. */
enum { none = 0, X = 1, A = 1, B = 2, C = 4, Y = REELI_SAVES_RESULT };

/* Whether a formula is g alone. */
#define IS_G(formula) (sizeof(formula) == 2 && (formula)[0] == 'g')

#define ROW(name, ...) const reeli_op reeli_op_##name = {#name, __VA_ARGS__};
#define MAPS reeli_elementwise_forward, reeli_elementwise_gradient
#define UNARY(name, domain, saved, parameters, f, gx)                                              \
    ROW(name, saved, MAPS, REELI_FORMULA_##name, domain, false, IS_G(#gx))
#define BINARY(name, domain, saved, parameters, f, ga, gb)                                         \
    ROW(name, saved, MAPS, REELI_FORMULA_##name, domain, false, IS_G(#ga) | IS_G(#gb) << 1)
#define TERNARY(name, domain, saved, parameters, f, ga, gb, gc)                                    \
    ROW(name, saved, MAPS, REELI_FORMULA_##name, domain, false,                                    \
        IS_G(#ga) | IS_G(#gb) << 1 | IS_G(#gc) << 2)
#define LOSS(name, saved, ...)                                                                     \
    ROW(name, saved, reeli_loss_forward, reeli_loss_gradient, REELI_FORMULA_##name, FLOATING,      \
        false, 0)
#define COMPARE(name, f)                                                                           \
    ROW(name, none, reeli_elementwise_forward, NULL, REELI_FORMULA_##name, ANY, true, 0)
#define PREDICATE(name, f) COMPARE(name, f)
#define SELECT(name, saved, f, ga, gb) ROW(name, saved, MAPS, REELI_FORMULA_##name, ANY, false, 0)
#define OP(name, saved)                                                                            \
    ROW(name, saved, reeli_##name##_forward, reeli_##name##_gradient, -1, ANY, false, 0)
#define FIXED(name) ROW(name, none, reeli_##name##_forward, NULL, -1, ANY, false, 0)
#define PICK(name) ROW(name, B, reeli_##name##_forward, reeli_pick_gradient, -1, ANY, false, 0)
#define VIEW(name) ROW(name, none, NULL, reeli_##name##_gradient, -1, ANY, false, 0)
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
#define FIXED(name) &reeli_op_##name,
#define PICK(name) &reeli_op_##name,
#define VIEW(name) &reeli_op_##name,
#include "ops.def"
    NULL};
