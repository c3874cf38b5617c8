/* SPDX-License-Identifier: MIT */
/*
 * Operations that make many elements into one.
 *
 * Sums run in PyTorch's cascade order, the same for any number of threads.
 * Owner: the result lives until `reel_rewind`.
 */
#ifndef REEL_REDUCE_H
#define REEL_REDUCE_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Σ x, over all elements.
 *
 * Shape:    a scalar; 0 for an empty x. Bools and integers sum to int64.
 * Gradient: g to every element.
 * Source:   torch.sum.
 */
REEL_API reel_tensor *reel_sum(reel_tensor *x);

/**
 * Σ x over `count` dims, which go, or stay with size 1 if keepdim. No dims: over all of them.
 *
 * Gradient: g to every element that it was summed from.
 * Fails:    REEL_ERR_SHAPE for a dim that there is not, or that is named twice.
 * Source:   torch.sum(x, dim, keepdim).
 */
REEL_API reel_tensor *reel_sum_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim);

/**
 * Σ x / n, over all n elements; NaN for an empty x.
 *
 * Gradient: g / n to every element.
 * Fails:    REEL_ERR_DTYPE for integers and bools.
 * Source:   torch.mean.
 */
REEL_API reel_tensor *reel_mean(reel_tensor *x);

/** The mean over `count` dims; as `reel_sum_dim`. Source: torch.mean(x, dim, keepdim). */
REEL_API reel_tensor *reel_mean_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim);

#ifdef __cplusplus
}
#endif
#endif
