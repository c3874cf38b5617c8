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

/* Whether rows i and j of x[n,m] differ. NaN is unequal to NaN. */
static bool rows_differ(const reel_tensor *x, int64_t m, int64_t i, int64_t j)
{
    const size_t size = reeli_element_size(x->dtype);
    for (int64_t c = 0; c < m; c++) {
        reeli_item a, b;
        reeli_make_items(&a, 1, (const char *)x->data + (size_t)(i * m + c) * size, x->dtype, 1,
                         REELI_ASCENDING);
        reeli_make_items(&b, 1, (const char *)x->data + (size_t)(j * m + c) * size, x->dtype, 1,
                         REELI_ASCENDING);
        if (a.key != b.key || (reeli_is_float(x->dtype) && a.key == UINT64_MAX)) {
            return true;
        }
    }
    return false;
}

/* The rows of x[n,m] into order, by the last column, then by the one before it, and so on: each
 * sort keeps what it finds equal as it was. order[n]; items[3n] is for work. */
static void order_rows(const reel_tensor *x, int64_t n, int64_t m, int64_t *order,
                       reeli_item *items)
{
    reeli_item *keys = items + 2 * n;
    for (int64_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (int64_t c = m - 1; c >= 0 && n > 1; c--) {
        const size_t at = (size_t)c * reeli_element_size(x->dtype);
        reeli_make_items(keys, n, (const char *)x->data + at, x->dtype, m, REELI_ASCENDING);
        for (int64_t i = 0; i < n; i++) {
            items[i] = (reeli_item){keys[order[i]].key, i};
        }
        reeli_sort_items(items, n, items + n);
        for (int64_t i = 0; i < n; i++) {
            items[i].key = (uint64_t)order[items[i].index];
        }
        for (int64_t i = 0; i < n; i++) {
            order[i] = (int64_t)items[i].key;
        }
    }
}

/* How many distinct rows x[n,m] has, or how many runs of equal ones; the number of each row's in
 * rank[n]. -1, and an error, when memory is out. */
static int64_t rank_rows(const char *what, const reel_tensor *x, int64_t m, bool runs,
                         int64_t *rank)
{
    reel *r = x->r;
    const int64_t n = x->size[0];
    int64_t bytes, count = 0;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    reeli_item *items = reeli_multiply(n + 1, 3 * (int64_t)sizeof *items, &bytes)
                            ? reeli_arena_alloc(r, (size_t)bytes)
                            : NULL;
    if (!items) {
        reeli_no_memory(r, what);
        return -1;
    }
    for (int64_t i = 0; runs && i < n; i++) {
        rank[i] = i;
    }
    if (!runs) {
        order_rows(x, n, m, rank, items);
    }
    for (int64_t i = 0; i < n; i++) {
        count += i == 0 || rows_differ(x, m, rank[i - 1], rank[i]);
        items[i] = (reeli_item){(uint64_t)count - 1, rank[i]};
    }
    for (int64_t i = 0; i < n; i++) {
        rank[items[i].index] = (int64_t)items[i].key;
    }
    reeli_arena_release(&r->arena, &mark);
    return count;
}

/* The distinct rows of x[n,…], dense, or one of each run, as a tensor of that many. */
static reel_distinct distinct_rows(const char *what, reel_tensor *x, bool runs)
{
    reel *r = x->r;
    int64_t size[REEL_MAX_DIMS], m = 1;
    for (int d = 1; d < x->ndim; d++) {
        m *= size[d] = x->size[d];
    }
    reel_tensor *inverse = reeli_empty(r, what, REEL_I64, 1, x->size);
    size[0] = reeli_bad(inverse) ? -1 : rank_rows(what, x, m, runs, inverse->data);
    if (size[0] < 0) {
        return poison_distinct(x);
    }
    reel_distinct u = {reeli_empty(r, what, x->dtype, x->ndim, size), inverse,
                       reeli_zeros(r, what, REEL_I64, 1, size)};
    if (reeli_bad(u.values) || reeli_bad(u.counts)) {
        return poison_distinct(x);
    }
    const size_t bytes = (size_t)m * reeli_element_size(x->dtype);
    for (int64_t i = 0; i < x->size[0]; i++) {
        const int64_t at = ((int64_t *)inverse->data)[i];
        if (((int64_t *)u.counts->data)[at]++ == 0) {
            reeli_move(m, (char *)u.values->data + (size_t)at * bytes, x->dtype, 1,
                       (const char *)x->data + (size_t)i * bytes, x->dtype, 1);
        }
    }
    return u;
}

static reel_distinct distinct(const char *what, reel_tensor *x, bool runs)
{
    if (!reeli_usable(what, x) || REELI_REFUSE(x->r, what, "the shape would depend on values")) {
        return poison_distinct(x);
    }
    reel_tensor *flat = reel_reshape(reel_contiguous(reel_detach(x)), 1, &x->numel);
    reel_distinct u = reeli_bad(flat) ? poison_distinct(x) : distinct_rows(what, flat, runs);
    u.inverse =
        reeli_bad(u.inverse) ? u.inverse : reeli_as_result(reeli_reshape_like(u.inverse, x));
    return reeli_bad(u.inverse) ? poison_distinct(x) : u; /* all or none */
}

reel_distinct reel_unique(reel_tensor *x) { return distinct("unique", x, false); }

reel_distinct reel_unique_consecutive(reel_tensor *x)
{
    return distinct("unique_consecutive", x, true);
}

/* Along this dim there are parts of some elements to be told apart; or no parts. */
static bool has_parts(const char *what, const reel_tensor *x, int64_t dim)
{
    for (int d = 0; d < x->ndim; d++) {
        if (d != dim && x->size[d] == 0) {
            reeli_error(x->r, REEL_ERR_SHAPE,
                        "%s: shape %s has no elements along dim %lld to tell apart", what,
                        REELI_SHAPE_OF(x), (long long)dim);
            return false;
        }
    }
    return true;
}

static reel_distinct distinct_parts(const char *what, reel_tensor *x, int64_t dim, bool runs)
{
    if (!reeli_usable(what, x)) {
        return poison_distinct(x);
    }
    if (x->ndim == 0) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: a tensor of shape () has no dim %lld", what,
                    (long long)dim);
        return poison_distinct(x);
    }
    if (!reeli_one_dim(what, x, &dim) || !has_parts(what, x, dim) ||
        REELI_REFUSE(x->r, what, "the shape would depend on values")) {
        return poison_distinct(x);
    }
    reel_tensor *rows = reel_contiguous(reel_movedim(reel_detach(x), &dim, &(int64_t){0}, 1));
    reel_distinct u = reeli_bad(rows) ? poison_distinct(x) : distinct_rows(what, rows, runs);
    if (dim > 0 && !reeli_bad(u.values)) {
        u.values = reel_clone(reel_movedim(u.values, &(int64_t){0}, &dim, 1));
    }
    return reeli_bad(u.values) ? poison_distinct(x) : u;
}

