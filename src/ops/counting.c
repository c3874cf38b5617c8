/* SPDX-License-Identifier: MIT */
/* Values counted: the distinct ones, whole numbers, those within bins; and places among sorted
 * ones. */
#include "losses.h"

#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/reduce.h>
#include <reel/sort.h>
#include <reel/statistics.h>
#include <reel/views.h>

static reel_distinct poison_distinct(reel_tensor *x)
{
    reel_tensor *poison = reeli_poison_for(1, &x);
    return (reel_distinct){poison, poison, poison};
}

/* How many distinct values there are among sorted items; the number of each in `rank`. NaN is
 * unequal to NaN. */
static int64_t number(const reeli_item *items, int64_t n, bool floating, int64_t *rank)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        const bool nan = floating && items[i].key == UINT64_MAX;
        count += i == 0 || nan || items[i].key != items[i - 1].key;
        rank[items[i].index] = count - 1;
    }
    return count;
}

/* The values from a dense x whose elements' ranks are known. */
static reel_distinct collect(const char *what, reel_tensor *x, int64_t count, reel_tensor *inverse)
{
    reel *r = x->r;
    reel_distinct u = {reeli_empty(r, what, x->dtype, 1, &count), inverse,
                       reeli_zeros(r, what, REEL_I64, 1, &count)};
    if (reeli_bad(u.values) || reeli_bad(u.counts)) {
        return poison_distinct(x);
    }
    const size_t size = reeli_element_size(x->dtype);
    int64_t *counts = u.counts->data;
    for (int64_t i = 0; i < x->numel; i++) {
        const int64_t at = ((int64_t *)inverse->data)[i];
        if (counts[at]++ == 0) {
            reeli_move(1, (char *)u.values->data + (size_t)at * size, x->dtype, 1,
                       (const char *)x->data + (size_t)i * size, x->dtype, 1);
        }
    }
    return u;
}

reel_distinct reel_unique(reel_tensor *x)
{
    if (!reeli_usable("unique", x) ||
        REELI_REFUSE(x->r, "unique", "the shape would depend on values")) {
        return poison_distinct(x);
    }
    reel *r = x->r;
    x = reel_contiguous(reel_detach(x));
    reel_tensor *inverse = reeli_bad(x) ? x : reeli_empty_like(x, "unique", REEL_I64);
    if (reeli_bad(inverse)) {
        return poison_distinct(x);
    }
    const size_t bytes = (size_t)x->numel * 2 * sizeof(reeli_item);
    reeli_item *items = reeli_arena_alloc(r, bytes + sizeof *items);
    if (!items) {
        reeli_no_memory(r, "unique");
        return poison_distinct(x);
    }
    reeli_make_items(items, x->numel, x->data, x->dtype, 1, REELI_ASCENDING);
    reeli_sort_items(items, x->numel, items + x->numel);
    const int64_t count = number(items, x->numel, reeli_is_float(x->dtype), inverse->data);
    return collect("unique", x, count, inverse);
}

/* The largest of a vector of whole numbers, -1 if there are none; -2, and an error, if one is
 * negative. */
static int64_t largest(const reel_tensor *x)
{
    const int64_t step = x->ndim ? x->stride[0] : 0;
    int64_t most = -1;
    for (int64_t i = 0; i < x->numel; i++) {
        const int64_t value = ((const int64_t *)x->data)[i * step];
        if (value < 0) {
            reeli_error(x->r, REEL_ERR_VALUE, "bincount: the input has the negative value %lld",
                        (long long)value);
            return -2;
        }
        most = value > most ? value : most;
    }
    return most;
}

static bool sound_bincount(const reel_tensor *x, const reel_tensor *weights, int64_t minlength)
{
    if (!reeli_has_dtype("bincount", "input", x, REEL_I64) ||
        !reeli_has_ndim("bincount", "input", x, 1)) {
        return false;
    }
    if (weights && (!reeli_usable_as(x->r, "bincount", "weights", weights) ||
                    !reeli_shape_of_input("bincount", "weights", weights, x))) {
        return false;
    }
    if (minlength < 0) {
        reeli_error(x->r, REEL_ERR_VALUE, "bincount: minlength must not be negative, and is %lld",
                    (long long)minlength);
        return false;
    }
    return !REELI_REFUSE(x->r, "bincount", "the shape would depend on values");
}

