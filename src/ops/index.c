/* SPDX-License-Identifier: MIT */
/* Slices, rows and elements that index tensors name: gathers whose index is expanded. */
#include "factory.h"
#include "ops.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/views.h>
#include <string.h>

/* An index that is no vector of int64 is an error; one of no dims counts as a vector. */
static bool is_vector(const char *what, const reel_tensor *index)
{
    if (!reeli_has_dtype(what, "index", index, REEL_I64)) {
        return false;
    }
    if (index->ndim > 1) {
        reeli_error(index->r, REEL_ERR_SHAPE, "%s: the index must be a vector, and is %s", what,
                    REELI_SHAPE_OF(index));
        return false;
    }
    return true;
}

/* The vector along `dim` of like's shape, repeated in all others. */
static reel_tensor *along(reel_tensor *index, const reel_tensor *like, int64_t dim)
{
    int64_t size[REEL_MAX_DIMS] = {1, 1, 1, 1, 1, 1, 1, 1};
    size[dim] = index->numel;
    index = reel_reshape(index, like->ndim, size);
    memcpy(size, like->size, sizeof size);
    size[dim] = -1;
    return reel_expand(index, like->ndim, size);
}

reel_tensor *reeli_take(const reeli_op *op, reel_tensor *x, int64_t dim, reel_tensor *index,
                        int64_t padding)
{
    reel_tensor *in[] = {x, index};
    if (!reeli_all_usable(op->name, 2, in)) {
        return reeli_poison_for(2, in);
    }
    in[1] = along(index, x, dim);
    reeli_node *n = reeli_begin(op, 2, in);
    if (!n) {
        return x->r->poison;
    }
    *reeli_steps_of(n) = (reeli_steps){dim, padding};
    n->out = reeli_empty(x->r, op->name, x->dtype, x->ndim, in[1]->size);
    return reeli_apply(n);
}

reel_tensor *reel_index_select(reel_tensor *x, int64_t dim, reel_tensor *index)
{
    reel_tensor *in[] = {x, index};
    if (!reeli_all_usable("index_select", 2, in) ||
        !reeli_wrap_dim(x->r, "index_select", &dim, x->ndim) || !is_vector("index_select", index)) {
        return reeli_poison_for(2, in);
    }
    if (x->ndim > 0) {
        return reeli_take(&reeli_op_index_select, x, dim, index, -1);
    }
    if (index->numel != 1) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "index_select: a tensor of no dims takes one index, not %lld",
                          (long long)index->numel);
    }
    x = reeli_take(&reeli_op_index_select, reel_unsqueeze(x, 0), 0, index, -1);
    return reeli_as_result(reel_reshape(x, 0, NULL));
}

bool reeli_index_select_forward(reeli_node *n) { return reeli_gather_forward(n); }

reel_tensor *reeli_index_select_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_gather_gradient(n, input, g);
}

static bool slices_fit(const reel_tensor *x, int64_t dim, const reel_tensor *index,
                       const reel_tensor *src)
{
    bool fits = src->ndim == x->ndim;
    for (int d = 0; fits && d < x->ndim; d++) {
        fits = src->size[d] == (d == dim ? index->numel : x->size[d]);
    }
    if (!fits || (x->ndim == 0 && index->numel != 1)) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "index_add: source %s and %lld indices of dim %lld do not fit input %s",
                    REELI_SHAPE_OF(src), (long long)index->numel, (long long)dim,
                    REELI_SHAPE_OF(x));
        return false;
    }
    return reeli_same_dtype("index_add", "source", src, x);
}

reel_tensor *reel_index_add(reel_tensor *x, int64_t dim, reel_tensor *index, reel_tensor *src,
                            double alpha)
{
    reel_tensor *in[] = {x, index, src};
    if (!reeli_all_usable("index_add", 3, in) ||
        !reeli_wrap_dim(x->r, "index_add", &dim, x->ndim) || !is_vector("index_add", index) ||
        !slices_fit(x, dim, index, src) || !reeli_whole_for("index_add", "alpha", alpha, x)) {
        return reeli_poison_for(3, in);
    }
    in[1] = x->ndim ? along(index, src, dim) : reel_reshape(index, 0, NULL);
    in[2] = alpha == 1 ? src : reel_to(reel_mul_scalar(src, alpha), (reel_dtype)x->dtype);
    reeli_node *n = reeli_begin(&reeli_op_index_add, 3, in);
    if (!n) {
        return x->r->poison;
    }
    *reeli_steps_of(n) = (reeli_steps){.dim = dim};
    n->out = reeli_empty_like(x, "index_add", x->dtype);
    return reeli_apply(n);
}

