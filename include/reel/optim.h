/* SPDX-License-Identifier: MIT */
/* Optimizers: rules that change parameters by their gradients. */
#ifndef REEL_OPTIM_H
#define REEL_OPTIM_H

#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct reel_optimizer reel_optimizer;

/** Options of SGD. lr has no default in PyTorch and none here: 0 changes nothing. */
typedef struct reel_sgd_options {
    double lr;
    double momentum;
    double dampening;
    double weight_decay;
    bool nesterov;
    bool maximize;
} reel_sgd_options;

/**
 * Stochastic gradient descent with momentum. For each parameter p with gradient g:
 *
 *   g = -g if maximize;  g = g + weight_decay p;
 *   with momentum: v = momentum v + (1 - dampening) g (the first time v = g),
 *                  g = g + momentum v if nesterov, else v;
 *   p = p - lr g.
 *
 * Fails: an optimizer that does nothing, and REEL_ERR_VALUE: a negative lr, momentum or
 *        weight_decay; nesterov without momentum or with dampening; no parameters.
 * Owner: the reel's; it is freed with it.
 * Source: torch.optim.SGD.
 */
REEL_API reel_optimizer *reel_optim_sgd(reel_tensor_list parameters, reel_sgd_options options);

/** Forgets the gradients of all parameters. Source: Optimizer.zero_grad. */
REEL_API void reel_zero_grad(reel_optimizer *optimizer);

/**
 * One step: every parameter that has a gradient moves.
 *
 * Fails: the reel's status if an error is recorded; then no parameter has changed.
 * Source: Optimizer.step.
 */
REEL_API reel_status reel_step(reel_optimizer *optimizer);

/** Frees the optimizer before the reel does. */
REEL_API void reel_optimizer_free(reel_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
