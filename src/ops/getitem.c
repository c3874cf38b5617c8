/* SPDX-License-Identifier: MIT */
/* x[…]: first a view by the items that are none but numbers, then a gather by those that are
 * tensors. */
#include "view_parts.h"

#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/views.h>
#include <string.h>

/* What the items come to: a part of x, and for some of its dims the index tensors that they are to
 * be indexed by. A mask stands at its first dim; the others have `masked`. */
typedef struct plan {
    reel_tensor *x;
    reeli_part part;
    reel_tensor *by[REEL_MAX_DIMS];
    bool masked[REEL_MAX_DIMS];
    int own;   /* the next dim of x */
    int given; /* the dims of x that items are for */
} plan;

/* A number in disguise: PyTorch takes an int64 tensor of no dims as an int. */
static bool is_number(const reel_index_item *item)
{
    return item->kind == REEL_INDEX_BY && item->tensor->ndim == 0 &&
           item->tensor->dtype == REEL_I64;
}

/* How many of x's dims an item is for. */
static int consumed(const reel_index_item *item)
{
    switch (item->kind) {
    case REEL_INDEX_AT:
    case REEL_INDEX_SLICE:
        return 1;
    case REEL_INDEX_BY:
        return item->tensor->dtype == REEL_BOOL ? item->tensor->ndim : 1;
    default:
        return 0;
    }
}

static bool check_items(plan *p, const reel_index_item *items, int count)
{
    int ellipses = 0;
    if (!reeli_given(p->x->r, "index", items, count)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if ((unsigned)items[i].kind > REEL_INDEX_BY) {
            reeli_error(p->x->r, REEL_ERR_VALUE, "index: there is no kind %d of an item",
                        (int)items[i].kind);
            return false;
        }
        if (items[i].kind == REEL_INDEX_BY) {
            reel_tensor *pair[] = {p->x, items[i].tensor};
            if (!reeli_all_usable("index", 2, pair)) {
                return false;
            }
            if (reeli_is_float(pair[1]->dtype)) {
                reeli_error(p->x->r, REEL_ERR_DTYPE,
                            "index: an index tensor must be int64 or bool, and is %s",
                            reel_dtype_name(pair[1]->dtype));
                return false;
            }
        }
        p->given += consumed(&items[i]);
        ellipses += items[i].kind == REEL_INDEX_ELLIPSIS;
    }
    if (p->given > p->x->ndim || ellipses > 1) {
        reeli_error(p->x->r, REEL_ERR_SHAPE,
                    "index: %d items with %d ellipses are too many for shape %s", count, ellipses,
                    REELI_SHAPE_OF(p->x));
        return false;
    }
    return true;
}

/* A dim of the part: `size` indices of x's dim p->own, or a new one where that is -1. */
static bool add_dim(plan *p, int own, int64_t size, int64_t step)
{
    reeli_part *part = &p->part;
    if (part->ndim == REEL_MAX_DIMS) {
        reeli_error(p->x->r, REEL_ERR_SHAPE, "index: the result would have more than %d dims",
                    REEL_MAX_DIMS);
        return false;
    }
    part->size[part->ndim] = size;
    part->step[part->ndim] = step;
    part->along[part->ndim++] = own < 0 ? 0 : 1u << own;
    return true;
}

static bool whole_dims(plan *p, int count)
{
    for (; count > 0; count--, p->own++) {
        if (!add_dim(p, p->own, p->x->size[p->own], 1)) {
            return false;
        }
    }
    return true;
}

static bool take_index(plan *p, int64_t index)
{
    const int64_t size = p->x->size[p->own];
    if (index < -size || index >= size) {
        reeli_error(p->x->r, REEL_ERR_VALUE,
                    "index: index %lld is out of bounds for dim %d of shape %s", (long long)index,
                    p->own, REELI_SHAPE_OF(p->x));
        return false;
    }
    p->part.start[p->own++] = index < 0 ? index + size : index;
    return true;
}

/* An end of a slice, counted from 0 and within the dim. */
static int64_t bounded(int64_t at, int64_t size)
{
    at += at < 0 ? size : 0;
    return at < 0 ? 0 : at > size ? size : at;
}

static bool take_slice(plan *p, const reel_index_item *item)
{
    const int64_t size = p->x->size[p->own];
    if (item->step < 1) {
        reeli_error(p->x->r, REEL_ERR_VALUE,
                    "index: the step of a slice must be at least 1, and is %lld",
                    (long long)item->step);
        return false;
    }
    const int64_t start = bounded(item->start, size), stop = bounded(item->stop, size);
    p->part.start[p->own] = start;
    const int64_t step = item->step < size ? item->step : size; /* beyond that, all are the same */
    return add_dim(p, p->own++, stop > start ? (stop - start - 1) / item->step + 1 : 0,
                   step > 0 ? step : 1);
}

