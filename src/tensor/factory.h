/* SPDX-License-Identifier: MIT */
/* What the functions that make tensors and set elements share. */
#ifndef REELI_FACTORY_H
#define REELI_FACTORY_H

#include "tensor.h"

/* What every public factory starts with: NULL where r is, poison where the dtype or the shape is
 * none. */
reel_tensor *reeli_factory(reel *r, const char *what, int dtype, int ndim, const int64_t *size);
/* The same in t's shape and dtype; t may be NULL or poison. */
reel_tensor *reeli_factory_like(reel_tensor *t, const char *what);

/* Whether x, its fraction dropped, is an int64; a NaN is not. */
static inline bool reeli_fits_i64(double x) { return x >= -0x1p63 && x < 0x1p63; }

/* Whether `dtype` holds x without overflow, as PyTorch checks it; records an error if not. Infinity
 * and NaN are at home in floats, and every number is true or false. */
bool reeli_check_value(reel *r, const char *what, int dtype, double x);

#endif