reel_tensor *reel_bincount(reel_tensor *x, reel_tensor *weights, int64_t minlength)
{
    if (!reeli_usable("bincount", x) || !sound_bincount(x, weights, minlength)) {
        return reeli_poison_for(1, &x);
    }
    reel *r = x->r;
    int64_t count = largest(x);
    if (count < -1) {
        return r->poison;
    }
    count = count + 1 > minlength ? count + 1 : minlength;
    const int dtype = !weights || x->numel == 0    ? REEL_I64
                      : weights->dtype == REEL_F32 ? REEL_F32
                                                   : REEL_F64;
    reel_tensor *zeros = reeli_zeros(r, "bincount", dtype, 1, &count);
    reel_tensor *one = reeli_scalar(r, "bincount", dtype, 1);
    reel_tensor *shares = weights ? reel_to(reel_detach(weights), (reel_dtype)dtype) : one;
    shares = reeli_bad(shares) ? shares : reel_expand(shares, 1, x->size);
    return reel_index_add(zeros, 0, x, shares, 1);
}

/* Between which bounds: those given, or the least and the most that there is. */
static void bounds(const reel_tensor *x, double *low, double *high)
{
    if (*low == *high && x->numel > 0) {
        *low = (double)INFINITY;
        *high = -(double)INFINITY;
        for (int64_t i = 0; i < x->numel; i++) {
            const double value = reeli_load(x, i);
            *low = value < *low || value != value ? value : *low;
            *high = value > *high || value != value ? value : *high;
        }
    }
    if (*low == *high) {
        *low -= 1;
        *high += 1;
    }
}

/* Which of so many bins x is in, in x's own arithmetic. */
static int64_t bin_f32(float x, float low, float high, float bins)
{
    return (int64_t)((x - low) * bins / (high - low));
}

static int64_t bin_f64(double x, double low, double high, double bins)
{
    return (int64_t)((x - low) * bins / (high - low));
}

static bool count_bins(const reeli_args *a)
{
    reel_tensor *y = a->t[0];
    const reel_tensor *x = a->t[1];
    double low = a->p[0], high = a->p[1];
    const int64_t bins = y->numel;
    bounds(x, &low, &high);
    const double width = x->dtype == REEL_F32 ? (double)((float)high - (float)low) : high - low;
    if (!isfinite(low) || !isfinite(high) || !isfinite(width)) {
        reeli_error(a->r, REEL_ERR_VALUE, "histc: the range [%g, %g] is not finite", low, high);
        return false;
    }
    if (x->dtype == REEL_F32) {
        low = (double)(float)low;
        high = (double)(float)high;
    }
    reeli_fill(y, 0);
    for (int64_t i = 0; i < x->numel; i++) {
        const double value = reeli_load(x, i);
        if (!(value >= low && value <= high)) {
            continue;
        }
        int64_t at = x->dtype == REEL_F32
                         ? bin_f32((float)value, (float)low, (float)high, (float)bins)
                         : bin_f64(value, low, high, (double)bins);
        at = at >= bins ? bins - 1 : at; /* the last bin has its upper bound, too */
        reeli_store(y, at, reeli_load(y, at) + 1);
    }
    return true;
}

reel_tensor *reel_histc(reel_tensor *x, int64_t bins, double min, double max)
{
    if (!reeli_usable("histc", x) || !reeli_floating("histc", "input", x)) {
        return reeli_poison_for(1, &x);
    }
    reel *r = x->r;
    if (bins < 1 || !(min <= max)) {
        return reeli_fail(r, REEL_ERR_VALUE, "histc: there are no %lld bins from %g to %g",
                          (long long)bins, min, max);
    }
    reel_tensor *y = reeli_empty(r, "histc", x->dtype, 1, &bins);
    const reeli_args args = {.r = r, .t = {y, reel_contiguous(reel_detach(x))}, .p = {min, max}};
    return !reeli_bad(y) && !reeli_bad(args.t[1]) && reeli_do(count_bins, &args) ? y : r->poison;
}

