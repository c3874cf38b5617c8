/* SPDX-License-Identifier: MIT */
/*
 * Elements shifted and scaled to mean 0 and variance 1, then weighted: y = (x - μ) / √(σ² + eps) ·
 * weight + bias, σ² being the mean of (x - μ)².
 *
 * Gradient: to x, weight and bias.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison and REEL_ERR_SHAPE for shapes that do not fit, REEL_ERR_DTYPE for an x that is
 *           not floating, or another tensor that is not of its dtype.
 */
#ifndef REEL_NORMALIZATION_H
#define REEL_NORMALIZATION_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * μ and σ² over the last `ndim` dims, whose sizes are to be given. PyTorch's eps is 1e-5.
 *
 * Shape:  as x; weight and bias of the normalized shape, or NULL.
 * Source: torch.nn.functional.layer_norm.
 */
REEL_API reel_tensor *reel_layer_norm(reel_tensor *x, int ndim, const int64_t *normalized_shape,
                                      reel_tensor *weight, reel_tensor *bias, double eps);

/**
 * x / √(the mean of x² over the last `ndim` dims + eps) · weight: no shift. PyTorch's eps is the
 * dtype's spacing at 1, which 0 stands for; REEL_ZERO (loss.h) is 0 itself.
 *
 * Shape:  as x; weight of the normalized shape, or NULL.
 * Source: torch.nn.functional.rms_norm.
 */
REEL_API reel_tensor *reel_rms_norm(reel_tensor *x, int ndim, const int64_t *normalized_shape,
                                    reel_tensor *weight, double eps);

/**
 * μ and σ² of each channel, dim 1: in training those of x, else the running ones. Training changes
 * the running ones in place, unrecorded: running ← (1 - momentum) running + momentum new, the new
 * variance being Σ (x - μ)² / (n - 1). PyTorch's momentum is 0.1, its eps 1e-5. An empty x changes
 * nothing.
 *
 * Shape: as x, (N, C) or (N, C, …); the others (C,), or NULL.
 * Fails: REEL_ERR_VALUE in training with one value a channel, or without training and running ones;
 *        REEL_ERR_STATE if the running ones require gradients.
 * Source: torch.nn.functional.batch_norm.
 */
REEL_API reel_tensor *reel_batch_norm(reel_tensor *x, reel_tensor *running_mean,
                                      reel_tensor *running_var, reel_tensor *weight,
                                      reel_tensor *bias, bool training, double momentum,
                                      double eps);

/**
 * μ and σ² of each group of channels in each sample: the C channels fall into `groups` of as many.
 * PyTorch's eps is 1e-5.
 *
 * Shape:  as x, (N, C) or (N, C, …); weight and bias (C,), or NULL.
 * Fails:  REEL_ERR_VALUE if the channels cannot be divided so, or a group has one value.
 * Source: torch.nn.functional.group_norm.
 */
REEL_API reel_tensor *reel_group_norm(reel_tensor *x, int64_t groups, reel_tensor *weight,
                                      reel_tensor *bias, double eps);

/**
 * μ and σ² of each channel in each sample, or without `use_input_stats` the running ones. With
 * running ones given they change as in `reel_batch_norm`, by the mean over the samples.
 *
 * Shape:  as x, (N, C, …); the others (C,), or NULL.
 * Fails:  REEL_ERR_VALUE for one value a channel, or without both kinds of statistics.
 * Source: torch.nn.functional.instance_norm.
 */
REEL_API reel_tensor *reel_instance_norm(reel_tensor *x, reel_tensor *running_mean,
                                         reel_tensor *running_var, reel_tensor *weight,
                                         reel_tensor *bias, bool use_input_stats, double momentum,
                                         double eps);

/**
 * x / (k + alpha mean(x²))^beta, the mean being over the `size` channels around each. PyTorch's
 * alpha is 1e-4, its beta 0.75, its k 1.
 *
 * Shape:  as x, (N, C, …) with at least one dim more.
 * Fails:  REEL_ERR_VALUE for a size below 1.
 * Source: torch.nn.functional.local_response_norm.
 */
REEL_API reel_tensor *reel_local_response_norm(reel_tensor *x, int64_t size, double alpha,
                                               double beta, double k);

#ifdef __cplusplus
}
#endif
#endif
