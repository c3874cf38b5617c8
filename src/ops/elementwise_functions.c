/* SPDX-License-Identifier: MIT */
/* The functions that elementwise.def's rows make, one each, with the row's parameters after the
 * tensors. */
#include "elementwise_checked.h"
#include "ops.h"

#include <reel/elementwise.h>

#define SIGNATURE_P0
#define SIGNATURE_P1(first) , double first
#define SIGNATURE_P2(first, second) , double first, double second
#define SIGNATURE_P3(first, second, third) , double first, double second, double third
#define NUMBERS_P0 NULL
#define NUMBERS_P1(first)                                                                          \
    (double[3]) { first }
#define NUMBERS_P2(first, second)                                                                  \
    (double[3]) { first, second }
#define NUMBERS_P3(first, second, third)                                                           \
    (double[3]) { first, second, third }

/* Arguments as the functions have them come first, so that a function is little more than a
 * jump. */
static reel_tensor *of_one(reel_tensor *x, const reeli_op *op, const double *parameters)
{
    return reeli_elementwise(op, 1, &x, parameters);
}

static reel_tensor *of_two(reel_tensor *a, reel_tensor *b, const reeli_op *op,
                           const double *parameters)
{
    reel_tensor *in[] = {a, b};
    return reeli_elementwise(op, 2, in, parameters);
}

#define UNARY(name, function, domain, parameters, ...)                                             \
    reel_tensor *function(reel_tensor *x SIGNATURE_##parameters)                                   \
    {                                                                                              \
        return of_one(x, &reeli_op_##name, NUMBERS_##parameters);                                  \
    }
#define BINARY(name, function, domain, parameters, ...)                                            \
    reel_tensor *function(reel_tensor *a, reel_tensor *b SIGNATURE_##parameters)                   \
    {                                                                                              \
        reel_tensor *in[] = {a, b};                                                                \
        return reeli_elementwise(&reeli_op_##name, 2, in, NUMBERS_##parameters);                   \
    }
#define TERNARY(name, function, domain, parameters, ...)                                           \
    reel_tensor *function(reel_tensor *a, reel_tensor *b, reel_tensor *c SIGNATURE_##parameters)   \
    {                                                                                              \
        reel_tensor *in[] = {a, b, c};                                                             \
        return reeli_elementwise(&reeli_op_##name, 3, in, NUMBERS_##parameters);                   \
    }
#define COMPARE(name, function, f) BINARY(name, function, , P0, )
#define PREDICATE(name, function, f) UNARY(name, function, , P0, )
#define SELECT(name, function, ...) TERNARY(name, function, , P0, )
#define LOSS(...)
#include "elementwise_hot.def"

#undef BINARY
#define BINARY(name, function, domain, parameters, ...)                                            \
    reel_tensor *function(reel_tensor *a, reel_tensor *b SIGNATURE_##parameters)                   \
    {                                                                                              \
        return of_two(a, b, &reeli_op_##name, NUMBERS_##parameters);                               \
    }
#include "elementwise_rare.def"
#include "elementwise_undef.def"