/* The dims that a tensor is for stay whole at first. A bool of no dims is for a new one. */
static bool take_tensor(plan *p, reel_tensor *by)
{
    const int at = p->part.ndim;
    const bool mask = by->dtype == REEL_BOOL;
    if (mask && by->ndim == 0) {
        p->by[at < REEL_MAX_DIMS ? at : 0] = reel_unsqueeze(by, 0);
        return add_dim(p, -1, 1, 1);
    }
    for (int d = 0; mask && d < by->ndim; d++) {
        if (by->size[d] != p->x->size[p->own + d]) {
            reeli_error(p->x->r, REEL_ERR_SHAPE,
                        "index: mask %s does not fit shape %s from dim %d on", REELI_SHAPE_OF(by),
                        REELI_SHAPE_OF(p->x), p->own);
            return false;
        }
    }
    if (!whole_dims(p, mask ? by->ndim : 1)) {
        return false;
    }
    p->by[at] = by;
    for (int d = at + 1; d < p->part.ndim; d++) {
        p->masked[d] = true;
    }
    return true;
}

static bool take_item(plan *p, const reel_index_item *item)
{
    switch (item->kind) {
    case REEL_INDEX_AT:
        return take_index(p, item->start);
    case REEL_INDEX_SLICE:
        return take_slice(p, item);
    case REEL_INDEX_ELLIPSIS:
        return whole_dims(p, p->x->ndim - p->given);
    case REEL_INDEX_NEW_DIM:
        return add_dim(p, -1, 1, 1);
    default:
        if (!is_number(item)) {
            return take_tensor(p, item->tensor);
        }
        return !REELI_REFUSE(p->x->r, "index",
                             "a tensor of no dims cannot be an index, its value "
                             "decides which elements the result is,") &&
               take_index(p, *(const int64_t *)item->tensor->data);
    }
}

/* The index tensors for single dims, in the dims' order, and the set of these dims. */
typedef struct indices {
    int count;
    unsigned dims;
    reel_tensor *of[REEL_MAX_DIMS];
    reeli_places bounds;
} indices;

/* A mask as the indices of its trues, a vector for each of its dims. */
static bool find_trues(reel_tensor *mask, reel_tensor **at)
{
    mask = reel_contiguous(mask);
    if (reeli_bad(mask) || REELI_REFUSE(mask->r, "index",
                                        "a mask cannot select, the shape would "
                                        "depend on its values,")) {
        return false;
    }
    const bool *value = mask->data;
    int64_t count = 0;
    for (int64_t i = 0; i < mask->numel; i++) {
        count += value[i];
    }
    for (int d = 0; d < mask->ndim; d++) {
        at[d] = reeli_empty(mask->r, "index", REEL_I64, 1, &count);
        if (reeli_bad(at[d])) {
            return false;
        }
    }
    for (int64_t i = 0, found = 0; i < mask->numel; i++) {
        if (!value[i]) {
            continue;
        }
        for (int64_t d = mask->ndim - 1, rest = i; d >= 0; rest /= mask->size[d--]) {
            ((int64_t *)at[d]->data)[found] = rest % mask->size[d];
        }
        found++;
    }
    return true;
}

/* The first dim in the set, which is not empty. */
static int lowest_dim(unsigned dims) { return reeli_bits(dims & (0u - dims)) - 1; }

static bool list_indices(const plan *p, indices *list)
{
    list->count = 0;
    list->dims = 0;
    for (int d = 0; d < p->part.ndim; d++) {
        if (p->by[d] && p->by[d]->dtype == REEL_I64) {
            list->of[list->count] = p->by[d];
        } else if (p->by[d] && !find_trues(p->by[d], list->of + list->count)) {
            return false;
        } else if (!p->by[d] && !p->masked[d]) {
            continue;
        }
        const unsigned own = p->part.along[d];
        list->bounds.dim[list->count] = lowest_dim(own);
        list->bounds.size[list->count++] = p->part.size[d];
        list->dims |= 1u << d;
    }
    return true;
}

/* Where the indices of several dims are in all of these seen as one; each checked, and negative
 * ones counted from the end. */
