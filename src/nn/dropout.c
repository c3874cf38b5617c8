/* SPDX-License-Identifier: MIT */
/* Dropout, of elements and of whole channels. */
#include "module.h"

#include <reel/elementwise.h>
#include <reel/random.h>
#include <reel/views.h>

static reel_tensor *dropout(reel_module *m, reel_tensor *const *in)
{
    return reel_dropout(in[0], m->p[0], m->training);
}

/* (C, L) is one of a batch for Dropout1d, and (C, D, H, W) for Dropout3d; but (N, C, L) is a batch
 * for Dropout2d, as in PyTorch. */
static reel_tensor *dropout_channels(reel_module *m, reel_tensor *const *in)
{
    reel_tensor *x = in[0];
    const bool less = x->ndim == m->dims + 1, alone = less && m->dims != 2;
    if (!less && x->ndim != m->dims + 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "%s: the input must have %d or %d dims, and is %s",
                          m->name, m->dims + 1, m->dims + 2, REELI_SHAPE_OF(x));
    }
    int64_t size[REEL_MAX_DIMS] = {1};
    for (int d = 0; d < x->ndim; d++) {
        size[d + alone] = d + alone < 2 ? x->size[d] : 1;
    }
    if (!m->training || m->p[0] == 0) {
        return x;
    }
    reel_tensor *one = reeli_scalar(x->r, m->name, x->dtype, 1); /* each 0, or made larger */
    reel_tensor *channels = reel_expand(one, x->ndim + alone, size);
    return reel_mul(x, reel_dropout(alone ? reel_squeeze(channels, 0) : channels, m->p[0], true));
}

static reel_module *new_dropout(reel *r, const char *name, int dims, double p)
{
    if (r && !(p >= 0 && p <= 1)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: p must be a probability, and is %g", name, p);
        return NULL;
    }
    reel_module *m = reeli_module_new(r, name, 1, dims ? dropout_channels : dropout);
    if (m) {
        m->p[0] = p;
        m->dims = dims;
    }
    return m;
}

reel_module *reel_nn_dropout(reel *r, double p) { return new_dropout(r, "Dropout", 0, p); }

reel_module *reel_nn_dropout1d(reel *r, double p) { return new_dropout(r, "Dropout1d", 1, p); }

reel_module *reel_nn_dropout2d(reel *r, double p) { return new_dropout(r, "Dropout2d", 2, p); }

reel_module *reel_nn_dropout3d(reel *r, double p) { return new_dropout(r, "Dropout3d", 3, p); }