reel_distinct reel_unique_dim(reel_tensor *x, int64_t dim)
{
    return distinct_parts("unique_dim", x, dim, false);
}

reel_distinct reel_unique_consecutive_dim(reel_tensor *x, int64_t dim)
{
    return distinct_parts("unique_consecutive_dim", x, dim, true);
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

/* How many bins x is from the first, in x's own arithmetic, which may overflow. */
static double bin_f32(float x, float low, float high, float bins)
{
    return (double)((x - low) * bins / (high - low));
}

static double bin_f64(double x, double low, double high, double bins)
{
    return (x - low) * bins / (high - low);
}

static bool count_bins(const reeli_args *a)
{
    reel_tensor *y = a->t[0];
    const reel_tensor *x = a->t[1];
    double low = a->p[0], high = a->p[1];
    const int64_t bins = y->numel;
    if (x->dtype == REEL_F32) { /* where they may come to be equal */
        low = (double)(float)low;
        high = (double)(float)high;
    }
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
        const double place = x->dtype == REEL_F32
                                 ? bin_f32((float)value, (float)low, (float)high, (float)bins)
                                 : bin_f64(value, low, high, (double)bins);
        /* The last bin has its upper bound, too. */
        const int64_t at = place < (double)bins ? (int64_t)place : bins - 1;
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

static bool sound_histogram(const reel_tensor *x, const reel_histogram_options *o)
{
    if (!reeli_usable("histogram", x) || !reeli_floating("histogram", "input", x)) {
        return false;
    }
    if (o->edges && (!reeli_usable_as(x->r, "histogram", "edges", o->edges) ||
                     !reeli_has_ndim("histogram", "edges", o->edges, 1) ||
                     !reeli_has_dtype("histogram", "edges", o->edges, x->dtype))) {
        return false;
    }
    if (o->weight && (!reeli_usable_as(x->r, "histogram", "weight", o->weight) ||
                      !reeli_shape_of_input("histogram", "weight", o->weight, x) ||
                      !reeli_has_dtype("histogram", "weight", o->weight, x->dtype))) {
        return false;
    }
    if (o->bins < 0 || o->bins == INT64_MAX || !(o->min <= o->max)) {
        reeli_error(x->r, REEL_ERR_VALUE, "histogram: there are no %lld bins from %g to %g",
                    (long long)o->bins, o->min, o->max);
        return false;
    }
    if (o->edges && o->edges->numel == 0) {
        reeli_error(x->r, REEL_ERR_SHAPE, "histogram: edges must not be empty");
        return false;
    }
    return o->edges || o->min < o->max ||
           !REELI_REFUSE(x->r, "histogram", "where its bins are would depend on values");
}

static reel_tensor *edges_of(reel_tensor *x, const reel_histogram_options *o)
{
    double low = o->min, high = o->max;
    if (o->edges) {
        return reel_clone(reel_detach(o->edges));
    }
    if (low == high) {
        low = x->numel ? reel_item(reel_min(x)) : 0;
        high = x->numel ? reel_item(reel_max(x)) : 1;
    }
    if (low == high) {
        low -= 0.5;
        high += 0.5;
    }
    return isfinite(low) && isfinite(high)
               ? reel_linspace(x->r, (reel_dtype)x->dtype, low, high, (o->bins ? o->bins : 100) + 1)
               : reeli_fail(x->r, REEL_ERR_VALUE, "histogram: the range [%g, %g] is not finite",
                            low, high);
}

reel_bins reel_histogram(reel_tensor *x, reel_histogram_options options)
{
    if (!sound_histogram(x, &options)) {
        reel_tensor *poison = reeli_poison_for(1, &x);
        return (reel_bins){poison, poison};
    }
    reel *r = x->r;
    reel_tensor *flat = reel_reshape(reel_detach(x), 1, &x->numel),
                *edges = edges_of(flat, &options);
    const int64_t count = reeli_bad(edges) ? 0 : edges->numel, places = count + 1;
    reel_tensor *last = reel_narrow(edges, 0, count - 1, 1),
                *at = reel_bucketize(flat, edges, true);
    at = reel_where(reel_eq(flat, last), reel_number(r, (double)(count - 1)), at);
    reel_tensor *shares = options.weight ? reel_reshape(reel_detach(options.weight), 1, &x->numel)
                                         : reel_ones_like(flat);
    /* Place 0 is below the bins, the last one above. */
    reel_tensor *all =
        reel_index_add(reeli_zeros(r, "histogram", x->dtype, 1, &places), 0, at, shares, 1);
    reel_tensor *counts = reel_clone(reel_narrow(all, 0, 1, count - 1));
    if (options.density) {
        counts = reel_div(reel_div(counts, reel_sum(counts)), reel_diff(edges, 1, 0, NULL, NULL));
    }
    return reeli_bad(counts) ? (reel_bins){r->poison, r->poison} : (reel_bins){counts, edges};
}
