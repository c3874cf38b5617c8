/* SPDX-License-Identifier: MIT */
/*
 * Of samples: differences, areas, counts, covariances.
 *
 * Gradient: to every floating tensor, but through counts.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison and REEL_ERR_SHAPE for shapes that do not fit, REEL_ERR_DTYPE for bools where
 *           nothing else is said.
 */
#ifndef REEL_STATISTICS_H
#define REEL_STATISTICS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * x[i + 1] - x[i] along a dim, n times over; of bools whether they differ. PyTorch's n is 1, its
 * dim -1.
 *
 * Shape:  prepend and append, or NULL, go before and after x along the dim; it loses n places.
 * Fails:  REEL_ERR_VALUE for a negative n.
 * Source: torch.diff.
 */
REEL_API reel_tensor *reel_diff(reel_tensor *x, int64_t n, int64_t dim, reel_tensor *prepend,
                                reel_tensor *append);

/**
 * The area under y along a dim, Σ ½ (y[i + 1] + y[i]) (x[i + 1] - x[i]). PyTorch's dx is 1, its dim
 * -1.
 *
 * Shape:  y without the dim. x: a vector of places, or what broadcasts to y; NULL: dx apart.
 * Source: torch.trapezoid.
 */
REEL_API reel_tensor *reel_trapezoid(reel_tensor *y, reel_tensor *x, double dx, int64_t dim);
/** The same up to each place after the first. Source: torch.cumulative_trapezoid. */
REEL_API reel_tensor *reel_cumulative_trapezoid(reel_tensor *y, reel_tensor *x, double dx,
                                                int64_t dim);

/** Options of covariances; all zero is PyTorch's default. */
typedef struct reel_cov_options {
    double correction;     /**< 1: what n is lessened by; REEL_ZERO: nothing */
    reel_tensor *fweights; /**< int64 (n,): how often each observation was made; NULL: once */
    reel_tensor *aweights; /**< floating (n,): how much each counts; NULL: all alike */
} reel_cov_options;

/**
 * The covariances of variables, a row each, whose n observations are the columns: Σ w (x_i - μ_i)
 * (x_j - μ_j) / (Σ w - correction), which with aweights a is times Σ w a / Σ w, and at least 0.
 *
 * Shape:  (v, n) gives (v, v); (n,) or one variable no dims.
 * Fails:  REEL_ERR_VALUE for negative weights.
 * Source: torch.cov.
 */
REEL_API reel_tensor *reel_cov(reel_tensor *x, reel_cov_options options);

/** The covariances divided by both deviations, within [-1, 1]. Source: torch.corrcoef. */
REEL_API reel_tensor *reel_corrcoef(reel_tensor *x);

/** How often each whole number from 0 on occurs in a vector; or the sum of the weights (NULL: none)
 *  where it does. At least minlength of them. No gradient. Fails: REEL_ERR_VALUE for a negative
 *  number, REEL_ERR_STATE while a step is being captured. Source: torch.bincount. */
REEL_API reel_tensor *reel_bincount(reel_tensor *x, reel_tensor *weights, int64_t minlength);

/**
 * How many elements lie in each of so many bins of equal width from min to max, in x's dtype; where
 * these are equal, from the least to the largest element. PyTorch has 100 bins from 0 to 0. No
 * gradient.
 *
 * Fails:  REEL_ERR_VALUE for a range that is not finite, REEL_ERR_DTYPE for integers.
 * Source: torch.histc.
 */
REEL_API reel_tensor *reel_histc(reel_tensor *x, int64_t bins, double min, double max);

/** A histogram. */
typedef struct reel_bins {
    reel_tensor *counts; /**< (n,): how many elements lie in each bin, or what they weigh */
    reel_tensor *edges;  /**< (n + 1,): the bins' bounds */
} reel_bins;

/** How a histogram is made. */
typedef struct reel_histogram_options {
    int64_t bins;        /**< of equal width; 0: 100. PyTorch has no default */
    double min;          /**< where they begin, … */
    double max;          /**< … and end; equal: at the least and the largest element */
    reel_tensor *edges;  /**< bounds in order in place of all that, or NULL */
    reel_tensor *weight; /**< of each element, in x's shape and dtype, or NULL */
    bool density;        /**< counts are divided by their sum and by the bins' widths */
} reel_histogram_options;

/**
 * How many elements lie in each bin: a bound belongs to the bin that it begins, and the last one to
 * the last bin. What lies outside, and NaN, is left out. No gradient.
 *
 * Fails:  REEL_ERR_VALUE for a range that is not finite, REEL_ERR_DTYPE for integers,
 *         REEL_ERR_SHAPE for weights of another shape; REEL_ERR_STATE while a step is being
 *         captured, if elements say where the bins are.
 * Source: torch.histogram.
 */
REEL_API reel_bins reel_histogram(reel_tensor *x, reel_histogram_options options);

#ifdef __cplusplus
}
#endif
#endif
