/* SPDX-License-Identifier: MIT */
/*
 * The losses as modules, called by `reel_loss` (an input and a target) or `reel_loss3`. What each
 * computes, and what fails, is said at the function of the same name in loss.h and distance.h.
 *
 * A module takes after the reel what its function takes after the tensors, in the same order and
 * form. L1Loss and MSELoss (nn.h) alone have options of their own, for their older flags.
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

/** `reel_smooth_l1_loss` as a module; beta 1 in PyTorch if not given. Source:
 *  torch.nn.SmoothL1Loss. */
REEL_API reel_module *reel_nn_smooth_l1_loss(reel *r, double beta, reel_reduction reduction);
/** `reel_huber_loss` as a module; delta 1 in PyTorch if not given. Source: torch.nn.HuberLoss. */
REEL_API reel_module *reel_nn_huber_loss(reel *r, double delta, reel_reduction reduction);
/** `reel_quantile_loss`, quantile regression's pinball loss, as a module. */
REEL_API reel_module *reel_nn_quantile_loss(reel *r, double q, reel_reduction reduction);
/** `reel_log_cosh_loss` as a module. */
REEL_API reel_module *reel_nn_log_cosh_loss(reel *r, reel_reduction reduction);
/** `reel_soft_margin_loss` as a module. Source: torch.nn.SoftMarginLoss. */
REEL_API reel_module *reel_nn_soft_margin_loss(reel *r, reel_reduction reduction);
/** `reel_hinge_embedding_loss` as a module; margin 1 in PyTorch if not given. Source:
 *  torch.nn.HingeEmbeddingLoss. */
REEL_API reel_module *reel_nn_hinge_embedding_loss(reel *r, double margin,
                                                   reel_reduction reduction);
/** `reel_multilabel_margin_loss` as a module. Source: torch.nn.MultiLabelMarginLoss. */
REEL_API reel_module *reel_nn_multilabel_margin_loss(reel *r, reel_reduction reduction);
/** `reel_multilabel_soft_margin_loss` as a module; weight may be NULL. Source:
 *  torch.nn.MultiLabelSoftMarginLoss. */
REEL_API reel_module *reel_nn_multilabel_soft_margin_loss(reel *r, reel_tensor *weight,
                                                          reel_reduction reduction);
/** `reel_multi_margin_loss` as a module; NULL options are the defaults. Source:
 *  torch.nn.MultiMarginLoss. */
REEL_API reel_module *reel_nn_multi_margin_loss(reel *r,
                                                const reel_multi_margin_loss_options *options);

/** `reel_cross_entropy` as a module; NULL options are the defaults. Source:
 *  torch.nn.CrossEntropyLoss. */
REEL_API reel_module *reel_nn_cross_entropy(reel *r, const reel_cross_entropy_options *options);
/** `reel_nll_loss` as a module; NULL options are the defaults. Source: torch.nn.NLLLoss. */
REEL_API reel_module *reel_nn_nll_loss(reel *r, const reel_nll_loss_options *options);
/** `reel_binary_cross_entropy` as a module; weight may be NULL. Source: torch.nn.BCELoss. */
REEL_API reel_module *reel_nn_bce_loss(reel *r, reel_tensor *weight, reel_reduction reduction);
/** `reel_binary_cross_entropy_with_logits` as a module; weight and pos_weight may be NULL. Source:
 *  torch.nn.BCEWithLogitsLoss. */
REEL_API reel_module *reel_nn_bce_with_logits_loss(reel *r, reel_tensor *weight,
                                                   reel_tensor *pos_weight,
                                                   reel_reduction reduction);
/** `reel_kl_div` as a module. Source: torch.nn.KLDivLoss. */
REEL_API reel_module *reel_nn_kl_div_loss(reel *r, bool log_target, reel_reduction reduction);
/** `reel_poisson_nll_loss` as a module; NULL options are the defaults. Source:
 *  torch.nn.PoissonNLLLoss. */
REEL_API reel_module *reel_nn_poisson_nll_loss(reel *r,
                                               const reel_poisson_nll_loss_options *options);

/* Of three tensors: `reel_loss3`. */

/** `reel_gaussian_nll_loss` as a module, of an input, a target and a variance. Source:
 *  torch.nn.GaussianNLLLoss. */
REEL_API reel_module *reel_nn_gaussian_nll_loss(reel *r,
                                                const reel_gaussian_nll_loss_options *options);
/** `reel_margin_ranking_loss` as a module, of two inputs and a target; margin 0 in PyTorch if not
 *  given. Source: torch.nn.MarginRankingLoss. */
REEL_API reel_module *reel_nn_margin_ranking_loss(reel *r, double margin, reel_reduction reduction);
/** `reel_cosine_embedding_loss` as a module, of two inputs and a target; margin 0 in PyTorch if not
 *  given. Source: torch.nn.CosineEmbeddingLoss. */
REEL_API reel_module *reel_nn_cosine_embedding_loss(reel *r, double margin,
                                                    reel_reduction reduction);
/** `reel_triplet_margin_loss` as a module, of an anchor, a positive and a negative. Source:
 *  torch.nn.TripletMarginLoss. */
REEL_API reel_module *reel_nn_triplet_margin_loss(reel *r,
                                                  const reel_triplet_margin_loss_options *options);

#ifdef __cplusplus
}
#endif
#endif