bool reeli_index_add_forward(reeli_node *n) { return reeli_scatter_add_forward(n); }

reel_tensor *reeli_index_add_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_scatter_add_gradient(n, input, g);
}

/* Indices that count from the end where they are negative, counted from the front. */
static reel_tensor *from_the_front(reel_tensor *index, int64_t size)
{
    if (index->dtype != REEL_I64) {
        return index; /* which gather refuses */
    }
    reel_tensor *behind = reel_lt(index, reeli_number(index->r, 0));
    return reel_where(behind, reel_add(index, reeli_number(index->r, (double)size)), index);
}

reel_tensor *reel_take_along_dim(reel_tensor *x, reel_tensor *index, int64_t dim)
{
    reel_tensor *in[] = {x, index};
    if (!reeli_all_usable("take_along_dim", 2, in) ||
        !reeli_wrap_dim(x->r, "take_along_dim", &dim, x->ndim)) {
        return reeli_poison_for(2, in);
    }
    if (x->ndim != index->ndim || x->ndim == 0) {
        return reeli_fail(
            x->r, REEL_ERR_SHAPE,
            "take_along_dim: input %s and index %s must have as many dims, at least one",
            REELI_SHAPE_OF(x), REELI_SHAPE_OF(index));
    }
    int64_t size[REEL_MAX_DIMS], other[REEL_MAX_DIMS], own = x->size[dim],
                                                       chosen = index->size[dim];
    memcpy(other, index->size, sizeof other);
    other[dim] = own; /* x and index broadcast in all dims but this one */
    if (reeli_broadcast_shapes(x->r, "take_along_dim", x->ndim, x->size, x->ndim, other, size) <
        0) {
        return x->r->poison;
    }
    size[dim] = chosen;
    index = reel_broadcast_to(from_the_front(index, own), x->ndim, size);
    size[dim] = own;
    return reel_gather(reel_broadcast_to(x, x->ndim, size), dim, index);
}

reel_tensor *reel_take_along_all(reel_tensor *x, reel_tensor *index)
{
    reel_tensor *in[] = {x, index};
    if (!reeli_all_usable("take_along_dim", 2, in)) {
        return reeli_poison_for(2, in);
    }
    const int64_t flat = -1;
    index = from_the_front(index, x->numel);
    return reel_gather(reel_reshape(x, 1, &flat), 0, reel_reshape(index, 1, &flat));
}

reel_tensor *reel_masked_fill_tensor(reel_tensor *x, reel_tensor *mask, reel_tensor *value)
{
    reel_tensor *in[] = {x, mask, value};
    int64_t size[REEL_MAX_DIMS];
    if (!reeli_all_usable("masked_fill", 3, in) ||
        reeli_broadcast(x->r, "masked_fill", 2, in, size) < 0 ||
        !reeli_has_dtype("masked_fill", "mask", mask, REEL_BOOL) ||
        !reeli_has_ndim("masked_fill", "value", value, 0)) {
        return reeli_poison_for(3, in);
    }
    return reel_where(mask, reel_to(value, (reel_dtype)x->dtype), x);
}

reel_tensor *reel_masked_fill(reel_tensor *x, reel_tensor *mask, double value)
{
    reel_tensor *in[] = {x, mask};
    if (!reeli_all_usable("masked_fill", 2, in) ||
        !reeli_check_value(x->r, "masked_fill", x->dtype, value)) {
        return reeli_poison_for(2, in);
    }
    return reel_masked_fill_tensor(x, mask, reeli_scalar(x->r, "masked_fill", x->dtype, value));
}

/* The smallest and the largest of the indices; 0 and -1 if there are none. */
static void index_range(const reel_tensor *index, int64_t *least, int64_t *most)
{
    const int64_t *at = index->data;
    *least = 0;
    *most = -1;
    for (int64_t i = 0; i < index->numel; i++) {
        *least = at[i] < *least ? at[i] : *least;
        *most = at[i] > *most ? at[i] : *most;
    }
}

