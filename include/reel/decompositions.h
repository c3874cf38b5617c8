/* SPDX-License-Identifier: MIT */
/*
 * Linear equations, and matrices taken apart. All work on the last two dims; those before them are
 * a batch. It is computed in double, by the library's own plain methods: for matrices of some
 * hundred rows.
 *
 * dtype: float32 or float64, the same for all.
 * Owner: the result lives until `reel_rewind`.
 * Fails: poison and REEL_ERR_SHAPE for shapes that do not fit; REEL_ERR_DTYPE for integers, bools
 *        or two dtypes; REEL_ERR_VALUE for a matrix for which there is no answer.
 */
#ifndef REEL_DECOMPOSITIONS_H
#define REEL_DECOMPOSITIONS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The X of A X = B.
 *
 * Shape:    A (…, n, n); B (…, n, k), or (n,), or A's shape without its last dim: then vectors.
 * Gradient: to B A⁻ᵀ G, to A -A⁻ᵀ G Xᵀ.
 * Fails:    REEL_ERR_VALUE if A is singular.
 * Source:   torch.linalg.solve.
 */
REEL_API reel_tensor *reel_linalg_solve(reel_tensor *a, reel_tensor *b);

/** Options of a triangular system. */
typedef struct reel_solve_triangular_options {
    bool upper;         /**< A's upper triangle counts, else its lower one */
    bool right;         /**< X A = B, not A X = B */
    bool unitriangular; /**< A's diagonal counts as 1 */
} reel_solve_triangular_options;

/** The X of A X = B where A is a triangle; what lies on its other side is not read. Gradient: as of
 *  `reel_linalg_solve`, within the triangle. Source: torch.linalg.solve_triangular. */
REEL_API reel_tensor *reel_linalg_solve_triangular(reel_tensor *a, reel_tensor *b,
                                                   reel_solve_triangular_options options);

/** A⁻¹. Gradient: -A⁻ᵀ G A⁻ᵀ. Fails: REEL_ERR_VALUE if A is singular. Source:
 *  torch.linalg.inv. */
REEL_API reel_tensor *reel_linalg_inv(reel_tensor *a);
/** The determinant; 1 of no rows. Gradient: g times the cofactors, which a singular matrix has,
 * too.
 *  Source: torch.linalg.det. */
REEL_API reel_tensor *reel_linalg_det(reel_tensor *a);

/** A determinant as sign · exp(logabsdet), which does not overflow. */
typedef struct reel_slogdet {
    reel_tensor *sign;      /**< -1, 0 or 1; has no gradient */
    reel_tensor *logabsdet; /**< ln |det A|; -∞ of a singular A */
} reel_slogdet;
/** Sign and logarithm of the determinant. Gradient: logabsdet's is g A⁻ᵀ, which fails with
 *  REEL_ERR_VALUE if A is singular. Source: torch.linalg.slogdet. */
REEL_API reel_slogdet reel_linalg_slogdet(reel_tensor *a);

/**
 * The lower L of A = L Lᵀ, or (upper) U = Lᵀ; of A only that triangle is read.
 *
 * Gradient: L⁻ᵀ Φ L⁻¹, Φ the symmetric matrix of half the lower triangle of Lᵀ G.
 * Fails:    REEL_ERR_VALUE if A is not positive definite.
 * Source:   torch.linalg.cholesky.
 */
REEL_API reel_tensor *reel_linalg_cholesky(reel_tensor *a, bool upper);

/** Q R: orthogonal columns, and an upper triangle. */
typedef struct reel_qr {
    reel_tensor *q; /**< (…, m, k), k the smaller of m and n */
    reel_tensor *r; /**< (…, k, n) */
} reel_qr;
/** A (…, m, n) as Q R, with LAPACK's signs. Gradient: to A, if its first k columns are independent.
 *  Source: torch.linalg.qr, mode "reduced". */
REEL_API reel_qr reel_linalg_qr(reel_tensor *a);

