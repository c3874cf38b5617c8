/* SPDX-License-Identifier: MIT */
/*
 * What an operation asks of its arguments before anything is allocated or written. Each question is
 * put to tensors that can be used (reeli_usable, reeli_all_usable, reeli_begin see to that); where
 * the answer is no it records the error, which names the operation `what`, the argument's `role`
 * and what it is instead, and returns false.
 */
#ifndef REELI_CHECKS_H
#define REELI_CHECKS_H

#include "tensor.h"

/* dtypes. */
bool reeli_floating(const char *what, const char *role, const reel_tensor *t);
bool reeli_not_bool(const char *what, const reel_tensor *t);
bool reeli_has_dtype(const char *what, const char *role, const reel_tensor *t, reel_dtype dtype);
bool reeli_same_dtype(const char *what, const char *role, const reel_tensor *t,
                      const reel_tensor *input);
/* All of one dtype, and none bool. */
bool reeli_one_dtype(const char *what, int count, reel_tensor *const *t);
/* The number has no fraction, or t is floating. */
/* The same of a number beside integers or bools. */
bool reeli_whole_number(reel *r, const char *what, const char *number, double value,
                        const char *whose);
bool reeli_whole_for(const char *what, const char *number, double value, const reel_tensor *t);

/* Shapes. */
bool reeli_has_ndim(const char *what, const char *role, const reel_tensor *t, int ndim);
bool reeli_shape_of_input(const char *what, const char *role, const reel_tensor *t,
                          const reel_tensor *input);
/* The same where the answer is known: no if !fits. */
bool reeli_fits(bool fits, const char *what, const char *role, const reel_tensor *t,
                const reel_tensor *input);
/* One value for each of `count` classes, of the input's dtype. */
bool reeli_weights_classes(const char *what, const reel_tensor *weight, const reel_tensor *input,
                           int64_t count);
/* No dim of the set has size 0. */
bool reeli_not_empty(const char *what, const reel_tensor *x, unsigned dims);
/* The poison after an error that two shapes are none of a matrix product's. */
reel_tensor *reeli_no_product(const char *what, const reel_tensor *a, const reel_tensor *b);

/* Dims: x can be used and has this one, which comes out counted from 0. */
bool reeli_one_dim(const char *what, const reel_tensor *x, int64_t *dim);
/* x has all in the list, and each is named once. They come out counted from 0 in `own`, which may
 * be NULL, and as a set, bit d for dim d. */
bool reeli_dims_once(const char *what, const reel_tensor *x, int count, const int64_t *dims,
                     int64_t *own, unsigned *set);

#endif