static reel_tensor *index_place(reel *r, indices *list)
{
    reeli_node *n = reeli_begin(&reeli_op_index_place, list->count, list->of);
    int64_t shape[REEL_MAX_DIMS];
    const int ndim = n ? reeli_broadcast(r, "index", list->count, list->of, shape) : -1;
    if (ndim < 0) {
        return r->poison;
    }
    *reeli_places_of(n) = list->bounds;
    n->out = reeli_empty(r, "index", REEL_I64, ndim, shape);
    return reeli_apply(n);
}

/* One input's index, wrapped; false, and an error, if it is out of bounds. */
static bool wrap(const reeli_node *n, int input, int64_t *at)
{
    const reeli_places *bounds = reeli_places_of(n);
    const int64_t size = bounds->size[input];
    if (*at < -size || *at >= size) {
        reeli_error(n->out->r, REEL_ERR_VALUE,
                    "index: index %lld is out of bounds for dim %d of size %lld", (long long)*at,
                    bounds->dim[input], (long long)size);
        return false;
    }
    *at += *at < 0 ? size : 0;
    return true;
}

bool reeli_index_place_forward(reeli_node *n)
{
    reel_tensor *y = n->out;
    int64_t *place = y->data;
    for (int input = 0; input < n->inputs; input++) {
        const int64_t size = reeli_places_of(n)->size[input], *index = n->in[input].t->data;
        int64_t stride[REEL_MAX_DIMS];
        reeli_broadcast_strides(n->in[input].t, y->ndim, stride);
        for (int64_t i = 0; i < y->numel; i++) {
            int64_t offset = 0;
            for (int64_t d = y->ndim - 1, rest = i; d >= 0; rest /= y->size[d--]) {
                offset += rest % y->size[d] * stride[d];
            }
            int64_t at = index[offset];
            if (!wrap(n, input, &at)) {
                return false;
            }
            place[i] = (input ? place[i] * size : 0) + at;
        }
    }
    return true;
}

/* The indexed dims of x brought together, at the first of them or, if others lie between, in front.
 * Returns where. */
static int bring_together(reel_tensor **x, unsigned dims, int count)
{
    const int first = lowest_dim(dims);
    if (dims >> first == (1u << count) - 1) {
        return first;
    }
    int64_t order[REEL_MAX_DIMS];
    int indexed = 0, other = count;
    for (int d = 0; d < (*x)->ndim; d++) {
        order[dims >> d & 1 ? indexed++ : other++] = d;
    }
    *x = reel_permute(*x, order);
    return 0;
}

/* x seen as (before, indexed dims as one, after), from which the places are taken. */
static reel_tensor *take_places(reel_tensor *x, const indices *list, reel_tensor *place)
{
    const int first = bring_together(&x, list->dims, list->count);
    int64_t seen[3] = {1, 1, 1}, size[REEL_MAX_DIMS + 1];
    if (reeli_bad(x) || reeli_bad(place)) {
        return place->r->poison;
    }
    const int ndim = x->ndim - list->count + place->ndim;
    if (ndim > REEL_MAX_DIMS) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "index: the result would have %d dims", ndim);
    }
    int at = 0;
    for (int d = 0; d < first; d++) {
        seen[0] *= size[at++] = x->size[d];
    }
    for (int d = 0; d < list->count; d++) {
        seen[1] *= list->bounds.size[d];
    }
    for (int d = 0; d < place->ndim; d++) {
        size[at++] = place->size[d];
    }
    for (int d = first + list->count; d < x->ndim; d++) {
        seen[2] *= size[at++] = x->size[d];
    }
    x = reel_reshape(x, seen[2] == 1 ? 2 : 3, seen);
    return reeli_as_result(reel_reshape(reeli_take(&reeli_op_index, x, 1, place, -1), ndim, size));
}

reel_tensor *reel_index(reel_tensor *x, const reel_index_item *items, int count)
{
    plan p = {.x = x};
    indices list;
    if (!reeli_all_usable("index", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if (count < 0 || (count > 0 && !items)) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "index: the array of %d items is NULL", count);
    }
    bool sound = check_items(&p, items, count);
    for (int i = 0; sound && i < count; i++) {
        sound = take_item(&p, &items[i]);
    }
    if (!sound || !whole_dims(&p, x->ndim - p.own) || !list_indices(&p, &list)) {
        return x->r->poison;
    }
    reel_tensor *view = reeli_slice(x, &p.part);
    return list.count == 0 || reeli_bad(view) ? view
                                              : take_places(view, &list, index_place(x->r, &list));
}

bool reeli_index_forward(reeli_node *n) { return reeli_gather_forward(n); }

reel_tensor *reeli_index_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reeli_gather_gradient(n, input, g);
}
