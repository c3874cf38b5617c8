/* SPDX-License-Identifier: MIT */
/*
 * Losses that are a formula of an input and a target, reduced. The terms of a sum are computed a block
 * at a time and added while they are in the first cache: the inputs are read once, and the terms are
 * never written to memory.
 */
#include "tape.h"

#include <reel/elementwise.h>
#include <reel/loss.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

int reel_reduction_from_name(const char *name)
{
    static const char *const names[] = {[REEL_MEAN] = "mean", [REEL_SUM] = "sum", [REEL_NONE] = "none"};
    for (int i = 0; name && i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

reel_reduction reel_legacy_reduction(reel *r, reel_legacy_flag size_average, reel_legacy_flag reduce)
{
    reel_reduction reduction = reduce == REEL_FALSE         ? REEL_NONE
                               : size_average == REEL_FALSE ? REEL_SUM
                                                            : REEL_MEAN;
    static const char *const names[] = {"REEL_MEAN", "REEL_SUM", "REEL_NONE"};
    if (r && (size_average != REEL_UNSET || reduce != REEL_UNSET)) {
        reeli_warn(r, "size_average and reduce are deprecated: use reduction = %s", names[reduction]);
    }
    return reduction;
}

/* Checks that depend on the values of the arguments, and the dtype to compute in; -1 after an error. */
static int loss_dtype(const reeli_op *op, reel_tensor *const *in, reel_reduction reduction)
{
    reel *r = in[0]->r;
    int dtype = reeli_promote(2, in);
    if ((unsigned)reduction > REEL_NONE) {
        reeli_error(r, REEL_ERR_VALUE, "%s: there is no reduction %d; use REEL_MEAN, REEL_SUM or REEL_NONE",
                    op->name, (int)reduction);
        return -1;
    }
    if (dtype == REEL_BOOL || (dtype == REEL_I64 && reduction == REEL_MEAN)) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: %s of %s is not supported; convert with reel_to", op->name,
                    dtype == REEL_BOOL ? "a loss" : "the mean", reel_dtype_name((reel_dtype)dtype));
        return -1;
    }
    return dtype;
}

/* The loss of integers, which is not for training, is put together from other operations. */
static reel_tensor *integer_loss(const reeli_op *op, reel_tensor *const *in, reel_reduction reduction)
{
    reel_tensor *d = reel_sub(in[0], in[1]);
    d = op == &reeli_op_l1_loss ? reel_abs(d) : reel_square(d);
    return reduction == REEL_SUM ? reel_sum(d) : d;
}

static reel_tensor *loss(const reeli_op *op, reel_tensor *input, reel_tensor *target, reel_reduction reduction,
                         const double *parameters)
{
    reel_tensor *in[] = {input, target};
    reeli_node *n = reeli_begin(op, 2, in);
    int dtype = n ? loss_dtype(op, in, reduction) : -1;
    if (dtype < 0) {
        return reeli_poison_for(2, in);
    }
    reel *r = input->r;
    int64_t size[REEL_MAX_DIMS];
    int ndim = reeli_broadcast(r, op->name, 2, in, size);
    if (ndim < 0) {
        return r->poison;
    }
    const bool same_shape = reeli_same_shape(input, target);
    if (!same_shape) {
        reeli_warn(r, "%s: the input's shape %s is not the target's %s: they broadcast to %s, which is rarely meant",
                   op->name, REELI_SHAPE_OF(input), REELI_SHAPE_OF(target),
                   reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, size));
    }
    if (dtype == REEL_I64) {
        return integer_loss(op, in, reduction);
    }
    for (int i = 0; i < 2; i++) {
        if (same_shape && in[i]->dtype == dtype) {
            continue;
        }
        reel_tensor *t = reel_to(in[i], (reel_dtype)dtype);
        n->in[i].t = t = reeli_bad(t) ? t : reel_expand(t, ndim, size);
        if (reeli_bad(t)) {
            return r->poison;
        }
    }
    for (int i = 0; parameters && i < 2; i++) {
        n->p[i] = parameters[i];
    }
    n->i[0] = reduction;
    n->out = reeli_empty(r, op->name, dtype, reduction == REEL_NONE ? ndim : 0, size);
    return reeli_apply(n);
}

