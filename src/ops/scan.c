/* SPDX-License-Identifier: MIT */
/*
 * Cumulative sums and products, and the recurrence that both are cases of:
 *
 *   s_k = b_k + a_k s_{k-1}   along a dim, from its start, or (k + 1 for k - 1) from its end.
 *
 * The gradient of a recurrence is one that runs the other way, and that of a cumulative product is
 * one with the factors for a. Nothing is divided, so zeros need no care and all derivatives exist.
 */
#include "reduction.h"
#include "view_parts.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/reduce.h>
#include <reel/views.h>

static bool scan(const reeli_node *n, reel_tensor *a, reel_tensor *b)
{
    reel_tensor *y = n->out;
    const void *factors = a ? reeli_dense(a, n->op->name, y->dtype) : NULL;
    const void *terms = b ? reeli_dense(b, n->op->name, y->dtype) : NULL;
    if ((a && !factors) || (b && !terms)) {
        return false;
    }
    const reeli_scan *how = reeli_scan_of(n);
    const reeli_lines l = reeli_lines_along(y, how->dim);
    for (int64_t o = 0; o < l.outer && l.n * l.inner > 0; o++) {
        const size_t at = (size_t)(o * l.n * l.inner) * reeli_element_size(y->dtype);
        reeli_scan_loops[y->r->level][y->dtype](
            l.n, l.inner, how->reverse, factors ? (const char *)factors + at : NULL,
            terms ? (const char *)terms + at : NULL, (char *)y->data + at);
    }
    return true;
}

static reel_tensor *begin_scan(const reeli_op *op, int inputs, reel_tensor *const *in, int64_t dim,
                               bool reverse)
{
    reeli_node *n = reeli_begin(op, inputs, in);
    if (!n) {
        return reeli_poison_for(inputs, in);
    }
    *reeli_scan_of(n) = (reeli_scan){dim, reverse};
    n->out =
        reeli_empty_like(in[0], op->name, reeli_is_float(in[0]->dtype) ? in[0]->dtype : REEL_I64);
    return reeli_apply(n);
}

static reel_tensor *recurrence(reel_tensor *a, reel_tensor *b, int64_t dim, bool reverse)
{
    reel_tensor *in[] = {a, b};
    return begin_scan(&reeli_op_recurrence, 2, in, dim, reverse);
}

bool reeli_recurrence_forward(reeli_node *n) { return scan(n, n->in[0].t, n->in[1].t); }

/* y_k = x_{k-1} along dim (x_{k+1} if reverse); 0 comes in at the end. */
static reel_tensor *shifted(reel_tensor *x, int64_t dim, bool reverse)
{
    if (reeli_bad(x) || x->ndim == 0) {
        return reeli_bad(x) ? x : reeli_zeros(x->r, "cumprod", x->dtype, 0, NULL);
    }
    const int64_t n = x->size[dim];
    if (n == 0) {
        return x;
    }
    reel_tensor *kept = reel_narrow(x, dim, reverse ? 1 : 0, n - 1);
    if (reeli_bad(kept)) {
        return kept;
    }
    reeli_part place = reeli_whole(x);
    place.size[dim] = n - 1;
    place.start[dim] = reverse ? 0 : 1;
    return reeli_unslice(kept, x->ndim, x->size, &place);
}

/* With t the recurrence of g that runs against s with the same factors: ds/db is t, ds/da t_k
 * s_{k-1}. */
reel_tensor *reeli_recurrence_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const int64_t dim = reeli_scan_of(n)->dim;
    const bool reverse = reeli_scan_of(n)->reverse;
    reel_tensor *t = recurrence(shifted(n->in[0].t, dim, !reverse), g, dim, !reverse);
    return input == 1 ? t : reel_mul(t, shifted(n->out, dim, reverse));
}

bool reeli_cumsum_forward(reeli_node *n) { return scan(n, NULL, n->in[0].t); }

reel_tensor *reeli_cumsum_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    const reeli_scan *how = reeli_scan_of(n);
    return begin_scan(&reeli_op_cumsum, 1, &g, how->dim, !how->reverse);
}

bool reeli_cumprod_forward(reeli_node *n) { return scan(n, n->in[0].t, NULL); }

