/* SPDX-License-Identifier: MIT */
/*
 * Elements chosen, and put, by index tensors.
 *
 * Owner: the result lives until `reel_rewind`.
 * Fails: poison and REEL_ERR_DTYPE for an index that is not int64, REEL_ERR_VALUE for an index
 *        outside its dim (negative ones are), REEL_ERR_SHAPE for shapes that do not fit.
 */
#ifndef REEL_INDEXING_H
#define REEL_INDEXING_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * y[i][j][k] = x[index[i][j][k]][j][k] for dim 0, and alike for the others.
 *
 * Shape:    index has x's dims, and is at most x's size in all but `dim`; the result has index's.
 * Gradient: g, added up where it was taken from.
 * Source:   torch.gather.
 */
REEL_API reel_tensor *reel_gather(reel_tensor *x, int64_t dim, reel_tensor *index);

/**
 * A copy of x with y[index[i][j][k]][j][k] += src[i][j][k] for dim 0, and alike for the others.
 *
 * Shape:    index has x's dims, at most src's sizes, and at most x's in all but `dim`.
 * Gradient: g to x; to src g where it was added, 0 where index does not reach.
 * Fails:    REEL_ERR_DTYPE too if src's dtype is not x's.
 * Source:   torch.scatter_add.
 */
REEL_API reel_tensor *reel_scatter_add(reel_tensor *x, int64_t dim, reel_tensor *index,
                                       reel_tensor *src);

#ifdef __cplusplus
}
#endif
#endif
