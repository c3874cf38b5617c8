/* SPDX-License-Identifier: MIT */
/* Fills with random numbers, to the bit those of PyTorch's CPU generator. */
#ifndef REELI_RANDOM_H
#define REELI_RANDOM_H

#include "tensor.h"

/* t is contiguous, f32 or f64, and is filled from its reel's generator, row by row. */

/* Uniform in [from, to). Source: Tensor.uniform_. */
void reeli_fill_uniform(reel_tensor *t, double from, double to);
/* Normal. Source: Tensor.normal_. */
void reeli_fill_normal(reel_tensor *t, double mean, double std);

/* The place, from i on, that swaps with place i < n - 1 where n numbers are put into random
 * order. */
int64_t reeli_partner(reeli_mt19937 *mt, int64_t n, int64_t i);
/* Puts n numbers into random order. Source: torch.randperm. */
void reeli_permute(reeli_mt19937 *mt, int64_t *x, int64_t n);

/* Whether t is a state that reel_get_rng_state gave; then the generator is in *to. */
bool reeli_read_rng_state(const reel_tensor *t, reeli_mt19937 *to);

#endif
