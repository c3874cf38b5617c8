/* SPDX-License-Identifier: MIT */
/* Parts of a tensor that are views: each dim of the part walks along dims of the whole. One view
 * and one operation, each the other's gradient, serve all of them. */
#include "view_parts.h"

#include <reel/views.h>
#include <string.h>

/* The part's strides in the whole, and its first element's offset. */
static int64_t locate(const reel_tensor *whole, const reeli_part *p, int64_t *stride)
{
    int64_t offset = 0;
    for (int d = 0; d < p->ndim; d++) {
        stride[d] = 0;
        for (int own = 0; own < whole->ndim; own++) {
            stride[d] += p->along[d] >> own & 1 ? p->step[d] * whole->stride[own] : 0;
        }
    }
    for (int own = 0; own < whole->ndim; own++) {
        offset += p->start[own] * whole->stride[own];
    }
    return offset;
}

reeli_part reeli_whole(const reel_tensor *x)
{
    reeli_part p = {.ndim = x->ndim};
    for (int d = 0; d < x->ndim; d++) {
        p.size[d] = x->size[d];
        p.step[d] = 1;
        p.along[d] = 1u << d;
    }
    return p;
}

reel_tensor *reeli_slice(reel_tensor *x, const reeli_part *p)
{
    reeli_node *n = reeli_begin(&reeli_op_slice, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    *reeli_part_of(n) = *p;
    int64_t stride[REEL_MAX_DIMS], offset = locate(x, p, stride);
    n->out = reeli_view(x, "slice", p->ndim, p->size, stride, offset);
    return reeli_apply(n);
}

reel_tensor *reeli_slice_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *x = n->in[input].t;
    return reeli_unslice(g, x->ndim, x->size, reeli_part_of(n));
}

reel_tensor *reeli_unslice(reel_tensor *g, int ndim, const int64_t *size, const reeli_part *p)
{
    reeli_node *n = reeli_begin(&reeli_op_unslice, 1, &g);
    if (!n) {
        return reeli_poison_for(1, &g);
    }
    *reeli_part_of(n) = *p;
    n->out = reeli_empty(g->r, "unslice", g->dtype, ndim, size);
    return reeli_apply(n);
}

bool reeli_unslice_forward(reeli_node *n)
{
    reeli_fill(n->out, 0);
    reeli_copy_into(n->out, reeli_part_of(n), n->in[0].t);
    return true;
}

reel_tensor *reeli_unslice_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return reeli_slice(g, reeli_part_of(n));
}

static bool add_into(const reeli_args *a)
{
    const reel_tensor *sum = a->t[0], *g = a->t[1];
    const reeli_part *p = reeli_part_of(a->more);
    int64_t stride[REEL_MAX_DIMS];
    char *at = (char *)sum->data + locate(sum, p, stride) * (int64_t)reeli_element_size(sum->dtype);
    const reeli_operand operand[] = {
        {at, stride, sum->dtype}, {at, stride, sum->dtype}, {g->data, g->stride, g->dtype}};
    reeli_map_strided(a->r, reeli_value_map(&reeli_formula_add, a->r->level, sum->dtype),
                      sum->dtype, sum->dtype, p->ndim, p->size, 2, operand, NULL);
    return true;
}

bool reeli_add_part(reeli_node *n, reel_tensor *sum, reel_tensor *g)
{
    const reel_tensor *x = n->in[0].t;
    if (n->op != &reeli_op_slice || sum->dtype != g->dtype || sum->ndim != x->ndim ||
        sum->numel != x->numel || !(sum->flags & REELI_CONTIGUOUS)) {
        return false;
    }
    const reeli_args args = {.r = sum->r, .t = {sum, g}, .more = n};
    return reeli_do(add_into, &args);
}

void reeli_move_into(reel_tensor *whole, const reeli_part *p, reeli_operand from)
{
    int64_t stride[REEL_MAX_DIMS];
    char *at =
        (char *)whole->data + locate(whole, p, stride) * (int64_t)reeli_element_size(whole->dtype);
    reeli_move_strided(whole->r, p->ndim, p->size, (reeli_operand){at, stride, whole->dtype}, from);
}

void reeli_copy_into(reel_tensor *whole, const reeli_part *p, const reel_tensor *from)
{
    reeli_move_into(whole, p, (reeli_operand){from->data, from->stride, from->dtype});
}

