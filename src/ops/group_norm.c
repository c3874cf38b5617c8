/* SPDX-License-Identifier: MIT */
/* Normalisations by groups of channels, by single ones, and by channels around: made of others. */
#include "windows.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/normalization.h>
#include <reel/reduce.h>
#include <reel/views.h>

/* t, of x's dtype, has one element a channel; NULL is fine. */
static bool by_channel(const char *what, const char *role, const reel_tensor *x, reel_tensor *t)
{
    if (!t) {
        return true;
    }
    if (!reeli_usable_as(x->r, what, role, t) || !reeli_same_dtype(what, role, t, x)) {
        return false;
    }
    if (t->ndim != 1 || t->size[0] != x->size[1]) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: the %s has shape %s, and input %s %lld channels",
                    what, role, REELI_SHAPE_OF(t), REELI_SHAPE_OF(x), (long long)x->size[1]);
        return false;
    }
    return true;
}

/* x has channels, and what goes by channel fits them. */
static bool has_channels(const char *what, reel_tensor *x, int least, reel_tensor *weight,
                         reel_tensor *bias)
{
    if (!reeli_usable(what, x) || !reeli_floating(what, "input", x)) {
        return false;
    }
    if (x->ndim < least) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: the input must have %d dims or more, and is %s",
                    what, least, REELI_SHAPE_OF(x));
        return false;
    }
    return by_channel(what, "weight", x, weight) && by_channel(what, "bias", x, bias);
}

/* y weight + bias, along dim 1. */
static reel_tensor *affine(reel_tensor *y, reel_tensor *weight, reel_tensor *bias)
{
    if (reeli_bad(y)) {
        return y;
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < y->ndim; d++) {
        size[d] = d == 1 ? y->size[1] : 1;
    }
    y = weight ? reel_mul(y, reel_reshape(weight, y->ndim, size)) : y;
    return bias ? reel_add(y, reel_reshape(bias, y->ndim, size)) : y;
}

/* So many values that are made to have mean 0 and variance 1. */
static bool several(const char *what, const reel_tensor *x, int64_t values)
{
    if (values == 1) {
        reeli_error(x->r, REEL_ERR_VALUE,
                    "%s: the statistics of input %s would be those of 1 value each", what,
                    REELI_SHAPE_OF(x));
    }
    return values != 1;
}

reel_tensor *reel_group_norm(reel_tensor *x, int64_t groups, reel_tensor *weight, reel_tensor *bias,
                             double eps)
{
    if (!has_channels("group_norm", x, 2, weight, bias)) {
        return reeli_poison_for(1, &x);
    }
    if (groups < 1 || x->size[1] % groups != 0) {
        return reeli_fail(x->r, REEL_ERR_VALUE,
                          "group_norm: the %lld channels of input %s cannot be divided into %lld "
                          "groups",
                          (long long)x->size[1], REELI_SHAPE_OF(x), (long long)groups);
    }
    if (x->numel == 0) {
        return affine(x, weight, bias);
    }
    const int64_t rows = x->size[0] * groups;
    return several("group_norm", x, x->numel / groups)
               ? affine(reeli_standardize(x, rows, eps, !weight && !bias), weight, bias)
               : x->r->poison;
}

/* (1, N C, …): batch_norm's channels are then those of each sample. */
static reel_tensor *as_channels(reel_tensor *x)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 2; d < x->ndim; d++) {
        size[d] = x->size[d];
    }
    size[0] = 1;
    size[1] = x->size[0] * x->size[1];
    return reel_reshape(x, x->ndim, size);
}

/* The running ones become the mean over the samples of what those have become. */
static bool settle(reel_tensor *running, reel_tensor *each, int64_t samples)
{
    bool done = true;
    if (running && !reeli_bad(each)) {
        const bool was = reel_set_grad_enabled(running->r, false);
        each = reel_reshape(each, 2, (int64_t[]){samples, running->size[0]});
        done = reeli_overwrite(running, reel_mean_dim(each, &(int64_t){0}, 1, false));
        reel_set_grad_enabled(running->r, was);
    }
    return done;
}

/* One copy of the running ones for each sample. */
static reel_tensor *copies(reel_tensor *running, int64_t samples)
{
    return running ? reel_repeat(reel_detach(running), &samples, 1) : NULL;
}

reel_tensor *reel_instance_norm(reel_tensor *x, reel_tensor *running_mean, reel_tensor *running_var,
                                reel_tensor *weight, reel_tensor *bias, bool use_input_stats,
                                double momentum, double eps)
{
    if (!has_channels("instance_norm", x, 3, weight, bias) ||
        !by_channel("instance_norm", "running_mean", x, running_mean) ||
        !by_channel("instance_norm", "running_var", x, running_var)) {
        return reeli_poison_for(1, &x);
    }
    if (!use_input_stats && !(running_mean && running_var)) {
        return reeli_fail(x->r, REEL_ERR_VALUE,
                          "instance_norm: without the input's statistics running_mean and "
                          "running_var are needed");
    }
    if (x->numel == 0) {
        return affine(x, weight, bias);
    }
    const int64_t rows = x->size[0] * x->size[1];
    if (use_input_stats && !several("instance_norm", x, x->numel / rows)) {
        return x->r->poison;
    }
    if (!running_mean && !running_var) {
        return affine(reeli_standardize(x, rows, eps, !weight && !bias), weight, bias);
    }
    reel_tensor *mean = copies(running_mean, x->size[0]), *var = copies(running_var, x->size[0]);
    reel_tensor *y =
        reel_batch_norm(as_channels(x), mean, var, NULL, NULL, use_input_stats, momentum, eps);
    y = affine(reeli_as_result(reeli_reshape_like(y, x)), weight, bias);
    if (use_input_stats && !reeli_bad(y) && /* at last: a bias may be one of them */
        !(settle(running_mean, mean, x->size[0]) && settle(running_var, var, x->size[0]))) {
        return x->r->poison;
    }
    return y;
}

reel_tensor *reel_local_response_norm(reel_tensor *x, int64_t size, double alpha, double beta,
                                      double k)
{
    if (!has_channels("local_response_norm", x, 3, NULL, NULL)) {
        return reeli_poison_for(1, &x);
    }
    if (size < 1 || size > INT32_MAX) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "local_response_norm: a size of %lld channels",
                          (long long)size);
    }
    reel_tensor *mean = reel_square(x);
    mean = reeli_bad(mean) ? mean
                           : reeli_resample_dim("local_response_norm", mean,
                                                (reeli_resampling){.taps = REELI_AVERAGE,
                                                                   .dim = 1,
                                                                   .in = x->size[1],
                                                                   .out = x->size[1],
                                                                   .kernel = size,
                                                                   .stride = 1,
                                                                   .padding = size / 2,
                                                                   .scale = (double)size});
    return reel_div(x, reel_pow_scalar(reel_add_scalar(reel_mul_scalar(mean, alpha), k), beta));
}
