/* SPDX-License-Identifier: MIT */
/* Dropout. */
#include "module.h"

#include <reel/random.h>

static reel_tensor *dropout(reel_module *m, reel_tensor *const *in)
{
    return reel_dropout(in[0], m->p[0], m->training);
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
