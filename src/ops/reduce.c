/* SPDX-License-Identifier: MIT */
/* Sums, means, products, and the questions any, all and how many. */
#include "reduction.h"

#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

/* Bools are counted as they lie: eight bytes of 0 or 1 at a time, until one could overflow. */
static int64_t sum_of_truths(const bool *x, int64_t n)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    int64_t total = 0, i = 0;
    while (n - i >= 8) {
        uint64_t bytes = 0, word;
        for (int k = 0; k < 255 && n - i >= 8; k++, i += 8) {
            memcpy(&word, x + i, sizeof word);
            bytes += word;
        }
        bytes = (bytes & even) + (bytes >> 8 & even);
        total += (int64_t)(bytes * UINT64_C(0x0001000100010001) >> 48);
    }
    for (; i < n; i++) {
        total += x[i];
    }
    return total;
}

/* Whether images are added up but for their channels, dim 1. */
static bool of_channels(const reel_tensor *x, unsigned dims)
{
    return dims == (((1u << x->ndim) - 1) & ~2u) && x->ndim > 2 && x->size[1] > 1 &&
           (x->flags & REELI_CONTIGUOUS) && reeli_is_float(x->dtype);
}

static bool sum_channels(reel_tensor *y, const reel_tensor *x)
{
    const int64_t batch = x->size[0], channels = x->size[1];
    const bool done = reeli_sum_channels(x->r, x->dtype, batch, channels,
                                         x->numel / batch / channels, x->data, y->data);
    if (!done) {
        reeli_no_memory(x->r, "sum");
    }
    return done;
}

/* The sums over `dims` of x, converted to y's dtype. */
static bool sum_into(reel_tensor *y, reel_tensor *x, unsigned dims)
{
    reeli_lines l;
    if (y->numel == 0 || x->numel == 0) {
        reeli_fill(y, 0);
        return true;
    }
    if (y->numel == 1 && x->dtype == y->dtype && (x->flags & REELI_CONTIGUOUS)) {
        reeli_sum_lines(x->r, y->dtype, 1, x->numel, 1, x->data, y->data);
        return true;
    }
    if (of_channels(x, dims) && x->dtype == y->dtype) {
        return sum_channels(y, x);
    }
    const bool truths = x->dtype == REEL_BOOL && y->dtype == REEL_I64;
    if (!(truths ? reeli_rows_of(x, dims, REEL_BOOL, &l) : reeli_lines_of(x, dims, y->dtype, &l))) {
        return false;
    }
    for (int64_t o = 0; truths && o < l.outer; o++) {
        ((int64_t *)y->data)[o] = sum_of_truths(reeli_lines_at(&l, o, REEL_BOOL), l.n);
    }
    if (!truths) {
        reeli_sum_lines(x->r, y->dtype, l.outer, l.n, l.inner, l.data, y->data);
    }
    return true;
}

bool reeli_sum_forward(reeli_node *n)
{
    return sum_into(n->out, n->in[0].t, reeli_reduction_of(n)->dims);
}

/* g back in every place that was reduced. */
static reel_tensor *spread(const reeli_node *n, reel_tensor *g)
{
    const reel_tensor *x = n->in[0].t;
    return reel_expand(reeli_restore(g, x, reeli_reduction_of(n)->dims), x->ndim, x->size);
}

reel_tensor *reeli_sum_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return spread(n, g);
}

bool reeli_mean_forward(reeli_node *n)
{
    reel_tensor *y = n->out;
    if (!sum_into(y, n->in[0].t, reeli_reduction_of(n)->dims)) {
        return false;
    }
    const double count = (double)reeli_terms(n->in[0].t, reeli_reduction_of(n)->dims);
    const void *in[2] = {y->data, y->dtype == REEL_F32 ? (void *)&(float){(float)count}
                                                       : (void *)&(double){count}};
    reeli_map div = reeli_value_map(&reeli_formula_div, y->r->level, y->dtype);
    reeli_map_contiguous(y->r, div, y->dtype, y->dtype, y->numel, y->data, 2, in, 2, NULL);
    return true;
}

reel_tensor *reeli_mean_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const double count = (double)reeli_terms(n->in[input].t, reeli_reduction_of(n)->dims);
    return spread(n, count > 0 ? reel_div_scalar(g, count) : g); /* of none: no g / 0, either */
}

static reel_dtype sum_dtype(const reel_tensor *x)
{
    return reeli_is_float(x->dtype) ? (reel_dtype)x->dtype : REEL_I64;
}

reel_tensor *reeli_sum_dims(reel_tensor *x, unsigned dims, bool keepdim)
{
    return reeli_reduce(&reeli_op_sum, x, (int)sum_dtype(x),
                        (reeli_reduction){.dims = dims, .keepdim = keepdim});
}

reel_tensor *reel_sum_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set("sum", x, dims, count, &set)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_sum_dims(x, set, keepdim);
}

reel_tensor *reel_sum(reel_tensor *x) { return reel_sum_dim(x, NULL, 0, false); }

reel_tensor *reel_mean_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set("mean", x, dims, count, &set) || !reeli_floating("mean", "input", x)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_reduce(&reeli_op_mean, x, x->dtype,
                        (reeli_reduction){.dims = set, .keepdim = keepdim});
}

reel_tensor *reel_mean(reel_tensor *x) { return reel_mean_dim(x, NULL, 0, false); }

