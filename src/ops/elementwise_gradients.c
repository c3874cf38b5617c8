/* SPDX-License-Identifier: MIT */
/* elementwise.def's gradients compiled as operations on tensors: the twin of kernel/formula.h. */
#include "elementwise_checked.h"
#include "ops.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/views.h>

static reel_tensor *same(reel *r, reel_tensor *t)
{
    (void)r;
    return t;
}

/* A tensor as it is, a C number as a tensor that takes the others' dtype. */
#define TENSOR(v) _Generic((v), reel_tensor * : same, default : reeli_number)(r, (v))

#define WORD1(operation, p) operation(TENSOR(p))
#define WORD2(operation, p, q) operation(TENSOR(p), TENSOR(q))
#define WORD3(operation, p, q, s) operation(TENSOR(p), TENSOR(q), TENSOR(s))

/* Zeros in g's shape that no gradient passes. */
static reel_tensor *zeros_like(reel_tensor *g)
{
    reel_tensor *t = reeli_empty_like(g, "zero", g->dtype);
    if (!reeli_bad(t)) {
        reeli_fill(t, 0);
        t->flags |= t->r->capture ? REELI_CONSTANT : 0;
    }
    return t;
}

/* Input k in the dtype that the operation was computed in, in which all the formula's words are at
 * home. */
REELI_RARE static reel_tensor *operand(const reeli_node *n, int k)
{
    reel_tensor *t = n->in[k].t;
    return t->dtype == n->out->dtype || (t->flags & REELI_NUMBER)
               ? t
               : reel_to(t, (reel_dtype)n->out->dtype);
}

static reel_tensor *larger_of(reel_tensor *a, reel_tensor *least)
{
    return reel_where(reel_lt(a, least), least, a);
}

/* Where the condition is a number, as in what copy_ and fill_ write, nothing passes what it does
 * not choose: neither a gradient nor, times 0, one of that. */
static reel_tensor *choose(reel_tensor *condition, reel_tensor *a, reel_tensor *b)
{
    if (!(condition->flags & REELI_NUMBER)) {
        return reel_where(condition, a, b);
    }
    const bool first = reeli_load(condition, 0) != 0;
    reel_tensor *chosen = first ? a : b;
    return chosen->flags & REELI_NUMBER ? zeros_like(first ? b : a) : chosen;
}

static reel_tensor *polygamma_of(reel_tensor *order, reel_tensor *x)
{
    return reeli_polygamma(x, reeli_load(order, 0));
}

#include "vocabulary.h"

#define FORMULA(name, part, declare, formula)                                                      \
    reel_tensor *reeli_##name##_##part(reeli_node *n, reel_tensor *g)                              \
    {                                                                                              \
        reel *r = g->r;                                                                            \
        (void)r;                                                                                   \
        declare;                                                                                   \
        return formula;                                                                            \
    }
#define INPUT(k, name)                                                                             \
    reel_tensor *name = operand(n, k);                                                             \
    (void)name
#define CONDITION(name)                                                                            \
    reel_tensor *name = n->in[0].t;                                                                \
    (void)name
#define RESULT                                                                                     \
    reel_tensor *y = n->out;                                                                       \
    (void)y

#define NUMBERS_P0
#define NUMBERS_P1(first)                                                                          \
    const double first = reeli_row_of(n)->p[0];                                                    \
    (void)first;
#define NUMBERS_P2(first, second)                                                                  \
    NUMBERS_P1(first) const double second = reeli_row_of(n)->p[1];                                 \
    (void)second;
#define NUMBERS_P3(first, second, third)                                                           \
    NUMBERS_P2(first, second) const double third = reeli_row_of(n)->p[2];                          \
    (void)third;

#define UNARY(name, function, domain, parameters, f, gx)                                           \
    FORMULA(name, dx, NUMBERS_##parameters INPUT(0, x); RESULT, gx)
#define INPUTS_AB(parameters)                                                                      \
    NUMBERS_##parameters INPUT(0, a);                                                              \
    INPUT(1, b);                                                                                   \
    RESULT
#define BINARY(name, function, domain, parameters, f, ga, gb)                                      \
    FORMULA(name, da, INPUTS_AB(parameters), ga)                                                   \
    FORMULA(name, db, INPUTS_AB(parameters), gb)
#define INPUTS_ABC(parameters)                                                                     \
    INPUTS_AB(parameters);                                                                         \
    INPUT(2, c)
#define TERNARY(name, function, domain, parameters, f, ga, gb, gc)                                 \
    FORMULA(name, da, INPUTS_ABC(parameters), ga)                                                  \
    FORMULA(name, db, INPUTS_ABC(parameters), gb)                                                  \
    FORMULA(name, dc, INPUTS_ABC(parameters), gc)
#define LOSS(name, parameters, f, ga, gb) BINARY(name, , FLOATING, parameters, f, ga, gb)
#define COMPARE(...)
#define PREDICATE(...)
#define SELECT(name, function, f, ga, gb)                                                          \
    FORMULA(name, da, CONDITION(c), ga)                                                            \
    FORMULA(name, db, CONDITION(c), gb)
#include "elementwise.def"
