/* SPDX-License-Identifier: MIT */
/* What all optimizers have in common: steps, groups of parameters, what is remembered; and what is
 * done to gradients and parameters around a step: clipping, averaging. */
#ifndef REEL_OPTIMIZER_H
#define REEL_OPTIMIZER_H

#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A rule that changes parameters by their gradients, and what it remembers of them. */
typedef struct reel_optimizer reel_optimizer;

/** Forgets the gradients of all parameters. Source: Optimizer.zero_grad. */
REEL_API void reel_zero_grad(reel_optimizer *optimizer);

/**
 * One step: every parameter that has a gradient moves.
 *
 * Fails: the reel's status if an error is recorded; then no parameter has changed. REEL_ERR_STATE
 *        for L-BFGS and Levenberg-Marquardt, which need a closure.
 * Source: Optimizer.step.
 */
REEL_API reel_status reel_step(reel_optimizer *optimizer);

/**
 * Computes the loss, and brings the parameters' gradients: zero_grad, forward, backward. (For
 * Levenberg-Marquardt: returns the residuals, and leaves gradients alone.) It may be called many
 * times in a step, and may begin with `reel_rewind` so that its memory does not add up. NULL or
 * poison: it has failed.
 */
typedef reel_tensor *(*reel_closure)(void *context);

/**
 * One step with a closure that is called once before it, by L-BFGS and Levenberg-Marquardt again
 * and again. `loss`, unless it is NULL, is what the first call returned (of residuals the sum of
 * squares).
 *
 * Fails: as `reel_step`, and with the closure's error; then parameters and what the optimizer
 *        remembers are as they were before.
 * Source: Optimizer.step(closure).
 */
REEL_API reel_status reel_step_with(reel_optimizer *optimizer, reel_closure closure, void *context,
                                    double *loss);

/** Frees the optimizer before the reel does. */
REEL_API void reel_optimizer_free(reel_optimizer *optimizer);
/** Its name as PyTorch has it: "SGD", "Adam". */
REEL_API const char *reel_optimizer_name(const reel_optimizer *optimizer);

/*
 * Groups of parameters, numbered from 0. Each has its own settings, by PyTorch's names: "lr",
 * "weight_decay", "momentum", "eps"; betas are "beta1" and "beta2", etas "etaminus" and "etaplus",
 * step_sizes "step_size_min" and "step_size_max"; flags are 0 or 1. Here a 0 is a 0.
 */

/** A setting of a group. */
typedef struct reel_setting {
    const char *name; /**< "lr", as PyTorch calls it */
    double value;     /**< a flag's is 0 or 1 */
} reel_setting;

/**
 * A further group, whose settings are the first group's (as it was made) but for those given.
 *
 * Fails: REEL_ERR_VALUE for a setting that the optimizer does not have or that is out of its range,
 *        an empty list, a parameter that is there already; REEL_ERR_STATE for L-BFGS and
 *        Levenberg-Marquardt, which take one group. Then nothing has changed.
 * Source: Optimizer.add_param_group.
 */
REEL_API reel_status reel_add_param_group(reel_optimizer *optimizer, reel_tensor_list parameters,
                                          const reel_setting *settings, size_t count);
/** How many groups there are. Source: len(optimizer.param_groups). */
REEL_API size_t reel_param_groups(const reel_optimizer *optimizer);

/** A group's setting; NaN, and REEL_ERR_VALUE, if there is no such group or setting. */
REEL_API double reel_group_setting(reel_optimizer *optimizer, size_t group, const char *name);
/** Changes it. Fails: REEL_ERR_VALUE if it is not there or out of its range: it stays. */
REEL_API reel_status reel_set_group_setting(reel_optimizer *optimizer, size_t group,
                                            const char *name, double value);
/** A group's learning rate; as `reel_group_setting`. */
REEL_API double reel_lr(reel_optimizer *optimizer, size_t group);
/** Changes a group's learning rate. Fails: as `reel_set_group_setting`. */
REEL_API reel_status reel_set_lr(reel_optimizer *optimizer, size_t group, double lr);

