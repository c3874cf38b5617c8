/* SPDX-License-Identifier: MIT */
/* Views, and the copies that are made where no view will do. All views of dims come down to four:
 * reshape, expand, permute, narrow. */
#include "tape.h"

#include <reel/views.h>
#include <string.h>

/* Records a view that has been made. */
static reel_tensor *viewed(reeli_node *n, int ndim, const int64_t *size, const int64_t *stride, int64_t offset)
{
    n->out = reeli_view(n->in[0].t, n->op->name, ndim, size, stride, offset);
    return reeli_apply(n);
}

/* Strides that show x's elements in the new shape without moving any; false if there are none. Runs of
 * x's dims that lie evenly are cut into the new sizes from the right. */
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

static void row_major(int ndim, const int64_t *size, int64_t *stride)
{
    int64_t step = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        stride[d] = step;
        step *= size[d] ? size[d] : 1;
    }
}

/* Fills in a size of -1; false, and an error, if the shape cannot hold x's elements. */
static bool complete_shape(reel_tensor *x, const char *what, int ndim, const int64_t *size, int64_t *full)
{
    int64_t known = 1;
    int open = -1;
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
        full[open] = x->numel / known;
        known *= full[open];
    }
    if (!sound || known != x->numel || (open >= 0 && full[open] < 0)) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: shape %s cannot be seen as %s", what, REELI_SHAPE_OF(x),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, size));
        return false;
    }
    return true;
}

static reel_tensor *reshape(reel_tensor *x, const char *what, int ndim, const int64_t *size, bool may_copy)
{
    reeli_node *n = reeli_begin(&reeli_op_reshape, 1, &x);
    int64_t full[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    if (!n || !complete_shape(x, what, ndim, size, full)) {
        return reeli_poison_for(1, &x);
    }
    if ((x->flags & REELI_CONTIGUOUS)) {
        row_major(ndim, full, stride);
    } else if (!reshape_strides(x, ndim, full, stride)) {
        if (may_copy) {
            return reshape(reel_clone(x), what, ndim, full, false);
        }
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "%s: shape %s cannot be seen as %s without a copy; use reel_reshape", what,
                          REELI_SHAPE_OF(x), reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, full));
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

static bool usable(const char *what, reel_tensor *x)
{
    return x && reeli_usable(reeli_reel_of(x), what, x);
}

/* The dim is one of x's, or of a tensor with `more` dims more. */
static bool sound_dim(const char *what, reel_tensor *x, int64_t *dim, int more)
{
    return usable(what, x) && reeli_wrap_dim(x->r, what, dim, x->ndim + more);
}

reel_tensor *reel_unsqueeze(reel_tensor *x, int64_t dim)
{
    reeli_node *n;
    if (!sound_dim("unsqueeze", x, &dim, 1) || !(n = reeli_begin(&reeli_op_reshape, 1, &x))) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim == REEL_MAX_DIMS) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "unsqueeze: shape %s has all %d dims that there can be",
                          REELI_SHAPE_OF(x), REEL_MAX_DIMS);
    }
    int64_t size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    for (int d = 0, own = 0; d <= x->ndim; d++) {
        bool fresh = d == dim;
        size[d] = fresh ? 1 : x->size[own];
        stride[d] = !fresh ? x->stride[own] : own < x->ndim ? x->stride[own] * x->size[own] : 1;
        own += !fresh;
    }
    return viewed(n, x->ndim + 1, size, stride, 0);
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
    return sound_dim("squeeze", x, &dim, 0) ? squeeze(x, 1u << dim) : reeli_poison_for(1, &x);
}

reel_tensor *reel_squeeze_all(reel_tensor *x)
{
    return squeeze(x, ~0u);
}

