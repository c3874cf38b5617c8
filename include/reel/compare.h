/* SPDX-License-Identifier: MIT */
/*
 * Comparisons and logic, element by element. Results are bools, without gradient. Inputs broadcast
 * together and are compared in the dtype that they promote to; the result lives until
 * `reel_rewind`.
 *
 * Fails: poison and REEL_ERR_SHAPE if the inputs do not broadcast.
 */
#ifndef REEL_COMPARE_H
#define REEL_COMPARE_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** a = b; NaN is unequal to everything. Source: torch.eq. */
REEL_API reel_tensor *reel_eq(reel_tensor *a, reel_tensor *b);
/** a ≠ b. Source: torch.ne. */
REEL_API reel_tensor *reel_ne(reel_tensor *a, reel_tensor *b);
/** a < b. Source: torch.lt. */
REEL_API reel_tensor *reel_lt(reel_tensor *a, reel_tensor *b);
/** a ≤ b. Source: torch.le. */
REEL_API reel_tensor *reel_le(reel_tensor *a, reel_tensor *b);
/** a > b. Source: torch.gt. */
REEL_API reel_tensor *reel_gt(reel_tensor *a, reel_tensor *b);
/** a ≥ b. Source: torch.ge. */
REEL_API reel_tensor *reel_ge(reel_tensor *a, reel_tensor *b);

/* With a number in place of b. */

/** x = value. Source: torch.eq. */
REEL_API reel_tensor *reel_eq_scalar(reel_tensor *x, double value);
/** x ≠ value. Source: torch.ne. */
REEL_API reel_tensor *reel_ne_scalar(reel_tensor *x, double value);
/** x < value. Source: torch.lt. */
REEL_API reel_tensor *reel_lt_scalar(reel_tensor *x, double value);
/** x ≤ value. Source: torch.le. */
REEL_API reel_tensor *reel_le_scalar(reel_tensor *x, double value);
/** x > value. Source: torch.gt. */
REEL_API reel_tensor *reel_gt_scalar(reel_tensor *x, double value);
/** x ≥ value. Source: torch.ge. */
REEL_API reel_tensor *reel_ge_scalar(reel_tensor *x, double value);

/* Everything but 0 counts as true, NaN too. */

/** Whether both are true. Source: torch.logical_and. */
REEL_API reel_tensor *reel_logical_and(reel_tensor *a, reel_tensor *b);
/** Whether one is true. Source: torch.logical_or. */
REEL_API reel_tensor *reel_logical_or(reel_tensor *a, reel_tensor *b);
/** Whether just one is true. Source: torch.logical_xor. */
REEL_API reel_tensor *reel_logical_xor(reel_tensor *a, reel_tensor *b);
/** Whether x is not true. Source: torch.logical_not. */
REEL_API reel_tensor *reel_logical_not(reel_tensor *x);

/* What kind of number it is. */

/** Whether x is NaN. Source: torch.isnan. */
REEL_API reel_tensor *reel_isnan(reel_tensor *x);
/** Whether x is an infinity. Source: torch.isinf. */
REEL_API reel_tensor *reel_isinf(reel_tensor *x);
/** Whether x is neither NaN nor an infinity. Source: torch.isfinite. */
REEL_API reel_tensor *reel_isfinite(reel_tensor *x);

/* Nearly the same. */

/** How close is close; all zero is PyTorch's default, REEL_ZERO (loss.h) is 0 itself. */
typedef struct reel_closeness {
    double rtol;    /**< 1e-5: of |b| */
    double atol;    /**< 1e-8: besides */
    bool equal_nan; /**< a NaN is close to a NaN */
} reel_closeness;

/** a = b, or |a - b| ≤ atol + rtol |b| and finite; whole numbers are compared as float32. Fails:
 *  REEL_ERR_DTYPE for two dtypes, REEL_ERR_VALUE for a negative tolerance. Source:
 *  torch.isclose. */
REEL_API reel_tensor *reel_isclose(reel_tensor *a, reel_tensor *b, reel_closeness options);
/** Whether all are close. Fails: false, as `reel_isclose`; REEL_ERR_STATE while a step is being
 *  captured. Source: torch.allclose. */
REEL_API bool reel_allclose(reel_tensor *a, reel_tensor *b, reel_closeness options);
/** Whether shapes and all elements are equal. Fails: false, as `reel_allclose`. Source:
 *  torch.equal. */
REEL_API bool reel_equal(reel_tensor *a, reel_tensor *b);

/* One or the other. */

/** a where the condition is true (not 0), else b. Gradient: g where each was taken, else 0.
 *  Source: torch.where. */
REEL_API reel_tensor *reel_where(reel_tensor *condition, reel_tensor *a, reel_tensor *b);

#ifdef __cplusplus
}
#endif
#endif
