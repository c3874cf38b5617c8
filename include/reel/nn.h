/* SPDX-License-Identifier: MIT */
/* Modules: parts of a model that own their parameters. */
#ifndef REEL_NN_H
#define REEL_NN_H

#include <reel/loss.h>
#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct reel_module reel_module;

/** Tensors in order, as a module hands out its parameters; the array is the module's. */
typedef struct reel_tensor_list {
    reel *r;
    reel_tensor *const *tensors;
    size_t count;
} reel_tensor_list;

/**
 * A fully connected layer, y = x Wᵀ + b, of `in_features` to `out_features`.
 *
 * Weight (out, in), then bias (out,), drawn from U(-1/√in, 1/√in) in the reel's random numbers, to
 * PyTorch's very bits.
 * Fails: poison-like module and REEL_ERR_VALUE if a size is below 1; REEL_ERR_MEMORY.
 * Source: torch.nn.Linear.
 */
REEL_API reel_module *reel_nn_linear(reel *r, int64_t in_features, int64_t out_features);

/** Options of `reel_nn_linear_with`; all zero is the default. */
typedef struct reel_linear_options {
    bool no_bias;
    reel_dtype dtype; /* float32, or float64 converted from the float32 draw */
} reel_linear_options;
REEL_API reel_module *reel_nn_linear_with(reel *r, int64_t in_features, int64_t out_features,
                                          const reel_linear_options *options);

/** Options of the L1 loss; all zero is PyTorch's default. */
typedef struct reel_l1_loss_options {
    reel_reduction reduction;
    reel_legacy_flag size_average, reduce; /* PyTorch's older flags; if set they decide, with a warning */
} reel_l1_loss_options;
/** Mean absolute error as a module; see `reel_l1_loss`. Source: torch.nn.L1Loss. */
REEL_API reel_module *reel_nn_l1_loss(reel *r, reel_l1_loss_options options);

/** Options of the MSE loss; all zero is PyTorch's default. */
typedef struct reel_mse_loss_options {
    reel_reduction reduction;
    reel_legacy_flag size_average, reduce;
} reel_mse_loss_options;
/** Mean squared error as a module; see `reel_mse_loss`. Source: torch.nn.MSELoss. */
REEL_API reel_module *reel_nn_mse_loss(reel *r, reel_mse_loss_options options);

/** What the module makes of x. Fails: poison and REEL_ERR_VALUE for a loss, which takes a target too. */
REEL_API reel_tensor *reel_forward(reel_module *module, reel_tensor *x);
/** A loss module's loss of an input and a target. */
REEL_API reel_tensor *reel_loss(reel_module *loss, reel_tensor *input, reel_tensor *target);

/** The module's parameters in PyTorch's order (weight, bias). Owner: the list is the module's. */
REEL_API reel_tensor_list reel_parameters(reel_module *module);
/** The parameter of this name ("weight", "bias"); NULL if there is none. */
REEL_API reel_tensor *reel_parameter(reel_module *module, const char *name);
/** Frees the module and its parameters before the reel does. */
REEL_API void reel_module_free(reel_module *module);

#ifdef __cplusplus
}
#endif
#endif