reel_tensor *reel_flatten(reel_tensor *x, int64_t start_dim, int64_t end_dim)
{
    if (!sound_dim("flatten", x, &start_dim, 0) || !sound_dim("flatten", x, &end_dim, 0)) {
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

/* y's dim d is x's dim order[d]; the order is kept in `extra` for the way back. */
reel_tensor *reel_permute(reel_tensor *x, const int64_t *order)
{
    reeli_node *n = reeli_begin(&reeli_op_permute, 1, &x);
    int64_t *kept = n ? reeli_arena_alloc(x->r, REEL_MAX_DIMS * sizeof *kept) : NULL;
    if (!kept) {
        return n ? reeli_no_memory(x->r, "permute") : reeli_poison_for(1, &x);
    }
    int64_t size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    unsigned seen = 0;
    for (int d = 0; d < x->ndim; d++) {
        kept[d] = order[d];
        if (!reeli_wrap_dim(x->r, "permute", &kept[d], x->ndim)) {
            return x->r->poison;
        }
        if (seen >> kept[d] & 1) {
            return reeli_fail(x->r, REEL_ERR_SHAPE, "permute: dim %lld is named twice", (long long)kept[d]);
        }
        seen |= 1u << kept[d];
        size[d] = x->size[kept[d]];
        stride[d] = x->stride[kept[d]];
    }
    n->extra = kept;
    return viewed(n, x->ndim, size, stride, 0);
}

reel_tensor *reeli_permute_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    const int64_t *order = n->extra;
    int64_t back[REEL_MAX_DIMS];
    for (int d = 0; d < n->out->ndim; d++) {
        back[order[d]] = d;
    }
    return reel_permute(g, back);
}

reel_tensor *reel_transpose(reel_tensor *x, int64_t dim0, int64_t dim1)
{
    if (!sound_dim("transpose", x, &dim0, 0) || !sound_dim("transpose", x, &dim1, 0)) {
        return reeli_poison_for(1, &x);
    }
    int64_t order[REEL_MAX_DIMS];
    for (int d = 0; d < REEL_MAX_DIMS; d++) {
        order[d] = d == dim0 ? dim1 : d == dim1 ? dim0 : d;
    }
    return reel_permute(x, order);
}

reel_tensor *reel_t(reel_tensor *x)
{
    if (!usable("t", x)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim > 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "t: shape %s has more than 2 dims; use reel_transpose",
                          REELI_SHAPE_OF(x));
    }
    return reel_permute(x, x->ndim == 2 ? (int64_t[]){1, 0} : (int64_t[]){0});
}

reel_tensor *reel_narrow(reel_tensor *x, int64_t dim, int64_t start, int64_t length)
{
    reeli_node *n;
    if (!sound_dim("narrow", x, &dim, 0) || !(n = reeli_begin(&reeli_op_narrow, 1, &x))) {
        return reeli_poison_for(1, &x);
    }
    int64_t size = x->ndim ? x->size[dim] : 0;
    int64_t first = start < 0 ? start + size : start;
    if (x->ndim == 0 || first < 0 || length < 0 || first > size || length > size - first) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "narrow: %lld elements from %lld do not lie in dim %lld of shape %s",
                          (long long)length, (long long)start, (long long)dim, REELI_SHAPE_OF(x));
    }
    int64_t sizes[REEL_MAX_DIMS];
    memcpy(sizes, x->size, sizeof sizes);
    sizes[dim] = length;
    n->i[0] = dim;
    n->i[1] = first;
    return viewed(n, x->ndim, sizes, x->stride, first * x->stride[dim]);
}

reel_tensor *reeli_narrow_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *x = n->in[input].t;
    return reeli_narrow_backward(g, x->ndim, x->size, n->i[0], n->i[1]);
}

reel_tensor *reeli_narrow_backward(reel_tensor *g, int ndim, const int64_t *size, int64_t dim, int64_t start)
{
    reeli_node *n = reeli_begin(&reeli_op_narrow_backward, 1, &g);
    if (!n) {
        return reeli_poison_for(1, &g);
    }
    n->i[0] = dim;
    n->i[1] = start;
    n->out = reeli_empty(g->r, "narrow_backward", g->dtype, ndim, size);
    return reeli_apply(n);
}

