/* SPDX-License-Identifier: MIT */
/* The largest and the smallest: values, places, or both. NaN beats every number. */
#include "reduction.h"

#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/views.h>

/* Bools are compared as whole numbers. */
static int compared_as(const reel_tensor *x) { return x->dtype == REEL_BOOL ? REEL_I64 : x->dtype; }

/* The extremes along the set of dims into values and indices, either of which may be NULL. */
static bool extremes(reel_tensor *x, unsigned dims, bool smallest, reel_tensor *values,
                     reel_tensor *indices)
{
    const int dtype = compared_as(x);
    reel *r = x->r;
    reeli_lines l;
    if (x->numel == 0) {
        return true;
    }
    if (!reeli_lines_of(x, dims, dtype, &l)) {
        return false;
    }
    reel_tensor *found = values;
    if (!values || values->dtype != dtype) {
        found = reeli_empty(r, "max", dtype, 1, (int64_t[]){l.outer * l.inner});
        if (reeli_bad(found)) {
            return false;
        }
    }
    for (int64_t o = 0; o < l.outer; o++) {
        reeli_extreme_loops[r->level][dtype](smallest, l.n, l.inner, reeli_lines_at(&l, o, dtype),
                                             reeli_block_of(found->data, &l, o, 1, dtype),
                                             indices ? (int64_t *)indices->data + o * l.inner
                                                     : NULL);
    }
    if (values && values != found) {
        reeli_move(values->numel, values->data, values->dtype, 1, found->data, dtype, 1);
    }
    return true;
}

/* amax, amin over any dims; max, min over all. */
#define OVER_DIMS(name, smallest)                                                                  \
    bool reeli_##name##_forward(reeli_node *n)                                                     \
    {                                                                                              \
        return extremes(n->in[0].t, reeli_reduction_of(n)->dims, smallest, n->out, NULL);          \
    }
OVER_DIMS(amax, false)
OVER_DIMS(amin, true)
OVER_DIMS(max, false)
OVER_DIMS(min, true)

/* g in equal shares to all places that hold the extreme. */
static reel_tensor *share(const reeli_node *n, reel_tensor *mask, reel_tensor *g)
{
    const reel_tensor *x = n->in[0].t;
    const unsigned dims = reeli_reduction_of(n)->dims;
    if (reeli_bad(mask)) {
        return mask;
    }
    g = reel_div(reeli_restore(g, x, dims), reeli_sum_dims(mask, dims, true));
    return reel_mul(g, mask);
}

reel_tensor *reeli_amax_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t;
    return share(n, reel_eq(x, reeli_restore(n->out, x, reeli_reduction_of(n)->dims)), g);
}

reel_tensor *reeli_amin_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_amax_gradient(n, input, g);
}

/* Where the extreme is a NaN, the NaNs share g; the others have none of it, were it infinite. */
reel_tensor *reeli_max_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t, *y = n->out;
    reel_tensor *both = reel_mul(reel_ne(x, x), reel_ne(y, y));
    reel_tensor *mask = reel_add(reel_eq(x, y), both), *dx = share(n, mask, g);
    return reeli_bad(dx) ? dx : reel_where(mask, dx, reeli_number_for(dx, 0));
}

reel_tensor *reeli_min_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_max_gradient(n, input, g);
}

static reel_tensor *extreme(const reeli_op *op, reel_tensor *x, const int64_t *dims, int count,
                            bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set(op->name, x, dims, count, &set) || !reeli_not_empty(op->name, x, set)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_reduce(op, x, x->dtype, (reeli_reduction){.dims = set, .keepdim = keepdim});
}

reel_tensor *reel_amax(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    return extreme(&reeli_op_amax, x, dims, count, keepdim);
}

reel_tensor *reel_amin(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    return extreme(&reeli_op_amin, x, dims, count, keepdim);
}

reel_tensor *reel_max(reel_tensor *x) { return extreme(&reeli_op_max, x, NULL, 0, false); }

reel_tensor *reel_min(reel_tensor *x) { return extreme(&reeli_op_min, x, NULL, 0, false); }

