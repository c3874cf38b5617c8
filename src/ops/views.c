/* SPDX-License-Identifier: MIT */
/* Views of all elements. They come down to three: reshape, expand, permute. view_parts.c has the
 * views of parts. */
#include "ops.h"

#include <reel/views.h>
#include <string.h>

/* Records a view that has been made. */
static reel_tensor *viewed(reeli_node *n, int ndim, const int64_t *size, const int64_t *stride,
                           int64_t offset)
{
    n->out = reeli_view(n->in[0].t, n->op->name, ndim, size, stride, offset);
    return reeli_apply(n);
}

/* Strides that show x's elements in the new shape without moving any; false if there are none. Runs
 * of x's dims that lie evenly are cut into the new sizes from the right. */
static bool reshape_strides(const reel_tensor *x, int ndim, const int64_t *size, int64_t *stride)
{
    int d = ndim - 1;
    int64_t base = x->ndim ? x->stride[x->ndim - 1] : 1, run = 1, cut = 1;
    for (int own = x->ndim - 1; own >= 0; own--) {
        run *= x->size[own];
        bool ends = own == 0 || (x->size[own - 1] != 1 && x->stride[own - 1] != run * base);
        if (!ends) {
            continue;
        }
        while (d >= 0 && (cut < run || size[d] == 1)) {
            stride[d] = cut * base;
            cut *= size[d--];
        }
        if (cut != run) {
            return false;
        }
        if (own > 0) {
            base = x->stride[own - 1];
            run = cut = 1;
        }
    }
    for (; d >= 0; d--) {
        stride[d] = base;
    }
    return true;
}

/* Fills in a size of -1; false, and an error, if the shape cannot hold the elements of one of
 * own_ndim dims. */
static bool complete_shape(reel *r, const char *what, int own_ndim, const int64_t *own, int ndim,
                           const int64_t *size, int64_t *full)
{
    int64_t known = 1, numel = 1;
    int open = -1;
    if (!reeli_given(r, what, size, ndim)) {
        return false;
    }
    for (int d = 0; d < own_ndim; d++) {
        numel *= own[d];
    }
    bool sound = ndim >= 0 && ndim <= REEL_MAX_DIMS;
    for (int d = 0; d < ndim && sound; d++) {
        full[d] = size[d];
        if (size[d] == -1) {
            sound = open < 0;
            open = d;
        } else {
            sound = size[d] >= 0 && reeli_multiply(known, size[d], &known);
        }
    }
    if (sound && open >= 0 && known > 0) {
        full[open] = numel / known;
        known *= full[open];
    }
    if (!sound || known != numel || (open >= 0 && full[open] < 0)) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: shape %s cannot be seen as %s", what,
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, own_ndim, own),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, size));
        return false;
    }
    return numel > 0 || reeli_check_shape(r, what, ndim, full);
}

static reel_tensor *reshape(reel_tensor *x, const char *what, int ndim, const int64_t *size,
                            bool may_copy)
{
    reeli_node *n = reeli_begin(&reeli_op_reshape, 1, &x);
    int64_t full[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    if (!n || !complete_shape(x->r, what, x->ndim, x->size, ndim, size, full)) {
        return reeli_poison_for(1, &x);
    }
    if ((x->flags & REELI_CONTIGUOUS)) {
        reeli_row_major(ndim, full, stride);
    } else if (!reshape_strides(x, ndim, full, stride)) {
        if (may_copy) {
            return reshape(reel_clone(x), what, ndim, full, false);
        }
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "%s: shape %s cannot be seen as %s without a copy; use reel_reshape",
                          what, REELI_SHAPE_OF(x),
                          reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, full));
    }
    return viewed(n, ndim, full, stride, 0);
}

reel_tensor *reel_reshape(reel_tensor *x, int ndim, const int64_t *size)
{
    return reshape(x, "reshape", ndim, size, true);
}

reel_tensor *reel_view(reel_tensor *x, int ndim, const int64_t *size)
{
    return reshape(x, "view", ndim, size, false);
}

reel_tensor *reeli_reshape_like(reel_tensor *x, const reel_tensor *like)
{
    return reeli_bad(x) || reeli_same_shape(x, like) ? x : reel_reshape(x, like->ndim, like->size);
}

reel_tensor *reeli_reshape_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_reshape_like(g, n->in[input].t);
}

