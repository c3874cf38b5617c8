/* SPDX-License-Identifier: MIT */
/*
 * Initial values for parameters. Each function writes into t past the tape and returns it.
 *
 * Fails: poison and REEL_ERR_VALUE unless t is a floating, contiguous leaf with the dims it takes.
 */
#ifndef REEL_INIT_H
#define REEL_INIT_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** All `value`. Source: torch.nn.init.constant_ (ones_, zeros_). */
REEL_API reel_tensor *reel_init_constant(reel_tensor *t, double value);
/** Uniform in [a, b). Source: torch.nn.init.uniform_. */
REEL_API reel_tensor *reel_init_uniform(reel_tensor *t, double a, double b);
/** Normal. Source: torch.nn.init.normal_. */
REEL_API reel_tensor *reel_init_normal(reel_tensor *t, double mean, double std);
/** A matrix with ones on its diagonal. Source: torch.nn.init.eye_. */
REEL_API reel_tensor *reel_init_eye(reel_tensor *t);

/** U(-b, b), b = gain √(6 / (in + out)), of a weight (out, in, …). Source:
 *  torch.nn.init.xavier_uniform_. */
REEL_API reel_tensor *reel_init_xavier_uniform(reel_tensor *t, double gain);
/** N(0, gain² 2 / (in + out)). Source: torch.nn.init.xavier_normal_. */
REEL_API reel_tensor *reel_init_xavier_normal(reel_tensor *t, double gain);

/** What follows a layer, for the gain that keeps the variance. */
typedef enum reel_nonlinearity {
    REEL_GAIN_LEAKY_RELU, /**< √(2 / (1 + slope²)) */
    REEL_GAIN_RELU,       /**< √2 */
    REEL_GAIN_TANH,       /**< 5/3 */
    REEL_GAIN_SELU,       /**< 3/4 */
    REEL_GAIN_LINEAR      /**< 1: nothing follows, or a sigmoid */
} reel_nonlinearity;

/** Whether the variance is kept forward (in) or backward (out). */
typedef enum reel_fan_mode {
    REEL_FAN_IN, /**< fan is the number of inputs of each output */
    REEL_FAN_OUT /**< fan is the number of outputs of each input */
} reel_fan_mode;

/** The gain; the slope counts for leaky ReLU. Source: torch.nn.init.calculate_gain. */
REEL_API double reel_init_gain(reel_nonlinearity nonlinearity, double slope);

/** U(-b, b), b = gain √(3 / fan). Source: torch.nn.init.kaiming_uniform_. */
REEL_API reel_tensor *reel_init_kaiming_uniform(reel_tensor *t, double a, reel_fan_mode mode,
                                                reel_nonlinearity nonlinearity);
/** N(0, gain² / fan). Source: torch.nn.init.kaiming_normal_. */
REEL_API reel_tensor *reel_init_kaiming_normal(reel_tensor *t, double a, reel_fan_mode mode,
                                               reel_nonlinearity nonlinearity);

/** Orthogonal rows or columns, whichever are fewer, times gain; of a weight of more dims as a
 *  matrix (out, the rest). Source: torch.nn.init.orthogonal_. */
REEL_API reel_tensor *reel_init_orthogonal(reel_tensor *t, double gain);
/** Of a convolution's weight, of 3 to 5 dims: each channel of a group hands on the input of its
 *  number. Fails: REEL_ERR_VALUE, too, for groups that do not divide its outputs. Source:
 *  torch.nn.init.dirac_. */
REEL_API reel_tensor *reel_init_dirac(reel_tensor *t, int64_t groups);
/** Normal, within [low, high]. Source: torch.nn.init.trunc_normal_(t, mean, std, low, high). */
REEL_API reel_tensor *reel_init_trunc_normal(reel_tensor *t, double mean, double std, double low,
                                             double high);
/** A normal matrix, of which each column has so large a part of zeros. Source:
 *  torch.nn.init.sparse_. */
REEL_API reel_tensor *reel_init_sparse(reel_tensor *t, double sparsity, double std);

#ifdef __cplusplus
}
#endif
#endif
