/* SPDX-License-Identifier: MIT */
#include "module.h"
#include "random.h"

#include <math.h>
#include <reel/autograd.h>
#include <reel/linalg.h>

static reel_tensor *forward(reel_module *m, reel_tensor *x)
{
    return reel_linear(x, m->parameter[0], m->parameters == 2 ? m->parameter[1] : NULL);
}

/* A parameter drawn from U(-bound, bound) in float32, whatever its dtype: so a float64 layer of the
 * same seed has the same values. */
static bool add_parameter(reel_module *m, const char *name, reel_dtype dtype, double bound, int ndim,
                          const int64_t *size)
{
    reel_tensor *draw = reeli_create(m->owned.r, "Linear", REEL_F32, ndim, size);
    reel_tensor *p = dtype == REEL_F32 ? draw : reeli_create(m->owned.r, "Linear", dtype, ndim, size);
    if (reeli_bad(draw) || reeli_bad(p)) {
        reel_tensor_free(draw);
        return false;
    }
    reeli_fill_uniform(draw, -bound, bound);
    if (p != draw) {
        reeli_copy(p, draw);
        reel_tensor_free(draw);
    }
    reel_requires_grad_(p, true);
    reel_set_name(p, name);
    m->parameter_name[m->parameters] = name;
    m->parameter[m->parameters++] = p;
    return true;
}

reel_module *reel_nn_linear_with(reel *r, int64_t in_features, int64_t out_features,
                                 const reel_linear_options *options)
{
    static const reel_linear_options defaults = {false, REEL_F32};
    options = options ? options : &defaults;
    if (!r) {
        return NULL;
    }
    if (in_features < 1 || out_features < 1 || (unsigned)options->dtype > REEL_F64) {
        reeli_error(r, REEL_ERR_VALUE, "Linear: %lld to %lld features of dtype %s; sizes must be positive, the dtype floating",
                    (long long)in_features, (long long)out_features, reel_dtype_name(options->dtype));
        return NULL;
    }
    reel_module *m = reeli_module_new(r, "Linear");
    if (!m) {
        return NULL;
    }
    m->forward = forward;
    /* kaiming_uniform with a = √5: the gain √(2/(1+5)) times √3 / √in is 1 / √in. */
    const double bound = sqrt(2.0 / 6.0) / sqrt((double)in_features) * sqrt(3.0);
    if (!add_parameter(m, "weight", options->dtype, bound, 2, (int64_t[]){out_features, in_features}) ||
        (!options->no_bias &&
         !add_parameter(m, "bias", options->dtype, 1 / sqrt((double)in_features), 1, (int64_t[]){out_features}))) {
        reel_module_free(m);
        return NULL;
    }
    return m;
}

reel_module *reel_nn_linear(reel *r, int64_t in_features, int64_t out_features)
{
    return reel_nn_linear_with(r, in_features, out_features, NULL);
}
