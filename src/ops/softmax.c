/* SPDX-License-Identifier: MIT */
/* softmax and its kin, each one pass of a fused kernel, forward and backward. */
#include "reduction.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/views.h>

/* `count` elements that the caller gives back with the arena's mark; NULL, and an error. */
static void *scratch(const reel_tensor *like, const char *what, int64_t count)
{
    void *room = reeli_arena_alloc(like->r, (size_t)count * reeli_element_size(like->dtype));
    if (!room) {
        reeli_no_memory(like->r, what);
    }
    return room;
}

bool reeli_softmax_forward(reeli_node *n)
{
    reel_tensor *y = n->out;
    reel *r = y->r;
    const reeli_softmax *how = reeli_softmax_of(n);
    const reeli_lines l = reeli_lines_along(y, how->dim);
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    if (y->numel == 0) {
        return true;
    }
    const void *x = reeli_dense(n->in[0].t, n->op->name, y->dtype);
    void *room = x ? scratch(y, n->op->name, 2 * l.inner) : NULL;
    if (room) {
        reeli_softmax_loops[r->level][y->dtype](how->logarithm, l.outer, l.n, l.inner, x, y->data,
                                                room);
    }
    reeli_arena_release(&r->arena, &mark);
    return room != NULL;
}

bool reeli_log_softmax_forward(reeli_node *n) { return reeli_softmax_forward(n); }

static bool compute_gradient(const reeli_args *a)
{
    const reeli_node *n = a->more;
    reel_tensor *dx = a->t[0], *y = n->out;
    reel *r = a->r;
    const reeli_softmax *how = reeli_softmax_of(n);
    const reeli_lines l = reeli_lines_along(y, how->dim);
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const void *dy = reeli_dense(a->t[1], n->op->name, y->dtype);
    void *room = dy ? scratch(y, n->op->name, l.inner) : NULL;
    if (room) {
        reeli_softmax_gradient_loops[r->level][y->dtype](how->logarithm, l.outer, l.n, l.inner, dy,
                                                         y->data, dx->data, room);
    }
    reeli_arena_release(&r->arena, &mark);
    return room != NULL;
}

static reel_tensor *fused_gradient(reeli_node *n, reel_tensor *g)
{
    const reel_tensor *y = n->out;
    reel_tensor *dx = reeli_empty_like(y, n->op->name, y->dtype);
    if (reeli_bad(dx) || y->numel == 0) {
        return dx;
    }
    const reeli_args args = {.r = y->r, .t = {dx, g}, .more = n};
    return reeli_do(compute_gradient, &args) ? dx : y->r->poison;
}

static unsigned along(const reeli_node *n)
{
    return n->out->ndim ? 1u << reeli_softmax_of(n)->dim : 0;
}

/* y (g - Σ g y). */
reel_tensor *reeli_softmax_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    if (!g->r->grad_enabled) {
        return fused_gradient(n, g);
    }
    reel_tensor *dot = reel_mul(g, n->out);
    dot = reeli_bad(dot) ? dot : reeli_sum_dims(dot, along(n), true);
    return reel_mul(n->out, reel_sub(g, dot));
}

/* g - e^y Σ g. */
reel_tensor *reeli_log_softmax_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    if (!g->r->grad_enabled) {
        return fused_gradient(n, g);
    }
    return reel_sub(g, reel_mul(reel_exp(n->out), reeli_sum_dims(g, along(n), true)));
}

static reel_tensor *normalised(const reeli_op *op, reel_tensor *x, int64_t dim)
{
    reeli_node *n;
    if (!reeli_one_dim(op->name, x, &dim) || !reeli_floating(op->name, "input", x) ||
        !(n = reeli_begin(op, 1, &x))) {
        return reeli_poison_for(1, &x);
    }
    *reeli_softmax_of(n) = (reeli_softmax){dim, op == &reeli_op_log_softmax};
    n->out = reeli_empty_like(x, op->name, x->dtype);
    return reeli_apply(n);
}

reel_tensor *reel_softmax(reel_tensor *x, int64_t dim)
{
    return normalised(&reeli_op_softmax, x, dim);
}

reel_tensor *reel_log_softmax(reel_tensor *x, int64_t dim)
{
    return normalised(&reeli_op_log_softmax, x, dim);
}

reel_tensor *reel_softmin(reel_tensor *x, int64_t dim)
{
    return reeli_usable("softmin", x) && reeli_floating("softmin", "input", x)
               ? reel_softmax(reel_neg(x), dim)
               : reeli_poison_for(1, &x);
}

bool reeli_logsumexp_forward(reeli_node *n)
{
    reel_tensor *x = n->in[0].t, *y = n->out;
    reel *r = x->r;
    reeli_lines l;
    if (x->numel == 0) {
        reeli_fill(y, (double)-INFINITY);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool sound = reeli_lines_of(x, reeli_reduction_of(n)->dims, y->dtype, &l);
    void *room = sound ? scratch(y, "logsumexp", (l.n + 1) * l.inner) : NULL;
    for (int64_t o = 0; room && o < l.outer; o++) {
        reeli_logsumexp_loops[r->level][y->dtype](l.n, l.inner, reeli_lines_at(&l, o, y->dtype),
                                                  reeli_block_of(y->data, &l, o, 1, y->dtype),
                                                  room);
    }
    reeli_arena_release(&r->arena, &mark);
    return room != NULL;
}

/* g softmax(x). */
reel_tensor *reeli_logsumexp_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t;
    const unsigned dims = reeli_reduction_of(n)->dims;
    reel_tensor *share = reel_exp(reel_sub(x, reeli_restore(n->out, x, dims)));
    return reel_mul(reeli_restore(g, x, dims), share);
}

reel_tensor *reel_logsumexp(reel_tensor *x, const int64_t *dims, int count, bool keepdim)
{
    unsigned set;
    if (!reeli_usable("logsumexp", x)) {
        return reeli_poison_for(1, &x);
    }
    x = reeli_is_float(x->dtype) ? x : reel_to(x, REEL_F32);
    if (reeli_bad(x) || !reeli_dim_set("logsumexp", x, dims, count, &set)) {
        return reeli_poison_for(1, &x);
    }
    return reeli_reduce(&reeli_op_logsumexp, x, x->dtype,
                        (reeli_reduction){.dims = set, .keepdim = keepdim});
}