reel_tensor *reel_unsqueeze(reel_tensor *x, int64_t dim)
{
    if (!reeli_usable("unsqueeze", x) || !reeli_wrap_dim(x->r, "unsqueeze", &dim, x->ndim + 1)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim == REEL_MAX_DIMS) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "unsqueeze: shape %s has all %d dims that there can be",
                          REELI_SHAPE_OF(x), REEL_MAX_DIMS);
    }
    int64_t size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d + (d >= dim)] = x->size[d];
        stride[d + (d >= dim)] = x->stride[d];
    }
    size[dim] = 1;
    stride[dim] = dim < x->ndim ? x->stride[dim] * x->size[dim] : 1;
    if (!reeli_requires_grad(x)) { /* nothing to record */
        return reeli_view(x, reeli_op_reshape.name, x->ndim + 1, size, stride, 0);
    }
    reeli_node *n = reeli_begin(&reeli_op_reshape, 1, &x);
    return n ? viewed(n, x->ndim + 1, size, stride, 0) : x->r->poison;
}

/* x without the dims in the set that have size 1. */
static reel_tensor *squeeze(reel_tensor *x, unsigned dims)
{
    reeli_node *n = reeli_begin(&reeli_op_reshape, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    int64_t size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    int ndim = 0;
    for (int d = 0; d < x->ndim; d++) {
        if (x->size[d] != 1 || !(dims >> d & 1)) {
            size[ndim] = x->size[d];
            stride[ndim++] = x->stride[d];
        }
    }
    return viewed(n, ndim, size, stride, 0);
}

reel_tensor *reel_squeeze(reel_tensor *x, int64_t dim)
{
    return reeli_one_dim("squeeze", x, &dim) ? squeeze(x, 1u << dim) : reeli_poison_for(1, &x);
}

reel_tensor *reel_squeeze_all(reel_tensor *x) { return squeeze(x, ~0u); }

reel_tensor *reel_flatten(reel_tensor *x, int64_t start_dim, int64_t end_dim)
{
    if (!reeli_one_dim("flatten", x, &start_dim) || !reeli_one_dim("flatten", x, &end_dim)) {
        return reeli_poison_for(1, &x);
    }
    if (start_dim > end_dim) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "flatten: start_dim %lld comes after end_dim %lld",
                          (long long)start_dim, (long long)end_dim);
    }
    int64_t size[REEL_MAX_DIMS], merged = 1;
    int ndim = 0;
    for (int d = 0; d < x->ndim; d++) {
        bool inside = d >= start_dim && d <= end_dim;
        merged *= inside ? x->size[d] : 1;
        if (!inside || d == end_dim) {
            size[ndim++] = inside ? merged : x->size[d];
        }
    }
    if (x->ndim == 0) {
        size[ndim++] = 1;
    }
    return reel_reshape(x, ndim, size);
}

reel_tensor *reel_unflatten(reel_tensor *x, int64_t dim, int ndim, const int64_t *size)
{
    if (!reeli_one_dim("unflatten", x, &dim)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim == 0 || ndim < 1 || ndim > REEL_MAX_DIMS + 1 - x->ndim) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "unflatten: dim %lld of shape %s cannot become %d dims", (long long)dim,
                          REELI_SHAPE_OF(x), ndim);
    }
    int64_t full[REEL_MAX_DIMS], sizes[REEL_MAX_DIMS];
    if (!complete_shape(x->r, "unflatten", 1, &x->size[dim], ndim, size, full)) {
        return x->r->poison;
    }
    memcpy(sizes, x->size, (size_t)dim * sizeof *sizes);
    memcpy(sizes + dim, full, (size_t)ndim * sizeof *sizes);
    memcpy(sizes + dim + ndim, x->size + dim + 1, (size_t)(x->ndim - dim - 1) * sizeof *sizes);
    return reshape(x, "unflatten", x->ndim - 1 + ndim, sizes, false);
}

/* y's dim d is x's dim order[d]. */
reel_tensor *reel_permute(reel_tensor *x, const int64_t *order)
{
    reeli_node *n = reeli_begin(&reeli_op_permute, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    int64_t *kept = reeli_permutation_of(n)->of;
    int64_t size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    unsigned all;
    if (!reeli_dims_once("permute", x, x->ndim, order, kept, &all)) {
        return x->r->poison;
    }
    for (int d = 0; d < x->ndim; d++) {
        size[d] = x->size[kept[d]];
        stride[d] = x->stride[kept[d]];
    }
    return viewed(n, x->ndim, size, stride, 0);
}

reel_tensor *reeli_permute_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    const int64_t *order = reeli_permutation_of(n)->of;
    int64_t back[REEL_MAX_DIMS] = {0};
    for (int d = 0; d < n->out->ndim; d++) {
        back[order[d]] = d;
    }
    return reel_permute(g, back);
}

