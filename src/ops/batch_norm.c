/* SPDX-License-Identifier: MIT */
/* A batch's channels to mean 0 and variance 1, weighted and moved, in one operation: what its
 * backward needs besides is three numbers for each channel. */
#include "ops.h"

#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { X, STATS, WEIGHT, BIAS };

static reeli_channels channels_of(const reeli_node *n)
{
    const reel_tensor *x = n->in[X].t;
    reeli_channels c = {.dtype = x->dtype,
                        .batch = x->size[0],
                        .channels = x->size[1],
                        .inner = x->numel / x->size[0] / x->size[1],
                        .x = x->data,
                        .stats = n->in[STATS].t->data,
                        .eps = reeli_batch_of(n)->eps};
    if (n->inputs > WEIGHT) {
        c.w = n->in[WEIGHT].t->data;
        c.b = n->in[BIAS].t->data;
    }
    return c;
}

bool reeli_batch_norm_forward(reeli_node *n)
{
    const reeli_channels c = channels_of(n);
    reeli_normalize_channels(n->out->r, &c, n->out->data);
    return true;
}

/* The gradients of x, weight and bias one behind the other in t[0], of g, t[1]. */
static bool compute_gradients(const reeli_args *a)
{
    const reeli_node *n = a->more;
    const reeli_channels c = channels_of(n);
    const int64_t bytes = (int64_t)reeli_element_size(c.dtype);
    char *dx = a->t[0]->data, *dw = dx + n->in[X].t->numel * bytes;
    reeli_channel_gradients(a->r, &c, a->t[1]->data, n->in[X].wanted ? dx : NULL, dw,
                            dw + c.channels * bytes);
    return true;
}

static bool compute_back(reeli_node *n, reel_tensor *g, reeli_batch *all)
{
    reel_tensor *x = n->in[X].t;
    const int64_t channels = x->size[1], elements = x->numel + 2 * channels;
    reel_tensor *back = reeli_empty(x->r, n->op->name, x->dtype, 1, &elements);
    g = reel_contiguous(g);
    const reeli_args args = {.r = x->r, .t = {back, g}, .more = n};
    if (reeli_bad(g) || reeli_bad(back) || !reeli_do(compute_gradients, &args)) {
        return false;
    }
    all->dx = reeli_reshape_like(reel_narrow(back, 0, 0, x->numel), x);
    all->dw = reel_narrow(back, 0, x->numel, channels);
    all->db = reel_narrow(back, 0, x->numel + channels, channels);
    return !reeli_bad(all->dx) && !reeli_bad(all->dw) && !reeli_bad(all->db);
}

static unsigned but_channels(const reel_tensor *x) { return ((1u << x->ndim) - 1) & ~2u; }

static reel_tensor *mean_of(reel_tensor *x)
{
    if (reeli_bad(x)) {
        return x;
    }
    const int64_t count = x->numel / x->size[1];
    return reel_div_scalar(reeli_sum_dims(x, but_channels(x), true), (double)count);
}

static reel_tensor *flat(reel_tensor *x) { return reel_flatten(x, 0, -1); }

/* The same in operations, which are recorded, of a scale that follows from x. */
static bool record_back(reeli_node *n, reel_tensor *g, reeli_batch *all)
{
    reel_tensor *x = n->in[X].t, *d = reel_sub(x, mean_of(x));
    if (reeli_bad(d)) {
        return false;
    }
    reel_tensor *scale = reel_rsqrt(reel_add_scalar(mean_of(reel_square(d)), all->eps));
    reel_tensor *y = reel_mul(d, scale);
    reel_tensor *gy = reeli_bad(y) ? y : reel_mul(g, y);
    if (reeli_bad(gy)) {
        return false;
    }
    all->dx = reel_mul(reel_sub(reel_sub(g, mean_of(g)), reel_mul(y, mean_of(gy))), scale);
    all->dw = flat(reeli_sum_dims(gy, but_channels(gy), true));
    all->db = flat(reeli_sum_dims(g, but_channels(g), true));
    if (n->inputs > WEIGHT) {
        all->dx = reel_mul(all->dx, reeli_reshape_like(n->in[WEIGHT].t, scale));
    }
    return !reeli_bad(all->dx) && !reeli_bad(all->dw) && !reeli_bad(all->db);
}

reel_tensor *reeli_batch_norm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reeli_batch *all = reeli_batch_of(n);
    if (reeli_is_first_wanted(n, input) &&
        !(g->r->grad_enabled ? record_back : compute_back)(n, g, all)) {
        return g->r->poison;
    }
    return input == X ? all->dx : input == WEIGHT ? all->dw : all->db;
}

reel_tensor *reeli_batch_norm(reel_tensor *x, reel_tensor *weight, reel_tensor *bias, double eps,
                              reel_tensor **mean, reel_tensor **variance)
{
    reel *r = x->r;
    const bool whole = weight && bias;
    reel_tensor *stats = reeli_empty(r, "batch_norm", x->dtype, 2, (int64_t[]){3, x->size[1]});
    reel_tensor *in[] = {reel_contiguous(x), stats, whole ? reel_contiguous(weight) : NULL,
                         whole ? reel_contiguous(bias) : NULL};
    reeli_node *n = reeli_begin(&reeli_op_batch_norm, whole ? 4 : 2, in);
    if (!n) {
        return r->poison;
    }
    *reeli_batch_of(n) = (reeli_batch){.eps = eps};
    n->out = reeli_empty_like(in[X], "batch_norm", x->dtype);
    reel_tensor *y = reeli_apply(n);
    *mean = reel_select(stats, 0, 0);
    *variance = reel_select(stats, 0, 1);
    return y;
}