/* What it remembers. */

/**
 * All that the optimizer remembers, for a checkpoint: "state.0.exp_avg" of the first parameter,
 * "state.0.step", "param_groups.0.lr"; numbers are float64 tensors of no dims. The tensors are the
 * optimizer's own, names and numbers live until `reel_rewind`. Source: Optimizer.state_dict.
 */
REEL_API reel_named_tensors reel_optimizer_state_dict(reel_optimizer *optimizer);

/**
 * Takes over what another optimizer of the same kind and parameters remembered, settings included.
 * It goes on to the same bits.
 *
 * Fails: REEL_ERR_VALUE for a name that is missing, unexpected or given twice, REEL_ERR_SHAPE,
 *        REEL_ERR_DTYPE; then nothing has changed.
 * Source: Optimizer.load_state_dict.
 */
REEL_API reel_status reel_optimizer_load_state_dict(reel_optimizer *optimizer,
                                                    const reel_named_tensor *entries, size_t count);

/* Clipping. */

/** How gradients are clipped by their norm; all zero is PyTorch's default. */
typedef struct reel_clip_options {
    double norm_type;        /**< 2; INFINITY for the largest element */
    bool error_if_nonfinite; /**< a norm that is infinite or NaN is REEL_ERR_VALUE */
} reel_clip_options;

/**
 * Scales all gradients so that their norm, as one vector's, is at most max_norm: times
 * min(1, max_norm / (norm + 1e-6)). Returns the norm before, NaN after an error.
 *
 * Source: torch.nn.utils.clip_grad_norm_.
 */
REEL_API double reel_clip_grad_norm(reel_tensor_list parameters, double max_norm,
                                    reel_clip_options options);
/** Limits every element of the gradients to [-limit, limit]. Source: clip_grad_value_. */
REEL_API void reel_clip_grad_value(reel_tensor_list parameters, double limit);

/* Running averages. */

/** A running average of parameters. */
typedef struct reel_ema reel_ema;

/** How it averages; all zero is the default. */
typedef struct reel_ema_options {
    double decay; /**< 0.999: average = decay average + (1 - decay) parameter */
    bool equal;   /**< instead the plain mean of all updates, for stochastic weight averaging */
} reel_ema_options;

/**
 * An average of these parameters (and buffers, if the list has them), which starts with the first
 * update. Integers are copied.
 *
 * Owner: the reel's until you free it.
 * Fails: NULL and REEL_ERR_VALUE for an empty list or a decay outside [0, 1], REEL_ERR_MEMORY.
 * Source: torch.optim.swa_utils.AveragedModel.
 */
REEL_API reel_ema *reel_ema_new(reel_tensor_list parameters, reel_ema_options options);
/** Takes the parameters as they are now into the average; the first time it becomes them. Source:
 *  AveragedModel.update_parameters. */
REEL_API reel_status reel_ema_update(reel_ema *ema);
/** Puts the average in the parameters' place, and keeps them; for evaluation. */
REEL_API reel_status reel_ema_apply(reel_ema *ema);
/** Puts the parameters back. Fails: REEL_ERR_STATE if the average was not applied. */
REEL_API reel_status reel_ema_restore(reel_ema *ema);
/** What it remembers, for a checkpoint: "n_averaged", "module.0"; as an optimizer's. */
REEL_API reel_named_tensors reel_ema_state_dict(reel_ema *ema);
/** Takes that over, all or nothing. Fails: as `reel_optimizer_load_state_dict`. */
REEL_API reel_status reel_ema_load_state_dict(reel_ema *ema, const reel_named_tensor *entries,
                                              size_t count);
/** Frees the average before the reel does; the parameters stay as they are. */
REEL_API void reel_ema_free(reel_ema *ema);

#ifdef __cplusplus
}
#endif
#endif
