/* SPDX-License-Identifier: MIT */
/*
 * Other looks at the same memory: nothing is copied, and writing through one shows in the other.
 *
 * Gradient: g, looked at the other way round; 0 for elements that the view leaves out.
 * Owner:    the view lives until `reel_rewind`; its memory stays with the tensor that it looks at.
 * Fails:    poison and REEL_ERR_SHAPE for a dim or size that does not fit. A negative dim counts
 *           from the end.
 */
#ifndef REEL_VIEWS_H
#define REEL_VIEWS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A new dim of size 1 before `dim`: (5,) at 1 → (5, 1). Source: torch.unsqueeze. */
REEL_API reel_tensor *reel_unsqueeze(reel_tensor *x, int64_t dim);
/** Without the dim, if its size is 1; else x as it is. Source: torch.squeeze(x, dim). */
REEL_API reel_tensor *reel_squeeze(reel_tensor *x, int64_t dim);
/** Without any dim of size 1. Source: torch.squeeze(x). */
REEL_API reel_tensor *reel_squeeze_all(reel_tensor *x);
/** The same elements in another shape; one size may be -1: what is left. Copies if it must.
 *  Source: torch.reshape. */
REEL_API reel_tensor *reel_reshape(reel_tensor *x, int ndim, const int64_t *size);
/** As `reel_reshape`, never copying. Fails: REEL_ERR_SHAPE too where the strides do not allow it.
 *  Source: Tensor.view. */
REEL_API reel_tensor *reel_view(reel_tensor *x, int ndim, const int64_t *size);
/** Dims start to end (included) become one: (2, 3, 4) from 1 to 2 → (2, 12).
 *  Source: torch.flatten. */
REEL_API reel_tensor *reel_flatten(reel_tensor *x, int64_t start_dim, int64_t end_dim);
/** A dim becomes several: (8, 3) at 0 into (2, -1) → (2, 4, 3). Source: torch.unflatten. */
REEL_API reel_tensor *reel_unflatten(reel_tensor *x, int64_t dim, int ndim, const int64_t *size);
/** Two dims change places. Source: torch.transpose. */
REEL_API reel_tensor *reel_transpose(reel_tensor *x, int64_t dim0, int64_t dim1);
/** A matrix transposed; 0 or 1 dims as they are. Source: torch.t. */
REEL_API reel_tensor *reel_t(reel_tensor *x);
/** Dims in another order: dim i of the result is dim order[i] of x. Source: torch.permute. */
REEL_API reel_tensor *reel_permute(reel_tensor *x, const int64_t *order);
/** All dims in reverse order. Source: Tensor.T. */
REEL_API reel_tensor *reel_T(reel_tensor *x);
/** The last two dims exchanged; no dims as they are. Source: Tensor.mT. */
REEL_API reel_tensor *reel_mT(reel_tensor *x);
/** Dim source[i] goes to place destination[i]; the others keep their order. Source:
 *  torch.movedim. */
REEL_API reel_tensor *reel_movedim(reel_tensor *x, const int64_t *source,
                                   const int64_t *destination, int count);
/** Index `index` of a dim, which goes: (2, 3) at dim 0 → (3,). Source: torch.select. */
REEL_API reel_tensor *reel_select(reel_tensor *x, int64_t dim, int64_t index);
/** The diagonal of two dims as a new last dim in their place; offset > 0 above the main one, < 0
 *  below. PyTorch's defaults are offset 0, dim1 0, dim2 1. Source: torch.diagonal. */
REEL_API reel_tensor *reel_diagonal(reel_tensor *x, int64_t offset, int64_t dim1, int64_t dim2);
/** Indices start … start+length-1 of a dim. Source: torch.narrow. */
REEL_API reel_tensor *reel_narrow(reel_tensor *x, int64_t dim, int64_t start, int64_t length);
/** Sizes of 1 (and new dims in front) repeated without a copy; -1 keeps a size.
 *  Gradient: g summed over what was repeated. Source: Tensor.expand. */
REEL_API reel_tensor *reel_expand(reel_tensor *x, int ndim, const int64_t *size);

/** As `reel_expand`. Source: torch.broadcast_to. */
REEL_API reel_tensor *reel_broadcast_to(reel_tensor *x, int ndim, const int64_t *size);
/** x expanded to other's shape. Source: Tensor.expand_as. */
REEL_API reel_tensor *reel_expand_as(reel_tensor *x, reel_tensor *other);

/*
 * Several views at once. They go to `parts`, an array with room for `capacity` of them.
 *
 * Returns: how many there are; -1 after an error, and then all places hold poison.
 * Fails:   REEL_ERR_VALUE too if they are more than `capacity`.
 */

/** Parts of split_size indices of a dim, the last of what is left. Source: torch.split. */
REEL_API int reel_split(reel_tensor *x, int64_t split_size, int64_t dim, reel_tensor **parts,
                        int capacity);
/** Parts of the given sizes, which add up to the dim's. Source: torch.split_with_sizes. */
REEL_API int reel_split_with_sizes(reel_tensor *x, const int64_t *sizes, int count, int64_t dim,
                                   reel_tensor **parts, int capacity);
/** At most `chunks` parts of equal size, but for the last. Source: torch.chunk. */
REEL_API int reel_chunk(reel_tensor *x, int64_t chunks, int64_t dim, reel_tensor **parts,
                        int capacity);
/** `reel_select` for each index of a dim. Source: torch.unbind. */
REEL_API int reel_unbind(reel_tensor *x, int64_t dim, reel_tensor **parts, int capacity);

/* Copies; join.h has those that rearrange. */

/** x itself if its elements lie row by row, else a copy that does. Source: Tensor.contiguous. */
REEL_API reel_tensor *reel_contiguous(reel_tensor *x);
/** A copy that gradients pass through. Source: torch.clone. */
REEL_API reel_tensor *reel_clone(reel_tensor *x);
/** x in another dtype; x itself if it has it. Gradient: g in x's dtype. Source: Tensor.to. */
REEL_API reel_tensor *reel_to(reel_tensor *x, reel_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
