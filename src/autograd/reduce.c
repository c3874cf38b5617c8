/* SPDX-License-Identifier: MIT */
/* Sums and means. */
#include "tape.h"

#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

/* A reduction's node keeps the set of dims that are summed in i[0], whether they stay in i[1]. */

static unsigned all_dims(const reel_tensor *x)
{
    return (1u << x->ndim) - 1;
}

/* The set that a list of dims names; none named: all. */
static bool dim_set(reel_tensor *x, const char *what, const int64_t *dims, int count, unsigned *set)
{
    *set = count ? 0 : all_dims(x);
    for (int i = 0; i < count; i++) {
        int64_t d = dims[i];
        if (!reeli_wrap_dim(x->r, what, &d, x->ndim)) {
            return false;
        }
        if (*set >> d & 1) {
            reeli_error(x->r, REEL_ERR_SHAPE, "%s: dim %lld is named twice", what, (long long)d);
            return false;
        }
        *set |= x->ndim ? 1u << d : 0;
    }
    return true;
}

/* The result of a reduction over `dims`. */
static reel_tensor *reduced(const reel_tensor *x, const char *what, int dtype, unsigned dims, bool keepdim)
{
    int64_t size[REEL_MAX_DIMS];
    int ndim = 0;
    for (int d = 0; d < x->ndim; d++) {
        if (!(dims >> d & 1)) {
            size[ndim++] = x->size[d];
        } else if (keepdim) {
            size[ndim++] = 1;
        }
    }
    return reeli_empty(x->r, what, dtype, ndim, size);
}

/* x seen with the dims that stay first and those that are summed last, or the other way round. */
static reel_tensor arranged(const reel_tensor *x, unsigned dims, bool summed_last)
{
    reel_tensor v = *x;
    int at = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int d = 0; d < x->ndim; d++) {
            if ((bool)(dims >> d & 1) == ((pass == 1) == summed_last)) {
                v.size[at] = x->size[d];
                v.stride[at++] = x->stride[d];
            }
        }
    }
    int64_t step = 1;
    v.flags = REELI_CONTIGUOUS;
    for (int d = v.ndim - 1; d >= 0; d--) {
        v.flags = v.size[d] != 1 && v.stride[d] != step ? 0 : v.flags;
        step *= v.size[d];
    }
    return v;
}

/* How x's terms lie: row after row, each to be summed; in columns; or neither. */
typedef enum lie { ROWS, COLUMNS, SCATTERED } lie;

static lie how_terms_lie(const reel_tensor *x, unsigned dims)
{
    if (x->flags & REELI_CONTIGUOUS) {
        const unsigned all = all_dims(x), kept = all & ~dims;
        if ((kept & (kept + 1)) == 0) {
            return ROWS; /* the summed dims are the last ones */
        }
        if ((dims & (dims + 1)) == 0) {
            return COLUMNS;
        }
    }
    return arranged(x, dims, true).flags & REELI_CONTIGUOUS    ? ROWS
           : arranged(x, dims, false).flags & REELI_CONTIGUOUS ? COLUMNS
                                                               : SCATTERED;
}

/* The sums over `dims` of x, converted to y's dtype. Terms that lie neither in rows nor in columns are
 * brought into rows first. */
static bool sum_into(reel_tensor *y, reel_tensor *x, unsigned dims)
{
    const reeli_loops *loops = x->r->kernels->of[y->dtype];
    const size_t bytes = reeli_element_size(y->dtype);
    if (y->numel == 0 || x->numel == 0) {
        reeli_fill(y, 0);
        return true;
    }
    const int64_t n = x->numel / y->numel;
    lie how = x->dtype == y->dtype ? how_terms_lie(x, dims) : SCATTERED;
    const char *terms = x->data;
    if (how == COLUMNS) {
        loops->sum_columns(terms, n, y->numel, y->data);
        return true;
    }
    if (how == SCATTERED) {
        reel_tensor rows = arranged(x, dims, true);
        reel_tensor *copy = reeli_empty(x->r, "sum", y->dtype, rows.ndim, rows.size);
        if (reeli_bad(copy)) {
            return false;
        }
        reeli_copy(copy, &rows);
        terms = copy->data;
    }
    for (int64_t i = 0; i < y->numel; i++) {
        loops->sum(terms + (size_t)(i * n) * bytes, 1, n, (char *)y->data + (size_t)i * bytes);
    }
    return true;
}

