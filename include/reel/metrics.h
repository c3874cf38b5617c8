/* SPDX-License-Identifier: MIT */
/*
 * How good predictions are. Each metric is one number over all elements of two tensors of one shape
 * and any dtype, computed in doubles: p is a prediction, t its target. A metric is a number and not
 * part of the tape; to train by one, take its loss (`reel_l1_loss`, `reel_mse_loss`, …).
 *
 * Where a prediction or a target is NaN, the metric is.
 * Fails: NaN, and REEL_ERR_SHAPE for different shapes, which do not broadcast here: (n, 1) and (n,)
 *        would compare each prediction with every target; REEL_ERR_VALUE for no elements.
 * Source: the function of the same name in sklearn.metrics, with the arguments the other way round,
 *         as losses have them.
 */
#ifndef REEL_METRICS_H
#define REEL_METRICS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** mean |p - t|, in the target's units. */
REEL_API double reel_mean_absolute_error(const reel_tensor *prediction, const reel_tensor *target);

/** √(mean (p - t)²), in the target's units. */
REEL_API double reel_root_mean_squared_error(const reel_tensor *prediction,
                                             const reel_tensor *target);

/**
 * R², the share of the targets' variance that is explained: 1 - Σ (p - t)² / Σ (t - mean t)². 1 is
 * perfect, 0 as good as always predicting the mean, and there is no limit below.
 *
 * Where all targets are equal it is 1 for predictions that are, too, and else 0.
 */
REEL_API double reel_r2_score(const reel_tensor *prediction, const reel_tensor *target);

/**
 * median |p - t|, which a few bad predictions do not change; of an even number, the mean of the two
 * in the middle.
 */
REEL_API double reel_median_absolute_error(const reel_tensor *prediction,
                                           const reel_tensor *target);

/**
 * The share of targets that are at most their prediction: q, of a model that predicts the quantile
 * q as it should. Source: none of sklearn's; Koenker and Bassett, Regression quantiles, 1978.
 */
REEL_API double reel_quantile_coverage(const reel_tensor *prediction, const reel_tensor *target);

#ifdef __cplusplus
}
#endif
#endif
