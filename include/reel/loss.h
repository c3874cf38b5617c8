/* SPDX-License-Identifier: MIT */
/*
 * Losses: how far an input is from a target.
 *
 * Every loss makes a term of each element, sample or pair, and reduces the terms.
 *
 * Shape:    a scalar, or the terms' own shape with REEL_NONE. Of no terms the mean is NaN, the sum
 *           0.
 * Gradient: to every floating tensor argument, weights excepted, unless said otherwise.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison and REEL_ERR_SHAPE for shapes that do not fit, REEL_ERR_DTYPE for integers and
 *           bools where floats are needed, REEL_ERR_VALUE for a reduction that there is not, and
 *           for what is said to be out of range.
 */
#ifndef REEL_LOSS_H
#define REEL_LOSS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a loss makes its terms into a result. REEL_MEAN is the default and is zero. REEL_BATCHMEAN,
 *  the sum divided by the first dim's size, is for `reel_kl_div` alone. */
typedef enum reel_reduction {
    REEL_MEAN,     /**< Σ terms / n */
    REEL_SUM,      /**< Σ terms */
    REEL_NONE,     /**< the terms as they are */
    REEL_BATCHMEAN /**< Σ terms / the size of the first dim */
} reel_reduction;

/**
 * A zero that is meant. In options 0 stands for PyTorch's default; where that is another number,
 * this asks for 0 itself: `(reel_adam_options){.betas = {REEL_ZERO, 0.99}}`. It is the negative
 * zero.
 */
#define REEL_ZERO (-0.0)

/** The same for an index: 0 itself. */
#define REEL_INDEX_ZERO INT64_MIN

/** A flag of PyTorch's older interface that may also be left unset, which is zero. */
typedef enum reel_legacy_flag {
    REEL_UNSET, /**< None */
    REEL_TRUE,  /**< True */
    REEL_FALSE  /**< False */
} reel_legacy_flag;

/** The reduction that "mean", "sum", "none" or "batchmean" names; -1 for any other text. */
REEL_API int reel_reduction_from_name(const char *name);

/**
 * The reduction that the two older flags stand for: none if reduce is false, sum if size_average is
 * false, else mean. Warns through the message handler if either is set.
 *
 * Source: torch.nn._reduction.legacy_get_string.
 */
REEL_API reel_reduction reel_legacy_reduction(reel *r, reel_legacy_flag size_average,
                                              reel_legacy_flag reduce);

/*
 * Elementwise losses. Input and target broadcast together, where a difference in shape warns: it is
 * rarely meant. Integers become float where the other one is floating.
 */

/**
 * Mean absolute error, reduce(|input - target|).
 *
 * Gradient: sign(input - target), 0 where they are equal; the target gets its negative.
 * Fails:    REEL_ERR_DTYPE for bool or an integer mean.
 * Source:   torch.nn.functional.l1_loss.
 */
REEL_API reel_tensor *reel_l1_loss(reel_tensor *input, reel_tensor *target,
                                   reel_reduction reduction);

/**
 * Mean squared error, reduce((input - target)²).
 *
 * Gradient: 2 (input - target); the target gets its negative.
 * Fails:    REEL_ERR_DTYPE for bool or an integer mean.
 * Source:   torch.nn.functional.mse_loss.
 */
REEL_API reel_tensor *reel_mse_loss(reel_tensor *input, reel_tensor *target,
                                    reel_reduction reduction);

/**
 * With d = input - target: ½ d² / beta where |d| < beta, else |d| - ½ beta. PyTorch's beta is 1;
 * with 0 it is `reel_l1_loss`.
 *
 * Gradient: d / beta or sign(d); the target gets its negative.
 * Fails:    REEL_ERR_VALUE unless beta ≥ 0.
 * Source:   torch.nn.functional.smooth_l1_loss.
 */
REEL_API reel_tensor *reel_smooth_l1_loss(reel_tensor *input, reel_tensor *target, double beta,
                                          reel_reduction reduction);

/**
 * With d = input - target: ½ d² where |d| < delta, else delta (|d| - ½ delta): delta times the
 * smooth L1 loss with beta = delta. PyTorch's delta is 1.
 *
 * Gradient: d or delta sign(d); the target gets its negative.
 * Fails:    REEL_ERR_VALUE unless delta > 0.
 * Source:   torch.nn.functional.huber_loss.
 */
REEL_API reel_tensor *reel_huber_loss(reel_tensor *input, reel_tensor *target, double delta,
                                      reel_reduction reduction);

