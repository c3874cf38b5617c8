/* SPDX-License-Identifier: MIT */
/* Random numbers whose distribution tensors say. Each draw is written down, so that a captured step
 * draws anew. */
#include "losses.h"
#include "mt19937.h"
#include "random.h"

#include <reel/elementwise.h>
#include <reel/random.h>
#include <reel/reduce.h>
#include <reel/sort.h>
#include <reel/views.h>

/* 1 with probability p, as Tensor.bernoulli_ draws it. */
static bool draw_kept(const reeli_args *a)
{
    reel_tensor *t = a->t[0];
    for (int64_t i = 0; i < t->numel; i++) {
        reeli_store(t, i, reeli_mt_uniform_f64(&a->r->random) < a->p[0] ? 1 : 0);
    }
    return true;
}

reel_tensor *reel_dropout(reel_tensor *x, double p, bool training)
{
    if (!reeli_usable("dropout", x)) {
        return reeli_poison_for(1, &x);
    }
    reel *r = x->r;
    if (!(p >= 0 && p <= 1)) {
        return reeli_fail(r, REEL_ERR_VALUE, "dropout: p must be a probability, and is %g", p);
    }
    if (!training || p == 0 || x->numel == 0) {
        return x;
    }
    if (!reeli_floating("dropout", "input", x)) {
        return r->poison;
    }
    if (p == 1) {
        return reel_mul_scalar(x, 0);
    }
    reel_tensor *kept = reeli_empty_like(x, "dropout", x->dtype);
    if (reeli_bad(kept) || !reeli_do(draw_kept, &(reeli_args){.r = r, .t = {kept}, .p = {1 - p}})) {
        return r->poison;
    }
    return reel_mul(x, reel_div_scalar(kept, 1 - p));
}

/* Input 1 holds the probabilities, dense. */
static bool draw_bernoulli(const reeli_args *a)
{
    reel_tensor *t = a->t[0];
    const bool single = t->dtype == REEL_F32;
    for (int64_t i = 0; i < t->numel; i++) {
        const double u = single ? (double)reeli_mt_uniform_f32(&a->r->random)
                                : reeli_mt_uniform_f64(&a->r->random);
        reeli_store(t, i, u < reeli_load(a->t[1], i) ? 1 : 0);
    }
    return true;
}

/* Of x's shape and dtype, filled by `draw`, which gets x's elements dense. */
static reel_tensor *drawn_like(const char *what, reeli_run draw, reel_tensor *x)
{
    x = reel_contiguous(reel_detach(x));
    reel_tensor *y = reeli_bad(x) ? x : reeli_empty_like(x, what, x->dtype);
    return !reeli_bad(y) && reeli_do(draw, &(reeli_args){.r = y->r, .t = {y, x}})
               ? y
               : reeli_poison_for(1, &x);
}

reel_tensor *reel_bernoulli(reel_tensor *p)
{
    if (!reeli_usable("bernoulli", p) || !reeli_floating("bernoulli", "input", p) ||
        !reeli_within(p, 0, 1, false, "bernoulli: an element of p is no probability")) {
        return reeli_poison_for(1, &p);
    }
    return drawn_like("bernoulli", draw_bernoulli, p);
}

/* The waiting times of a Poisson process. */
static bool draw_exponential(const reeli_args *a)
{
    for (int64_t i = 0; i < a->t[0]->numel; i++) {
        reeli_store(a->t[0], i, -log1p(-reeli_mt_uniform_f64(&a->r->random)));
    }
    return true;
}

/* One row of weights as sums so far, the last of them 1. */
static void accumulate(const reel_tensor *weights, int64_t row, int64_t n, reel_tensor *sums)
{
    const bool single = weights->dtype == REEL_F32;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += reeli_load(weights, row * n + i);
        sum = single ? (double)(float)sum : sum;
        reeli_store(sums, i, sum);
    }
    for (int64_t i = 0; i < n; i++) {
        reeli_store(sums, i, i == n - 1 ? 1 : reeli_load(sums, i) / sum);
    }
}

/* t[0] int64 (rows, samples), t[1] the weights (rows, n), t[2] room for n. */
static bool draw_with_replacement(const reeli_args *a)
{
    reel_tensor *y = a->t[0];
    const int64_t n = a->t[2]->numel, samples = a->i[0];
    for (int64_t i = 0; i < y->numel; i++) {
        if (i % samples == 0) {
            accumulate(a->t[1], i / samples, n, a->t[2]);
        }
        const double u = reeli_mt_uniform_f64(&a->r->random);
        int64_t low = 0, high = n;
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            const bool below = reeli_load(a->t[2], middle) < u;
            low = below ? middle + 1 : low;
            high = below ? high : middle;
        }
        ((int64_t *)y->data)[i] = low;
    }
    return true;
}

