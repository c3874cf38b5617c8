/* SPDX-License-Identifier: MIT */
/*
 * Matrix products and what is made of them.
 *
 * dtype: operands must have one dtype, float or int64.
 * Owner: the result lives until `reel_rewind`.
 * Fails: poison and REEL_ERR_SHAPE where sizes or dims do not fit; REEL_ERR_DTYPE for bools or two
 *        dtypes.
 */
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
 * Shape:    x (…, in), weight (out, in), bias (out,) or NULL; y (…, out). Without a bias, a weight
 *           (in,) gives (…).
 * Gradient: dx = G W, dW = Gᵀ x, dbias = G summed over all but its last dim.
 * Source:   torch.nn.functional.linear.
 */
REEL_API reel_tensor *reel_linear(reel_tensor *x, reel_tensor *weight, reel_tensor *bias);

/**
 * relu(x Wᵀ + bias) in one operation, as a Sequential computes a Linear and the ReLU behind it: to
 * the same bits, with one result less to write and to read.
 *
 * Shape:    of reel_linear.
 * Gradient: of reel_linear, with G set to 0 where the result is 0.
 * Source:   torch.nn.functional.relu of torch.nn.functional.linear.
 */
REEL_API reel_tensor *reel_linear_relu(reel_tensor *x, reel_tensor *weight, reel_tensor *bias);

/**
 * y[o] = Σ_ij x1[i] weight[o,i,j] x2[j] + bias[o].
 *
 * Shape:    x1 (…, in1), x2 (…, in2), weight (out, in1, in2), bias (out,) or NULL; y (…, out).
 * Gradient: of each input the sum over the others, weighted with G.
 * Source:   torch.nn.functional.bilinear.
 */
REEL_API reel_tensor *reel_bilinear(reel_tensor *x1, reel_tensor *x2, reel_tensor *weight,
                                    reel_tensor *bias);

/** A x of a matrix (m, k) and a vector (k,). Source: torch.mv. */
REEL_API reel_tensor *reel_mv(reel_tensor *a, reel_tensor *x);
/** Σ a b of two vectors; no dims. Source: torch.dot. */
REEL_API reel_tensor *reel_dot(reel_tensor *a, reel_tensor *b);
/** a bᵀ of two vectors (m,) and (n,): (m, n). dtypes promote. Source: torch.outer. */
REEL_API reel_tensor *reel_outer(reel_tensor *a, reel_tensor *b);

/**
 * beta * input + alpha * (A B); PyTorch's defaults are beta = alpha = 1.
 *
 * Shape:    input expands to the product's shape. A beta of 0 ignores input, even its NaNs.
 * Gradient: beta G to input, alpha times the product's to A and B.
 * Fails:    REEL_ERR_VALUE too where beta or alpha is not whole, and the tensors are.
 * Source:   torch.addmm.
 */
REEL_API reel_tensor *reel_addmm(reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                                 double alpha);
/** beta * input + alpha * (A x). As `reel_addmm`. Source: torch.addmv. */
REEL_API reel_tensor *reel_addmv(reel_tensor *input, reel_tensor *a, reel_tensor *x, double beta,
                                 double alpha);
/** beta * input + alpha * (A B) for each of a batch. As `reel_addmm`. Source: torch.baddbmm. */
REEL_API reel_tensor *reel_baddbmm(reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                                   double alpha);
/** beta * input + alpha * (a bᵀ). As `reel_addmm`, but dtypes promote. Source: torch.addr. */
REEL_API reel_tensor *reel_addr(reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                                double alpha);

/** Σ a b over the last dims: (…, k) and (…, k) give (…, …); a b where one has no dims.
 *  Source: torch.inner. */
REEL_API reel_tensor *reel_inner(reel_tensor *a, reel_tensor *b);

/**
 * Σ a b over `count` dims of each, paired in the order given.
 *
 * Shape:    a's other dims, then b's. NULL dims: a's last and b's first. Paired sizes are equal, or
 *           one of them is 1.
 * Gradient: G contracted with the other operand.
 * Source:   torch.tensordot.
 */
REEL_API reel_tensor *reel_tensordot(reel_tensor *a, reel_tensor *b, const int64_t *a_dims,
                                     const int64_t *b_dims, int count);

/**
 * A sum of products: each operand's dims have labels, a letter each, and what the result does not
 * name is summed: "ij,jk->ik" is a matrix product, "bij,bjk->bik" one for each of a batch, "ii->i"
 * a diagonal, "i,j" an outer product. "..." stands for all dims that have no letter; without an
 * arrow the result has those, and then the letters that stand once, capitals first. Operands are
 * multiplied from the left, two at a time.
 *
 * Shape:    as many dims as letters, at most 8; dims of one label have one size, or 1.
 * Gradient: the result's, summed with the other operands.
 * Fails:    REEL_ERR_SHAPE for an equation that cannot be read or does not fit.
 * Source:   torch.einsum.
 */
REEL_API reel_tensor *reel_einsum(const char *equation, reel_tensor *const *tensors, int count);

#ifdef __cplusplus
}
#endif
#endif