/*
 * With a weight for each term, of the input's shape; NULL: all 1. What has weight 0 does not count,
 * whatever it is. Gradient: to the weight, too, if it requires one.
 */

/** Σ weight |input - target|; the mean of that is divided by Σ weight. Source:
 *  torch.nn.functional.l1_loss(weight=). */
REEL_API reel_tensor *reel_l1_loss_weighted(reel_tensor *input, reel_tensor *target,
                                            reel_tensor *weight, reel_reduction reduction);
/** Σ weight (input - target)²; the mean of that is divided by Σ weight. Source:
 *  torch.nn.functional.mse_loss(weight=). */
REEL_API reel_tensor *reel_mse_loss_weighted(reel_tensor *input, reel_tensor *target,
                                             reel_tensor *weight, reel_reduction reduction);
/** The terms of `reel_huber_loss` times the weight; the mean of them is divided by their number,
 *  unlike above, as in PyTorch. Source: torch.nn.functional.huber_loss(weight=). */
REEL_API reel_tensor *reel_huber_loss_weighted(reel_tensor *input, reel_tensor *target,
                                               reel_tensor *weight, double delta,
                                               reel_reduction reduction);

/**
 * reduce(ln cosh(input - target)): ½ d² near 0, |d| - ln 2 far from it, smooth between. Exact for
 * small d, finite for large.
 *
 * Gradient: tanh(input - target); the target gets its negative.
 */
REEL_API reel_tensor *reel_log_cosh_loss(reel_tensor *input, reel_tensor *target,
                                         reel_reduction reduction);

/**
 * The pinball loss, whose minimum is the q-quantile: q (target - input) where the input is too low,
 * (1 - q) (input - target) where it is too high.
 *
 * Gradient: -q or 1 - q, 0 where they are equal; the target gets its negative.
 * Fails:    REEL_ERR_VALUE unless 0 < q < 1.
 * Source:   Koenker and Bassett, Regression Quantiles, 1978.
 */
REEL_API reel_tensor *reel_quantile_loss(reel_tensor *input, reel_tensor *target, double q,
                                         reel_reduction reduction);

/**
 * ln(1 + e^(-target input)), for targets of 1 and -1; finite for large values too.
 *
 * Source: torch.nn.functional.soft_margin_loss.
 */
REEL_API reel_tensor *reel_soft_margin_loss(reel_tensor *input, reel_tensor *target,
                                            reel_reduction reduction);

/**
 * The input, a distance, where the target is 1; max(margin - input, 0) where it is -1; their sum
 * where it is neither. PyTorch's margin is 1.
 *
 * Gradient: to the input.
 * Source:   torch.nn.functional.hinge_embedding_loss.
 */
REEL_API reel_tensor *reel_hinge_embedding_loss(reel_tensor *input, reel_tensor *target,
                                                double margin, reel_reduction reduction);

/* Losses of probabilities. */

/**
 * Kullback-Leibler divergence of a target from an input of log-probabilities:
 * target (ln target - input), 0 where the target is 0; with log_target, e^target (target - input).
 * REEL_BATCHMEAN is what mathematics means by it.
 *
 * Shape:  as of the elementwise losses.
 * Source: torch.nn.functional.kl_div.
 */
REEL_API reel_tensor *reel_kl_div(reel_tensor *input, reel_tensor *target, bool log_target,
                                  reel_reduction reduction);

/**
 * -(target ln input + (1 - target) ln(1 - input)), each logarithm at least -100, times the weight.
 *
 * Shape:    input and target alike; weight NULL, or what broadcasts to them.
 * Gradient: (input - target) / max(input (1 - input), 1e-12).
 * Fails:    REEL_ERR_VALUE if an input or a target lies outside [0, 1].
 * Source:   torch.nn.functional.binary_cross_entropy.
 */
REEL_API reel_tensor *reel_binary_cross_entropy(reel_tensor *input, reel_tensor *target,
                                                reel_tensor *weight, reel_reduction reduction);

/**
 * The same of sigmoid(input), finite for large values: (1 - target) input + ln(1 + e^-input). The
 * terms with target 1 count pos_weight times.
 *
 * Shape:  input and target alike; weight and pos_weight NULL, or what broadcasts to them.
 * Source: torch.nn.functional.binary_cross_entropy_with_logits.
 */
REEL_API reel_tensor *reel_binary_cross_entropy_with_logits(reel_tensor *input, reel_tensor *target,
                                                            reel_tensor *weight,
                                                            reel_tensor *pos_weight,
                                                            reel_reduction reduction);

