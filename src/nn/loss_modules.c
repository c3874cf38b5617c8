/* SPDX-License-Identifier: MIT */
/* Losses as modules: a function and what it is called with. */
#include "module.h"

#include <reel/nn_losses.h>

static reel_module *loss_module(reel *r, const char *name, int inputs, reeli_compute compute,
                                reel_reduction reduction)
{
    reel_module *m = reeli_module_new(r, name, inputs, compute);
    if (m) {
        m->reduction = reduction;
    }
    return m;
}

/* Whether a loss may have this weight, or none: it is kept for later, when nobody would be told
 * any more why it is poison. */
static bool may_weigh(reel *r, const char *name, const reel_tensor *weight)
{
    if (!r || !weight || reeli_usable_as(r, name, "its weight", weight)) {
        return true;
    }
    if (r->status == REEL_OK) {
        reeli_error(r, REEL_ERR_STATE, "%s: its weight is poison", name);
    }
    return false;
}

/* The older flags decide where they are set. */
static reel_reduction with_flags(reel *r, reel_reduction reduction, reel_legacy_flag size_average,
                                 reel_legacy_flag reduce)
{
    bool legacy = size_average != REEL_UNSET || reduce != REEL_UNSET;
    return legacy ? reel_legacy_reduction(r, size_average, reduce) : reduction;
}

static reel_tensor *l1(reel_module *m, reel_tensor *const *in)
{
    return reel_l1_loss(in[0], in[1], m->reduction);
}

reel_module *reel_nn_l1_loss(reel *r, reel_l1_loss_options o)
{
    return loss_module(r, "L1Loss", 2, l1, with_flags(r, o.reduction, o.size_average, o.reduce));
}

static reel_tensor *mse(reel_module *m, reel_tensor *const *in)
{
    return reel_mse_loss(in[0], in[1], m->reduction);
}

reel_module *reel_nn_mse_loss(reel *r, reel_mse_loss_options o)
{
    return loss_module(r, "MSELoss", 2, mse, with_flags(r, o.reduction, o.size_average, o.reduce));
}

