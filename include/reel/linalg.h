/* SPDX-License-Identifier: MIT */
/* Matrix products. Operands must have one floating dtype; the result lives until `reel_rewind`. */
#ifndef REEL_LINALG_H
#define REEL_LINALG_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The matrix product A B.
 *
 * Shape:    (m, k) by (k, n) gives (m, n); a 1-D operand counts as a row (left) or column (right)
 *           and that dim goes; dims before the last two are batches, which broadcast.
 * Gradient: with G = dL/dC: dA = G Bᵀ and dB = Aᵀ G, summed over broadcast batches.
 * Fails:    REEL_ERR_SHAPE if the inner sizes differ or an operand has no dims; REEL_ERR_DTYPE for
 *           integers, bools or two dtypes.
 * Source:   torch.matmul.
 */
REEL_API reel_tensor *reel_matmul(reel_tensor *a, reel_tensor *b);

/** A B of two matrices, nothing else. Source: torch.mm. */
REEL_API reel_tensor *reel_mm(reel_tensor *a, reel_tensor *b);

/** A B for each of a batch: (b, m, k) by (b, k, n). Source: torch.bmm. */
REEL_API reel_tensor *reel_bmm(reel_tensor *a, reel_tensor *b);

/**
 * y = x Wᵀ + bias, a fully connected layer.
 *
 * Shape:    x (…, in), weight (out, in), bias (out,) or NULL; y (…, out).
 * Gradient: dx = G W, dW = Gᵀ x, dbias = G summed over all but its last dim.
 * Fails:    REEL_ERR_SHAPE if x's last size is not in, or bias is not (out,); REEL_ERR_DTYPE unless
 *           all have one floating dtype.
 * Source:   torch.nn.functional.linear.
 */
REEL_API reel_tensor *reel_linear(reel_tensor *x, reel_tensor *weight, reel_tensor *bias);

#ifdef __cplusplus
}
#endif
#endif
