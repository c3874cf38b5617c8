/* SPDX-License-Identifier: MIT */
/* Elements shifted and scaled to mean 0 and variance 1. */
#include "ops.h"

#include <float.h>
#include <math.h>
#include <reel/elementwise.h>
#include <reel/normalization.h>
#include <reel/reduce.h>
#include <reel/views.h>

/* `t`, a `role`, can be used and has x's dtype; NULL is fine. */
static bool fits(const char *what, const reel_tensor *x, reel_tensor *t, const char *role)
{
    return !t || (reeli_usable_as(x->r, what, role, t) && reeli_same_dtype(what, role, t, x));
}

static bool floating(const char *what, const reel_tensor *x)
{
    return reeli_usable(what, x) && reeli_floating(what, "input", x);
}

/* y weight + bias, either of which may be NULL. */
static reel_tensor *affine(reel_tensor *y, reel_tensor *weight, reel_tensor *bias)
{
    y = weight ? reel_mul(y, weight) : y;
    return bias ? reel_add(y, bias) : y;
}

static reel_tensor *inverse_deviation(reel_tensor *variance, double eps)
{
    reel_tensor *one = reeli_bad(variance) ? variance : reeli_number(variance->r, 1);
    return reel_div(one, reel_sqrt(reel_add_scalar(variance, eps)));
}

/* The rows of a contiguous matrix to mean 0 and variance 1; input 1 receives their factors. */
static reel_tensor *standardize(reel_tensor *x, double eps)
{
    if (reeli_bad(x)) {
        return x;
    }
    reel_tensor *scale = reeli_empty(x->r, "layer_norm", x->dtype, 2, (int64_t[]){x->size[0], 1});
    reeli_node *n = reeli_begin(&reeli_op_standardize, 2, (reel_tensor *[]){x, scale});
    if (!n) {
        return x->r->poison;
    }
    reeli_epsilon_of(n)->eps = eps;
    n->out = reeli_empty_like(x, "layer_norm", x->dtype);
    return reeli_apply(n);
}

bool reeli_standardize_forward(reeli_node *n)
{
    const reel_tensor *x = n->in[0].t, *scale = n->in[1].t;
    if (x->numel) {
        reeli_standardize_loops[x->r->level][x->dtype](
            x->size[0], x->size[1], x->data, reeli_epsilon_of(n)->eps, n->out->data, scale->data);
    }
    return true;
}

reel_tensor *reeli_standardize(reel_tensor *x, int64_t rows, double eps, bool alone)
{
    const int64_t columns = rows ? x->numel / rows : 0;
    reel_tensor *y = reel_contiguous(reel_reshape(x, 2, (int64_t[]){rows, columns}));
    y = reeli_as_result(reeli_reshape_like(standardize(y, eps), x));
    return alone && !reeli_bad(y) && reel_requires_grad(y) ? reel_clone(y) : y;
}

static reel_tensor *row_mean(reel_tensor *x) { return reel_mean_dim(x, &(int64_t){1}, 1, true); }

static bool compute_gradient(const reeli_args *a)
{
    const reel_tensor *dx = a->t[0], *g = a->t[1], *y = a->t[2], *scale = a->t[3];
    reeli_standardize_gradient_loops[a->r->level][dx->dtype](dx->size[0], dx->size[1], g->data,
                                                             y->data, scale->data, dx->data);
    return true;
}

/* dx = scale (g - mean g - y mean(g y)); to be differentiated again, with the scale of x's
 * variance. */
reel_tensor *reeli_standardize_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t, *y = n->out, *scale = n->in[1].t;
    if (g->r->grad_enabled) {
        scale = inverse_deviation(row_mean(reel_square(reel_sub(x, row_mean(x)))),
                                  reeli_epsilon_of(n)->eps);
        reel_tensor *along = reel_mul(y, row_mean(reel_mul(g, y)));
        return reel_mul(reel_sub(reel_sub(g, row_mean(g)), along), scale);
    }
    g = reel_contiguous(g);
    reel_tensor *dx = reeli_bad(g) ? g : reeli_empty_like(x, n->op->name, x->dtype);
    if (reeli_bad(dx) || x->numel == 0) {
        return dx;
    }
    const reeli_args args = {.r = x->r, .t = {dx, g, y, scale}};
    return reeli_do(compute_gradient, &args) ? dx : x->r->poison;
}

