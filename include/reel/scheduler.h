/* SPDX-License-Identifier: MIT */
/*
 * Schedulers: how a learning rate changes from step to step. Each is made for an optimizer, sets
 * the rate of its first step at once, and the next one at each `reel_scheduler_step`, which belongs
 * behind `reel_step`. Rates come out as PyTorch computes them, to the bit: most from the rate
 * before.
 *
 * In options a 0 asks for PyTorch's default, given beside each; where that is another number,
 * REEL_ZERO asks for 0 itself, and REEL_ZERO_COUNT for a count of 0.
 *
 * Fails: a scheduler that does nothing (NULL), and REEL_ERR_VALUE for an option outside its range,
 *        REEL_ERR_MEMORY.
 * Owner: the reel's; it goes with it, or by `reel_scheduler_free`. It needs its optimizer.
 * Source: the class of the same name in torch.optim.lr_scheduler (2.13).
 */
#ifndef REEL_SCHEDULER_H
#define REEL_SCHEDULER_H

#include <reel/optimizer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sets an optimizer's learning rates, step by step. */
typedef struct reel_scheduler reel_scheduler;

/** A zero that is meant, where options have a count. */
enum {
    REEL_ZERO_COUNT = -1 /**< 0, not the default */
};

/**
 * The next learning rate (and momentum, of those that cycle it). A first call before any
 * `reel_step` is worth a warning: it would skip a rate.
 *
 * Fails: the reel's status if an error is recorded; REEL_ERR_STATE past the end of a OneCycleLR and
 *        for ReduceLROnPlateau, which takes a metric. Then nothing has changed.
 * Source: scheduler.step().
 */
REEL_API reel_status reel_scheduler_step(reel_scheduler *scheduler);
/** The same for ReduceLROnPlateau, by what a validation has measured. */
REEL_API reel_status reel_scheduler_step_metric(reel_scheduler *scheduler, double metric);
/** How many steps it has taken. */
REEL_API int64_t reel_scheduler_last_epoch(const reel_scheduler *scheduler);

/** What it remembers and its settings, for a checkpoint: "last_epoch", "gamma", "base_lrs.0". */
REEL_API reel_named_tensors reel_scheduler_state_dict(reel_scheduler *scheduler);
/** Takes that over, all or nothing; the rates themselves are the optimizer's, functions stay. */
REEL_API reel_status reel_scheduler_load_state_dict(reel_scheduler *scheduler,
                                                    const reel_named_tensor *entries, size_t count);
/** Frees the scheduler before the reel does; not the parts that it is made of. */
REEL_API void reel_scheduler_free(reel_scheduler *scheduler);

/** Options of StepLR. */
typedef struct reel_lr_step_options {
    int64_t step_size; /**< has no default */
    double gamma;      /**< 0.1 */
} reel_lr_step_options;
/** StepLR: times gamma every step_size steps. */
REEL_API reel_scheduler *reel_lr_step(reel_optimizer *optimizer, reel_lr_step_options options);

/** Options of MultiStepLR. */
typedef struct reel_lr_multi_step_options {
    const int64_t *milestones; /**< ascending; copied */
    size_t count;              /**< how many */
    double gamma;              /**< 0.1 */
} reel_lr_multi_step_options;
/** MultiStepLR: times gamma at each milestone. */
REEL_API reel_scheduler *reel_lr_multi_step(reel_optimizer *optimizer,
                                            reel_lr_multi_step_options options);

/** Options of ExponentialLR. gamma has no default. */
typedef struct reel_lr_exponential_options {
    double gamma; /**< the factor of each step */
} reel_lr_exponential_options;
/** ExponentialLR: times gamma at every step. */
REEL_API reel_scheduler *reel_lr_exponential(reel_optimizer *optimizer,
                                             reel_lr_exponential_options options);

/** Options of ConstantLR. */
typedef struct reel_lr_constant_options {
    double factor;       /**< 1/3 */
    int64_t total_iters; /**< 5 */
} reel_lr_constant_options;
/** ConstantLR: times factor for the first total_iters steps. */
REEL_API reel_scheduler *reel_lr_constant(reel_optimizer *optimizer,
                                          reel_lr_constant_options options);

/** Options of LinearLR. */
typedef struct reel_lr_linear_options {
    double start_factor; /**< 1/3 */
    double end_factor;   /**< 1 */
    int64_t total_iters; /**< 5 */
} reel_lr_linear_options;
/** LinearLR: the factor goes in a straight line from start to end over total_iters steps. */
REEL_API reel_scheduler *reel_lr_linear(reel_optimizer *optimizer, reel_lr_linear_options options);

/** Options of PolynomialLR. */
typedef struct reel_lr_polynomial_options {
    int64_t total_iters; /**< 5 */
    double power;        /**< 1 */
} reel_lr_polynomial_options;
/** PolynomialLR: times (1 - t / total_iters)^power. */
REEL_API reel_scheduler *reel_lr_polynomial(reel_optimizer *optimizer,
                                            reel_lr_polynomial_options options);

/** Options of CosineAnnealingLR. */
typedef struct reel_lr_cosine_annealing_options {
    int64_t T_max;  /**< steps from the first rate to eta_min; has no default */
    double eta_min; /**< 0: the lowest rate */
} reel_lr_cosine_annealing_options;
/** CosineAnnealingLR: eta_min + (lr - eta_min) (1 + cos(π t / T_max)) / 2. */
REEL_API reel_scheduler *reel_lr_cosine_annealing(reel_optimizer *optimizer,
                                                  reel_lr_cosine_annealing_options options);

