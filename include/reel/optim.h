/* SPDX-License-Identifier: MIT */
/*
 * Optimizers: rules that change parameters by their gradients.
 *
 * p is a parameter, g its gradient; g = -g if `maximize`, then g += weight_decay p. Options are
 * PyTorch's with its defaults, given beside each: a 0 asks for the default, REEL_ZERO for 0 itself.
 *
 * Fails: an optimizer that does nothing (NULL) and REEL_ERR_VALUE: an option outside its range, no
 *        parameters, one that is given twice or is no floating leaf; REEL_ERR_MEMORY.
 * Owner: the reel's; it is freed with it, or by `reel_optimizer_free`.
 * Source: the class of the same name in torch.optim (2.13), to the bit but for square roots, which
 *         are correctly rounded here.
 */
#ifndef REEL_OPTIM_H
#define REEL_OPTIM_H

#include <reel/optimizer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Options of SGD. */
typedef struct reel_sgd_options {
    double lr;           /**< 1e-3: the learning rate */
    double momentum;     /**< 0: none */
    double dampening;    /**< 0: g counts in full */
    double weight_decay; /**< 0: none */
    bool nesterov;       /**< needs a momentum and no dampening */
    bool maximize;       /**< go up */
} reel_sgd_options;

/**
 * Stochastic gradient descent. With momentum v = momentum v + (1 - dampening) g (the first time
 * v = g), and g = g + momentum v if nesterov, else v. Then p = p - lr g.
 */
REEL_API reel_optimizer *reel_optim_sgd(reel_tensor_list parameters, reel_sgd_options options);

/** Options of Adam. */
typedef struct reel_adam_options {
    double lr;                   /**< 1e-3 */
    double betas[2];             /**< 0.9, 0.999 */
    double eps;                  /**< 1e-8 */
    double weight_decay;         /**< 0: none */
    bool amsgrad;                /**< √ of the largest v so far */
    bool maximize;               /**< go up */
    bool decoupled_weight_decay; /**< as AdamW, which always does */
} reel_adam_options;

/**
 * m and v average g and g² with beta1 and beta2; at step t
 * p = p - lr / (1 - beta1ᵗ) m / (√v / √(1 - beta2ᵗ) + eps).
 */
REEL_API reel_optimizer *reel_optim_adam(reel_tensor_list parameters, reel_adam_options options);

/** Options of AdamW: Adam's, with weight_decay 1e-2. */
typedef reel_adam_options reel_adamw_options;
/** Adam, but weights decay apart from the gradient: first p = p - lr weight_decay p. */
REEL_API reel_optimizer *reel_optim_adamw(reel_tensor_list parameters, reel_adamw_options options);

/** Options of Adamax. */
typedef struct reel_adamax_options {
    double lr;           /**< 2e-3 */
    double betas[2];     /**< 0.9, 0.999 */
    double eps;          /**< 1e-8 */
    double weight_decay; /**< 0: none */
    bool maximize;       /**< go up */
} reel_adamax_options;
/** m averages g, u = max(beta2 u, |g| + eps); p = p - lr / (1 - beta1ᵗ) m / u. */
REEL_API reel_optimizer *reel_optim_adamax(reel_tensor_list parameters,
                                           reel_adamax_options options);

/** Options of NAdam. */
typedef struct reel_nadam_options {
    double lr;                   /**< 2e-3 */
    double betas[2];             /**< 0.9, 0.999 */
    double eps;                  /**< 1e-8 */
    double weight_decay;         /**< 0: none */
    double momentum_decay;       /**< 4e-3 */
    bool decoupled_weight_decay; /**< weights decay apart from the gradient, as AdamW's */
    bool maximize;               /**< go up */
} reel_nadam_options;
/** Adam with Nesterov's momentum, beta1 (1 - ½ 0.96^(t momentum_decay)) at step t. */
REEL_API reel_optimizer *reel_optim_nadam(reel_tensor_list parameters, reel_nadam_options options);

/** Options of RAdam. */
typedef struct reel_radam_options {
    double lr;                   /**< 1e-3 */
    double betas[2];             /**< 0.9, 0.999 */
    double eps;                  /**< 1e-8 */
    double weight_decay;         /**< 0: none */
    bool decoupled_weight_decay; /**< weights decay apart from the gradient, as AdamW's */
    bool maximize;               /**< go up */
} reel_radam_options;
/** Adam that leaves v out until its variance is bounded, and rectifies the step from then on. */
REEL_API reel_optimizer *reel_optim_radam(reel_tensor_list parameters, reel_radam_options options);