bool reeli_narrow_backward_forward(reeli_node *n)
{
    const reel_tensor *g = n->in[0].t;
    reeli_fill(n->out, 0);
    reel_tensor part = *n->out;
    part.size[n->i[0]] = g->size[n->i[0]];
    part.numel = g->numel;
    part.flags = 0;
    part.data = (char *)part.data + (size_t)(n->i[1] * part.stride[n->i[0]]) * reeli_element_size(part.dtype);
    reeli_copy(&part, g);
    return true;
}

reel_tensor *reeli_narrow_backward_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reel_narrow(g, n->i[0], n->i[1], n->in[input].t->size[n->i[0]]);
}

reel_tensor *reel_select(reel_tensor *x, int64_t dim, int64_t index)
{
    if (!sound_dim("select", x, &dim, 0)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim == 0 || index < -x->size[dim] || index >= x->size[dim]) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "select: there is no index %lld in dim %lld of shape %s",
                          (long long)index, (long long)dim, REELI_SHAPE_OF(x));
    }
    reel_tensor *one = reel_narrow(x, dim, index < 0 ? index + x->size[dim] : index, 1);
    return reeli_bad(one) ? one : squeeze(one, 1u << dim);
}

static bool expand_fits(const reel_tensor *x, int ndim, const int64_t *size, int64_t *full)
{
    bool fits = ndim >= x->ndim && ndim <= REEL_MAX_DIMS;
    for (int d = 0; d < ndim && fits; d++) {
        int own = d - (ndim - x->ndim);
        full[d] = size[d] == -1 && own >= 0 ? x->size[own] : size[d];
        fits = full[d] >= 0 && (own < 0 || x->size[own] == 1 || x->size[own] == full[d]);
    }
    if (!fits) {
        reeli_error(x->r, REEL_ERR_SHAPE, "expand: shape %s does not expand to %s", REELI_SHAPE_OF(x),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim < 0 ? 0 : ndim, size));
    }
    return fits;
}

reel_tensor *reel_expand(reel_tensor *x, int ndim, const int64_t *size)
{
    reeli_node *n = reeli_begin(&reeli_op_expand, 1, &x);
    int64_t full[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    if (!n || !expand_fits(x, ndim, size, full) || !reeli_check_shape(x->r, "expand", ndim, full)) {
        return reeli_poison_for(1, &x);
    }
    for (int d = 0; d < ndim; d++) {
        int own = d - (ndim - x->ndim);
        stride[d] = own < 0 || (x->size[own] == 1 && full[d] != 1) ? 0 : x->stride[own];
    }
    return viewed(n, ndim, full, stride, 0);
}

reel_tensor *reeli_expand_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_sum_to(g, n->in[input].t);
}

/* A copy of x in the given dtype. */
static reel_tensor *copy(const reeli_op *op, reel_tensor *x, int dtype)
{
    reeli_node *n = reeli_begin(op, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    n->out = reeli_empty_like(x, op->name, dtype);
    return reeli_apply(n);
}

reel_tensor *reel_clone(reel_tensor *x)
{
    return usable("clone", x) ? copy(&reeli_op_clone, x, x->dtype) : reeli_poison_for(1, &x);
}

bool reeli_clone_forward(reeli_node *n)
{
    reeli_copy(n->out, n->in[0].t);
    return true;
}

reel_tensor *reeli_clone_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)n, (void)input;
    return g;
}

reel_tensor *reel_contiguous(reel_tensor *x)
{
    return usable("contiguous", x) && (x->flags & REELI_CONTIGUOUS) ? x : reel_clone(x);
}

reel_tensor *reel_to(reel_tensor *x, reel_dtype dtype)
{
    if (!usable("to", x)) {
        return reeli_poison_for(1, &x);
    }
    if ((unsigned)dtype >= REELI_DTYPES) {
        return reeli_fail(x->r, REEL_ERR_DTYPE, "to: there is no dtype %d", (int)dtype);
    }
    return x->dtype == dtype && !(x->flags & REELI_NUMBER) ? x : copy(&reeli_op_to, x, (int)dtype);
}

bool reeli_to_forward(reeli_node *n)
{
    return reeli_clone_forward(n);
}

reel_tensor *reeli_to_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reel_to(g, n->in[input].t->dtype);
}