/** V diag(values) Vᵀ of a symmetric matrix. */
typedef struct reel_eigh {
    reel_tensor *values;  /**< (…, n), the least first */
    reel_tensor *vectors; /**< (…, n, n): orthogonal columns */
} reel_eigh;
/**
 * A symmetric A (…, n, n) as V diag(values) Vᵀ; only the lower triangle is read, or (upper) the
 * upper one. Which vectors are turned round is nobody's choice, and may differ from PyTorch's. Of a
 * covariance the last columns are the principal components.
 *
 * Gradient: V (diag dL + M / E) Vᵀ, M = (Vᵀ dV - dVᵀ V) / 2, E_ij = l_j - l_i; through vectors if
 *           no two values are equal.
 * Fails:    REEL_ERR_VALUE if an element is not finite.
 * Source:   torch.linalg.eigh.
 */
REEL_API reel_eigh reel_linalg_eigh(reel_tensor *a, bool upper);
/** The eigenvalues alone. Source: torch.linalg.eigvalsh. */
REEL_API reel_tensor *reel_linalg_eigvalsh(reel_tensor *a, bool upper);

/** U diag(S) Vᵀ: orthogonal columns, singular values, orthogonal rows. */
typedef struct reel_svd {
    reel_tensor *u;  /**< (…, m, k), k the smaller of m and n */
    reel_tensor *s;  /**< (…, k), the largest first, none negative */
    reel_tensor *vh; /**< (…, k, n) */
} reel_svd;
/** A (…, m, n) as U diag(S) Vᵀ; which of a pair of columns and rows is turned round is nobody's
 *  choice, and may differ from PyTorch's. Gradient: to A; through U and V if no two singular values
 *  are equal. Fails: REEL_ERR_VALUE if an element is not finite. Source:
 *  torch.linalg.svd(full_matrices=False). */
REEL_API reel_svd reel_linalg_svd(reel_tensor *a);
/** The singular values alone. Source: torch.linalg.svdvals. */
REEL_API reel_tensor *reel_linalg_svdvals(reel_tensor *a);

/** The pseudoinverse V diag(1/S) Uᵀ (…, n, m), without the singular values that are at most rtol of
 *  the largest; 0: the larger size times the dtype's spacing at 1. Gradient: to A, whose rank is
 *  held to be fixed. Source: torch.linalg.pinv. */
REEL_API reel_tensor *reel_linalg_pinv(reel_tensor *a, double rtol);

/**
 * The X that makes ‖A X - B‖ least; of several the shortest: A⁺ B, with rtol as of
 * `reel_linalg_pinv`.
 *
 * Shape:  A (…, m, n); B (…, m, k), or with one dim less vectors (…, m).
 * Source: torch.linalg.lstsq's solution.
 */
REEL_API reel_tensor *reel_linalg_lstsq(reel_tensor *a, reel_tensor *b, double rtol);

/** Norms of matrices. */
typedef enum reel_matrix_norm {
    REEL_NORM_FROBENIUS,     /**< "fro": √ Σ x² */
    REEL_NORM_NUCLEAR,       /**< "nuc": the sum of the singular values */
    REEL_NORM_1,             /**< 1: the largest column's Σ |x| */
    REEL_NORM_MINUS_1,       /**< -1: the smallest column's */
    REEL_NORM_2,             /**< 2: the largest singular value */
    REEL_NORM_MINUS_2,       /**< -2: the smallest */
    REEL_NORM_INFINITY,      /**< inf: the largest row's Σ |x| */
    REEL_NORM_MINUS_INFINITY /**< -inf: the smallest row's */
} reel_matrix_norm;
/** The norm of each matrix; those of vectors are `reel_linalg_vector_norm`. Source:
 *  torch.linalg.matrix_norm, torch.linalg.norm. */
REEL_API reel_tensor *reel_linalg_matrix_norm(reel_tensor *x, reel_matrix_norm ord);

#ifdef __cplusplus
}
#endif
#endif
