/* SPDX-License-Identifier: MIT */
/* What all reductions share: sets of dims, the result's shape, and the way to the elements. */
#include "reduction.h"

#include <reel/views.h>

static unsigned all_dims(const reel_tensor *x) { return (1u << x->ndim) - 1; }

bool reeli_dim_set(const char *what, const reel_tensor *x, const int64_t *dims, int count,
                   unsigned *set)
{
    if (!reeli_usable(what, x) || !reeli_dims_once(what, x, count, dims, NULL, set)) {
        return false;
    }
    *set = count > 0 ? *set & all_dims(x) : all_dims(x);
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

/* A tensor seen with its dims in another order, and whether its elements lie in a row so. */
typedef struct arrangement {
    int64_t size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    bool in_a_row;
} arrangement;

/* With the dims that stay first and those that are reduced last, or the other way round. */
static arrangement arranged(const reel_tensor *x, unsigned dims, bool reduced_last)
{
    arrangement v = {.in_a_row = true};
    int at = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int d = 0; d < x->ndim; d++) {
            if ((bool)(dims >> d & 1) == ((pass == 1) == reduced_last)) {
                v.size[at] = x->size[d];
                v.stride[at++] = x->stride[d];
            }
        }
    }
    uint64_t step = 1;
    for (int d = x->ndim - 1; d >= 0; d--) {
        v.in_a_row = v.in_a_row && (v.size[d] == 1 || v.stride[d] == (int64_t)step);
        step *= (uint64_t)v.size[d];
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
    if (arranged(x, dims, true).in_a_row) {
        return true;
    }
    if (arranged(x, dims, false).in_a_row) {
        l->inner = l->outer;
        l->outer = 1;
        return true;
    }
    return false;
}

/* Rows, one for each result: x's, or where it lies otherwise a copy's. */
static bool find_rows(const reel_tensor *x, unsigned dims, int dtype, reeli_lines *l)
{
    const arrangement rows = arranged(x, dims, true);
    if (x->dtype == dtype && rows.in_a_row) {
        return true;
    }
    const reel_tensor *copy = reeli_empty(x->r, "copy", dtype, x->ndim, rows.size);
    if (reeli_bad(copy)) {
        return false;
    }
    reeli_move_strided(x->r, x->ndim, rows.size, (reeli_operand){copy->data, copy->stride, dtype},
                       (reeli_operand){x->data, rows.stride, x->dtype});
    l->data = copy->data;
    return true;
}

bool reeli_lines_of(reel_tensor *x, unsigned dims, int dtype, reeli_lines *l)
{
    *l = (reeli_lines){x->data, reeli_terms(x, ~dims), reeli_terms(x, dims), 1};
    return (x->dtype == dtype && lie_in_lines(x, dims, l)) || find_rows(x, dims, dtype, l);
}

bool reeli_rows_of(reel_tensor *x, unsigned dims, int dtype, reeli_lines *l)
{
    *l = (reeli_lines){x->data, reeli_terms(x, ~dims), reeli_terms(x, dims), 1};
    return find_rows(x, dims, dtype, l);
}

reeli_lines reeli_lines_along(const reel_tensor *t, int64_t dim)
{
    reeli_lines l = {t->data, 1, 1, 1};
    for (int d = 0; d < t->ndim; d++) {
        *(d < dim ? &l.outer : d == dim ? &l.n : &l.inner) *= t->size[d];
    }
    return l;
}
