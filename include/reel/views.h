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
/** Two dims change places. Source: torch.transpose. */
REEL_API reel_tensor *reel_transpose(reel_tensor *x, int64_t dim0, int64_t dim1);
/** A matrix transposed; 0 or 1 dims as they are. Source: torch.t. */
REEL_API reel_tensor *reel_t(reel_tensor *x);
/** Dims in another order: dim i of the result is dim order[i] of x. Source: torch.permute. */
REEL_API reel_tensor *reel_permute(reel_tensor *x, const int64_t *order);
/** Index `index` of a dim, which goes: (2, 3) at dim 0 → (3,). Source: torch.select. */
REEL_API reel_tensor *reel_select(reel_tensor *x, int64_t dim, int64_t index);
/** Indices start … start+length-1 of a dim. Source: torch.narrow. */
REEL_API reel_tensor *reel_narrow(reel_tensor *x, int64_t dim, int64_t start, int64_t length);
/** Sizes of 1 (and new dims in front) repeated without a copy; -1 keeps a size.
 *  Gradient: g summed over what was repeated. Source: Tensor.expand. */
REEL_API reel_tensor *reel_expand(reel_tensor *x, int ndim, const int64_t *size);

/* Copies. */

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
