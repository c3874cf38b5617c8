/* SPDX-License-Identifier: MIT */
/* gather, and scatter and scatter_add, which go the other way. index_select and its like are
 * gathers whose index is expanded, under their own names. */
#include "factory.h"
#include "ops.h"

#include <reel/indexing.h>
#include <reel/views.h>

/* A tensor of no dims takes part as one of one dim. */
static int dims(const reel_tensor *t) { return t->ndim ? t->ndim : 1; }

static int64_t size_of(const reel_tensor *t, int d) { return t->ndim ? t->size[d] : 1; }

static int64_t stride_of(const reel_tensor *t, int d) { return t->ndim ? t->stride[d] : 0; }

/* index fits into t in all dims but `dim` (-1: in all). An empty index fits everywhere. */
static bool index_fits(const char *what, const reel_tensor *index, const reel_tensor *t,
                       int64_t dim)
{
    bool fits = index->numel == 0 || dims(index) == dims(t);
    for (int d = 0; fits && index->numel && d < dims(t); d++) {
        fits = d == dim || size_of(index, d) <= size_of(t, d);
    }
    if (!fits) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: an index of shape %s does not fit shape %s%s", what,
                    REELI_SHAPE_OF(index), REELI_SHAPE_OF(t), dim < 0 ? "" : " beside its dim");
    }
    return fits;
}

static bool index_dtype(const char *what, const reel_tensor *index)
{
    return index->numel == 0 || reeli_has_dtype(what, "index", index, REEL_I64);
}

/* t's strides over the index's dims, and its step along `dim`, whose stride becomes 0. */
static reeli_operand stepping(const reel_tensor *t, int64_t *stride, int64_t dim, int64_t *step)
{
    for (int d = 0; d < dims(t); d++) {
        stride[d] = d == dim ? 0 : stride_of(t, d);
    }
    *step = dim < 0 ? 0 : stride_of(t, (int)dim);
    return (reeli_operand){t->data, stride, t->dtype};
}

typedef enum direction { TAKE, PUT, ADD } direction;

/* Moves between two tensors, of which the index (input 1) steps along a dim of one: of the one
 * that is read to TAKE, or else the one that is written. */
static bool move(const reeli_node *n, reel_tensor *to, const reel_tensor *from, direction how)
{
    const bool put = how != TAKE;
    const reel_tensor *index = n->in[1].t, *indexed = put ? to : from;
    const int64_t dim = reeli_steps_of(n)->dim;
    int64_t strides[3][REEL_MAX_DIMS], size[REEL_MAX_DIMS], steps[3], bad;
    if (index->numel == 0) {
        return true;
    }
    for (int d = 0; d < dims(index); d++) {
        size[d] = size_of(index, d);
    }
    reeli_operand a = stepping(to, strides[0], put ? dim : -1, &steps[0]);
    reeli_operand b = stepping(from, strides[1], put ? -1 : dim, &steps[1]);
    reeli_operand at = stepping(index, strides[2], -1, &steps[2]);
    const int64_t bound = size_of(indexed, (int)dim);
    if (reeli_move_indexed(how == ADD, dims(index), size, a, steps[0], b, steps[1], at, bound,
                           &bad)) {
        return true;
    }
    reeli_error(to->r, REEL_ERR_VALUE, "%s: index %lld is out of bounds for dim %lld of shape %s",
                n->op->name, (long long)bad, (long long)dim, REELI_SHAPE_OF(indexed));
    return false;
}

reel_tensor *reel_gather(reel_tensor *x, int64_t dim, reel_tensor *index)
{
    reel_tensor *in[] = {x, index};
    reeli_node *n = reeli_begin(&reeli_op_gather, 2, in);
    if (!n || !reeli_wrap_dim(x->r, "gather", &dim, x->ndim) || !index_dtype("gather", index) ||
        !index_fits("gather", index, x, dim)) {
        return reeli_poison_for(2, in);
    }
    *reeli_steps_of(n) = (reeli_steps){.dim = dim};
    n->out = reeli_empty(x->r, "gather", x->dtype, index->ndim, index->size);
    return reeli_apply(n);
}