bool reeli_sum_forward(reeli_node *n)
{
    return sum_into(n->out, n->in[0].t, (unsigned)n->i[0]);
}

/* g back in every place that was summed: the summed dims return with size 1, then repeat. */
static reel_tensor *spread(const reeli_node *n, reel_tensor *g)
{
    const reel_tensor *x = n->in[0].t;
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = n->i[0] >> d & 1 ? 1 : x->size[d];
    }
    return reel_expand(reel_reshape(g, x->ndim, size), x->ndim, x->size);
}

reel_tensor *reeli_sum_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return reel_to(spread(n, g), n->in[0].t->dtype);
}

static int64_t terms(const reeli_node *n)
{
    int64_t count = 1;
    for (int d = 0; d < n->in[0].t->ndim; d++) {
        count *= n->i[0] >> d & 1 ? n->in[0].t->size[d] : 1;
    }
    return count;
}

bool reeli_mean_forward(reeli_node *n)
{
    reel_tensor *y = n->out;
    if (!sum_into(y, n->in[0].t, (unsigned)n->i[0])) {
        return false;
    }
    const double count = (double)terms(n);
    const void *in[2] = {y->data, y->dtype == REEL_F32 ? (void *)&(float){(float)count} : (void *)&(double){count}};
    reeli_map_contiguous(y->r->kernels, y->r->kernels->of[y->dtype]->value[REELI_FORMULA_div], y->dtype, y->dtype,
                         y->numel, y->data, 2, in, 2, NULL);
    return true;
}

reel_tensor *reeli_mean_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return spread(n, reel_div_scalar(g, (double)terms(n)));
}

static reel_tensor *reduce(const reeli_op *op, reel_tensor *x, int dtype, unsigned dims, bool keepdim)
{
    reeli_node *n = reeli_begin(op, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    n->i[0] = dims;
    n->i[1] = keepdim;
    n->out = reduced(x, op->name, dtype, dims, keepdim);
    return reeli_apply(n);
}

reel_tensor *reeli_sum_dims(reel_tensor *x, unsigned dims, bool keepdim)
{
    return reduce(&reeli_op_sum, x, reeli_is_float(x->dtype) ? x->dtype : REEL_I64, dims, keepdim);
}

static bool usable(const reeli_op *op, reel_tensor *x)
{
    return x && reeli_usable(reeli_reel_of(x), op->name, x);
}

reel_tensor *reel_sum_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    unsigned set;
    if (!usable(&reeli_op_sum, x) || !dim_set(x, "sum", dims, count, &set)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_sum_dims(x, set, keepdim);
}

reel_tensor *reel_sum(reel_tensor *x)
{
    return reel_sum_dim(x, NULL, 0, false);
}

reel_tensor *reel_mean_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    unsigned set;
    if (!usable(&reeli_op_mean, x) || !dim_set(x, "mean", dims, count, &set)) {
        return reeli_poison_for(1, &x);
    }
    if (!reeli_is_float(x->dtype)) {
        return reeli_fail(x->r, REEL_ERR_DTYPE, "mean: the input must be floating, and is %s; convert with reel_to",
                          reel_dtype_name(x->dtype));
    }
    return reduce(&reeli_op_mean, x, x->dtype, set, keepdim);
}

reel_tensor *reel_mean(reel_tensor *x)
{
    return reel_mean_dim(x, NULL, 0, false);
}

/* The dims of g in which `like`, aligned at the right, has size 1 or none at all. */
reel_tensor *reeli_sum_to(reel_tensor *g, const reel_tensor *like)
{
    if (reeli_bad(g) || (reeli_same_shape(g, like) && g->dtype == like->dtype)) {
        return g;
    }
    unsigned dims = 0;
    for (int d = 0; d < g->ndim; d++) {
        int own = d - (g->ndim - like->ndim);
        dims |= own < 0 || (like->size[own] == 1 && g->size[d] != 1) ? 1u << d : 0;
    }
    if (dims) {
        g = reel_reshape(reeli_sum_dims(g, dims, true), like->ndim, like->size);
    }
    return reel_to(g, like->dtype);
}