/* Whether the indices are of i[0] classes, or of some at all if that is -1. */
static bool sound_indices(const reeli_args *a)
{
    int64_t least, most;
    index_range(a->t[1], &least, &most);
    const int64_t classes = a->i[0] == -1 && most < INT64_MAX ? most + 1 : a->i[0];
    const bool sound = classes >= 1 && least >= 0 && most < classes;
    if (!sound && a->i[0] == -1) {
        reeli_error(a->r, REEL_ERR_VALUE, "one_hot: indices from %lld to %lld are of no classes",
                    (long long)least, (long long)most);
    } else if (!sound) {
        reeli_error(a->r, REEL_ERR_VALUE,
                    "one_hot: indices from %lld to %lld do not fit %lld classes", (long long)least,
                    (long long)most, (long long)a->i[0]);
    }
    return sound;
}

/* Each index compared with 0, 1, …, num_classes - 1. */
reel_tensor *reel_one_hot(reel_tensor *index, int64_t num_classes)
{
    if (!reeli_usable("one_hot", index) || !reeli_has_dtype("one_hot", "index", index, REEL_I64)) {
        return reeli_poison_for(1, &index);
    }
    reel *r = index->r;
    reel_tensor *rows = reel_contiguous(index);
    const reeli_args args = {.r = r, .t = {NULL, rows}, .i = {num_classes}};
    if (reeli_bad(rows) || !reeli_do(sound_indices, &args)) {
        return r->poison;
    }
    int64_t least, classes = num_classes;
    if (num_classes == -1) {
        if (REELI_REFUSE(r, "one_hot", "the number of classes cannot come from the indices")) {
            return r->poison;
        }
        index_range(rows, &least, &classes);
        classes++;
    }
    reel_tensor *all = reeli_empty(r, "one_hot", REEL_I64, 1, &classes);
    for (int64_t i = 0; !reeli_bad(all) && i < classes; i++) {
        ((int64_t *)all->data)[i] = i;
    }
    return reel_to(reel_eq(reel_unsqueeze(index, -1), all), REEL_I64);
}

reel_tensor *reel_embedding(reel_tensor *index, reel_tensor *weight, int64_t padding_idx)
{
    reel_tensor *in[] = {weight, index};
    if (!reeli_all_usable("embedding", 2, in)) {
        return reeli_poison_for(2, in);
    }
    if (weight->ndim != 2 || index->ndim == REEL_MAX_DIMS) {
        return reeli_fail(
            weight->r, REEL_ERR_SHAPE,
            "embedding: weight %s must be a matrix, and index %s have at most %d dims",
            REELI_SHAPE_OF(weight), REELI_SHAPE_OF(index), REEL_MAX_DIMS - 1);
    }
    if (!reeli_has_dtype("embedding", "index", index, REEL_I64)) {
        return weight->r->poison;
    }
    const int64_t rows = weight->size[0];
    if (padding_idx != REEL_NO_PADDING && (padding_idx < -rows || padding_idx >= rows)) {
        return reeli_fail(weight->r, REEL_ERR_VALUE,
                          "embedding: padding_idx %lld is none of %lld rows",
                          (long long)padding_idx, (long long)rows);
    }
    int64_t padding = padding_idx == REEL_NO_PADDING ? -1
                      : padding_idx < 0              ? padding_idx + rows
                                                     : padding_idx;
    int64_t size[REEL_MAX_DIMS];
    memcpy(size, index->size, sizeof size);
    size[index->ndim] = weight->size[1];
    reel_tensor *rows_taken = reeli_take(&reeli_op_embedding, weight, 0, index, padding);
    return reeli_as_result(reel_reshape(rows_taken, index->ndim + 1, size));
}

bool reeli_embedding_forward(reeli_node *n) { return reeli_gather_forward(n); }

reel_tensor *reeli_embedding_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const int64_t padding = reeli_steps_of(n)->padding;
    if (padding >= 0) {
        g = reel_masked_fill(g, reel_eq(n->in[1].t, reeli_number(g->r, (double)padding)), 0);
    }
    return reeli_bad(g) ? g : reeli_gather_gradient(n, input, g);
}