/* Losses of an input, a target and a reduction. */
#define PLAIN(make, function, Name)                                                                \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], in[1], m->reduction);                                               \
    }                                                                                              \
    reel_module *make(reel *r, reel_reduction reduction)                                           \
    {                                                                                              \
        return loss_module(r, #Name, 2, apply_##function, reduction);                              \
    }
PLAIN(reel_nn_log_cosh_loss, reel_log_cosh_loss, LogCoshLoss)
PLAIN(reel_nn_soft_margin_loss, reel_soft_margin_loss, SoftMarginLoss)
PLAIN(reel_nn_multilabel_margin_loss, reel_multilabel_margin_loss, MultiLabelMarginLoss)

/* With a number beside them. */
#define ONE(make, function, Name, number)                                                          \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], in[1], m->p[0], m->reduction);                                      \
    }                                                                                              \
    reel_module *make(reel *r, double number, reel_reduction reduction)                            \
    {                                                                                              \
        reel_module *m = loss_module(r, #Name, 2, apply_##function, reduction);                    \
        if (m) {                                                                                   \
            m->p[0] = number;                                                                      \
        }                                                                                          \
        return m;                                                                                  \
    }
ONE(reel_nn_smooth_l1_loss, reel_smooth_l1_loss, SmoothL1Loss, beta)
ONE(reel_nn_huber_loss, reel_huber_loss, HuberLoss, delta)
ONE(reel_nn_quantile_loss, reel_quantile_loss, QuantileLoss, q)
ONE(reel_nn_hinge_embedding_loss, reel_hinge_embedding_loss, HingeEmbeddingLoss, margin)

/* Of two inputs and a target, with a margin. */
#define MARGIN(make, function, Name)                                                               \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], in[1], in[2], m->p[0], m->reduction);                               \
    }                                                                                              \
    reel_module *make(reel *r, double margin, reel_reduction reduction)                            \
    {                                                                                              \
        reel_module *m = loss_module(r, #Name, 3, apply_##function, reduction);                    \
        if (m) {                                                                                   \
            m->p[0] = margin;                                                                      \
        }                                                                                          \
        return m;                                                                                  \
    }
MARGIN(reel_nn_margin_ranking_loss, reel_margin_ranking_loss, MarginRankingLoss)
MARGIN(reel_nn_cosine_embedding_loss, reel_cosine_embedding_loss, CosineEmbeddingLoss)

/* With options of their own, kept as they are; `given` is the weight among them, or NULL. */
#define OPTIONS(make, function, Name, count, field, given, ...)                                    \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(__VA_ARGS__, &m->options.field);                                           \
    }                                                                                              \
    reel_module *make(reel *r, const function##_options *options)                                  \
    {                                                                                              \
        if (!may_weigh(r, #Name, options ? (given) : NULL)) {                                      \
            return NULL;                                                                           \
        }                                                                                          \
        reel_module *m = reeli_module_new(r, #Name, count, apply_##function);                      \
        if (m && options) {                                                                        \
            m->options.field = *options;                                                           \
        }                                                                                          \
        return m;                                                                                  \
    }
OPTIONS(reel_nn_nll_loss, reel_nll_loss, NLLLoss, 2, nll, options->weight, in[0], in[1])
OPTIONS(reel_nn_poisson_nll_loss, reel_poisson_nll_loss, PoissonNLLLoss, 2, poisson, NULL, in[0],
        in[1])
OPTIONS(reel_nn_multi_margin_loss, reel_multi_margin_loss, MultiMarginLoss, 2, multi_margin,
        options->weight, in[0], in[1])
OPTIONS(reel_nn_gaussian_nll_loss, reel_gaussian_nll_loss, GaussianNLLLoss, 3, gaussian, NULL,
        in[0], in[1], in[2])
OPTIONS(reel_nn_triplet_margin_loss, reel_triplet_margin_loss, TripletMarginLoss, 3, triplet, NULL,
        in[0], in[1], in[2])
OPTIONS(reel_nn_cross_entropy, reel_cross_entropy, CrossEntropyLoss, 2, cross_entropy,
        options->weight, in[0], in[1])

/* With weights, which stay the caller's. */
static reel_tensor *bce(reel_module *m, reel_tensor *const *in)
{
    return reel_binary_cross_entropy(in[0], in[1], m->weight, m->reduction);
}

reel_module *reel_nn_bce_loss(reel *r, reel_tensor *weight, reel_reduction reduction)
{
    reel_module *m =
        may_weigh(r, "BCELoss", weight) ? loss_module(r, "BCELoss", 2, bce, reduction) : NULL;
    if (m) {
        m->weight = weight;
    }
    return m;
}

static reel_tensor *bce_with_logits(reel_module *m, reel_tensor *const *in)
{
    return reel_binary_cross_entropy_with_logits(in[0], in[1], m->weight, m->bias, m->reduction);
}

reel_module *reel_nn_bce_with_logits_loss(reel *r, reel_tensor *weight, reel_tensor *pos_weight,
                                          reel_reduction reduction)
{
    static const char name[] = "BCEWithLogitsLoss";
    reel_module *m = may_weigh(r, name, weight) && may_weigh(r, name, pos_weight)
                         ? loss_module(r, name, 2, bce_with_logits, reduction)
                         : NULL;
    if (m) {
        m->weight = weight;
        m->bias = pos_weight; /* the second tensor of two */
    }
    return m;
}

static reel_tensor *multilabel_soft_margin(reel_module *m, reel_tensor *const *in)
{
    return reel_multilabel_soft_margin_loss(in[0], in[1], m->weight, m->reduction);
}

reel_module *reel_nn_multilabel_soft_margin_loss(reel *r, reel_tensor *weight,
                                                 reel_reduction reduction)
{
    static const char name[] = "MultiLabelSoftMarginLoss";
    reel_module *m = may_weigh(r, name, weight)
                         ? loss_module(r, name, 2, multilabel_soft_margin, reduction)
                         : NULL;
    if (m) {
        m->weight = weight;
    }
    return m;
}

static reel_tensor *kl_div(reel_module *m, reel_tensor *const *in)
{
    return reel_kl_div(in[0], in[1], m->i[0], m->reduction);
}

reel_module *reel_nn_kl_div_loss(reel *r, bool log_target, reel_reduction reduction)
{
    reel_module *m = loss_module(r, "KLDivLoss", 2, kl_div, reduction);
    if (m) {
        m->i[0] = log_target;
    }
    return m;
}