/** Options of RMSprop. */
typedef struct reel_rmsprop_options {
    double lr;           /**< 1e-2 */
    double alpha;        /**< 0.99 */
    double eps;          /**< 1e-8 */
    double weight_decay; /**< 0: none */
    double momentum;     /**< 0: none */
    bool centered;       /**< v less the square of g's average */
    bool maximize;       /**< go up */
} reel_rmsprop_options;
/** v averages g² with alpha; p = p - lr g / (√v + eps), with momentum by way of a buffer. */
REEL_API reel_optimizer *reel_optim_rmsprop(reel_tensor_list parameters,
                                            reel_rmsprop_options options);

/** Options of Adagrad. */
typedef struct reel_adagrad_options {
    double lr;                        /**< 1e-2 */
    double lr_decay;                  /**< 0: none */
    double weight_decay;              /**< 0: none */
    double initial_accumulator_value; /**< 0: what s starts from */
    double eps;                       /**< 1e-10 */
    bool maximize;                    /**< go up */
} reel_adagrad_options;
/** s sums g²; p = p - lr / (1 + (t - 1) lr_decay) g / (√s + eps). */
REEL_API reel_optimizer *reel_optim_adagrad(reel_tensor_list parameters,
                                            reel_adagrad_options options);

/** Options of Adadelta. */
typedef struct reel_adadelta_options {
    double lr;           /**< 1 */
    double rho;          /**< 0.9 */
    double eps;          /**< 1e-6 */
    double weight_decay; /**< 0: none */
    bool maximize;       /**< go up */
} reel_adadelta_options;
/** v averages g², d the squares of the steps Δ = √(d + eps) / √(v + eps) g; p = p - lr Δ. */
REEL_API reel_optimizer *reel_optim_adadelta(reel_tensor_list parameters,
                                             reel_adadelta_options options);

/** Options of ASGD. */
typedef struct reel_asgd_options {
    double lr;           /**< 1e-2 */
    double lambd;        /**< 1e-4 */
    double alpha;        /**< 0.75 */
    double t0;           /**< 1e6: the step from which on the parameters are averaged */
    double weight_decay; /**< 0: none */
    bool maximize;       /**< go up */
} reel_asgd_options;
/** Averaged SGD: p = p - eta (lambd p + g) with eta = lr / (1 + lambd lr t)^alpha; "ax": p's
 * mean. */
REEL_API reel_optimizer *reel_optim_asgd(reel_tensor_list parameters, reel_asgd_options options);

/** Options of Rprop. */
typedef struct reel_rprop_options {
    double lr;            /**< 1e-2: every element's first step */
    double etas[2];       /**< 0.5, 1.2: how a step shrinks, and grows */
    double step_sizes[2]; /**< 1e-6, 50: its bounds */
    bool maximize;        /**< go up */
} reel_rprop_options;
/** Each element moves by a step of its own, against g's sign; it grows while the sign stays. */
REEL_API reel_optimizer *reel_optim_rprop(reel_tensor_list parameters, reel_rprop_options options);

/** Options of Adafactor. */
typedef struct reel_adafactor_options {
    double lr;          /**< 1e-2: the most of a relative step */
    double beta2_decay; /**< -0.8: at step t the newest squares count t^beta2_decay */
    double eps[2];      /**< the dtype's spacing at 1, 1e-3: the least of √v, and of p's size */
    double d;           /**< 1: an update whose root mean square is above it is scaled down to it */
    double weight_decay; /**< 0: none; apart from the gradient */
    bool maximize;       /**< go up */
} reel_adafactor_options;
/**
 * v averages g², of matrices by rows and columns alone: v_ij = row_i col_j / mean(row). p = p - lr′
 * u with u = g / √v clipped by d, and lr′ = max(eps2, ‖p‖ / √n) min(lr, 1 / √t). Memory: of an (n,
 * m) matrix n + m elements.
 */
REEL_API reel_optimizer *reel_optim_adafactor(reel_tensor_list parameters,
                                              reel_adafactor_options options);