/* Σ map(a, b), the terms a block at a time. */
static void sum_of_map(const reeli_loops *loops, reeli_map map, int64_t n, const char *a, const char *b,
                       size_t element, const double *p, void *sum)
{
    _Alignas(64) unsigned char terms[REELI_BLOCK * sizeof(double)];
    if (n <= REELI_BLOCK) {
        map(n, terms, (const void *[]){a, b}, p);
        loops->sum(terms, 1, n, sum);
        return;
    }
    reeli_cascade c;
    loops->cascade_begin(&c, n);
    for (int64_t i = 0; i < n; i += REELI_BLOCK) {
        const int64_t count = n - i < REELI_BLOCK ? n - i : REELI_BLOCK;
        map(count, terms, (const void *[]){a + (size_t)i * element, b + (size_t)i * element}, p);
        if (i + count < n) {
            loops->cascade_feed(&c, terms, count);
        } else {
            loops->cascade_end(&c, terms, count, sum);
        }
    }
}

/* The inputs of a reduction, row by row; a copy where they lie otherwise. */
static const void *dense(reel_tensor *t)
{
    if (t->flags & REELI_CONTIGUOUS) {
        return t->data;
    }
    reel_tensor *copy = reeli_empty_like(t, "loss", t->dtype);
    if (reeli_bad(copy)) {
        return NULL;
    }
    reeli_copy(copy, t);
    return copy->data;
}

bool reeli_loss_forward(reeli_node *n)
{
    reel_tensor *y = n->out, *a = n->in[0].t;
    const reeli_loops *loops = y->r->kernels->of[y->dtype];
    reeli_map map = loops->value[n->op->formula];
    if (n->i[0] == REEL_NONE) {
        reel_tensor *x[] = {a, n->in[1].t};
        reeli_run_map(y->r, map, y->dtype, y, false, 2, x, n->p);
        return true;
    }
    const void *input = dense(a), *target = dense(n->in[1].t);
    if (!input || !target) {
        return false;
    }
    sum_of_map(loops, map, a->numel, input, target, reeli_element_size(y->dtype), n->p, y->data);
    if (n->i[0] == REEL_MEAN && y->dtype == REEL_F32) {
        *(float *)y->data /= (float)a->numel;
    } else if (n->i[0] == REEL_MEAN) {
        *(double *)y->data /= (double)a->numel;
    }
    return true;
}

/* With a mean, each term's share is 1/n. */
reel_tensor *reeli_loss_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *a = n->in[0].t;
    if (n->i[0] == REEL_MEAN) {
        g = reel_div_scalar(g, (double)a->numel);
    }
    if (reeli_bad(g) || g->r->grad_enabled) {
        return reeli_bad(g) ? g : reeli_formula_gradient(n, input, g);
    }
    return reeli_fused_gradient(n, input, g, a);
}

/* The public functions, one for each row, with the row's parameters before the reduction. */
#define SIGNATURE_P0
#define SIGNATURE_P1(first) double first,
#define NUMBERS_P0 NULL
#define NUMBERS_P1(first) (double[2]){first}

#define LOSS(name, saved, parameters, ...)                                                         \
    reel_tensor *reel_##name(reel_tensor *input, reel_tensor *target,                              \
                             SIGNATURE_##parameters reel_reduction reduction)                      \
    {                                                                                              \
        return loss(&reeli_op_##name, input, target, reduction, NUMBERS_##parameters);             \
    }
#define UNARY(...)
#define BINARY(...)
#define TERNARY(...)
#define COMPARE(...)
#define PREDICATE(...)
#define SELECT(...)
#include "elementwise.def"
