/* SPDX-License-Identifier: MIT */
/*
 * Copies in which elements are rearranged, and tensors joined into one.
 *
 * Shape:    a negative dim counts from the end.
 * Gradient: g, brought back the same way; 0 for elements that were left out, the sum for those that
 *           were repeated.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison and REEL_ERR_SHAPE for dims or sizes that do not fit.
 */
#ifndef REEL_JOIN_H
#define REEL_JOIN_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The `count` dims in `dims` run backwards. Source: torch.flip. */
REEL_API reel_tensor *reel_flip(reel_tensor *x, const int64_t *dims, int count);
/** Elements move on by shifts[i] along dims[i], and those that leave come back in at the front.
 *  NULL dims: one shift, along the elements row by row. Source: torch.roll. */
REEL_API reel_tensor *reel_roll(reel_tensor *x, const int64_t *shifts, const int64_t *dims,
                                int count);
/** x repeated repeats[d] times along dim d; more repeats than dims are for new dims in front.
 *  Source: Tensor.repeat. */
REEL_API reel_tensor *reel_repeat(reel_tensor *x, const int64_t *repeats, int count);
/** As `reel_repeat`; fewer repeats than dims are for the last ones. Source: torch.tile. */
REEL_API reel_tensor *reel_tile(reel_tensor *x, const int64_t *repeats, int count);
/** The elements on and below a diagonal, counted upwards from the main one, of each matrix; the
 *  others are 0. Source: torch.tril. */
REEL_API reel_tensor *reel_tril(reel_tensor *x, int64_t diagonal);
/** The elements on and above a diagonal. Source: torch.triu. */
REEL_API reel_tensor *reel_triu(reel_tensor *x, int64_t diagonal);
/** A vector: the square matrix with it on a diagonal, and zeros. A matrix: that diagonal.
 *  Source: torch.diag. */
REEL_API reel_tensor *reel_diag(reel_tensor *x, int64_t diagonal);

/**
 * x framed by a value: pad holds, for the last dim first, how much comes before and how much after.
 * A negative count takes away.
 *
 * Fails:  REEL_ERR_SHAPE for an odd count, more dims than x has, or more taken than there is;
 *         REEL_ERR_VALUE for a value that x's dtype does not hold.
 * Source: torch.nn.functional.pad, mode "constant".
 */
REEL_API reel_tensor *reel_pad(reel_tensor *x, const int64_t *pad, int count, double value);
/** As `reel_pad`. Source: torch.constant_pad_nd. */
REEL_API reel_tensor *reel_constant_pad_nd(reel_tensor *x, const int64_t *pad, int count,
                                           double value);

/*
 * Lists of tensors: `count` of them. A list of none has no reel, and gives NULL. dtypes promote.
 */

/** One after the other along a dim; all other sizes are equal. A vector of no elements is left out.
 *  Source: torch.cat. */
REEL_API reel_tensor *reel_cat(reel_tensor *const *tensors, int count, int64_t dim);
/** Side by side along a new dim; all have one shape. Source: torch.stack. */
REEL_API reel_tensor *reel_stack(reel_tensor *const *tensors, int count, int64_t dim);
/** Joined along the second dim, vectors along their only one. Source: torch.hstack. */
REEL_API reel_tensor *reel_hstack(reel_tensor *const *tensors, int count);
/** Joined along the first dim, vectors as rows. Source: torch.vstack. */
REEL_API reel_tensor *reel_vstack(reel_tensor *const *tensors, int count);

/** Which dim an axis of a grid lies along: i along dim i, or the first two exchanged. */
typedef enum reel_indexing {
    REEL_INDEXING_IJ, /**< axis i along dim i, as a matrix is indexed */
    REEL_INDEXING_XY  /**< the first along dim 1, the second along dim 0, as points are drawn */
} reel_indexing;

/**
 * Coordinates of a grid's points: grids[i][…] = axes[i][its dim's index]. Views of the axes.
 *
 * Shape:   axes of at most 1 dim; each grid has a dim for each axis.
 * Returns: how many grids, `count`; -1 after an error, and poison in all `capacity` places.
 * Fails:   REEL_ERR_DTYPE unless all axes have one dtype, REEL_ERR_VALUE if capacity is too small.
 * Source:  torch.meshgrid.
 */
REEL_API int reel_meshgrid(reel_tensor *const *axes, int count, reel_indexing indexing,
                           reel_tensor **grids, int capacity);

#ifdef __cplusplus
}
#endif
#endif
