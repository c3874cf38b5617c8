/* SPDX-License-Identifier: MIT */
/* Dropout. */
#include "capture.h"
#include "module.h"
#include "mt19937.h"

#include <reel/elementwise.h>

static bool draw_mask(const reeli_args *a)
{
    reel_tensor *t = a->t[0];
    for (int64_t i = 0; i < t->numel; i++) {
        double kept = reeli_mt_uniform_f64(&a->r->random) < a->p[0] ? 1 : 0;
        reeli_store(t, i, kept);
    }
    return true;
}

/* A mask of 0 and 1/(1-p), each element kept with probability 1 - p, drawn as torch's bernoulli_
 * does. */
static reel_tensor *mask(const reel_tensor *x, double p)
{
    reel_tensor *t = reeli_empty_like(x, "Dropout", x->dtype);
    if (reeli_bad(t)) {
        return t;
    }
    return reeli_do(draw_mask, &(reeli_args){.r = x->r, .t = {t}, .p = {1 - p}}) ? t : x->r->poison;
}

static reel_tensor *dropout(reel_module *m, reel_tensor *const *in)
{
    const double p = m->p[0];
    if (!m->training || p == 0) {
        return in[0];
    }
    if (!reeli_is_float(in[0]->dtype)) {
        return reeli_fail(in[0]->r, REEL_ERR_DTYPE,
                          "Dropout: the input must be floating, and is %s",
                          reel_dtype_name(in[0]->dtype));
    }
    reel_tensor *kept = mask(in[0], p);
    return reel_mul(in[0], p < 1 ? reel_div_scalar(kept, 1 - p) : kept);
}

reel_module *reel_nn_dropout(reel *r, double p)
{
    if (r && !(p >= 0 && p <= 1)) {
        reeli_error(r, REEL_ERR_VALUE, "Dropout: p must be a probability, and is %g", p);
        return NULL;
    }
    reel_module *m = reeli_module_new(r, "Dropout", 1, dropout);
    if (m) {
        m->p[0] = p;
    }
    return m;
}