/** Options of Muon. */
typedef struct reel_muon_options {
    double lr;                 /**< 1e-3 */
    double weight_decay;       /**< 0.1; apart from the gradient */
    double momentum;           /**< 0.95 */
    bool no_nesterov;          /**< the momentum itself, not moved on */
    double ns_coefficients[3]; /**< 3.4445, -4.775, 2.0315: a, b and c; all 0: these */
    double eps;                /**< 1e-7: the least norm */
    int64_t ns_steps;          /**< 5: turns of the iteration, below 100 */
    bool match_rms_adamw;      /**< lr times 0.2 √max(n, m), not √max(1, n / m) */
} reel_muon_options;
/**
 * For matrices alone: the momentum M = momentum M + (1 - momentum) g, made nearly orthogonal by
 * ns_steps turns of X = a X + (b XXᵀ + c (XXᵀ)²) X from M / ‖M‖, in bfloat16 as in PyTorch: agrees
 * with it to that precision. Fails: REEL_ERR_SHAPE for a parameter that is no matrix.
 */
REEL_API reel_optimizer *reel_optim_muon(reel_tensor_list parameters, reel_muon_options options);

/** The length of L-BFGS's steps: lr, or what a search for the strong Wolfe conditions finds. */
typedef enum reel_line_search {
    REEL_NO_LINE_SEARCH, /**< lr */
    REEL_STRONG_WOLFE    /**< searched */
} reel_line_search;

/** Options of L-BFGS. */
typedef struct reel_lbfgs_options {
    double lr;                       /**< 1 */
    int64_t max_iter;                /**< 20: of iterations in a step */
    int64_t max_eval;                /**< max_iter * 5 / 4: of closure's calls in a step */
    double tolerance_grad;           /**< 1e-7: on the largest |g| */
    double tolerance_change;         /**< 1e-9: on the loss, and on the parameters */
    int64_t history_size;            /**< 100 */
    reel_line_search line_search_fn; /**< none */
} reel_lbfgs_options;
/**
 * Limited-memory BFGS; each step takes a closure (`reel_step_with`) and up to max_iter iterations.
 * Memory: up to 2 (history_size + max_iter) + 11 vectors of the size of all parameters, as the
 * history grows. Fails also if the closure does; then all is as it was before the step.
 */
REEL_API reel_optimizer *reel_optim_lbfgs(reel_tensor_list parameters, reel_lbfgs_options options);

/** How Levenberg-Marquardt gets its Jacobian: by a backward pass for each residual, or by two for
 * each parameter, which needs operations whose gradients can be differentiated; AUTO takes the
 * fewer. */
typedef enum reel_jacobian {
    REEL_JACOBIAN_AUTO,   /**< whichever takes fewer passes */
    REEL_JACOBIAN_ROWS,   /**< a backward pass for each residual */
    REEL_JACOBIAN_COLUMNS /**< two for each parameter */
} reel_jacobian;

/** Options of Levenberg-Marquardt. */
typedef struct reel_levenberg_marquardt_options {
    double damping;          /**< 1e-3: mu at first */
    int64_t max_iter;        /**< 1: of moves in a step */
    double tolerance_change; /**< 1e-14: a share of the sum of squares that counts as nothing */
    reel_jacobian jacobian;  /**< AUTO */
} reel_levenberg_marquardt_options;
/**
 * Levenberg-Marquardt for least squares, Σ r(p)², of as many residuals and parameters as a dense
 * Jacobian J is good for. Each step takes a closure that returns the residuals r, of any shape, and
 * moves by the d that solves (JᵀJ + mu D²) d = -Jᵀr, bent along the path's curvature, with D the
 * norms of J's columns. Only what lowers the sum is accepted; mu follows the share of what was
 * foreseen that came true. It works in float64; parameters better are, too. `reel_converged` tells
 * when to stop.
 *
 * Fails: also REEL_ERR_VALUE if the residuals are not finite to begin with, REEL_ERR_SHAPE if their
 *        number changes within a step; then all is as it was.
 * Source: Levenberg (1944), Marquardt (1963); Moré (1978) for D, Nielsen (1999) for mu, Transtrum
 *         and Sethna (2012) for the bend.
 */
REEL_API reel_optimizer *reel_optim_levenberg_marquardt(reel_tensor_list parameters,
                                                        reel_levenberg_marquardt_options options);
/** Whether Levenberg-Marquardt has come as close as rounding lets it; false for other
 * optimizers. */
REEL_API bool reel_converged(const reel_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
