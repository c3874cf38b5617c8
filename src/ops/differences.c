/* SPDX-License-Identifier: MIT */
/* Differences of neighbours along a dim, and areas between them. */
#include "ops.h"

#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/reduce.h>
#include <reel/statistics.h>
#include <reel/views.h>

/* All indices of a dim but the last, or (from = 1) but the first. */
static reel_tensor *but_one(reel_tensor *x, int64_t dim, int64_t from)
{
    const int64_t n = x->size[dim];
    return reel_narrow(x, dim, n > from ? from : n, n > 0 ? n - 1 : 0);
}

static bool has_dims(const char *what, const reel_tensor *x, int64_t *dim)
{
    if (!reeli_usable(what, x)) {
        return false;
    }
    if (x->ndim == 0) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: the input has no dims, and needs one", what);
        return false;
    }
    return reeli_wrap_dim(x->r, what, dim, x->ndim);
}

/* x between prepend and append, either of which may be NULL. */
static reel_tensor *joined(reel_tensor *x, int64_t dim, reel_tensor *prepend, reel_tensor *append)
{
    reel_tensor *parts[3];
    int count = 0;
    if (prepend) {
        parts[count++] = prepend;
    }
    parts[count++] = x;
    if (append) {
        parts[count++] = append;
    }
    return count > 1 ? reel_cat(parts, count, dim) : x;
}

reel_tensor *reel_diff(reel_tensor *x, int64_t n, int64_t dim, reel_tensor *prepend,
                       reel_tensor *append)
{
    if (!has_dims("diff", x, &dim)) {
        return reeli_poison_for(1, &x);
    }
    reel *r = x->r;
    if (n < 0) {
        return reeli_fail(r, REEL_ERR_VALUE, "diff: the order n must not be negative, and is %lld",
                          (long long)n);
    }
    if (n == 0) {
        return reel_clone(x);
    }
    reel_tensor *y = joined(x, dim, prepend, append);
    const bool truths = !reeli_bad(y) && y->dtype == REEL_BOOL;
    for (; n > 0 && !reeli_bad(y); n--) {
        if (y->size[dim] == 0) {
            break;
        }
        reel_tensor *next = but_one(y, dim, 1), *own = but_one(y, dim, 0);
        y = truths ? reel_logical_xor(next, own) : reel_sub(next, own);
    }
    return y;
}

/* The distances between neighbours of x, seen along `dim` of y; poison, and an error, if x does not
 * fit. */
static reel_tensor *widths(const char *what, const reel_tensor *y, reel_tensor *x, int64_t dim)
{
    int64_t size[REEL_MAX_DIMS];
    if (x->ndim == 1 && x->size[0] != y->size[dim]) {
        return reeli_fail(
            x->r, REEL_ERR_SHAPE, "%s: %lld places for dim %lld of shape %s, which has %lld", what,
            (long long)x->size[0], (long long)dim, REELI_SHAPE_OF(y), (long long)y->size[dim]);
    }
    const int missing = y->ndim - x->ndim;
    if (missing < 0) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "%s: shape %s of places has more dims than %s",
                          what, REELI_SHAPE_OF(x), REELI_SHAPE_OF(y));
    }
    for (int d = 0; d < y->ndim; d++) {
        size[d] = x->ndim == 1  ? (d == dim ? x->size[0] : 1)
                  : d < missing ? 1
                                : x->size[d - missing];
    }
    reel_tensor *places = reel_reshape(x, y->ndim, size);
    return reeli_bad(places) ? places : reel_sub(but_one(places, dim, 1), but_one(places, dim, 0));
}

/* The areas of the trapezoids between neighbours, doubled; x NULL: dx apart. */
static reel_tensor *doubled_areas(const char *what, reel_tensor *y, reel_tensor *x, double dx,
                                  int64_t *dim)
{
    reel_tensor *in[] = {y, x};
    if (!reeli_all_usable(what, x ? 2 : 1, in) || !has_dims(what, y, dim) ||
        !reeli_not_bool(what, y) || (x && (x->ndim == 0 || !reeli_not_bool(what, x)))) {
        if (!reeli_bad(y) && x && !reeli_bad(x) && x->ndim == 0) {
            reeli_error(y->r, REEL_ERR_SHAPE, "%s: the places x have no dims", what);
        }
        return reeli_poison_for(1, &y);
    }
    reel_tensor *sums = reel_add(but_one(y, *dim, 1), but_one(y, *dim, 0));
    if (!x) {
        return reel_mul_scalar(sums, dx);
    }
    return reel_mul(sums, widths(what, y, x, *dim));
}

reel_tensor *reel_trapezoid(reel_tensor *y, reel_tensor *x, double dx, int64_t dim)
{
    reel_tensor *areas = doubled_areas("trapezoid", y, x, dx, &dim);
    return reel_div_scalar(reel_sum_dim(areas, &dim, 1, false), 2);
}

reel_tensor *reel_cumulative_trapezoid(reel_tensor *y, reel_tensor *x, double dx, int64_t dim)
{
    reel_tensor *areas = doubled_areas("cumulative_trapezoid", y, x, dx, &dim);
    return reel_div_scalar(reel_cumsum(areas, dim), 2);
}
