/* SPDX-License-Identifier: MIT */
/* Tensors joined into one, and grids of them. */
#include "view_parts.h"

#include <reel/join.h>
#include <reel/views.h>
#include <string.h>

/* As in PyTorch, a vector of no elements joins anything, and adds nothing. */
static bool is_nothing(const reel_tensor *t) { return t->ndim == 1 && t->size[0] == 0; }

/* The joined shape is that of the tensors' first, but for the dim, where sizes add up. */
static bool joined_shape(const char *what, int count, reel_tensor *const *t, int64_t *dim,
                         int *ndim, int64_t *size)
{
    const reel_tensor *first = t[0];
    for (int i = 0; i < count && is_nothing(first); i++) {
        first = t[i];
    }
    if (first->ndim == 0) {
        reeli_error(first->r, REEL_ERR_SHAPE,
                    "%s: tensors of no dims cannot be joined; use reel_stack", what);
        return false;
    }
    *ndim = first->ndim;
    memcpy(size, first->size, sizeof first->size);
    *dim = is_nothing(first) ? 0 : *dim;
    if (!reeli_wrap_dim(first->r, what, dim, first->ndim)) {
        return false;
    }
    size[*dim] = 0;
    for (int i = 0; i < count; i++) {
        bool fits = t[i]->ndim == first->ndim;
        for (int d = 0; fits && d < first->ndim; d++) {
            fits = d == *dim || t[i]->size[d] == first->size[d];
        }
        if (!fits && !is_nothing(t[i])) {
            reeli_error(first->r, REEL_ERR_SHAPE,
                        "%s: shapes %s and %s (number %d) do not join along dim %lld", what,
                        REELI_SHAPE_OF(first), REELI_SHAPE_OF(t[i]), i, (long long)*dim);
            return false;
        }
        size[*dim] += is_nothing(t[i]) ? 0 : t[i]->size[*dim];
    }
    return true;
}

static reel_tensor *join(const char *what, reel_tensor *const *tensors, int count, int64_t dim)
{
    reeli_node *n = tensors && count > 0 ? reeli_begin(&reeli_op_cat, count, tensors) : NULL;
    int64_t size[REEL_MAX_DIMS];
    int ndim;
    if (!n || !joined_shape(what, count, tensors, &dim, &ndim, size)) {
        return tensors ? reeli_poison_for(count, tensors) : NULL;
    }
    *reeli_joint_of(n) = (reeli_joint){.dim = dim};
    n->out = reeli_empty(tensors[0]->r, what, reeli_promote(count, tensors), ndim, size);
    return reeli_apply(n);
}

reel_tensor *reel_cat(reel_tensor *const *tensors, int count, int64_t dim)
{
    return join("cat", tensors, count, dim);
}

bool reeli_cat_forward(reeli_node *n)
{
    const int64_t dim = reeli_joint_of(n)->dim;
    int64_t start = 0;
    for (int i = 0; i < n->inputs; i++) {
        const reel_tensor *t = n->in[i].t;
        if (!is_nothing(t)) {
            reeli_part p = reeli_whole(t);
            p.start[dim] = start;
            reeli_copy_into(n->out, &p, t);
            start += t->size[dim];
        }
    }
    return true;
}

reel_tensor *reeli_cat_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reeli_joint *joint = reeli_joint_of(n);
    const int64_t dim = joint->dim;
    const reel_tensor *t = n->in[input].t;
    if (input < joint->input) {
        joint->start = joint->input = 0;
    }
    for (; joint->input < input; joint->input++) {
        const reel_tensor *before = n->in[joint->input].t;
        joint->start += is_nothing(before) ? 0 : before->size[dim];
    }
    g = reel_narrow(g, dim, joint->start, is_nothing(t) ? 0 : t->size[dim]);
    return reeli_reshape_like(g, t);
}

/* The tensors, each seen by `view`, joined; the list of views lies in the arena. */
static reel_tensor *join_views(const char *what, reel_tensor *const *tensors, int count,
                               int64_t dim, reel_tensor *(*view)(reel_tensor *t, int64_t dim))
{
    if (!tensors || count < 1 || !reeli_all_usable(what, count, tensors)) {
        return tensors ? reeli_poison_for(count, tensors) : NULL;
    }
    reel_tensor **views = reeli_arena_alloc(tensors[0]->r, (size_t)count * sizeof *views);
    if (!views) {
        return reeli_no_memory(tensors[0]->r, what);
    }
    for (int i = 0; i < count; i++) {
        views[i] = view(tensors[i], dim);
    }
    return join(what, views, count, dim);
}