bool reeli_gather_forward(reeli_node *n) { return move(n, n->out, n->in[0].t, TAKE); }

reel_tensor *reeli_gather_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *x = n->in[input].t;
    reel_tensor *zeros = reeli_zeros(g->r, "gather", g->dtype, x->ndim, x->size);
    return reel_scatter_add(zeros, reeli_steps_of(n)->dim, n->in[1].t, g);
}

static reel_tensor *scatter(const reeli_op *op, reel_tensor *x, int64_t dim, reel_tensor *index,
                            reel_tensor *src)
{
    reel_tensor *in[] = {x, index, src};
    reeli_node *n = reeli_begin(op, 3, in);
    if (!n || !reeli_wrap_dim(x->r, op->name, &dim, x->ndim) || !index_dtype(op->name, index) ||
        !index_fits(op->name, index, x, dim) || !index_fits(op->name, index, src, -1) ||
        !reeli_same_dtype(op->name, "source", src, x)) {
        return reeli_poison_for(3, in);
    }
    *reeli_steps_of(n) = (reeli_steps){.dim = dim};
    n->out = reeli_empty_like(x, op->name, x->dtype);
    return reeli_apply(n);
}

reel_tensor *reel_scatter_add(reel_tensor *x, int64_t dim, reel_tensor *index, reel_tensor *src)
{
    return scatter(&reeli_op_scatter_add, x, dim, index, src);
}

bool reeli_scatter_add_forward(reeli_node *n)
{
    reeli_copy(n->out, n->in[0].t);
    return move(n, n->out, n->in[2].t, ADD);
}

/* Only the corner of src that the index covers was read: the rest gets zeros. */
reel_tensor *reeli_scatter_add_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *index = n->in[1].t, *src = n->in[2].t;
    if (input == 0) {
        return g;
    }
    if (index->numel == 0) {
        return reeli_zeros(g->r, "scatter_add", g->dtype, src->ndim, src->size);
    }
    reel_tensor *dx = reel_gather(g, reeli_steps_of(n)->dim, n->in[1].t);
    int64_t size[REEL_MAX_DIMS] = {0};
    for (int d = 0; d < src->ndim && !reeli_bad(dx); d++) {
        size[d] = size_of(index, d);
    }
    dx = reel_reshape(dx, src->ndim, size);
    for (int d = 0; d < src->ndim && !reeli_bad(dx); d++) {
        if (size[d] != src->size[d]) {
            size[d] = src->size[d];
            dx = reeli_narrow_backward(dx, src->ndim, size, d, 0);
        }
    }
    return dx;
}

reel_tensor *reel_scatter(reel_tensor *x, int64_t dim, reel_tensor *index, reel_tensor *src)
{
    return scatter(&reeli_op_scatter, x, dim, index, src);
}

bool reeli_scatter_forward(reeli_node *n)
{
    reeli_copy(n->out, n->in[0].t);
    return move(n, n->out, n->in[2].t, PUT);
}

/* What was overwritten gets no gradient. */
reel_tensor *reeli_scatter_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return input == 0 ? reel_scatter_value(g, reeli_steps_of(n)->dim, n->in[1].t, 0)
                      : reeli_scatter_add_gradient(n, input, g);
}

reel_tensor *reel_scatter_value(reel_tensor *x, int64_t dim, reel_tensor *index, double value)
{
    reel_tensor *in[] = {x, index};
    if (!reeli_all_usable("scatter", 2, in) ||
        !reeli_check_value(x->r, "scatter", x->dtype, value)) {
        return reeli_poison_for(2, in);
    }
    reel_tensor *one = reeli_scalar(x->r, "scatter", x->dtype, value);
    return reel_scatter(x, dim, index, reel_expand(one, index->ndim, index->size));
}