bool reeli_argmax_forward(reeli_node *n)
{
    return extremes(n->in[0].t, reeli_reduction_of(n)->dims, false, NULL, n->out);
}

bool reeli_argmin_forward(reeli_node *n)
{
    return extremes(n->in[0].t, reeli_reduction_of(n)->dims, true, NULL, n->out);
}

static reel_tensor *place(const reeli_op *op, reel_tensor *x, const int64_t *dim, bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set(op->name, x, dim, dim != NULL, &set) || !reeli_not_bool(op->name, x) ||
        !reeli_not_empty(op->name, x, set)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_reduce(op, x, REEL_I64, (reeli_reduction){.dims = set, .keepdim = keepdim});
}

reel_tensor *reel_argmax(reel_tensor *x) { return place(&reeli_op_argmax, x, NULL, false); }

reel_tensor *reel_argmin(reel_tensor *x) { return place(&reeli_op_argmin, x, NULL, false); }

reel_tensor *reel_argmax_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return place(&reeli_op_argmax, x, &dim, keepdim);
}

reel_tensor *reel_argmin_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return place(&reeli_op_argmin, x, &dim, keepdim);
}

/* Operations that pick elements along a dim (PICK in ops.def): the indices, which the forward fills
 * in, are input 1, so that the gradient can look them up. */

reel_values reeli_pick(const reeli_op *op, reel_tensor *x, reeli_choice how, int ndim,
                       const int64_t *size)
{
    reel *r = x->r;
    reel_tensor *in[] = {x, reeli_empty(r, op->name, REEL_I64, ndim, size)};
    reeli_node *n = reeli_begin(op, 2, in);
    if (!n) {
        return (reel_values){r->poison, r->poison};
    }
    *reeli_choice_of(n) = how;
    n->out = reeli_empty(r, op->name, x->dtype, ndim, size);
    reel_tensor *values = reeli_apply(n);
    return (reel_values){values, reeli_bad(values) ? r->poison : in[1]};
}

reel_values reeli_poison_pick(reel_tensor *x)
{
    reel_tensor *poison = reeli_poison_for(1, &x);
    return (reel_values){poison, poison};
}

reel_tensor *reeli_pick_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *x = n->in[input].t;
    reel_tensor *index = n->in[1].t;
    const int64_t dim = reeli_choice_of(n)->dim;
    if (g->ndim < x->ndim) {
        index = reel_unsqueeze(index, dim);
        g = reel_unsqueeze(g, dim);
    }
    reel_tensor *zeros = reeli_zeros(x->r, n->op->name, x->dtype, x->ndim, x->size);
    return reel_scatter_add(zeros, dim, index, g);
}

reel_values reeli_pick_one(const reeli_op *op, reel_tensor *x, int64_t dim, bool keepdim)
{
    if (!reeli_one_dim(op->name, x, &dim) ||
        !reeli_not_empty(op->name, x, x->ndim ? 1u << dim : 0)) {
        return reeli_poison_pick(x);
    }
    int64_t size[REEL_MAX_DIMS];
    int ndim = 0;
    for (int d = 0; d < x->ndim; d++) {
        if (d != dim || keepdim) {
            size[ndim++] = d == dim ? 1 : x->size[d];
        }
    }
    return reeli_pick(op, x, (reeli_choice){.dim = dim}, ndim, size);
}

bool reeli_max_dim_forward(reeli_node *n)
{
    const unsigned dims = n->in[0].t->ndim ? 1u << reeli_choice_of(n)->dim : 0;
    return extremes(n->in[0].t, dims, n->op == &reeli_op_min_dim, n->out, n->in[1].t);
}

bool reeli_min_dim_forward(reeli_node *n) { return reeli_max_dim_forward(n); }

reel_values reel_max_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return reeli_pick_one(&reeli_op_max_dim, x, dim, keepdim);
}

reel_values reel_min_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return reeli_pick_one(&reeli_op_min_dim, x, dim, keepdim);
}
