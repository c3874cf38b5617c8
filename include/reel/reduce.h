/* SPDX-License-Identifier: MIT */
/*
 * Operations that make many elements into one, and those that work along a dim.
 *
 * Shape: `count` dims of x, named from the front or (negative) from the end, go, or stay with size
 *        1 if keepdim; no dims (NULL, 0) are all of them. A tensor of no dims has dim 0 here.
 *        Functions without dims reduce over everything, to a tensor of no dims.
 * dtype: x's, where nothing else is said. PyTorch's `dtype=` is `reel_to` before the operation.
 * Owner: the result lives until `reel_rewind`.
 * Fails: poison and REEL_ERR_SHAPE for a dim that there is not or that is named twice;
 *        REEL_ERR_DTYPE for integers and bools where the input must be floating.
 *
 * Sums run in PyTorch's cascade order, the same for any number of threads.
 */
#ifndef REEL_REDUCE_H
#define REEL_REDUCE_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Elements that were picked, and where along the dim each was found. */
typedef struct reel_values {
    reel_tensor *values;  /**< the elements themselves */
    reel_tensor *indices; /**< i64, without gradient */
} reel_values;

/** A variance or a standard deviation, and the mean. */
typedef struct reel_moments {
    reel_tensor *spread; /**< the variance, or the standard deviation */
    reel_tensor *mean;   /**< the mean */
} reel_moments;

/* Sums and products. Bools and integers give int64. */

