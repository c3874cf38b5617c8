/* SPDX-License-Identifier: MIT */
/* Losses: how far an input is from a target. The result lives until `reel_rewind`. */
#ifndef REEL_LOSS_H
#define REEL_LOSS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a loss makes its elements into a result. REEL_MEAN is the default and is zero. */
typedef enum reel_reduction { REEL_MEAN, REEL_SUM, REEL_NONE } reel_reduction;

/** A flag of PyTorch's older interface that may also be left unset, which is zero. */
typedef enum reel_legacy_flag { REEL_UNSET, REEL_TRUE, REEL_FALSE } reel_legacy_flag;

/** The reduction that "mean", "sum" or "none" names; -1 for any other text. */
REEL_API int reel_reduction_from_name(const char *name);

/**
 * The reduction that the two older flags stand for: none if reduce is false, sum if size_average is
 * false, else mean. Warns through the message handler if either is set.
 *
 * Source: torch.nn._reduction.legacy_get_string.
 */
REEL_API reel_reduction reel_legacy_reduction(reel *r, reel_legacy_flag size_average,
                                              reel_legacy_flag reduce);

/**
 * Mean absolute error, reduce(|input - target|).
 *
 * Shape:    input and target broadcast together (a difference in shape warns); scalar, or their
 *           shape with REEL_NONE. Empty: the mean is NaN, the sum 0.
 * Gradient: sign(input - target), 0 where they are equal; the target gets its negative.
 * Fails:    REEL_ERR_SHAPE if they do not broadcast, REEL_ERR_DTYPE for bool or an integer mean,
 *           REEL_ERR_VALUE for a reduction that there is not.
 * Source:   torch.nn.functional.l1_loss.
 */
REEL_API reel_tensor *reel_l1_loss(reel_tensor *input, reel_tensor *target,
                                   reel_reduction reduction);

/**
 * Mean squared error, reduce((input - target)²).
 *
 * Shape, Fails: as `reel_l1_loss`.
 * Gradient: 2 (input - target); the target gets its negative.
 * Source:   torch.nn.functional.mse_loss.
 */
REEL_API reel_tensor *reel_mse_loss(reel_tensor *input, reel_tensor *target,
                                    reel_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
