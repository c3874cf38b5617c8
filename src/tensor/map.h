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

#endif