static bool has_weight(const reeli_args *a)
{
    const reel_tensor *w = a->t[1];
    const int64_t n = a->i[0];
    for (int64_t row = 0; n > 0 && row < w->numel / n; row++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) {
            sum += reeli_load(w, row * n + i);
        }
        if (!(sum > 0)) {
            reeli_error(a->r, REEL_ERR_VALUE, "multinomial: the weights of row %lld add up to %g",
                        (long long)row, sum);
            return false;
        }
    }
    return true;
}

static bool sound_weights(reel_tensor *w, int64_t samples, bool replacement)
{
    if (!reeli_usable("multinomial", w) || !reeli_floating("multinomial", "input", w)) {
        return false;
    }
    if (w->ndim < 1 || w->ndim > 2) {
        reeli_error(w->r, REEL_ERR_SHAPE,
                    "multinomial: weights of shape %s; they must be a vector or rows of a matrix",
                    REELI_SHAPE_OF(w));
        return false;
    }
    const int64_t n = w->size[w->ndim - 1];
    if (samples < 1 || (!replacement && samples > n)) {
        reeli_error(w->r, REEL_ERR_VALUE,
                    "multinomial: %lld samples of %lld categories cannot be drawn%s",
                    (long long)samples, (long long)n, samples < 1 ? "" : " without replacement");
        return false;
    }
    const double most = 1.7976931348623157e308; /* no infinity */
    return reeli_within(w, 0, most, false,
                        "multinomial: a weight is negative, infinite or no number") &&
           reeli_do(has_weight,
                    &(reeli_args){.r = w->r, .t = {NULL, reel_contiguous(w)}, .i = {n}});
}

/* Each category waits for a time that its weight makes shorter: those that come first are drawn. */
reel_tensor *reel_multinomial(reel_tensor *weights, int64_t samples, bool replacement)
{
    if (!sound_weights(weights, samples, replacement)) {
        return reeli_poison_for(1, &weights);
    }
    reel *r = weights->r;
    reel_tensor *w = reel_contiguous(reel_detach(weights));
    if (reeli_bad(w)) {
        return w;
    }
    const int64_t n = w->size[w->ndim - 1];
    if (!replacement || samples == 1) {
        reel_tensor *first = reel_div(w, drawn_like("multinomial", draw_exponential, w));
        return samples == 1 ? reel_argmax_dim(first, -1, true)
                            : reel_topk(first, samples, -1, false).indices;
    }
    int64_t size[2] = {w->size[0], samples};
    size[w->ndim - 1] = samples;
    reel_tensor *y = reeli_empty(r, "multinomial", REEL_I64, w->ndim, size);
    reel_tensor *sums = reeli_empty(r, "multinomial", w->dtype, 1, &n);
    const reeli_args args = {.r = r, .t = {y, w, sums}, .i = {samples}};
    return !reeli_bad(y) && !reeli_bad(sums) && reeli_do(draw_with_replacement, &args) ? y
                                                                                       : r->poison;
}

static bool draw_normal(const reeli_args *a)
{
    reeli_fill_normal(a->t[0], 0, 1);
    return true;
}

reel_tensor *reel_normal(reel_tensor *mean, reel_tensor *std)
{
    reel_tensor *in[] = {mean, std};
    int64_t size[REEL_MAX_DIMS];
    if (!reeli_all_usable("normal", 2, in)) {
        return reeli_poison_for(2, in);
    }
    reel *r = mean->r;
    const int dtype = reeli_promote(2, in);
    const int ndim = reeli_broadcast(r, "normal", 2, in, size);
    if (ndim < 0 || !reeli_within(reel_to(std, REEL_F64), 0, (double)INFINITY, true,
                                  "normal: a deviation is negative")) {
        return r->poison;
    }
    reel_tensor *z = reeli_empty(r, "normal", reeli_is_float(dtype) ? dtype : REEL_F32, ndim, size);
    if (reeli_bad(z) || !reeli_do(draw_normal, &(reeli_args){.r = r, .t = {z}})) {
        return r->poison;
    }
    return reel_add(reel_mul(z, reel_detach(std)), reel_detach(mean));
}
