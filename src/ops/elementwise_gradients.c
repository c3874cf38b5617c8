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

static reel_tensor *held_within(reel_tensor *x, reel_tensor *bound)
{
    return reel_where(reel_ge(reel_abs(x), bound), reel_mul(bound, reel_sign(x)), x);
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

/* Not every formula reads all of its row's names. */
#define FORMULA(name, part, x, b, c, parameters, formula)                                          \
    reel_tensor *reeli_##name##_##part(reel_tensor *g, reel_tensor *x, reel_tensor *b,             \
                                       reel_tensor *c, reel_tensor *y, const double *p)            \
    {                                                                                              \
        reel *const r = g->r;                                                                      \
        (void)r, (void)x, (void)b, (void)c, (void)y, (void)p;                                      \
        NUMBERS_##parameters;                                                                      \
        return formula;                                                                            \
    }

#define NUMBERS_P0
#define NUMBERS_P1(first)                                                                          \
    const double first = p[0];                                                                     \
    (void)first
#define NUMBERS_P2(first, second)                                                                  \
    NUMBERS_P1(first);                                                                             \
    const double second = p[1];                                                                    \
    (void)second
#define NUMBERS_P3(first, second, third)                                                           \
    NUMBERS_P2(first, second);                                                                     \
    const double third = p[2];                                                                     \
    (void)third

#define UNARY(name, function, domain, parameters, f, gx)                                           \
    FORMULA(name, dx, x, second, third, parameters, gx)
#define BINARY(name, function, domain, parameters, f, ga, gb)                                      \
    FORMULA(name, da, a, b, third, parameters, ga)                                                 \
    FORMULA(name, db, a, b, third, parameters, gb)
#define TERNARY(name, function, domain, parameters, f, ga, gb, gc)                                 \
    FORMULA(name, da, a, b, c, parameters, ga)                                                     \
    FORMULA(name, db, a, b, c, parameters, gb)                                                     \
    FORMULA(name, dc, a, b, c, parameters, gc)
#define LOSS(name, domain, parameters, f, ga, gb) BINARY(name, , domain, parameters, f, ga, gb)
#define COMPARE(...)
#define PREDICATE(...)
#define SELECT(name, function, f, ga, gb)                                                          \
    FORMULA(name, da, c, second, third, P0, ga)                                                    \
    FORMULA(name, db, c, second, third, P0, gb)
#include "elementwise.def"

reel_tensor *reeli_formula_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *in[3] = {NULL};
    for (int k = 0; k < n->inputs; k++) { /* a condition is of no dtype of theirs */
        in[k] = n->op == &reeli_op_where ? n->in[k].t : operand(n, k);
    }
    return n->op->recorded[input](g, in[0], in[1], in[2], n->out, reeli_row_of(n)->p);
}