/** Options of CosineAnnealingWarmRestarts. */
typedef struct reel_lr_cosine_annealing_warm_restarts_options {
    int64_t T_0;    /**< steps of the first period; has no default */
    int64_t T_mult; /**< 1 */
    double eta_min; /**< 0: the lowest rate */
} reel_lr_cosine_annealing_warm_restarts_options;
/** The same from the start again after T_0 steps, each period T_mult times the one before. */
REEL_API reel_scheduler *
reel_lr_cosine_annealing_warm_restarts(reel_optimizer *optimizer,
                                       reel_lr_cosine_annealing_warm_restarts_options options);

/** How a rate goes from one value to another. */
typedef enum reel_anneal_strategy {
    REEL_ANNEAL_COS,   /**< along half a cosine */
    REEL_ANNEAL_LINEAR /**< along a line */
} reel_anneal_strategy;

/** Options of OneCycleLR. */
typedef struct reel_lr_one_cycle_options {
    double max_lr;           /**< the highest rate; has no default */
    const double *max_lrs;   /**< NULL, or one for each group in place of max_lr; copied */
    int64_t total_steps;     /**< or else epochs * steps_per_epoch */
    int64_t epochs;          /**< how many of them */
    int64_t steps_per_epoch; /**< and of how many steps each */
    double pct_start;        /**< 0.3: the share of steps in which the rate grows */
    reel_anneal_strategy anneal_strategy; /**< REEL_ANNEAL_COS */
    bool no_cycle_momentum;               /**< momentum stays as it is */
    double base_momentum;                 /**< 0.85: where the rate is highest; Adam's is beta1 */
    double max_momentum;                  /**< 0.95: where it is lowest */
    double div_factor;                    /**< 25: max_lr over the first rate */
    double final_div_factor;              /**< 1e4: the first rate over the last */
    bool three_phase; /**< down to the first rate as it went up, and only then to the last */
} reel_lr_one_cycle_options;
/** OneCycleLR: up to max_lr and down to nearly nothing, momentum the other way. */
REEL_API reel_scheduler *reel_lr_one_cycle(reel_optimizer *optimizer,
                                           reel_lr_one_cycle_options options);

/** How high the cycles of CyclicLR are. */
typedef enum reel_cyclic_mode {
    REEL_TRIANGULAR,  /**< the same each time */
    REEL_TRIANGULAR2, /**< half as high each time */
    REEL_EXP_RANGE    /**< times gamma^t */
} reel_cyclic_mode;

/** Options of CyclicLR. */
typedef struct reel_lr_cyclic_options {
    double base_lr;                                  /**< the lowest rate; has no default */
    double max_lr;                                   /**< the highest; has no default */
    const double *base_lrs;                          /**< NULL, or one for each group; copied */
    const double *max_lrs;                           /**< the same */
    double step_size_up;                             /**< 2000 */
    double step_size_down;                           /**< step_size_up */
    reel_cyclic_mode mode;                           /**< REEL_TRIANGULAR */
    double gamma;                                    /**< 1 */
    double (*scale_fn)(void *context, double cycle); /**< in place of mode */
    void *context;                                   /**< handed to scale_fn */
    bool scale_by_iterations; /**< scale_fn takes the step's number, not the cycle's */
    bool no_cycle_momentum;   /**< momentum stays as it is */
    double base_momentum;     /**< 0.8: where the rate is highest */
    double max_momentum;      /**< 0.9: where it is lowest */
} reel_lr_cyclic_options;
/** CyclicLR: up from base_lr to max_lr and down, again and again, momentum the other way. */
REEL_API reel_scheduler *reel_lr_cyclic(reel_optimizer *optimizer, reel_lr_cyclic_options options);

/** Options of ReduceLROnPlateau. */
typedef struct reel_lr_reduce_on_plateau_options {
    bool max;              /**< mode: a larger metric is better */
    double factor;         /**< 0.1 */
    int64_t patience;      /**< 10 */
    double threshold;      /**< 1e-4 */
    bool absolute;         /**< threshold_mode: not relative to the best */
    int64_t cooldown;      /**< 0: steps after a change in which nothing counts as worse */
    double min_lr;         /**< 0: no rate goes below it */
    const double *min_lrs; /**< NULL, or one for each group; copied */
    double eps;            /**< 1e-8: smaller changes are not made */
} reel_lr_reduce_on_plateau_options;
/** ReduceLROnPlateau: times factor when the metric has not been better for `patience` steps. */
REEL_API reel_scheduler *reel_lr_reduce_on_plateau(reel_optimizer *optimizer,
                                                   reel_lr_reduce_on_plateau_options options);

/** LambdaLR: the first rate times what the function says for a group and a step. */
REEL_API reel_scheduler *
reel_lr_lambda(reel_optimizer *optimizer,
               double (*lr_lambda)(void *context, size_t group, int64_t epoch), void *context);

/** MultiplicativeLR: the rate before times what the function says, from the first step on. */
REEL_API reel_scheduler *reel_lr_multiplicative(reel_optimizer *optimizer,
                                                double (*lr_lambda)(void *context, size_t group,
                                                                    int64_t epoch),
                                                void *context);

/**
 * SequentialLR: `count` schedulers of one optimizer, each from its milestone on; there are count -
 * 1, in ascending order. All but ReduceLROnPlateau and SequentialLR itself can be one.
 */
REEL_API reel_scheduler *reel_lr_sequential(reel_optimizer *optimizer,
                                            reel_scheduler *const *schedulers, size_t count,
                                            const int64_t *milestones);
/** ChainedScheduler: `count` schedulers of one optimizer that step together, each from the rate
 *  that the one before it has set. Those can be parts that can be of a SequentialLR. */
REEL_API reel_scheduler *reel_lr_chained(reel_optimizer *optimizer,
                                         reel_scheduler *const *schedulers, size_t count);

#ifdef __cplusplus
}
#endif
#endif
