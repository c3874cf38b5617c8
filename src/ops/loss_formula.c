/* SPDX-License-Identifier: MIT */
/*
 * Losses that are a formula of an input and a target, reduced: the inputs are read once, and the
 * terms of a sum never written to memory.
 */
#include "losses.h"
#include "one_pass.h"

#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

int reel_reduction_from_name(const char *name)
{
    static const char *const names[] = {[REEL_MEAN] = "mean",
                                        [REEL_SUM] = "sum",
                                        [REEL_NONE] = "none",
                                        [REEL_BATCHMEAN] = "batchmean"};
    for (int i = 0; name && i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

reel_reduction reel_legacy_reduction(reel *r, reel_legacy_flag size_average,
                                     reel_legacy_flag reduce)
{
    reel_reduction reduction = reduce == REEL_FALSE         ? REEL_NONE
                               : size_average == REEL_FALSE ? REEL_SUM
                                                            : REEL_MEAN;
    static const char *const names[] = {"REEL_MEAN", "REEL_SUM", "REEL_NONE"};
    if (r && (size_average != REEL_UNSET || reduce != REEL_UNSET)) {
        reeli_warn(r, "size_average and reduce are deprecated: use reduction = %s",
                   names[reduction]);
    }
    return reduction;
}

bool reeli_sound_reduction(reel *r, const char *what, reel_reduction reduction)
{
    if ((unsigned)reduction <= REEL_NONE) {
        return true;
    }
    reeli_error(r, REEL_ERR_VALUE,
                "%s: there is no reduction %d; use REEL_MEAN, REEL_SUM or REEL_NONE", what,
                (int)reduction);
    return false;
}

reel_tensor *reeli_reduce_terms(reel_tensor *terms, reel_reduction reduction)
{
    return reduction == REEL_MEAN  ? reel_mean(terms)
           : reduction == REEL_SUM ? reel_sum(terms)
                                   : terms;
}

reel *reeli_loss_begin(const char *what, int count, reel_tensor *const *t, reel_reduction reduction)
{
    if (!reeli_all_usable(what, count, t)) {
        return NULL;
    }
    reel *r = t[0]->r;
    if (!reeli_sound_reduction(r, what, reduction)) {
        return NULL;
    }
    return reeli_floating(what, "input", t[0]) ? r : NULL;
}

reel_tensor *reeli_weighted(reel_tensor *weight, reel_tensor *x)
{
    if (reeli_bad(weight) || reeli_bad(x)) {
        return reeli_poison_for(2, (reel_tensor *[]){weight, x});
    }
    reel_tensor *zero = reeli_number(x->r, 0);
    reel_tensor *none = reel_logical_and(reel_eq(weight, zero), reel_isinf(x));
    return reel_where(none, zero, reel_mul(weight, reel_where(none, zero, x)));
}

/* (x - x) + least is least exactly, and has the gradient of x. */
reel_tensor *reeli_raised(reel_tensor *x, double least)
{
    if (reeli_bad(x)) {
        return x;
    }
    reel_tensor *bound = reeli_number(x->r, least);
    return reel_where(reel_lt(x, bound), reel_add(reel_sub(x, reel_detach(x)), bound), x);
}

reel_tensor *reeli_positive_part(reel_tensor *x)
{
    return reeli_bad(x) ? x : reel_clamp_min(x, reeli_number(x->r, 0));
}

/* Whether a row's parameter is in its range. */
static bool sound_parameter(reel *r, const reeli_op *op, double p)
{
    const struct {
        const reeli_op *op;
        bool holds;
        const char *rule;
    } rules[] = {
        {&reeli_op_smooth_l1_loss, p >= 0, "beta must be at least 0"},
        {&reeli_op_huber_loss, p > 0, "delta must be above 0"},
        {&reeli_op_quantile_loss, p > 0 && p < 1, "q must lie between 0 and 1"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].op == op && !rules[i].holds) {
            reeli_error(r, REEL_ERR_VALUE, "%s: %s, and is %g", op->name, rules[i].rule, p);
            return false;
        }
    }
    return true;
}

static bool takes_integers(const reeli_op *op)
{
    return op == &reeli_op_l1_loss || op == &reeli_op_mse_loss;
}

/* Whether PyTorch expands both to one shape first, so that one of no dims counts as much as the
 * other. */
static bool expands(const reeli_op *op)
{
    return op == &reeli_op_l1_loss || op == &reeli_op_mse_loss || op == &reeli_op_smooth_l1_loss;
}

/* Checks that depend on the values of the arguments, and the dtype to compute in; -1 after an
 * error. */
static int loss_dtype(const reeli_op *op, reel_tensor *const *in, reel_reduction reduction,
                      double parameter)
{
    reel *r = in[0]->r;
    bool alike = in[0]->dtype == in[1]->dtype && !((in[0]->flags | in[1]->flags) & REELI_NUMBER);
    int dtype = alike ? in[0]->dtype : reeli_promote(2, in);
    if (reeli_is_float(in[0]->dtype) && reeli_is_float(in[1]->dtype) && expands(op)) {
        dtype = in[0]->dtype > in[1]->dtype ? in[0]->dtype : in[1]->dtype;
    }
    if (!reeli_sound_reduction(r, op->name, reduction) || !sound_parameter(r, op, parameter)) {
        return -1;
    }
    if (reeli_is_float(dtype)) {
        return dtype;
    }
    if (dtype == REEL_BOOL || reduction == REEL_MEAN || !takes_integers(op)) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: %s of %s is not supported; convert with reel_to",
                    op->name, dtype == REEL_I64 && takes_integers(op) ? "the mean" : "a loss",
                    reel_dtype_name((reel_dtype)dtype));
        return -1;
    }
    return dtype;
}