reel_tensor *reeli_narrow_backward(reel_tensor *g, int ndim, const int64_t *size, int64_t dim,
                                   int64_t start)
{
    if (!g || reeli_bad(g)) {
        return g;
    }
    reeli_part p = reeli_whole(g);
    p.start[dim] = start;
    return reeli_unslice(g, ndim, size, &p);
}

/* The dim is one that x has; else an error. */
static bool own_dim(const char *what, reel_tensor *x, int64_t *dim)
{
    if (!reeli_all_usable(what, 1, &x)) {
        return false;
    }
    if (x->ndim == 0) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: there is no dim %lld in a tensor of no dims", what,
                    (long long)*dim);
        return false;
    }
    return reeli_wrap_dim(x->r, what, dim, x->ndim);
}

static reel_tensor *narrow(reel_tensor *x, int64_t dim, int64_t start, int64_t length)
{
    reeli_part p = reeli_whole(x);
    p.start[dim] = start;
    p.size[dim] = length;
    return reeli_slice(x, &p);
}

reel_tensor *reel_narrow(reel_tensor *x, int64_t dim, int64_t start, int64_t length)
{
    if (!own_dim("narrow", x, &dim)) {
        return reeli_poison_for(1, &x);
    }
    const int64_t size = x->size[dim], first = start < 0 ? start + size : start;
    if (first < 0 || length < 0 || first > size || length > size - first) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "narrow: %lld elements from %lld do not lie in dim %lld of shape %s",
                          (long long)length, (long long)start, (long long)dim, REELI_SHAPE_OF(x));
    }
    return narrow(x, dim, first, length);
}

void reeli_drop_dim(reeli_part *p, int dim)
{
    p->ndim--;
    for (int d = dim; d < p->ndim; d++) {
        p->size[d] = p->size[d + 1];
        p->step[d] = p->step[d + 1];
        p->along[d] = p->along[d + 1];
    }
}

static reel_tensor *select_index(reel_tensor *x, int64_t dim, int64_t index)
{
    reeli_part p = reeli_whole(x);
    p.start[dim] = index;
    reeli_drop_dim(&p, (int)dim);
    return reeli_slice(x, &p);
}

reel_tensor *reel_select(reel_tensor *x, int64_t dim, int64_t index)
{
    if (!own_dim("select", x, &dim)) {
        return reeli_poison_for(1, &x);
    }
    if (index < -x->size[dim] || index >= x->size[dim]) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "select: there is no index %lld in dim %lld of shape %s",
                          (long long)index, (long long)dim, REELI_SHAPE_OF(x));
    }
    return select_index(x, dim, index < 0 ? index + x->size[dim] : index);
}

/* How many elements the diagonal has, and where it starts. */
int64_t reeli_diagonal(int64_t rows, int64_t columns, int64_t offset, int64_t *row, int64_t *column)
{
    *row = *column = 0;
    if (offset <= -rows || offset >= columns) {
        return 0;
    }
    *row = offset < 0 ? -offset : 0;
    *column = offset > 0 ? offset : 0;
    return rows - *row < columns - *column ? rows - *row : columns - *column;
}

reel_tensor *reel_diagonal(reel_tensor *x, int64_t offset, int64_t dim1, int64_t dim2)
{
    if (!own_dim("diagonal", x, &dim1) || !own_dim("diagonal", x, &dim2)) {
        return reeli_poison_for(1, &x);
    }
    if (dim1 == dim2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "diagonal: dim1 and dim2 are both %lld",
                          (long long)dim1);
    }
    reeli_part p = reeli_whole(x);
    int64_t length =
        reeli_diagonal(x->size[dim1], x->size[dim2], offset, &p.start[dim1], &p.start[dim2]);
    reeli_drop_dim(&p, (int)(dim1 > dim2 ? dim1 : dim2));
    reeli_drop_dim(&p, (int)(dim1 > dim2 ? dim2 : dim1));
    p.size[p.ndim] = length;
    p.step[p.ndim] = 1;
    p.along[p.ndim++] = 1u << dim1 | 1u << dim2;
    return reeli_slice(x, &p);
}

/* Poison in all places of a list, after an error. */
static int no_parts(reel_tensor *x, reel_tensor **parts, int capacity)
{
    for (int i = 0; parts && i < capacity; i++) {
        parts[i] = reeli_poison_for(1, &x);
    }
    return -1;
}

