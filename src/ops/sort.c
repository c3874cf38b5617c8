/* SPDX-License-Identifier: MIT */
/* Sorting, and what is read off a sorted line: the largest few, the median, quantiles. */
#include "reduction.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/sort.h>
#include <reel/views.h>

/* Room for a line's items and for sorting them; NULL, and an error, when memory is out. */
static reeli_item *room(reel *r, const char *what, int64_t n)
{
    int64_t bytes;
    reeli_item *items = NULL;
    if (reeli_multiply(n, 2 * (int64_t)sizeof *items, &bytes)) {
        items = reeli_arena_alloc(r, (size_t)bytes);
    }
    if (!items) {
        reeli_no_memory(r, what);
    }
    return items;
}

/* What is done with a line's items; they are n, and as many places follow them for work. */
typedef void (*use)(reeli_node *n, reeli_item *items, const reeli_lines *l, int64_t line,
                    const void *x);

/* Each line of the input as items, in the order that is asked for. */
static bool each_line(reeli_node *n, use f)
{
    const reel_tensor *x = n->in[0].t;
    reel *r = x->r;
    const reeli_choice *how = reeli_choice_of(n);
    reeli_lines l = reeli_lines_along(x, how->dim);
    if (n->out->numel == 0) {
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const char *data = reeli_dense(x, n->op->name, x->dtype);
    reeli_item *items = data ? room(r, n->op->name, l.n) : NULL;
    for (int64_t line = 0; items && line < l.outer * l.inner; line++) {
        const int64_t at = line / l.inner * l.n * l.inner + line % l.inner;
        const char *first = data + at * (int64_t)reeli_element_size(x->dtype);
        reeli_make_items(items, l.n, first, x->dtype, l.inner,
                         how->descending ? REELI_DESCENDING : REELI_ASCENDING);
        f(n, items, &l, line, first);
    }
    reeli_arena_release(&r->arena, &mark);
    return items != NULL;
}

/* The first k of the line in order; k is the result's size along the dim. */
static void take_sorted(reeli_node *n, reeli_item *items, const reeli_lines *l, int64_t line,
                        const void *x)
{
    reel_tensor *y = n->out;
    const int64_t k = y->ndim ? y->size[reeli_choice_of(n)->dim] : 1;
    const int64_t at = line / l->inner * k * l->inner + line % l->inner;
    if (k < l->n) {
        reeli_select_items(items, l->n, k, items + l->n);
    }
    reeli_sort_items(items, k, items + l->n);
    reeli_place_items(items, k, x, y->dtype, l->inner,
                      (char *)y->data + (size_t)at * reeli_element_size(y->dtype),
                      (int64_t *)n->in[1].t->data + at, l->inner);
}

bool reeli_sort_forward(reeli_node *n) { return each_line(n, take_sorted); }

bool reeli_topk_forward(reeli_node *n) { return each_line(n, take_sorted); }

/* The lower of the two in the middle; the first NaN, if there is one. */
static int64_t middle(reeli_item *items, int64_t n, bool floating)
{
    for (int64_t i = 0; i < n && floating; i++) {
        if (items[i].key == UINT64_MAX) {
            return i;
        }
    }
    reeli_select_items(items, n, (n + 1) / 2, items + n);
    return (n - 1) / 2;
}

static void take_middle(reeli_node *n, reeli_item *items, const reeli_lines *l, int64_t line,
                        const void *x)
{
    const int dtype = n->out->dtype;
    const int64_t at = middle(items, l->n, reeli_is_float(dtype));
    reeli_place_items(items + at, 1, x, dtype, l->inner,
                      (char *)n->out->data + (size_t)line * reeli_element_size(dtype),
                      (int64_t *)n->in[1].t->data + line, 1);
}

bool reeli_median_dim_forward(reeli_node *n) { return each_line(n, take_middle); }

reel_values reel_sort(reel_tensor *x, int64_t dim, bool descending)
{
    if (!reeli_one_dim("sort", x, &dim)) {
        return reeli_poison_pick(x);
    }
    return reeli_pick(&reeli_op_sort, x, (reeli_choice){dim, descending}, x->ndim, x->size);
}

reel_tensor *reel_msort(reel_tensor *x) { return reel_sort(x, 0, false).values; }

reel_tensor *reel_argsort(reel_tensor *x, int64_t dim, bool descending)
{
    reel *r = reel_of(x);
    const bool was = r && reel_set_grad_enabled(r, false);
    reel_tensor *indices = reel_sort(x, dim, descending).indices;
    if (r) {
        reel_set_grad_enabled(r, was);
    }
    return indices;
}

reel_values reel_topk(reel_tensor *x, int64_t k, int64_t dim, bool smallest)
{
    if (!reeli_one_dim("topk", x, &dim) || !reeli_not_bool("topk", x)) {
        return reeli_poison_pick(x);
    }
    const int64_t n = x->ndim ? x->size[dim] : 1;
    if (k < 0 || k > n) {
        reeli_error(x->r, REEL_ERR_VALUE,
                    "topk: there are no %lld elements in dim %lld of shape %s", (long long)k,
                    (long long)dim, REELI_SHAPE_OF(x));
        return reeli_poison_pick(x);
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = d == dim ? k : x->size[d];
    }
    return reeli_pick(&reeli_op_topk, x, (reeli_choice){dim, !smallest}, x->ndim, size);
}

reel_values reel_median_dim(reel_tensor *x, int64_t dim, bool keepdim)
{
    return reeli_usable("median_dim", x) && reeli_not_bool("median_dim", x)
               ? reeli_pick_one(&reeli_op_median_dim, x, dim, keepdim)
               : reeli_poison_pick(x);
}

reel_tensor *reel_median(reel_tensor *x)
{
    if (!reeli_usable("median", x) || !reeli_not_bool("median", x)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_reduce(&reeli_op_median, x, x->dtype,
                        (reeli_reduction){.dims = (1u << x->ndim) - 1});
}

bool reeli_median_forward(reeli_node *n)
{
    reel_tensor *x = n->in[0].t, *y = n->out;
    reeli_item *items = NULL;
    const void *data = NULL;
    if (x->numel == 0) {
        reeli_fill(y, (double)NAN);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&x->r->arena);
    if ((data = reeli_dense(x, "median", x->dtype)) && (items = room(x->r, "median", x->numel))) {
        int64_t index;
        reeli_make_items(items, x->numel, data, x->dtype, 1, REELI_ASCENDING);
        const int64_t at = middle(items, x->numel, reeli_is_float(x->dtype));
        reeli_place_items(items + at, 1, data, x->dtype, 1, y->data, &index, 1);
    }
    reeli_arena_release(&x->r->arena, &mark);
    return items != NULL;
}

/* All that equal the median share g, as with max. */
reel_tensor *reeli_median_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_max_gradient(n, input, g);
}

/* For each line of the sorted input 0 and each rank in input 1, the place to read: the rank
 * rounded, or the line's last place where a NaN is. */
bool reeli_quantile_ranks_forward(reeli_node *n)
{
    const reel_tensor *sorted = n->in[0].t, *ranks = n->in[1].t;
    const reeli_ranks *how = reeli_ranks_of(n);
    const reeli_lines l = reeli_lines_along(sorted, how->dim);
    const int64_t step = ranks->ndim ? ranks->stride[0] : 0;
    int64_t *y = n->out->data;
    for (int64_t o = 0; o < l.outer; o++) {
        for (int64_t i = 0; i < ranks->numel; i++) {
            const double rank = reeli_load(ranks, i * step);
            const int64_t at = (int64_t)(how->rounding == REEL_HIGHER    ? ceil(rank)
                                         : how->rounding == REEL_NEAREST ? nearbyint(rank)
                                                                         : floor(rank));
            for (int64_t k = 0; k < l.inner; k++) {
                const double last = reeli_load(sorted, ((o + 1) * l.n - 1) * l.inner + k);
                *y++ = last == last ? at : l.n - 1;
            }
        }
    }
    return true;
}

/* The sorted elements at the ranks, rounded down, up or to the nearest. */
static reel_tensor *at_ranks(reel_tensor *sorted, reel_tensor *ranks, int64_t dim, int rounding)
{
    reel_tensor *in[] = {sorted, ranks};
    reeli_node *n = reeli_begin(&reeli_op_quantile_ranks, 2, in);
    if (!n) {
        return reeli_poison_for(2, in);
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < sorted->ndim; d++) {
        size[d] = d == dim ? ranks->numel : sorted->size[d];
    }
    *reeli_ranks_of(n) = (reeli_ranks){dim, rounding};
    n->out = reeli_empty(sorted->r, "quantile", REEL_I64, sorted->ndim, size);
    return reel_gather(sorted, dim, reeli_apply(n));
}

/* Along `dim` of the sorted elements, of at least one dim; the result has q's places there. */
static reel_tensor *interpolated(reel_tensor *sorted, reel_tensor *q, int64_t dim,
                                 reel_interpolation how)
{
    if (reeli_bad(sorted)) {
        return sorted;
    }
    reel_tensor *ranks = reel_mul_scalar(q, (double)(sorted->size[dim] - 1));
    if (how == REEL_LOWER || how == REEL_HIGHER || how == REEL_NEAREST) {
        return at_ranks(sorted, ranks, dim, (int)how);
    }
    reel_tensor *below = at_ranks(sorted, ranks, dim, REEL_LOWER);
    reel_tensor *above = at_ranks(sorted, ranks, dim, REEL_HIGHER);
    if (how == REEL_MIDPOINT || reeli_bad(ranks)) {
        return reel_lerp(below, above, reeli_number_for(q, 0.5));
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < sorted->ndim; d++) {
        size[d] = d == dim ? q->numel : 1;
    }
    reel_tensor *whole = reel_to(reel_to(ranks, REEL_I64), (reel_dtype)q->dtype);
    return reel_lerp(below, above, reel_reshape(reel_sub(ranks, whole), sorted->ndim, size));
}

static bool sound_ranks(const reeli_args *a)
{
    const reel_tensor *q = a->t[1];
    for (int64_t i = 0; i < q->numel; i++) {
        const double value = reeli_load(q, i * (q->ndim ? q->stride[0] : 0));
        if (!(value >= 0 && value <= 1)) {
            reeli_error(a->r, REEL_ERR_VALUE, "quantile: q must lie in [0, 1], and is %g", value);
            return false;
        }
    }
    return true;
}

static bool sound_quantile(reel_tensor *x, reel_tensor *q)
{
    if (!reeli_all_usable("quantile", 2, (reel_tensor *[]){x, q}) ||
        !reeli_floating("quantile", "input", x)) {
        return false;
    }
    if (q->ndim > 1 || q->dtype != x->dtype || x->numel == 0) {
        reeli_error(
            x->r, q->dtype != x->dtype ? REEL_ERR_DTYPE : REEL_ERR_SHAPE,
            "quantile: q is %s %s for an input %s %s; it must have the input's dtype and at "
            "most 1 dim, and the input elements",
            reel_dtype_name((reel_dtype)q->dtype), REELI_SHAPE_OF(q),
            reel_dtype_name((reel_dtype)x->dtype), REELI_SHAPE_OF(x));
        return false;
    }
    return reeli_do(sound_ranks, &(reeli_args){.r = x->r, .t = {NULL, q}});
}

/* From [.., q, ..] to [q, .., 1, ..], or without what was not asked for. */
static reel_tensor *arrange(reel_tensor *y, int64_t dim, bool many, bool keepdim)
{
    if (!many) {
        return keepdim ? y : reeli_as_result(reel_squeeze(y, dim));
    }
    int64_t order[REEL_MAX_DIMS] = {dim};
    for (int d = 1, own = 0; !reeli_bad(y) && d < y->ndim; own++) {
        if (own != dim) {
            order[d++] = own;
        }
    }
    y = reeli_bad(y) ? y : reel_permute(y, order);
    return reeli_as_result(keepdim ? reel_unsqueeze(y, dim + 1) : y);
}

reel_tensor *reel_quantile_tensor(reel_tensor *x, reel_tensor *q, reel_quantile_options options)
{
    int64_t dim = options.dim ? *options.dim : 0;
    reel_tensor *in[] = {x, q};
    if (!sound_quantile(x, q) || !reeli_one_dim("quantile", x, &dim)) {
        return reeli_poison_for(2, in);
    }
    const bool flat = !options.dim || x->ndim == 0;
    reel_tensor *flattened = flat ? reel_reshape(x, 1, &x->numel) : x;
    reel_tensor *sorted = reel_sort(flattened, flat ? 0 : dim, false).values;
    reel_tensor *y = interpolated(sorted, q, flat ? 0 : dim, options.interpolation);
    if (!flat) {
        return arrange(y, dim, q->ndim == 1, options.keepdim);
    }
    int64_t size[REEL_MAX_DIMS];
    int ndim = 0;
    if (q->ndim == 1) {
        size[ndim++] = q->numel;
    }
    for (int d = 0; options.keepdim && d < x->ndim && ndim < REEL_MAX_DIMS; d++) {
        size[ndim++] = 1;
    }
    return reeli_as_result(reel_reshape(y, ndim, size));
}

reel_tensor *reel_quantile(reel_tensor *x, double q, reel_quantile_options options)
{
    if (!reeli_usable("quantile", x) || !reeli_floating("quantile", "input", x)) {
        return reeli_poison_for(1, &x);
    }
    reel_tensor *one = reeli_empty(x->r, "quantile", x->dtype, 0, NULL);
    if (!reeli_bad(one)) {
        reeli_fill(one, q);
    }
    return reel_quantile_tensor(x, one, options);
}