/* t is a tensor of the last `ndim` dims of x; NULL is fine. */
static bool has_shape(const char *what, const reel_tensor *x, reel_tensor *t, const char *role,
                      int ndim, const int64_t *shape)
{
    bool same = !t || t->ndim == ndim;
    for (int d = 0; t && same && d < ndim; d++) {
        same = t->size[d] == shape[d];
    }
    if (!same) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: the %s has shape %s, not the normalized %s", what,
                    role, REELI_SHAPE_OF(t),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, shape));
    }
    return same;
}

static bool ends_in(const char *what, reel_tensor *x, int ndim, const int64_t *shape)
{
    if (!reeli_given(x->r, what, shape, ndim)) {
        return false;
    }
    bool same = ndim > 0 && ndim <= x->ndim;
    for (int d = 0; same && d < ndim; d++) {
        same = x->size[x->ndim - ndim + d] == shape[d];
    }
    if (!same) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: shape %s does not end in the normalized shape %s",
                    what, REELI_SHAPE_OF(x),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0},
                                     ndim < 0 || ndim > REEL_MAX_DIMS ? 0 : ndim, shape));
    }
    return same;
}

reel_tensor *reel_layer_norm(reel_tensor *x, int ndim, const int64_t *normalized_shape,
                             reel_tensor *weight, reel_tensor *bias, double eps)
{
    if (!floating("layer_norm", x) || !fits("layer_norm", x, weight, "weight") ||
        !fits("layer_norm", x, bias, "bias") || !ends_in("layer_norm", x, ndim, normalized_shape) ||
        !has_shape("layer_norm", x, weight, "weight", ndim, normalized_shape) ||
        !has_shape("layer_norm", x, bias, "bias", ndim, normalized_shape)) {
        return reeli_poison_for(1, &x);
    }
    int64_t columns = 1;
    for (int d = 0; d < ndim; d++) {
        columns *= normalized_shape[d];
    }
    x = reeli_standardize(x, columns ? x->numel / columns : 0, eps, !weight && !bias);
    return affine(x, weight, bias);
}

reel_tensor *reel_rms_norm(reel_tensor *x, int ndim, const int64_t *normalized_shape,
                           reel_tensor *weight, double eps)
{
    if (!floating("rms_norm", x) || !fits("rms_norm", x, weight, "weight") ||
        !ends_in("rms_norm", x, ndim, normalized_shape) ||
        !has_shape("rms_norm", x, weight, "weight", ndim, normalized_shape)) {
        return reeli_poison_for(1, &x);
    }
    int64_t dims[REEL_MAX_DIMS];
    for (int d = 0; d < ndim; d++) {
        dims[d] = d - ndim;
    }
    eps = eps == 0 && !signbit(eps) ? (x->dtype == REEL_F32 ? (double)FLT_EPSILON : DBL_EPSILON)
                                    : eps;
    reel_tensor *squares = reel_mean_dim(reel_square(x), dims, ndim, true);
    return affine(reel_mul(x, reel_rsqrt(reel_add_scalar(squares, eps))), weight, NULL);
}

/* A tensor of one element a channel, seen along dim 1 of x; poison, and an error, if it is none. */
static reel_tensor *by_channel(const reel_tensor *x, reel_tensor *t, const char *role)
{
    if (t->ndim != 1 || t->size[0] != x->size[1]) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "batch_norm: the %s has shape %s, and there are %lld channels", role,
                          REELI_SHAPE_OF(t), (long long)x->size[1]);
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = d == 1 ? t->size[0] : 1;
    }
    return reel_reshape(t, x->ndim, size);
}

static bool count_write(const reeli_args *a)
{
    a->t[0]->base->version++;
    return true;
}

bool reeli_overwrite(reel_tensor *to, reel_tensor *from)
{
    reeli_node *n = reeli_begin(&reeli_op_clone, 1, &from);
    if (!n) {
        return false;
    }
    n->out = reeli_view(to, "batch_norm", to->ndim, to->size, to->stride, 0);
    return !reeli_bad(reeli_apply(n)) &&
           reeli_do(count_write, &(reeli_args){.r = to->r, .t = {to}});
}

/* running ← (1 - momentum) running + momentum new. */
static bool update_running(reel_tensor *running, reel_tensor *new, double momentum)
{
    new = reeli_reshape_like(reel_mul_scalar(new, momentum), running);
    return reeli_overwrite(running, reel_add(reel_mul_scalar(running, 1 - momentum), new));
}