static bool room(const char *what, const reel_tensor *x, reel_tensor **parts, int64_t count,
                 int capacity)
{
    if (count <= capacity && (parts || count == 0)) {
        return true;
    }
    reeli_error(x->r, REEL_ERR_VALUE, "%s: %lld parts of shape %s do not fit in an array of %d",
                what, (long long)count, REELI_SHAPE_OF(x), parts ? capacity : 0);
    return false;
}

/* Parts of `each` indices; the last one may have fewer, and of no indices there is one part. */
static int split_evenly(const char *what, reel_tensor *x, int64_t each, int64_t count, int64_t dim,
                        reel_tensor **parts, int capacity)
{
    if (!room(what, x, parts, count, capacity)) {
        return no_parts(x, parts, capacity);
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t left = x->size[dim] - i * each;
        parts[i] = narrow(x, dim, i * each, left < each ? left : each);
        if (reeli_bad(parts[i])) {
            return no_parts(x, parts, capacity);
        }
    }
    return (int)count;
}

int reel_split(reel_tensor *x, int64_t split_size, int64_t dim, reel_tensor **parts, int capacity)
{
    if (!own_dim("split", x, &dim)) {
        return no_parts(x, parts, capacity);
    }
    const int64_t size = x->size[dim];
    if (split_size < 0 || (split_size == 0 && size > 0)) {
        reeli_error(x->r, REEL_ERR_VALUE, "split: dim %lld of size %lld has no parts of size %lld",
                    (long long)dim, (long long)size, (long long)split_size);
        return no_parts(x, parts, capacity);
    }
    return split_evenly("split", x, split_size, size > 0 ? (size - 1) / split_size + 1 : 1, dim,
                        parts, capacity);
}

int reel_chunk(reel_tensor *x, int64_t chunks, int64_t dim, reel_tensor **parts, int capacity)
{
    if (!own_dim("chunk", x, &dim)) {
        return no_parts(x, parts, capacity);
    }
    if (chunks < 1) {
        reeli_error(x->r, REEL_ERR_VALUE, "chunk: %lld chunks, but there must be at least one",
                    (long long)chunks);
        return no_parts(x, parts, capacity);
    }
    const int64_t size = x->size[dim], each = size ? (size - 1) / chunks + 1 : 0;
    return split_evenly("chunk", x, each, size ? (size - 1) / each + 1 : chunks, dim, parts,
                        capacity);
}

/* The sizes are none negative and add up to x's. */
static bool sizes_add_up(const reel_tensor *x, const int64_t *sizes, int count, int64_t dim)
{
    int64_t left = x->size[dim];
    bool fits = count >= 0 && (sizes || count == 0);
    for (int i = 0; fits && i < count; i++) {
        fits = sizes[i] >= 0 && sizes[i] <= left;
        left -= fits ? sizes[i] : 0;
    }
    if (!fits || left > 0) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "split_with_sizes: the sizes do not add up to %lld, dim %lld of shape %s",
                    (long long)x->size[dim], (long long)dim, REELI_SHAPE_OF(x));
        return false;
    }
    return true;
}

int reel_split_with_sizes(reel_tensor *x, const int64_t *sizes, int count, int64_t dim,
                          reel_tensor **parts, int capacity)
{
    if (!own_dim("split_with_sizes", x, &dim) || !sizes_add_up(x, sizes, count, dim) ||
        !room("split_with_sizes", x, parts, count, capacity)) {
        return no_parts(x, parts, capacity);
    }
    int64_t start = 0;
    for (int i = 0; i < count; i++) {
        parts[i] = narrow(x, dim, start, sizes[i]);
        if (reeli_bad(parts[i])) {
            return no_parts(x, parts, capacity);
        }
        start += sizes[i];
    }
    return count;
}

int reel_unbind(reel_tensor *x, int64_t dim, reel_tensor **parts, int capacity)
{
    if (!own_dim("unbind", x, &dim) || !room("unbind", x, parts, x->size[dim], capacity)) {
        return no_parts(x, parts, capacity);
    }
    for (int i = 0; i < x->size[dim]; i++) {
        parts[i] = select_index(x, dim, i);
        if (reeli_bad(parts[i])) {
            return no_parts(x, parts, capacity);
        }
    }
    return (int)x->size[dim];
}