reel_tensor *reel_stack(reel_tensor *const *tensors, int count, int64_t dim)
{
    if (!tensors || count < 1 || !reeli_all_usable("stack", count, tensors)) {
        return tensors ? reeli_poison_for(count, tensors) : NULL;
    }
    for (int i = 1; i < count; i++) {
        if (!reeli_same_shape(tensors[i], tensors[0])) {
            return reeli_fail(tensors[0]->r, REEL_ERR_SHAPE,
                              "stack: shape %s of number %d is not %s as number 0's",
                              REELI_SHAPE_OF(tensors[i]), i, REELI_SHAPE_OF(tensors[0]));
        }
    }
    return join_views("stack", tensors, count, dim, reel_unsqueeze);
}

static reel_tensor *at_least_1d(reel_tensor *t, int64_t dim)
{
    (void)dim;
    return t->ndim == 0 ? reel_unsqueeze(t, 0) : t;
}

static reel_tensor *at_least_2d(reel_tensor *t, int64_t dim)
{
    t = at_least_1d(t, dim);
    return !reeli_bad(t) && t->ndim == 1 ? reel_unsqueeze(t, 0) : t;
}

reel_tensor *reel_hstack(reel_tensor *const *tensors, int count)
{
    if (!tensors || count < 1 || !reeli_all_usable("hstack", count, tensors)) {
        return tensors ? reeli_poison_for(count, tensors) : NULL;
    }
    return join_views("hstack", tensors, count, tensors[0]->ndim < 2 ? 0 : 1, at_least_1d);
}

reel_tensor *reel_vstack(reel_tensor *const *tensors, int count)
{
    return join_views("vstack", tensors, count, 0, at_least_2d);
}

static bool grid_axes(reel_tensor *const *axes, int count)
{
    if (!axes || count < 1 || !reeli_all_usable("meshgrid", count, axes)) {
        return false;
    }
    if (count > REEL_MAX_DIMS) {
        reeli_error(axes[0]->r, REEL_ERR_SHAPE,
                    "meshgrid: %d axes, but a tensor has at most %d dims", count, REEL_MAX_DIMS);
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (axes[i]->ndim > 1 || axes[i]->dtype != axes[0]->dtype) {
            reeli_error(axes[i]->r, axes[i]->ndim > 1 ? REEL_ERR_SHAPE : REEL_ERR_DTYPE,
                        "meshgrid: axis %d must be a vector of %s, and is %s of %s", i,
                        reel_dtype_name(axes[0]->dtype), REELI_SHAPE_OF(axes[i]),
                        reel_dtype_name(axes[i]->dtype));
            return false;
        }
    }
    return true;
}

/* Axis i lies along dim i; with REEL_INDEXING_XY the first two change places. */
int reel_meshgrid(reel_tensor *const *axes, int count, reel_indexing indexing, reel_tensor **grids,
                  int capacity)
{
    bool sound = grid_axes(axes, count);
    if (sound && (!grids || capacity < count)) {
        reeli_error(axes[0]->r, REEL_ERR_VALUE, "meshgrid: %d grids do not fit in an array of %d",
                    count, grids ? capacity : 0);
        sound = false;
    }
    int64_t size[REEL_MAX_DIMS];
    const int swap = indexing == REEL_INDEXING_XY && count > 1;
    for (int i = 0; sound && i < count; i++) {
        size[i < 2 ? i ^ swap : i] = axes[i]->numel;
    }
    for (int i = 0; sound && i < count; i++) {
        int64_t alone[REEL_MAX_DIMS] = {1, 1, 1, 1, 1, 1, 1, 1};
        alone[i < 2 ? i ^ swap : i] = axes[i]->numel;
        grids[i] = reel_expand(reel_reshape(axes[i], count, alone), count, size);
        sound = !reeli_bad(grids[i]);
    }
    for (int i = 0; !sound && grids && i < capacity; i++) {
        grids[i] = axes ? reeli_poison_for(count, axes) : NULL;
    }
    return sound ? count : -1;
}
