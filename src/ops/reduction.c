/* SPDX-License-Identifier: MIT */
/* What all reductions share: sets of dims, the result's shape, and the way to the elements. */
#include "reduction.h"

#include <reel/views.h>

static unsigned all_dims(const reel_tensor *x) { return (1u << x->ndim) - 1; }

bool reeli_dim_set(reel_tensor *x, const char *what, const int64_t *dims, int count, unsigned *set)
{
    *set = count > 0 ? 0 : all_dims(x);
    unsigned seen = 0;
    for (int i = 0; i < count; i++) {
        int64_t d = dims[i];
        if (!reeli_wrap_dim(x->r, what, &d, x->ndim)) {
            return false;
        }
        if (seen >> d & 1) {
            reeli_error(x->r, REEL_ERR_SHAPE, "%s: dim %lld is named twice", what, (long long)d);
            return false;
        }
        seen |= 1u << d;
        *set |= x->ndim ? 1u << d : 0;
    }
    return true;
}

bool reeli_one_dim(reel_tensor *x, const char *what, int64_t *dim)
{
    return reeli_live(what, x) && reeli_wrap_dim(x->r, what, dim, x->ndim);
}

bool reeli_live(const char *what, reel_tensor *x)
{
    return x && reeli_usable(reeli_reel_of(x), what, x);
}

bool reeli_floating(const char *what, reel_tensor *x)
{
    if (!reeli_live(what, x) || reeli_is_float(x->dtype)) {
        return reeli_live(what, x);
    }
    reeli_error(x->r, REEL_ERR_DTYPE,
                "%s: the input must be floating, and is %s; convert with reel_to", what,
                reel_dtype_name((reel_dtype)x->dtype));
    return false;
}

bool reeli_numeric(const char *what, reel_tensor *x)
{
    if (!reeli_live(what, x) || x->dtype != REEL_BOOL) {
        return reeli_live(what, x);
    }
    reeli_error(x->r, REEL_ERR_DTYPE, "%s: bool tensors are not supported; convert with reel_to",
                what);
    return false;
}

bool reeli_not_empty(const char *what, reel_tensor *x, unsigned dims)
{
    for (int d = 0; d < x->ndim; d++) {
        if ((dims >> d & 1) && x->size[d] == 0) {
            reeli_error(x->r, REEL_ERR_SHAPE,
                        "%s: dim %d of shape %s has no elements to choose from", what, d,
                        REELI_SHAPE_OF(x));
            return false;
        }
    }
    return true;
}

reel_tensor *reeli_reduce(const reeli_op *op, reel_tensor *x, int dtype, reeli_reduction how)
{
    reeli_node *n = reeli_begin(op, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    *reeli_reduction_of(n) = how;
    n->out = reeli_reduced(x, op->name, dtype, how.dims, how.keepdim);
    return reeli_apply(n);
}

reel_tensor *reeli_reduced(const reel_tensor *x, const char *what, int dtype, unsigned dims,
                           bool keepdim)
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

reel_tensor *reeli_restore(reel_tensor *t, const reel_tensor *x, unsigned dims)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = dims >> d & 1 ? 1 : x->size[d];
    }
    return reeli_bad(t) || t->ndim == x->ndim ? t : reel_reshape(t, x->ndim, size);
}

int64_t reeli_terms(const reel_tensor *x, unsigned dims)
{
    int64_t count = 1;
    for (int d = 0; d < x->ndim; d++) {
        count *= dims >> d & 1 ? x->size[d] : 1;
    }
    return count;
}

/* x seen with the dims that stay first and those that are reduced last, or the other way round. */
static reel_tensor arranged(const reel_tensor *x, unsigned dims, bool reduced_last)
{
    reel_tensor v = *x;
    int at = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int d = 0; d < x->ndim; d++) {
            if ((bool)(dims >> d & 1) == ((pass == 1) == reduced_last)) {
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

/* Whether the dims of the set lie next to each other; then what lies behind them is `inner`. */
static bool adjacent(const reel_tensor *x, unsigned dims, int64_t *inner)
{
    int d = x->ndim - 1;
    *inner = 1;
    for (; d >= 0 && !(dims >> d & 1); d--) {
        *inner *= x->size[d];
    }
    for (; d >= 0 && (dims >> d & 1 || x->size[d] == 1); d--) {
        dims &= ~(1u << d);
    }
    return dims == 0;
}

static reel_tensor *copy_of(const reel_tensor *x, int dtype)
{
    reel_tensor *copy = reeli_empty(x->r, "copy", dtype, x->ndim, x->size);
    if (!reeli_bad(copy)) {
        reeli_copy(copy, x);
    }
    return copy;
}

/* As it lies, if that will do: the common case needs no look at the strides. */
static bool lie_in_lines(const reel_tensor *x, unsigned dims, reeli_lines *l)
{
    const unsigned kept = all_dims(x) & ~dims;
    if (x->flags & REELI_CONTIGUOUS) {
        const bool last = (kept & (kept + 1)) == 0; /* the reduced dims are the last ones */
        int64_t inner = 1;
        if (!last && !adjacent(x, dims, &inner)) {
            return false;
        }
        l->inner = inner;
        l->outer = inner ? l->outer / inner : 0;
        return true;
    }
    if (arranged(x, dims, true).flags & REELI_CONTIGUOUS) {
        return true;
    }
    if (arranged(x, dims, false).flags & REELI_CONTIGUOUS) {
        l->inner = l->outer;
        l->outer = 1;
        return true;
    }
    return false;
}

/* The copy that serves where x does not: rows, one for each result. */
static bool copy_rows(const reel_tensor *x, unsigned dims, int dtype, reeli_lines *l)
{
    reel_tensor rows = arranged(x, dims, true);
    reel_tensor *copy = copy_of(&rows, dtype);
    l->data = copy->data;
    return !reeli_bad(copy);
}

bool reeli_lines_of(reel_tensor *x, unsigned dims, int dtype, reeli_lines *l)
{
    *l = (reeli_lines){x->data, reeli_terms(x, ~dims), reeli_terms(x, dims), 1};
    return (x->dtype == dtype && lie_in_lines(x, dims, l)) || copy_rows(x, dims, dtype, l);
}

bool reeli_rows_of(reel_tensor *x, unsigned dims, int dtype, reeli_lines *l)
{
    *l = (reeli_lines){x->data, reeli_terms(x, ~dims), reeli_terms(x, dims), 1};
    const bool direct = x->dtype == dtype && (arranged(x, dims, true).flags & REELI_CONTIGUOUS);
    return direct || copy_rows(x, dims, dtype, l);
}

reeli_lines reeli_lines_along(const reel_tensor *t, int64_t dim)
{
    reeli_lines l = {t->data, 1, 1, 1};
    for (int d = 0; d < t->ndim; d++) {
        *(d < dim ? &l.outer : d == dim ? &l.n : &l.inner) *= t->size[d];
    }
    return l;
}

const void *reeli_dense(const reel_tensor *x, int dtype)
{
    if (x->dtype == dtype && (x->flags & REELI_CONTIGUOUS)) {
        return x->data;
    }
    reel_tensor *copy = copy_of(x, dtype);
    return reeli_bad(copy) ? NULL : copy->data;
}
