/* SPDX-License-Identifier: MIT */
/*
 * Distances between vectors, and losses that want vectors or scores a margin apart.
 *
 * Shape:    a loss is a scalar, or its terms' shape with REEL_NONE. Of no terms the mean is NaN,
 *           the sum 0.
 * Gradient: to every floating tensor argument, weights excepted; 0 where a term is, but for its
 *           edge.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison and REEL_ERR_SHAPE for shapes that do not fit, REEL_ERR_DTYPE for inputs that
 *           are not floating, REEL_ERR_VALUE for a reduction that there is not, and for what is
 *           said to be out of range.
 */
#ifndef REEL_DISTANCE_H
#define REEL_DISTANCE_H

#include <reel/loss.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The p-norm of x1 - x2 + eps over the last dim, which goes, or stays with size 1 if keepdim.
 * PyTorch's p is 2, its eps 1e-6.
 *
 * Source: torch.nn.functional.pairwise_distance.
 */
REEL_API reel_tensor *reel_pairwise_distance(reel_tensor *x1, reel_tensor *x2, double p, double eps,
                                             bool keepdim);

/** The p-norm of all of a - b, which broadcast. PyTorch's p is 2. Source: torch.dist. */
REEL_API reel_tensor *reel_dist(reel_tensor *a, reel_tensor *b, double p);

/**
 * The p-norm of the difference of each row of x1 and each of x2. PyTorch's p is 2, and it may take
 * the squares of p = 2 from a matrix product, which cancels: here they are summed.
 *
 * Shape:    (…, m, k) and (…, n, k), whose first dims broadcast: (…, m, n).
 * Gradient: as of `reel_norm`, 0 where the distance is 0.
 * Fails:    REEL_ERR_VALUE for a negative p, REEL_ERR_DTYPE for two dtypes.
 * Source:   torch.cdist.
 */
REEL_API reel_tensor *reel_cdist(reel_tensor *x1, reel_tensor *x2, double p);

/**
 * Σ x1 x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) over `dim`, which goes. PyTorch's dim is 1, its eps
 * 1e-8.
 *
 * Gradient: that of the norms themselves also where they are below eps, as in PyTorch.
 * Source:   torch.nn.functional.cosine_similarity.
 */
REEL_API reel_tensor *reel_cosine_similarity(reel_tensor *x1, reel_tensor *x2, int64_t dim,
                                             double eps);

/**
 * max(0, margin - target (input1 - input2)): input1 is to rank higher where the target is 1, lower
 * where it is -1. PyTorch's margin is 0.
 *
 * Shape:  as many dims each, which broadcast.
 * Source: torch.nn.functional.margin_ranking_loss.
 */
REEL_API reel_tensor *reel_margin_ranking_loss(reel_tensor *input1, reel_tensor *input2,
                                               reel_tensor *target, double margin,
                                               reel_reduction reduction);

/**
 * With c the cosine of the angle between the inputs: 1 - c where the target is 1, max(0, c -
 * margin) where it is -1. PyTorch's margin is 0.
 *
 * Shape:  inputs (N, D) and target (N,), or (D,) and ().
 * Source: torch.nn.functional.cosine_embedding_loss.
 */
REEL_API reel_tensor *reel_cosine_embedding_loss(reel_tensor *input1, reel_tensor *input2,
                                                 reel_tensor *target, double margin,
                                                 reel_reduction reduction);

/** Options of the triplet loss; all zero is PyTorch's default, REEL_ZERO is 0 itself. */
typedef struct reel_triplet_margin_loss_options {
    reel_reduction reduction; /**< of the terms */
    double margin;            /**< 0: 1 */
    double p;                 /**< the norm; 0: 2 */
    double eps;               /**< 0: 1e-6 */
    bool swap; /**< the negative's distance from the positive counts too, if it is shorter */
} reel_triplet_margin_loss_options;

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin), d being `reel_pairwise_distance`.
 *
 * Shape:  (N, D) or (D,) each.
 * Fails:  REEL_ERR_VALUE for a margin that is not above 0.
 * Source: torch.nn.functional.triplet_margin_loss.
 */
REEL_API reel_tensor *reel_triplet_margin_loss(reel_tensor *anchor, reel_tensor *positive,
                                               reel_tensor *negative,
                                               const reel_triplet_margin_loss_options *options);

/** Options of the multi-class margin loss; all zero is PyTorch's default, REEL_ZERO is 0 itself. */
typedef struct reel_multi_margin_loss_options {
    reel_reduction reduction; /**< of the terms */
    reel_tensor *weight;      /**< (C,) of the classes; NULL: all 1 */
    int p;                    /**< the power, 1 or 2; 0: 1 */
    double margin;            /**< 0: 1 */
} reel_multi_margin_loss_options;

/**
 * Σ over the other classes c of weight[target] max(0, margin - x[target] + x[c])^p, divided by C.
 *
 * Shape:  input (N, C) or (C,), target int64 (N,) or (); terms of the target's shape.
 * Fails:  REEL_ERR_VALUE for a target that is no class, or another p.
 * Source: torch.nn.functional.multi_margin_loss.
 */
REEL_API reel_tensor *reel_multi_margin_loss(reel_tensor *input, reel_tensor *target,
                                             const reel_multi_margin_loss_options *options);

/**
 * Σ over targets t and classes c that are none of max(0, 1 - x[t] + x[c]), divided by C. A row of
 * the target lists its classes, up to the first -1.
 *
 * Shape:  input and target, int64, (N, C) or (C,); terms (N,) or ().
 * Fails:  REEL_ERR_VALUE for a target that is neither a class nor -1.
 * Source: torch.nn.functional.multilabel_margin_loss.
 */
REEL_API reel_tensor *reel_multilabel_margin_loss(reel_tensor *input, reel_tensor *target,
                                                  reel_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