/** Σ x; 0 of nothing. Gradient: g to every element. Source: torch.sum. */
REEL_API reel_tensor *reel_sum(reel_tensor *x);
/** Σ x over dims. Source: torch.sum(x, dim, keepdim). */
REEL_API reel_tensor *reel_sum_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** Σ x / n; NaN of nothing. The input must be floating. Gradient: g / n. Source: torch.mean. */
REEL_API reel_tensor *reel_mean(reel_tensor *x);
/** The mean over dims. Source: torch.mean(x, dim, keepdim). */
REEL_API reel_tensor *reel_mean_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** Σ x over all that is not NaN. Gradient: g, 0 to NaNs. Source: torch.nansum. */
REEL_API reel_tensor *reel_nansum(reel_tensor *x);
/** The same over dims. Source: torch.nansum(x, dim, keepdim). */
REEL_API reel_tensor *reel_nansum_dim(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** Σ of a matrix's diagonal. Fails: REEL_ERR_SHAPE for other shapes. Source: torch.trace. */
REEL_API reel_tensor *reel_trace(reel_tensor *x);
/** Π x; 1 of nothing. Gradient: g times the product of the others, zeros or not.
 *  Source: torch.prod. */
REEL_API reel_tensor *reel_prod(reel_tensor *x);
/** Π x along a dim. Source: torch.prod(x, dim, keepdim). */
REEL_API reel_tensor *reel_prod_dim(reel_tensor *x, int64_t dim, bool keepdim);
/** ln Σ eˣ, without overflow; integers become float32. Gradient: g softmax(x).
 *  Source: torch.logsumexp. */
REEL_API reel_tensor *reel_logsumexp(reel_tensor *x, const int64_t *dims, int count, bool keepdim);

/*
 * Extremes. A NaN counts as larger and as smaller than every number.
 * Fails: REEL_ERR_SHAPE too where there is nothing to choose from.
 */

/** The largest over dims. Gradient: g in equal shares to all that equal it. Source: torch.amax. */
REEL_API reel_tensor *reel_amax(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** The smallest over dims; as `reel_amax`. Source: torch.amin. */
REEL_API reel_tensor *reel_amin(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** The largest of all. Gradient: as of `reel_amax`; NaNs share it. Source: torch.max(x). */
REEL_API reel_tensor *reel_max(reel_tensor *x);
/** The smallest of all; as `reel_max`. Source: torch.min(x). */
REEL_API reel_tensor *reel_min(reel_tensor *x);
/** The largest along a dim and the first index of it. Gradient: g to that one element.
 *  Source: torch.max(x, dim, keepdim). */
REEL_API reel_values reel_max_dim(reel_tensor *x, int64_t dim, bool keepdim);
/** The smallest along a dim; as `reel_max_dim`. Source: torch.min(x, dim, keepdim). */
REEL_API reel_values reel_min_dim(reel_tensor *x, int64_t dim, bool keepdim);
/** The first index of the largest, counted row by row; i64. No gradient. Fails: REEL_ERR_DTYPE for
 *  bools. Source: torch.argmax. */
REEL_API reel_tensor *reel_argmax(reel_tensor *x);
/** The same of the smallest. Source: torch.argmin. */
REEL_API reel_tensor *reel_argmin(reel_tensor *x);
/** The first index of the largest along a dim; i64. Source: torch.argmax(x, dim, keepdim). */
REEL_API reel_tensor *reel_argmax_dim(reel_tensor *x, int64_t dim, bool keepdim);
/** The same of the smallest. Source: torch.argmin(x, dim, keepdim). */
REEL_API reel_tensor *reel_argmin_dim(reel_tensor *x, int64_t dim, bool keepdim);

/* Questions, without gradient. Everything but 0 is true, NaN too. */

/** Whether any element is true. Source: torch.any. */
REEL_API reel_tensor *reel_any(reel_tensor *x);
/** The same along a dim. Source: torch.any(x, dim, keepdim). */
REEL_API reel_tensor *reel_any_dim(reel_tensor *x, int64_t dim, bool keepdim);
/** The same over `count` dims, all of them if it is 0. Source: torch.any(x, dims, keepdim). */
REEL_API reel_tensor *reel_any_dims(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** Whether all elements are true. Source: torch.all. */
REEL_API reel_tensor *reel_all(reel_tensor *x);
/** The same along a dim. Source: torch.all(x, dim, keepdim). */
REEL_API reel_tensor *reel_all_dim(reel_tensor *x, int64_t dim, bool keepdim);
/** The same over `count` dims, all of them if it is 0. Source: torch.all(x, dims, keepdim). */
REEL_API reel_tensor *reel_all_dims(reel_tensor *x, const int64_t *dims, int count, bool keepdim);
/** How many elements are true, over dims; i64. Source: torch.count_nonzero. */
REEL_API reel_tensor *reel_count_nonzero(reel_tensor *x, const int64_t *dims, int count);

/*
 * Spread. The input must be floating.
 *
 *   var = Σ (x - mean)² / (n - correction),  std = √var
 *
 * PyTorch's unbiased=True is a correction of 1, unbiased=False one of 0.
 * Gradient: of var 2 g (x - mean) / (n - correction); of std that over 2 std, 0 where std is 0.
 */

/** The variance of all, correction 1. Source: torch.var. */
REEL_API reel_tensor *reel_var(reel_tensor *x);
/** The standard deviation of all, correction 1. Source: torch.std. */
REEL_API reel_tensor *reel_std(reel_tensor *x);
/** The variance over dims. Source: torch.var(x, dim, correction=, keepdim=). */
REEL_API reel_tensor *reel_var_dim(reel_tensor *x, const int64_t *dims, int count,
                                   double correction, bool keepdim);
/** The standard deviation over dims. Source: torch.std(x, dim, correction=, keepdim=). */
REEL_API reel_tensor *reel_std_dim(reel_tensor *x, const int64_t *dims, int count,
                                   double correction, bool keepdim);
/** Variance and mean. Source: torch.var_mean. */
REEL_API reel_moments reel_var_mean(reel_tensor *x, const int64_t *dims, int count,
                                    double correction, bool keepdim);
/** Standard deviation and mean. Source: torch.std_mean. */
REEL_API reel_moments reel_std_mean(reel_tensor *x, const int64_t *dims, int count,
                                    double correction, bool keepdim);

/*
 * Norms. The input must be floating.
 *
 *   ‖x‖_p = (Σ |x|^p)^(1/p);  0: how many are not 0;  INFINITY, -INFINITY: the largest, smallest
 *   |x|
 *
 * Gradient: g sign(x) (|x| / ‖x‖)^(p-1), 0 where the norm is 0; for the infinities g in equal
 *           shares; none for p = 0.
 */

/** The norm of all elements; PyTorch's "fro" is p = 2. Source: torch.norm. */
REEL_API reel_tensor *reel_norm(reel_tensor *x, double p);
/** The norm over dims. Source: torch.norm(x, p, dim, keepdim). */
REEL_API reel_tensor *reel_norm_dim(reel_tensor *x, double p, const int64_t *dims, int count,
                                    bool keepdim);
/** The same under its newer name. Fails: REEL_ERR_SHAPE too if ord is negative or infinite and
 *  there are no elements; `reel_norm` gives 0. Source: torch.linalg.vector_norm. */
REEL_API reel_tensor *reel_linalg_vector_norm(reel_tensor *x, double ord, const int64_t *dims,
                                              int count, bool keepdim);
/** x / max(‖x‖_p, eps) along a dim; PyTorch's defaults are p 2, dim 1, eps 1e-12.
 *  Source: torch.nn.functional.normalize. */
REEL_API reel_tensor *reel_normalize(reel_tensor *x, double p, int64_t dim, double eps);

/* Along a dim, in x's shape. */

/** y_k = x_0 + … + x_k; bools and integers give int64. Gradient: g summed from the end.
 *  Source: torch.cumsum. */
REEL_API reel_tensor *reel_cumsum(reel_tensor *x, int64_t dim);
/** y_k = x_0 … x_k; bools and integers give int64. Gradient: exact, zeros or not.
 *  Source: torch.cumprod. */
REEL_API reel_tensor *reel_cumprod(reel_tensor *x, int64_t dim);
/** y_k = ln(e^x_0 + … + e^x_k), without overflow. The input must be floating. Gradient: g_k e^(x -
 *  y_k) summed from the end. Source: torch.logcumsumexp. */
REEL_API reel_tensor *reel_logcumsumexp(reel_tensor *x, int64_t dim);
/** The largest of x_0 … x_k and its last index; a NaN stays. Gradient: g to where it was taken
 *  from.
 *  Source: torch.cummax. */
REEL_API reel_values reel_cummax(reel_tensor *x, int64_t dim);
/** The smallest, as `reel_cummax`. Source: torch.cummin. */
REEL_API reel_values reel_cummin(reel_tensor *x, int64_t dim);
/** eˣ / Σ eˣ. The input must be floating. Gradient: y (g - Σ g y).
 *  Source: torch.nn.functional.softmax. */
REEL_API reel_tensor *reel_softmax(reel_tensor *x, int64_t dim);
/** x - ln Σ eˣ. The input must be floating. Gradient: g - softmax(x) Σ g.
 *  Source: torch.nn.functional.log_softmax. */
REEL_API reel_tensor *reel_log_softmax(reel_tensor *x, int64_t dim);
/** softmax(-x). Source: torch.nn.functional.softmin. */
REEL_API reel_tensor *reel_softmin(reel_tensor *x, int64_t dim);

#ifdef __cplusplus
}
#endif
#endif