reel_tensor *reel_transpose(reel_tensor *x, int64_t dim0, int64_t dim1)
{
    if (!reeli_one_dim("transpose", x, &dim0) || !reeli_one_dim("transpose", x, &dim1)) {
        return reeli_poison_for(1, &x);
    }
    int64_t order[REEL_MAX_DIMS] = {0};
    for (int d = 0; d < REEL_MAX_DIMS; d++) {
        order[d] = d == dim0 ? dim1 : d == dim1 ? dim0 : d;
    }
    return reel_permute(x, order);
}

reel_tensor *reel_t(reel_tensor *x)
{
    if (!reeli_all_usable("t", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim > 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "t: shape %s has more than 2 dims; use reel_transpose",
                          REELI_SHAPE_OF(x));
    }
    return reel_permute(x, x->ndim == 2 ? (int64_t[]){1, 0} : (int64_t[]){0, 0});
}

reel_tensor *reel_T(reel_tensor *x)
{
    int64_t order[REEL_MAX_DIMS] = {0};
    if (!reeli_all_usable("T", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    for (int d = 0; d < x->ndim; d++) {
        order[d] = x->ndim - 1 - d;
    }
    return reel_permute(x, order);
}

reel_tensor *reel_mT(reel_tensor *x)
{
    if (!reeli_all_usable("mT", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim == 1) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "mT: shape %s has 1 dim, and a matrix has 2",
                          REELI_SHAPE_OF(x));
    }
    return x->ndim == 0 ? x : reel_transpose(x, -2, -1);
}

/* The dims that are not named keep their order, in the places that are left. */
reel_tensor *reel_movedim(reel_tensor *x, const int64_t *source, const int64_t *destination,
                          int count)
{
    int64_t from[REEL_MAX_DIMS], to[REEL_MAX_DIMS], order[REEL_MAX_DIMS] = {0};
    unsigned moved, taken;
    if (!reeli_all_usable("movedim", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if (count < 0 || count > REEL_MAX_DIMS) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "movedim: shape %s has no %d dims to move",
                          REELI_SHAPE_OF(x), count);
    }
    if (!reeli_dims_once("movedim", x, count, source, from, &moved) ||
        !reeli_dims_once("movedim", x, count, destination, to, &taken)) {
        return x->r->poison;
    }
    for (int i = 0; i < count; i++) {
        order[to[i]] = from[i];
    }
    for (int d = 0, place = 0; d < x->ndim; d++) {
        if (!(moved >> d & 1)) {
            for (; taken >> place & 1; place++) {
            }
            order[place++] = d;
        }
    }
    return reel_permute(x, order);
}

static bool expand_fits(const reel_tensor *x, const char *what, int ndim, const int64_t *size,
                        int64_t *full)
{
    if (!reeli_given(x->r, what, size, ndim)) {
        return false;
    }
    bool fits = ndim >= x->ndim && ndim <= REEL_MAX_DIMS;
    for (int d = 0; d < ndim && fits; d++) {
        int own = d - (ndim - x->ndim);
        full[d] = size[d] == -1 && own >= 0 ? x->size[own] : size[d];
        fits = full[d] >= 0 && (own < 0 || x->size[own] == 1 || x->size[own] == full[d]);
    }
    if (!fits) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: shape %s does not expand to %s", what,
                    REELI_SHAPE_OF(x),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim < 0 ? 0 : ndim, size));
    }
    return fits;
}

static reel_tensor *expand(reel_tensor *x, const char *what, int ndim, const int64_t *size)
{
    reeli_node *n = reeli_begin(&reeli_op_expand, 1, &x);
    int64_t full[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    if (!n || !expand_fits(x, what, ndim, size, full) ||
        !reeli_check_shape(x->r, what, ndim, full)) {
        return reeli_poison_for(1, &x);
    }
    for (int d = 0; d < ndim; d++) {
        int own = d - (ndim - x->ndim);
        stride[d] = own < 0 || (x->size[own] == 1 && full[d] != 1) ? 0 : x->stride[own];
    }
    return viewed(n, ndim, full, stride, 0);
}

reel_tensor *reel_expand(reel_tensor *x, int ndim, const int64_t *size)
{
    return expand(x, "expand", ndim, size);
}

reel_tensor *reel_broadcast_to(reel_tensor *x, int ndim, const int64_t *size)
{
    return expand(x, "broadcast_to", ndim, size);
}

reel_tensor *reel_expand_as(reel_tensor *x, reel_tensor *other)
{
    reel_tensor *in[] = {x, other};
    if (!reeli_all_usable("expand_as", 2, in)) {
        return reeli_poison_for(2, in);
    }
    return expand(x, "expand_as", other->ndim, other->size);
}

reel_tensor *reeli_expand_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)n, (void)input;
    return g;
}
