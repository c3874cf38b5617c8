/* SPDX-License-Identifier: MIT */
/* Kernels over tensors. */
#ifndef REELI_MAP_H
#define REELI_MAP_H

#include "kernels.h"
#include "tensor.h"

/* y = map(x…) whatever the layouts and dtypes; y may be one of the x. Part of a captured
 * step: false, and an error, when there is no memory to write it down. */
bool reeli_run_map(reel *r, reeli_map map, int dtype, reel_tensor *y, bool compares, int inputs,
                   reel_tensor *const *x, const double *parameters);

/* The same where all lie alike, without a look at layouts. */
static inline bool reeli_run_map_alike(reel *r, reeli_map map, int dtype, reel_tensor *y,
                                       bool compares, int inputs, reel_tensor *const *x,
                                       const double *parameters)
{
    const void *data[5];
    if (REELI_RARELY(r->capture != NULL) || y->numel > REELI_BLOCK) {
        return reeli_run_map(r, map, dtype, y, compares, inputs, x, parameters);
    }
    for (int i = 0; i < inputs; i++) {
        data[i] = x[i]->data;
    }
    map(y->numel, y->data, data, parameters);
    return true;
}

#endif
