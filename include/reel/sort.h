/* SPDX-License-Identifier: MIT */
/*
 * Sorting, and what is read off a sorted line.
 *
 * Elements that are equal keep their order; a NaN is larger than every number.
 * Gradient: g to the elements that were picked.
 * Owner:    the results live until `reel_rewind`.
 * Fails:    poison and REEL_ERR_SHAPE for a dim that there is not. A negative dim counts from the
 *           end.
 */
#ifndef REEL_SORT_H
#define REEL_SORT_H

#include <reel/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/** x in order along a dim, and where each element was. Source: torch.sort(stable=True). */
REEL_API reel_values reel_sort(reel_tensor *x, int64_t dim, bool descending);
/** Where each element of `reel_sort` was; i64. No gradient. Source: torch.argsort(stable=True). */
REEL_API reel_tensor *reel_argsort(reel_tensor *x, int64_t dim, bool descending);
/** The values of `reel_sort` along the first dim, ascending. Source: torch.msort. */
REEL_API reel_tensor *reel_msort(reel_tensor *x);
/**
 * The k largest (or smallest) along a dim, in order, and where they were; of equal ones the first.
 *
 * Fails:  REEL_ERR_VALUE if there are fewer than k, REEL_ERR_DTYPE for bools.
 * Source: torch.topk(largest=not smallest, sorted=True).
 */
REEL_API reel_values reel_topk(reel_tensor *x, int64_t k, int64_t dim, bool smallest);

/** The distinct values of a tensor. */
typedef struct reel_distinct {
    reel_tensor *values; /**< in order, (n,); or n parts along a dim */
    reel_tensor
        *inverse; /**< i64, of the tensor's shape (the dim's size): where in values each is */
    reel_tensor *counts; /**< i64 (n,): how often each value occurs */
} reel_distinct;

/** The distinct values, in order; each NaN is one. No gradient. Fails: REEL_ERR_STATE while a step
 *  is being captured. Source: torch.unique(return_inverse=True, return_counts=True). */
REEL_API reel_distinct reel_unique(reel_tensor *x);
/** The distinct parts along a dim: rows, for dim 0. They are in the order of their first elements,
 *  then of their second ones, and so on. Fails also: REEL_ERR_SHAPE if parts have no elements.
 *  Source: torch.unique(dim=dim, return_inverse=True, return_counts=True). */
REEL_API reel_distinct reel_unique_dim(reel_tensor *x, int64_t dim);

/** As `reel_unique`, of runs: a value comes again each time that another one was between. Source:
 *  torch.unique_consecutive(return_inverse=True, return_counts=True). */
REEL_API reel_distinct reel_unique_consecutive(reel_tensor *x);
/** The same of parts along a dim, as `reel_unique_dim`. Source: torch.unique_consecutive(dim=dim,
 * …). */
REEL_API reel_distinct reel_unique_consecutive_dim(reel_tensor *x, int64_t dim);

/**
 * Where each of x would go into a sorted sequence: the first place whose element is not below it,
 * or (right) is above it; i64. No gradient.
 *
 * Shape:  as x. The sequence (n,), or (…, n) with x's first dims. sorter: the sequence's indices in
 *         order, if it is not; or NULL.
 * Fails:  REEL_ERR_DTYPE for two dtypes and for bools.
 * Source: torch.searchsorted.
 */
REEL_API reel_tensor *reel_searchsorted(reel_tensor *sequence, reel_tensor *x, bool right,
                                        reel_tensor *sorter);
/** The same of a vector of boundaries. Source: torch.bucketize. */
REEL_API reel_tensor *reel_bucketize(reel_tensor *x, reel_tensor *boundaries, bool right);

/** The lower of the two in the middle; NaN if there is one, or nothing. Gradient: g in equal shares
 *  to all that equal it. Fails: REEL_ERR_DTYPE for bools. Source: torch.median(x). */
REEL_API reel_tensor *reel_median(reel_tensor *x);
/** The same along a dim, and an index of it. Fails: REEL_ERR_SHAPE if there is nothing to choose
 *  from. Source: torch.median(x, dim, keepdim). */
REEL_API reel_values reel_median_dim(reel_tensor *x, int64_t dim, bool keepdim);

/** What stands between two elements. */
typedef enum reel_interpolation {
    REEL_LINEAR,   /**< a share of each, by the distance to them */
    REEL_LOWER,    /**< the lower one */
    REEL_HIGHER,   /**< the higher one */
    REEL_MIDPOINT, /**< half of each */
    REEL_NEAREST   /**< the nearer one */
} reel_interpolation;

/** How to take quantiles; all zero is PyTorch's default. */
typedef struct reel_quantile_options {
    const int64_t *dim;               /**< NULL: of all elements */
    bool keepdim;                     /**< the dim stays, with size 1 */
    reel_interpolation interpolation; /**< what stands between two elements */
} reel_quantile_options;

/**
 * The q-quantile: the sorted element at q (n - 1), interpolated where that is none; NaN if there is
 * one.
 *
 * Fails:  REEL_ERR_VALUE for a q outside [0, 1], REEL_ERR_SHAPE if there are no elements,
 *         REEL_ERR_DTYPE for integers and bools.
 * Source: torch.quantile.
 */
REEL_API reel_tensor *reel_quantile(reel_tensor *x, double q, reel_quantile_options options);
/** The same for each q of a tensor of 0 or 1 dims, of x's dtype; the quantiles of one q after the
 *  other in a new first dim. Fails: as `reel_quantile`. Source: torch.quantile. */
REEL_API reel_tensor *reel_quantile_tensor(reel_tensor *x, reel_tensor *q,
                                           reel_quantile_options options);

#ifdef __cplusplus
}
#endif
#endif