enum { LONG = 8 /* elements that a channel has of a sample: they are a piece to work on */ };

typedef struct batch {
    reel_tensor *x, *deviation;
    reel_tensor *mean, *variance; /* of one element a channel, in x's dims */
    int64_t dims[REEL_MAX_DIMS];  /* all but the channels' */
    int64_t samples;              /* elements of a channel */
} batch;

static void measure(batch *b)
{
    for (int d = 0, at = 0; d < b->x->ndim; d++) {
        if (d != 1) {
            b->dims[at++] = d;
        }
    }
    b->mean = reel_mean_dim(b->x, b->dims, b->x->ndim - 1, true);
    b->deviation = reel_sub(b->x, b->mean);
    b->variance = reel_mean_dim(reel_square(b->deviation), b->dims, b->x->ndim - 1, true);
}

/* The running ones after a batch, unrecorded. */
static bool update_both(const batch *b, reel_tensor *running_mean, reel_tensor *running_var,
                        double momentum)
{
    const double n = (double)b->samples;
    const bool was = reel_set_grad_enabled(b->x->r, false);
    bool done = !running_mean || update_running(running_mean, b->mean, momentum);
    if (done && running_var) {
        done = update_running(running_var, reel_mul_scalar(b->variance, n / (n - 1)), momentum);
    }
    reel_set_grad_enabled(b->x->r, was);
    return done;
}

/* The arguments fit together; records the error if not. */
static bool sound_batch(reel_tensor *x, reel_tensor *const *t, bool training)
{
    static const char *const roles[] = {"running_mean", "running_var", "weight", "bias"};
    for (int i = 0; i < 4; i++) {
        if (!fits("batch_norm", x, t[i], roles[i]) ||
            (t[i] && reeli_bad(by_channel(x, t[i], roles[i])))) {
            return false;
        }
        if (i < 2 && t[i] && reeli_requires_grad(t[i])) {
            reeli_error(x->r, REEL_ERR_STATE, "batch_norm: the %s must not require a gradient",
                        roles[i]);
            return false;
        }
    }
    if (!training && !(t[0] && t[1])) {
        reeli_error(x->r, REEL_ERR_VALUE,
                    "batch_norm: without training, running_mean and running_var are needed");
        return false;
    }
    if (training && x->numel == x->size[1] && x->numel > 0) {
        reeli_error(x->r, REEL_ERR_VALUE,
                    "batch_norm: training needs more than 1 value a channel; shape %s has none",
                    REELI_SHAPE_OF(x));
        return false;
    }
    return true;
}

reel_tensor *reel_batch_norm(reel_tensor *x, reel_tensor *running_mean, reel_tensor *running_var,
                             reel_tensor *weight, reel_tensor *bias, bool training, double momentum,
                             double eps)
{
    reel_tensor *const others[] = {running_mean, running_var, weight, bias};
    if (!floating("batch_norm", x)) {
        return reeli_poison_for(1, &x);
    }
    if (x->numel == 0) {
        return reel_clone(x);
    }
    if (x->ndim < 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "batch_norm: shape %s has no dim 1, of channels",
                          REELI_SHAPE_OF(x));
    }
    if (!sound_batch(x, others, training)) {
        return x->r->poison;
    }
    batch b = {.x = x, .samples = x->numel / x->size[1]};
    if (training && b.samples / x->size[0] >= LONG) {
        reel_tensor *y = reeli_batch_norm(x, weight, bias, eps, &b.mean, &b.variance);
        if (!reeli_bad(y) && !update_both(&b, running_mean, running_var, momentum)) {
            return x->r->poison;
        }
        return weight && bias ? y
                              : affine(y, weight ? by_channel(x, weight, "weight") : NULL,
                                       bias ? by_channel(x, bias, "bias") : NULL);
    }
    if (training) {
        measure(&b);
    } else {
        b.mean = by_channel(x, running_mean, "running_mean");
        b.variance = by_channel(x, running_var, "running_var");
        b.deviation = reel_sub(x, b.mean);
    }
    reel_tensor *scale = inverse_deviation(b.variance, eps);
    scale = weight ? reel_mul(scale, by_channel(x, weight, "weight")) : scale;
    reel_tensor *y = affine(b.deviation, scale, bias ? by_channel(x, bias, "bias") : NULL);
    if (training && !reeli_bad(y) && !update_both(&b, running_mean, running_var, momentum)) {
        return x->r->poison;
    }
    return y;
}
