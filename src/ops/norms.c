/* SPDX-License-Identifier: MIT */
/* Norms. Their gradients follow PyTorch's at 0, where a formula of its own would give NaN. */
#include "reduction.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/views.h>

bool reeli_norm_forward(reeli_node *n)
{
    reel_tensor *x = n->in[0].t, *y = n->out;
    reel *r = x->r;
    reeli_lines l;
    if (x->numel == 0) {
        reeli_fill(y, 0);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    void *room = NULL;
    if (reeli_lines_of(x, reeli_reduction_of(n)->dims, y->dtype, &l)) {
        const int64_t count = l.inner > 1 ? l.n * l.inner : 1;
        room = reeli_arena_alloc(r, (size_t)count * reeli_element_size(y->dtype));
        if (!room) {
            reeli_no_memory(r, "norm");
        }
    }
    for (int64_t o = 0; room && o < l.outer; o++) {
        reeli_norm_loops[r->level][y->dtype](l.n, l.inner, reeli_lines_at(&l, o, y->dtype),
                                             reeli_reduction_of(n)->order,
                                             reeli_block_of(y->data, &l, o, 1, y->dtype), room);
    }
    reeli_arena_release(&r->arena, &mark);
    return room != NULL;
}

/* g in equal shares to the elements as large as the norm, with their signs. */
static reel_tensor *largest_share(reel_tensor *x, reel_tensor *size, reel_tensor *y, reel_tensor *g,
                                  unsigned dims)
{
    reel_tensor *mask = reel_add(reel_eq(size, y), reel_ne(size, size));
    reel_tensor *count = reeli_bad(mask) ? mask : reeli_sum_dims(mask, dims, true);
    g = reel_mul(reel_sign(x), reel_div(g, count));
    return reeli_bad(g) ? g : reel_where(mask, g, reeli_number_for(g, 0));
}

/* t, and `other` where the mask holds. */
static reel_tensor *unless(reel_tensor *mask, reel_tensor *t, double other)
{
    return reeli_bad(t) ? t : reel_where(mask, reeli_number_for(t, other), t);
}

/* sign(x) |x|^(p-1) g / y^(p-1), and 0 where x or y is 0: that is taken out before powers are
 * taken, so that no derivative is NaN. */
reel_tensor *reeli_norm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const unsigned dims = reeli_reduction_of(n)->dims;
    const double p = reeli_reduction_of(n)->order;
    reel_tensor *x = n->in[input].t, *y = reeli_restore(n->out, x, dims);
    reel_tensor *zero = reeli_number_for(x, 0), *size = reel_abs(x);
    g = reeli_restore(g, x, dims);
    if (isinf(p)) {
        return largest_share(x, size, y, g, dims);
    }
    if (p == 1) {
        return reel_mul(g, reel_sign(x));
    }
    reel_tensor *none = reel_eq(y, zero);
    y = unless(none, y, 1);
    if (p == 2) {
        return unless(none, reel_mul(x, reel_div(g, y)), 0);
    }
    if (p > 2) {
        reel_tensor *slope = reel_mul(x, reel_pow_scalar(unless(none, size, 1), p - 2));
        return unless(none, reel_mul(slope, reel_div(g, reel_pow_scalar(y, p - 1))), 0);
    }
    none = reel_logical_or(none, reel_eq(x, zero));
    reel_tensor *slope = reel_mul(reel_sign(x), reel_pow_scalar(unless(none, size, 1), p - 1));
    reel_tensor *share =
        p < 1 ? reel_mul(g, reel_pow_scalar(y, 1 - p)) : reel_div(g, reel_pow_scalar(y, p - 1));
    return unless(none, reel_mul(slope, share), 0);
}

static reel_tensor *norm(const char *what, reel_tensor *x, double p, const int64_t *dims, int count,
                         bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set(what, x, dims, count, &set) || !reeli_floating(what, "input", x) ||
        ((p < 0 || isinf(p)) && !reeli_not_empty(what, x, set))) { /* nothing has no largest */
        return reeli_poison_for(1, &x);
    }
    const reeli_reduction how = {.dims = set, .keepdim = keepdim, .order = p};
    reel_tensor *y = reeli_reduce(&reeli_op_norm, x, x->dtype, how);
    if (p == 0 && !reeli_bad(y) && y->node) {
        y->node->in[0].wanted = false; /* a count: x gets no gradient at all, as in PyTorch */
    }
    return y;
}

reel_tensor *reel_norm(reel_tensor *x, double p) { return norm("norm", x, p, NULL, 0, false); }

reel_tensor *reel_norm_dim(reel_tensor *x, double p, const int64_t *dims, int count, bool keepdim)
{
    return norm("norm", x, p, dims, count, keepdim);
}

reel_tensor *reel_linalg_vector_norm(reel_tensor *x, double ord, const int64_t *dims, int count,
                                     bool keepdim)
{
    return norm("linalg_vector_norm", x, ord, dims, count, keepdim);
}

reel_tensor *reel_normalize(reel_tensor *x, double p, int64_t dim, double eps)
{
    if (!reeli_usable("normalize", x) || !reeli_floating("normalize", "input", x)) {
        return reeli_poison_for(1, &x);
    }
    reel_tensor *size = norm("normalize", x, p, &dim, 1, true);
    return reel_div(x, reel_clamp_min(size, reeli_number_for(x, eps)));
}