/** Options of the Poisson loss; all zero is PyTorch's default. */
typedef struct reel_poisson_nll_loss_options {
    reel_reduction reduction; /**< of the terms */
    bool no_log_input;        /**< the input is the rate itself, not its logarithm */
    bool full;  /**< adds Stirling's approximation of ln target! where the target is above 1 */
    double eps; /**< keeps ln(input + eps) finite; 0: 1e-8 */
} reel_poisson_nll_loss_options;

/**
 * e^input - target input; of a rate, input - target ln(input + eps).
 *
 * Shape:  as of the elementwise losses.
 * Source: torch.nn.functional.poisson_nll_loss.
 */
REEL_API reel_tensor *reel_poisson_nll_loss(reel_tensor *input, reel_tensor *target,
                                            const reel_poisson_nll_loss_options *options);

/** Options of the Gaussian loss; all zero is PyTorch's default. */
typedef struct reel_gaussian_nll_loss_options {
    reel_reduction reduction; /**< of the terms */
    bool full;                /**< adds the constant ½ ln 2π */
    double eps;               /**< the least variance; 0: 1e-6 */
} reel_gaussian_nll_loss_options;

/**
 * ½ (ln var + (input - target)² / var), var at least eps; the gradient passes to var below eps too.
 *
 * Shape:  input and target broadcast; var is the input's shape, or that with a last size of 1, or
 *         without the last dim.
 * Fails:  REEL_ERR_VALUE if a var is negative.
 * Source: torch.nn.functional.gaussian_nll_loss.
 */
REEL_API reel_tensor *reel_gaussian_nll_loss(reel_tensor *input, reel_tensor *target,
                                             reel_tensor *var,
                                             const reel_gaussian_nll_loss_options *options);

/* Losses of classes: of N samples, or of one, with C classes each. */

/** Options of `reel_nll_loss`; all zero is PyTorch's default. */
typedef struct reel_nll_loss_options {
    reel_reduction reduction; /**< of the terms */
    reel_tensor *weight;      /**< (C,) of the classes; NULL: all 1 */
    int64_t ignore_index;     /**< targets that do not count; 0: -100, REEL_INDEX_ZERO: class 0 */
} reel_nll_loss_options;

/**
 * Negative log-likelihood, -weight[target] input[target], of log-probabilities. The mean is divided
 * by the sum of the targets' weights.
 *
 * Shape:    input (N, C), or (C,), or (N, C, …); target int64 (N,), (), (N, …).
 * Gradient: to the input. All targets ignored: the mean is NaN, its gradient 0.
 * Fails:    REEL_ERR_VALUE for a target that is neither a class nor ignored.
 * Source:   torch.nn.functional.nll_loss.
 */
REEL_API reel_tensor *reel_nll_loss(reel_tensor *input, reel_tensor *target,
                                    const reel_nll_loss_options *options);

/** Options of `reel_cross_entropy`; all zero is PyTorch's default. */
typedef struct reel_cross_entropy_options {
    reel_reduction reduction; /**< of the terms */
    reel_tensor *weight;      /**< (C,) of the classes; NULL: all 1 */
    int64_t ignore_index;     /**< as in reel_nll_loss_options */
    double label_smoothing;   /**< the share of the target that is spread over all classes */
} reel_cross_entropy_options;

/**
 * `reel_nll_loss` of the input's log-softmax. A floating target of the input's shape holds
 * probabilities: -Σ weight target ln softmax(input), whose mean is divided by the number of
 * samples.
 *
 * Shape:    as of `reel_nll_loss`.
 * Gradient: softmax(input) - target, as probabilities; target probabilities get theirs too.
 * Fails:    REEL_ERR_VALUE for a target that is neither a class nor ignored, for label_smoothing
 *           outside [0, 1].
 * Source:   torch.nn.functional.cross_entropy.
 */
REEL_API reel_tensor *reel_cross_entropy(reel_tensor *input, reel_tensor *target,
                                         const reel_cross_entropy_options *options);

/**
 * The mean over the last dim of weight times `reel_binary_cross_entropy_with_logits`.
 *
 * Shape:  input and target (N, C) or (C,); weight NULL, or what broadcasts to them. Terms (N,).
 * Source: torch.nn.functional.multilabel_soft_margin_loss.
 */
REEL_API reel_tensor *reel_multilabel_soft_margin_loss(reel_tensor *input, reel_tensor *target,
                                                       reel_tensor *weight,
                                                       reel_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