reel_tensor *reel_nansum_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    if (!reeli_usable("nansum", x)) {
        return reeli_poison_for(1, &x);
    }
    if (!reeli_is_float(x->dtype)) {
        return reel_sum_dim(x, dims, count, keepdim);
    }
    reel_tensor *nothing = reeli_number_for(x, 0);
    return reel_sum_dim(reel_where(reel_ne(x, x), nothing, x), dims, count, keepdim);
}

reel_tensor *reel_nansum(reel_tensor *x) { return reel_nansum_dim(x, NULL, 0, false); }

bool reeli_prod_forward(reeli_node *n)
{
    reel_tensor *y = n->out;
    reeli_lines l;
    if (y->numel == 0 || n->in[0].t->numel == 0) {
        reeli_fill(y, 1);
        return true;
    }
    if (!reeli_lines_of(n->in[0].t, reeli_reduction_of(n)->dims, y->dtype, &l)) {
        return false;
    }
    for (int64_t o = 0; o < l.outer; o++) {
        reeli_prod_loops[y->r->level][y->dtype](l.n, l.inner, reeli_lines_at(&l, o, y->dtype),
                                                reeli_block_of(y->data, &l, o, 1, y->dtype));
    }
    return true;
}

/* Each element's is the product of all the others: of those before it and those behind it, so that
 * zeros need no care. */
reel_tensor *reeli_prod_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t, *flat = x;
    const reeli_reduction *how = reeli_reduction_of(n);
    const bool whole = how->dim < 0;
    if (whole) {
        flat = reel_reshape(x, 1, &x->numel);
    }
    const int64_t dim = whole ? 0 : how->dim;
    reel_tensor *others =
        reel_mul(reeli_product_before(flat, dim, false), reeli_product_before(flat, dim, true));
    g = whole ? reel_reshape(g, 0, NULL) : reeli_restore(g, x, how->dims);
    return reeli_reshape_like(reel_mul(g, others), x);
}

/* The product along `dim`, over everything if that is negative. */
static reel_tensor *product(reel_tensor *x, int64_t dim, bool keepdim)
{
    if (!reeli_usable("prod", x)) {
        return reeli_poison_for(1, &x);
    }
    const unsigned dims = dim < 0 ? (1u << x->ndim) - 1 : x->ndim ? 1u << dim : 0;
    const reeli_reduction how = {.dims = dims, .keepdim = keepdim, .dim = (int)dim};
    return reeli_reduce(&reeli_op_prod, x, (int)sum_dtype(x), how);
}

reel_tensor *reel_prod(reel_tensor *x) { return product(x, -1, false); }

reel_tensor *reel_prod_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return reeli_one_dim("prod", x, &dim) ? product(x, dim, keepdim) : reeli_poison_for(1, &x);
}

/* any, all and count_nonzero see the truth of x's elements: bytes of 0 and 1. */
static bool truths(reeli_node *n, reeli_lines *l)
{
    return reeli_rows_of(n->in[0].t, reeli_reduction_of(n)->dims, REEL_BOOL, l);
}

/* Whether each row has one that is `wanted`, told as `found`. */
static bool look_for(reeli_node *n, int wanted, bool found)
{
    reeli_lines l;
    if (!truths(n, &l)) {
        return false;
    }
    for (int64_t o = 0; o < l.outer; o++) {
        bool there = l.n > 0 && memchr(reeli_lines_at(&l, o, REEL_BOOL), wanted, (size_t)l.n);
        ((bool *)n->out->data)[o] = there ? found : !found;
    }
    return true;
}

bool reeli_any_forward(reeli_node *n) { return look_for(n, 1, true); }

bool reeli_all_forward(reeli_node *n) { return look_for(n, 0, false); }

bool reeli_count_nonzero_forward(reeli_node *n)
{
    reeli_lines l;
    if (!truths(n, &l)) {
        return false;
    }
    for (int64_t o = 0; o < l.outer; o++) {
        ((int64_t *)n->out->data)[o] = sum_of_truths(reeli_lines_at(&l, o, REEL_BOOL), l.n);
    }
    return true;
}

static reel_tensor *ask(const reeli_op *op, int dtype, reel_tensor *x, const int64_t *dims,
                        int count, bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set(op->name, x, dims, count, &set)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_reduce(op, x, dtype, (reeli_reduction){.dims = set, .keepdim = keepdim});
}

reel_tensor *reel_any(reel_tensor *x) { return ask(&reeli_op_any, REEL_BOOL, x, NULL, 0, false); }

reel_tensor *reel_any_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return ask(&reeli_op_any, REEL_BOOL, x, &dim, 1, keepdim);
}

reel_tensor *reel_any_dims(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    return ask(&reeli_op_any, REEL_BOOL, x, dims, count, keepdim);
}

reel_tensor *reel_all(reel_tensor *x) { return ask(&reeli_op_all, REEL_BOOL, x, NULL, 0, false); }

reel_tensor *reel_all_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return ask(&reeli_op_all, REEL_BOOL, x, &dim, 1, keepdim);
}

reel_tensor *reel_all_dims(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    return ask(&reeli_op_all, REEL_BOOL, x, dims, count, keepdim);
}

reel_tensor *reel_count_nonzero(reel_tensor *x, const int64_t *dims, int count)
{
    return ask(&reeli_op_count_nonzero, REEL_I64, x, dims, count, false);
}

reel_tensor *reel_trace(reel_tensor *x)
{
    if (reeli_usable("trace", x) && x->ndim != 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "trace: shape %s is not that of a matrix",
                          REELI_SHAPE_OF(x));
    }
    return reel_sum(reel_diagonal(x, 0, 0, 1));
}
