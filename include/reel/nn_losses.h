/* SPDX-License-Identifier: MIT */
/*
 * The losses as modules, called by `reel_loss` (an input and a target) or `reel_loss3`. What each
 * computes, and what fails, is said at the function of the same name in loss.h and distance.h.
 *
 * Owner: the reel's; tensors in options (weights) stay the caller's and must live as long.
 * Fails: NULL and REEL_ERR_MEMORY.
 */
#ifndef REEL_NN_LOSSES_H
#define REEL_NN_LOSSES_H

#include <reel/distance.h>
#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Source: torch.nn.SmoothL1Loss (beta 1 there if not given). */
REEL_API reel_module *reel_nn_smooth_l1_loss(reel *r, double beta, reel_reduction reduction);
/** Source: torch.nn.HuberLoss (delta 1 there if not given). */
REEL_API reel_module *reel_nn_huber_loss(reel *r, double delta, reel_reduction reduction);
/** Quantile regression's pinball loss. */
REEL_API reel_module *reel_nn_quantile_loss(reel *r, double q, reel_reduction reduction);
/** ln cosh of the error. */
REEL_API reel_module *reel_nn_log_cosh_loss(reel *r, reel_reduction reduction);
/** Source: torch.nn.SoftMarginLoss. */
REEL_API reel_module *reel_nn_soft_margin_loss(reel *r, reel_reduction reduction);
/** Source: torch.nn.HingeEmbeddingLoss (margin 1 there if not given). */
REEL_API reel_module *reel_nn_hinge_embedding_loss(reel *r, double margin,
                                                   reel_reduction reduction);
/** Source: torch.nn.MultiLabelMarginLoss. */
REEL_API reel_module *reel_nn_multilabel_margin_loss(reel *r, reel_reduction reduction);
/** Source: torch.nn.MultiLabelSoftMarginLoss; weight may be NULL. */
REEL_API reel_module *reel_nn_multilabel_soft_margin_loss(reel *r, reel_tensor *weight,
                                                          reel_reduction reduction);
/** Source: torch.nn.MultiMarginLoss; NULL options are the defaults. */
REEL_API reel_module *reel_nn_multi_margin_loss(reel *r,
                                                const reel_multi_margin_loss_options *options);

/** Source: torch.nn.CrossEntropyLoss; NULL options are the defaults. */
REEL_API reel_module *reel_nn_cross_entropy(reel *r, const reel_cross_entropy_options *options);
/** Source: torch.nn.NLLLoss; NULL options are the defaults. */
REEL_API reel_module *reel_nn_nll_loss(reel *r, const reel_nll_loss_options *options);
/** Source: torch.nn.BCELoss; weight may be NULL. */
REEL_API reel_module *reel_nn_bce_loss(reel *r, reel_tensor *weight, reel_reduction reduction);
/** Source: torch.nn.BCEWithLogitsLoss; weight and pos_weight may be NULL. */
REEL_API reel_module *reel_nn_bce_with_logits_loss(reel *r, reel_tensor *weight,
                                                   reel_tensor *pos_weight,
                                                   reel_reduction reduction);
/** Source: torch.nn.KLDivLoss. */
REEL_API reel_module *reel_nn_kl_div_loss(reel *r, bool log_target, reel_reduction reduction);
/** Source: torch.nn.PoissonNLLLoss; NULL options are the defaults. */
REEL_API reel_module *reel_nn_poisson_nll_loss(reel *r,
                                               const reel_poisson_nll_loss_options *options);

/* Of three tensors: `reel_loss3`. */

/** Of an input, a target and a variance. Source: torch.nn.GaussianNLLLoss. */
REEL_API reel_module *reel_nn_gaussian_nll_loss(reel *r,
                                                const reel_gaussian_nll_loss_options *options);
/** Of two inputs and a target. Source: torch.nn.MarginRankingLoss (margin 0). */
REEL_API reel_module *reel_nn_margin_ranking_loss(reel *r, double margin, reel_reduction reduction);
/** Of two inputs and a target. Source: torch.nn.CosineEmbeddingLoss (margin 0). */
REEL_API reel_module *reel_nn_cosine_embedding_loss(reel *r, double margin,
                                                    reel_reduction reduction);
/** Of an anchor, a positive and a negative. Source: torch.nn.TripletMarginLoss. */
REEL_API reel_module *reel_nn_triplet_margin_loss(reel *r,
                                                  const reel_triplet_margin_loss_options *options);

#ifdef __cplusplus
}
#endif
#endif