/* A product's factors before each place: the cumulative product moved on by one, 1 coming in. */
static reel_tensor *moved_on(reel_tensor *product, int64_t dim, bool reverse)
{
    reel_tensor *y = shifted(product, dim, reverse);
    if (reeli_bad(y) || y->numel == 0) {
        return y;
    }
    reel_tensor *one = reeli_zeros(y->r, "cumprod", y->dtype, y->ndim, y->size);
    if (reeli_bad(one)) {
        return one;
    }
    const int64_t still[REEL_MAX_DIMS] = {0};
    double number = 1;
    reeli_part first = reeli_whole(one);
    if (one->ndim > 0) {
        first.start[dim] = reverse ? one->size[dim] - 1 : 0;
        first.size[dim] = 1;
    }
    reeli_move_into(one, &first, (reeli_operand){&number, still, REEL_F64});
    return reel_add(y, one);
}

/* dx_k = (product before k) Σ_{i≥k} g_i (product between k and i, i included). */
reel_tensor *reeli_cumprod_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const int64_t dim = reeli_scan_of(n)->dim;
    const bool reverse = reeli_scan_of(n)->reverse;
    if (g->ndim == 0 || g->size[dim] == 1) {
        return g;
    }
    reel_tensor *behind = recurrence(shifted(n->in[input].t, dim, !reverse), g, dim, !reverse);
    return reel_mul(moved_on(n->out, dim, reverse), behind);
}

reel_tensor *reeli_product_before(reel_tensor *x, int64_t dim, bool reverse)
{
    return moved_on(begin_scan(&reeli_op_cumprod, 1, &x, dim, reverse), dim, reverse);
}

/* y_k = ln(e^y_{k-1} + e^x_k), in doubles; two equal infinities are their own sum. */
bool reeli_logcumsumexp_forward(reeli_node *n)
{
    const reel_tensor *x = n->in[0].t;
    reel_tensor *y = n->out;
    const void *from = reeli_dense(x, n->op->name, x->dtype);
    const reeli_lines l = reeli_lines_along(y, reeli_scan_of(n)->dim);
    for (int64_t line = 0; from && l.n > 0 && line < l.outer * l.inner; line++) {
        int64_t at = line / l.inner * l.n * l.inner + line % l.inner;
        double sum = -(double)INFINITY;
        for (int64_t i = 0; i < l.n; i++, at += l.inner) {
            const double own = y->dtype == REEL_F32 ? (double)((const float *)from)[at]
                                                    : ((const double *)from)[at];
            const double least = sum < own || sum != sum ? sum : own,
                         most = least == sum ? own : sum;
            sum = least == most && isinf(least) ? least
                  : sum != sum                  ? sum
                                                : most + log1p(exp(least - most));
            reeli_store(y, at, sum);
        }
    }
    return from != NULL;
}

/* dx_k = e^(x_k - y_k) Σ_{i≥k} g_i e^(y_k - y_i): a recurrence from the end with factors of at most
 * 1. Where y is infinite on both sides of a step, nothing has changed. */
reel_tensor *reeli_logcumsumexp_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const int64_t dim = reeli_scan_of(n)->dim;
    reel_tensor *x = n->in[input].t, *y = n->out, *zero = reeli_number_for(x, 0);
    if (x->ndim == 0 || x->numel == 0) {
        return g;
    }
    reel_tensor *next = reel_narrow(y, dim, 1, y->size[dim] - 1);
    reel_tensor *last = reel_narrow(y, dim, y->size[dim] - 1, 1);
    next = reel_cat((reel_tensor *[]){next, last}, 2, dim);
    reel_tensor *still = reel_logical_and(reel_isinf(y), reel_eq(y, next));
    reel_tensor *factor = reel_exp(reel_where(still, zero, reel_sub(y, next)));
    reel_tensor *sums = recurrence(factor, g, dim, true);
    reel_tensor *share =
        reel_where(reel_logical_and(reel_isinf(x), reel_eq(x, y)), zero, reel_sub(x, y));
    return reel_mul(reel_exp(share), sums);
}

reel_tensor *reel_logcumsumexp(reel_tensor *x, int64_t dim)
{
    return reeli_one_dim("logcumsumexp", x, &dim) && reeli_floating("logcumsumexp", "input", x)
               ? begin_scan(&reeli_op_logcumsumexp, 1, &x, dim, false)
               : reeli_poison_for(1, &x);
}

reel_tensor *reel_cumsum(reel_tensor *x, int64_t dim)
{
    return reeli_one_dim("cumsum", x, &dim) ? begin_scan(&reeli_op_cumsum, 1, &x, dim, false)
                                            : reeli_poison_for(1, &x);
}

reel_tensor *reel_cumprod(reel_tensor *x, int64_t dim)
{
    return reeli_one_dim("cumprod", x, &dim) ? begin_scan(&reeli_op_cumprod, 1, &x, dim, false)
                                             : reeli_poison_for(1, &x);
}