/* The loss of integers, which is not for training, is put together from other operations. */
static reel_tensor *integer_loss(const reeli_op *op, reel_tensor *const *in,
                                 reel_reduction reduction)
{
    reel_tensor *d = reel_sub(in[0], in[1]);
    d = op == &reeli_op_l1_loss ? reel_abs(d) : reel_square(d);
    return reduction == REEL_SUM ? reel_sum(d) : d;
}

reel_tensor *reeli_loss(const reeli_op *op, reel_tensor *input, reel_tensor *target,
                        reel_reduction reduction, double parameter)
{
    reel_tensor *in[] = {input, target};
    reeli_node *n = reeli_begin(op, 2, in);
    int dtype = n ? loss_dtype(op, in, reduction, parameter) : -1;
    if (dtype < 0) {
        return reeli_poison_for(2, in);
    }
    reel *r = input->r;
    int64_t broadcast[REEL_MAX_DIMS];
    const bool same_shape = reeli_same_shape(input, target);
    const int64_t *size = same_shape ? input->size : broadcast;
    int ndim = same_shape ? input->ndim : reeli_broadcast(r, op->name, 2, in, broadcast);
    if (ndim < 0) {
        return r->poison;
    }
    if (!same_shape) {
        reeli_warn(r,
                   "%s: the input's shape %s is not the target's %s: they broadcast to %s, which "
                   "is rarely meant",
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
    *reeli_row_of(n) =
        (reeli_row){.loss = {parameter, NULL, NULL}, .reduction = (uint8_t)reduction};
    n->out = reeli_empty(r, op->name, dtype, reduction == REEL_NONE ? ndim : 0, size);
    if (reduction != REEL_NONE && input->numel > REELI_BLOCK && !reeli_bad(n->out)) {
        reeli_prepare_gradient(n);
    }
    return reeli_apply(n);
}

reeli_loss_pass *reeli_pass_over_loss(const reeli_node *n)
{
    const bool many = n->in[0].t->numel > REELI_BLOCK && n->out->dtype == REEL_F32;
    return many ? reeli_loss_pass_loops[n->out->r->level](n->op->formula) : NULL;
}

static inline bool reduced(reeli_node *n, const reeli_beside *beside)
{
    reel_tensor *y = n->out, *a = n->in[0].t;
    const reeli_row *row = reeli_row_of(n);
    reeli_map map = reeli_value_map(n->op->formula, y->r->level, y->dtype);
    if (row->reduction == REEL_NONE) {
        reel_tensor *x[] = {a, n->in[1].t};
        return reeli_run_map(y->r, map, y->dtype, y, false, 2, x, row->p);
    }
    const void *input = reeli_dense(a, n->op->name, y->dtype),
               *target = reeli_dense(n->in[1].t, n->op->name, y->dtype);
    if (!input || !target) {
        return false;
    }
    const void *in[] = {input, target};
    if (beside) {
        reeli_sum_beside(y->r, y->dtype, map, a->numel, 2, in, row->p, beside, y->data);
    } else {
        reeli_sum(y->r, y->dtype, map, a->numel, 2, in, row->p, y->data);
    }
    if (row->reduction == REEL_MEAN && y->dtype == REEL_F32) {
        *(float *)y->data /= (float)a->numel;
    } else if (row->reduction == REEL_MEAN) {
        *(double *)y->data /= (double)a->numel;
    }
    return true;
}

bool reeli_loss_forward(reeli_node *n)
{
    double share;
    reeli_beside beside = {.signs = reeli_row_of(n)->loss.signs, .pass = reeli_pass_over_loss(n)};
    if (REELI_RARELY(reeli_row_of(n)->loss.ahead != NULL)) {
        reeli_go_ahead(n, &beside, &share);
    }
    return reduced(n, beside.signs || beside.pass || beside.g ? &beside : NULL);
}

bool reeli_loss_beside(reeli_node *n, const reeli_beside *beside) { return reduced(n, beside); }

enum { FEW_TERMS = 64 };

/* Whether a reduced loss of few terms has a gradient loop that can read them where they are, and g
 * beside them. */
static bool is_of_few(const reeli_node *n, const reel_tensor *g)
{
    const reel_tensor *a = n->in[0].t, *b = n->in[1].t;
    return !g->r->grad_enabled && !g->r->capture && reeli_row_of(n)->reduction != REEL_NONE &&
           a->numel <= FEW_TERMS && a->numel > 0 && g->numel == 1 && g->dtype == n->out->dtype &&
           (a->flags & b->flags & REELI_CONTIGUOUS) && a->numel == b->numel &&
           a->dtype == g->dtype && b->dtype == g->dtype && n->op->formula->gradient;
}

/* Their gradient, without a tensor for each term's share of g and no look at layouts. */
static reel_tensor *gradient_of_few(reeli_node *n, int input, const reel_tensor *g)
{
    const reel_tensor *a = n->in[0].t;
    const double share = reeli_row_of(n)->reduction == REEL_MEAN ? (double)a->numel : 1;
    const unsigned reads = reeli_reads(n->op, input);
    union {
        float f32[FEW_TERMS];
        double f64[FEW_TERMS];
    } each;
    if (g->dtype == REEL_F32) {
        const float one = *(const float *)g->data / (float)share;
        for (int64_t i = 0; i < a->numel; i++) {
            each.f32[i] = one;
        }
    } else {
        const double one = *(const double *)g->data / share;
        for (int64_t i = 0; i < a->numel; i++) {
            each.f64[i] = one;
        }
    }
    reel_tensor *dx = reeli_empty_like(n->in[input].t, n->op->name, g->dtype);
    if (!reeli_bad(dx)) {
        const void *x[] = {&each, reads & 1 ? a->data : &each, reads & 2 ? n->in[1].t->data : &each,
                           &each};
        reeli_gradient_map(n->op->formula, input, g->r->level, g->dtype)(a->numel, dx->data, x,
                                                                         reeli_row_of(n)->p);
    }
    return dx;
}

/* With a mean, each term's share is 1/n. */
reel_tensor *reeli_loss_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *a = n->in[0].t;
    if (is_of_few(n, g)) {
        return gradient_of_few(n, input, g);
    }
    if (REELI_RARELY(reeli_row_of(n)->loss.ahead != NULL)) {
        reel_tensor *const dx = reeli_gradient_ahead(n, input, g);
        if (dx) {
            return dx;
        }
    }
    if (reeli_row_of(n)->reduction == REEL_MEAN) {
        g = reel_div_scalar(g, (double)a->numel);
    }
    if (reeli_bad(g)) {
        return g;
    }
    if (REELI_RARELY(g->r->capture != NULL)) {
        reel_tensor *const early = reeli_gradient_beside_loss(n, input, g);
        if (early) {
            return early;
        }
    }
    if (REELI_RARELY(reeli_row_of(n)->loss.signs != NULL)) {
        reel_tensor *const dx = reeli_gradient_by_signs(n, input, g);
        if (dx) {
            return dx;
        }
    }
    g = g->r->grad_enabled ? reeli_formula_gradient(n, input, g)
                           : reeli_fused_gradient(n, input, g, a);
    return reeli_bad(g) || reeli_same_shape(g, a) ? g : reel_expand(g, a->ndim, a->size);
}

reel_tensor *reel_l1_loss(reel_tensor *input, reel_tensor *target, reel_reduction reduction)
{
    return reeli_loss(&reeli_op_l1_loss, input, target, reduction, 0);
}

reel_tensor *reel_mse_loss(reel_tensor *input, reel_tensor *target, reel_reduction reduction)
{
    return reeli_loss(&reeli_op_mse_loss, input, target, reduction, 0);
}

/* With beta = 0 the quadratic part is gone, and with it a division by 0. */
reel_tensor *reel_smooth_l1_loss(reel_tensor *input, reel_tensor *target, double beta,
                                 reel_reduction reduction)
{
    const reeli_op *op = beta == 0 ? &reeli_op_l1_loss : &reeli_op_smooth_l1_loss;
    return reeli_loss(op, input, target, reduction, beta);
}

reel_tensor *reel_huber_loss(reel_tensor *input, reel_tensor *target, double delta,
                             reel_reduction reduction)
{
    return reeli_loss(&reeli_op_huber_loss, input, target, reduction, delta);
}

reel_tensor *reel_log_cosh_loss(reel_tensor *input, reel_tensor *target, reel_reduction reduction)
{
    return reeli_loss(&reeli_op_log_cosh_loss, input, target, reduction, 0);
}

reel_tensor *reel_quantile_loss(reel_tensor *input, reel_tensor *target, double q,
                                reel_reduction reduction)
{
    return reeli_loss(&reeli_op_quantile_loss, input, target, reduction, q);
}

reel_tensor *reel_soft_margin_loss(reel_tensor *input, reel_tensor *target,
                                   reel_reduction reduction)
{
    return reeli_loss(&reeli_op_soft_margin_loss, input, target, reduction, 0);
}

reel_tensor *reel_hinge_embedding_loss(reel_tensor *input, reel_tensor *target, double margin,
                                       reel_reduction reduction)
{
    return reeli_loss(&reeli_op_hinge_embedding_loss, input, reel_detach(target), reduction,
                      margin);
}
