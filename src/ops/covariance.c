/* SPDX-License-Identifier: MIT */
/* Covariances and correlations of variables, a row each, over observations, a column each. */
#include "losses.h"

#include <float.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/statistics.h>
#include <reel/views.h>

/* x as a matrix of variables; poison, and an error, if it is none. */
static reel_tensor *variables(const char *what, reel_tensor *x)
{
    if (!reeli_usable(what, x) || !reeli_not_bool(what, x)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim > 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "%s: the input must have at most 2 dims, and is %s",
                          what, REELI_SHAPE_OF(x));
    }
    return x->ndim < 2 ? reel_reshape(x, 2, (int64_t[]){1, -1}) : x;
}

/* One weight, at least 0, for each observation. */
static bool sound_weights(const reel_tensor *x, reel_tensor *w, const char *role, bool whole)
{
    if (!w) {
        return true;
    }
    if (!reeli_usable_as(x->r, "cov", role, w)) {
        return false;
    }
    if (reeli_is_float(w->dtype) == whole || w->dtype == REEL_BOOL) {
        reeli_error(x->r, REEL_ERR_DTYPE, "cov: %s must be %s, and are %s", role,
                    whole ? "int64" : "floating", reel_dtype_name((reel_dtype)w->dtype));
        return false;
    }
    if (w->ndim > 1 || w->numel != x->size[1]) {
        reeli_error(x->r, REEL_ERR_SHAPE, "cov: %s of shape %s for %lld observations", role,
                    REELI_SHAPE_OF(w), (long long)x->size[1]);
        return false;
    }
    return reeli_within(reel_to(w, REEL_F64), 0, (double)INFINITY, false,
                        whole ? "cov: fweights must not be negative"
                              : "cov: aweights must not be negative");
}

static reel_tensor *sum_rows(reel_tensor *x) { return reel_sum_dim(x, &(int64_t){1}, 1, false); }

/* Σ w less the correction; with aweights the correction counts as much as they differ. At least
 * 0. */
static reel_tensor *degrees(reel_tensor *total, reel_tensor *w, reel_tensor *aweights,
                            double correction)
{
    reel_tensor *share = reeli_number(total->r, correction);
    if (aweights && correction != 0) {
        share = reel_mul_scalar(reel_div(reel_sum(reel_mul(w, aweights)), total), correction);
    }
    return reel_clamp_min(reel_sub(total, share), reeli_number(total->r, 0));
}

reel_tensor *reel_cov(reel_tensor *x, reel_cov_options o)
{
    reel_tensor *in = variables("cov", x);
    if (reeli_bad(in) || !sound_weights(in, o.fweights, "fweights", true) ||
        !sound_weights(in, o.aweights, "aweights", false)) {
        return reeli_poison_for(1, &x);
    }
    const double correction = reeli_option(o.correction, 1);
    reel_tensor *w = o.fweights && o.aweights ? reel_mul(o.fweights, o.aweights)
                     : o.fweights             ? o.fweights
                                              : o.aweights;
    reel_tensor *total = w ? reel_sum(w) : reeli_number(x->r, (double)in->size[1]);
    if (reeli_bad(total)) {
        return total;
    }
    if (w && !reeli_within(reel_to(total, REEL_F64), DBL_MIN * DBL_EPSILON, (double)INFINITY, false,
                           "cov: the weights must not sum to 0")) {
        return x->r->poison;
    }
    reel_tensor *mean = reel_div(sum_rows(w ? reel_mul(in, w) : in), total);
    in = reel_sub(in, reel_unsqueeze(mean, 1));
    reel_tensor *scaled = w ? reel_mul(in, w) : in;
    if (!reeli_bad(scaled) && scaled->dtype != in->dtype) {
        in = reel_to(in, (reel_dtype)scaled->dtype);
    }
    reel_tensor *c = reel_mm(in, reel_t(scaled));
    return reel_squeeze_all(reel_div(c, degrees(total, w, o.aweights, correction)));
}

reel_tensor *reel_corrcoef(reel_tensor *x)
{
    reel_tensor *c = variables("corrcoef", x);
    c = reeli_bad(c) ? c : reel_cov(x, (reel_cov_options){0});
    if (reeli_bad(c) || c->ndim == 0) {
        return reeli_bad(c) ? c : reel_div(c, c);
    }
    reel_tensor *deviation = reel_sqrt(reel_diagonal(c, 0, 0, 1));
    c = reel_div(reel_div(c, reel_unsqueeze(deviation, 1)), deviation);
    return reel_clamp(c, -1, 1);
}