/* The first place of the sorted line whose element is not below x (`right`: above x). */
#define SEARCH(T)                                                                                  \
    static int64_t search_##T(const T *line, int64_t n, T x, bool right)                           \
    {                                                                                              \
        int64_t low = 0, high = n;                                                                 \
        while (low < high) {                                                                       \
            const int64_t middle = low + (high - low) / 2;                                         \
            const bool there = right ? line[middle] > x : line[middle] >= x;                       \
            high = there ? middle : high;                                                          \
            low = there ? low : middle + 1;                                                        \
        }                                                                                          \
        return low;                                                                                \
    }
SEARCH(float)
SEARCH(double)
SEARCH(int64_t)

/* t[1] lines of n, t[2] the values, i[1] of them for each line. */
static bool search_all(const reeli_args *a)
{
    const reel_tensor *lines = a->t[1], *x = a->t[2];
    const int64_t n = a->i[0], each = a->i[1];
    const bool right = a->i[2] != 0;
    int64_t *y = a->t[0]->data;
    for (int64_t i = 0; i < x->numel; i++) {
        const int64_t line = i / each * n;
        if (x->dtype == REEL_F32) {
            y[i] = search_float((const float *)lines->data + line, n, ((float *)x->data)[i], right);
        } else if (x->dtype == REEL_F64) {
            y[i] =
                search_double((const double *)lines->data + line, n, ((double *)x->data)[i], right);
        } else {
            y[i] = search_int64_t((const int64_t *)lines->data + line, n, ((int64_t *)x->data)[i],
                                  right);
        }
    }
    return true;
}

/* Lines for the values: one for all, or one for each in all dims but the last. */
static bool lines_fit(const char *what, const reel_tensor *lines, const reel_tensor *x)
{
    bool fit = lines->ndim == 1 || lines->ndim == x->ndim;
    for (int d = 0; fit && lines->ndim > 1 && d < lines->ndim - 1; d++) {
        fit = lines->size[d] == x->size[d];
    }
    return reeli_fits(fit && lines->ndim > 0, what, "sequence", lines, x) &&
           reeli_same_dtype(what, "sequence", lines, x);
}

static reel_tensor *search(const char *what, reel_tensor *lines, reel_tensor *x, bool right)
{
    reel_tensor *in[] = {lines, x};
    if (!reeli_all_usable(what, 2, in) || !lines_fit(what, lines, x) || !reeli_not_bool(what, x)) {
        return reeli_poison_for(2, in);
    }
    reel *r = x->r;
    reel_tensor *y = reeli_empty_like(x, what, REEL_I64);
    const int64_t each = lines->ndim == 1 ? x->numel : x->size[x->ndim - 1];
    const reeli_args args = {
        .r = r,
        .t = {y, reel_contiguous(reel_detach(lines)), reel_contiguous(reel_detach(x))},
        .i = {lines->size[lines->ndim - 1], each, right}};
    return !reeli_bad(y) && !reeli_bad(args.t[1]) && !reeli_bad(args.t[2]) &&
                   reeli_do(search_all, &args)
               ? y
               : r->poison;
}

reel_tensor *reel_searchsorted(reel_tensor *sequence, reel_tensor *x, bool right,
                               reel_tensor *sorter)
{
    reel_tensor *in[] = {sequence, sorter};
    if (sorter && (!reeli_all_usable("searchsorted", 2, in) ||
                   !reeli_has_dtype("searchsorted", "sorter", sorter, REEL_I64) ||
                   !reeli_shape_of_input("searchsorted", "sorter", sorter, sequence))) {
        return reeli_poison_for(2, in);
    }
    return search("searchsorted", sorter ? reel_gather(sequence, -1, sorter) : sequence, x, right);
}

reel_tensor *reel_bucketize(reel_tensor *x, reel_tensor *boundaries, bool right)
{
    reel_tensor *in[] = {x, boundaries};
    if (!reeli_all_usable("bucketize", 2, in) ||
        !reeli_has_ndim("bucketize", "boundaries", boundaries, 1)) {
        return reeli_poison_for(2, in);
    }
    return search("bucketize", boundaries, x, right);
}
