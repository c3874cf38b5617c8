/* SPDX-License-Identifier: MIT */
/* Losses that are a likelihood: of bits, counts, measurements, whole distributions. */
#include "losses.h"

#include <reel/activation.h>
#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>

static const double TWO_PI = 6.28318530717958647693;

#define WITHIN(T)                                                                                  \
    static bool within_##T(const T *x, int64_t n, T least, T most, bool nan)                       \
    {                                                                                              \
        bool all = true;                                                                           \
        for (int64_t i = 0; i < n; i++) {                                                          \
            all &= (x[i] >= least && x[i] <= most) || (nan && x[i] != x[i]);                       \
        }                                                                                          \
        return all;                                                                                \
    }
WITHIN(float)
WITHIN(double)

static bool within(const reeli_args *a)
{
    const reel_tensor *x = a->t[1];
    const double least = a->p[0], most = a->p[1];
    const bool nan = a->i[0] != 0,
               all = x->dtype == REEL_F32
                         ? within_float(x->data, x->numel, (float)least, (float)most, nan)
                         : within_double(x->data, x->numel, least, most, nan);
    if (!all) {
        reeli_error(a->r, REEL_ERR_VALUE, "%s", a->text);
    }
    return all;
}

bool reeli_within(reel_tensor *x, double least, double most, bool nan, const char *sentence)
{
    x = reel_contiguous(reel_detach(x));
    x = reeli_bad(x) || reeli_is_float(x->dtype) ? x : reel_to(x, REEL_F64);
    const reeli_args args = {
        .r = x ? x->r : NULL, .t = {NULL, x}, .p = {least, most}, .i = {nan}, .text = sentence};
    return !reeli_bad(x) && reeli_do(within, &args);
}

reel_tensor *reel_kl_div(reel_tensor *input, reel_tensor *target, bool log_target,
                         reel_reduction reduction)
{
    const bool by_batch = reduction == REEL_BATCHMEAN;
    const reeli_op *op = log_target ? &reeli_op_kl_div_log : &reeli_op_kl_div;
    reel_tensor *y = reeli_loss(op, input, target, by_batch ? REEL_SUM : reduction, 0);
    return reeli_bad(y) || !by_batch || input->ndim == 0
               ? y
               : reel_div_scalar(y, (double)input->size[0]);
}

/* Input and target of one shape, and weights that broadcast to it. */
static bool sound_binary(const char *what, reel_tensor *input, reel_tensor *target,
                         reel_tensor *const *weights, reel_reduction reduction)
{
    reel *r = reeli_loss_begin(what, 2, (reel_tensor *[]){input, target}, reduction);
    if (!r || !reeli_shape_of_input(what, "target", target, input) ||
        !reeli_floating(what, "target", target)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        int64_t size[REEL_MAX_DIMS];
        reel_tensor *pair[] = {input, weights[i]};
        if (!weights[i]) {
            continue;
        }
        int ndim = reeli_usable_as(r, what, "a weight", weights[i])
                       ? reeli_broadcast(r, what, 2, pair, size)
                       : -1;
        if (ndim < 0) {
            return false;
        }
        int64_t numel = 1;
        for (int d = 0; d < ndim; d++) {
            numel *= size[d];
        }
        if (!reeli_fits(ndim == input->ndim && numel == input->numel, what, "weight", weights[i],
                        input)) {
            return false;
        }
    }
    return true;
}

/* What has weight 0 is taken out of the loss, whatever it is: ½ takes its place, in which both
 * losses and their derivatives are finite. */
static void take_out(reel_tensor *weight, reel_tensor **input, reel_tensor **target)
{
    if (weight && !reeli_requires_grad(weight)) {
        reel_tensor *counts = reel_ne(weight, reeli_number(weight->r, 0)),
                    *half = reeli_number_for(*input, 0.5);
        *input = reel_where(counts, *input, half);
        *target = reel_where(counts, *target, half);
    }
}

/* A row's loss, its terms multiplied by the weight if there is one. */
static reel_tensor *weighted(const reeli_op *op, reel_tensor *input, reel_tensor *target,
                             reel_tensor *weight, reel_reduction reduction)
{
    if (!weight) {
        return reeli_loss(op, input, target, reduction, 0);
    }
    return reeli_reduce_terms(reel_mul(reeli_loss(op, input, target, REEL_NONE, 0), weight),
                              reduction);
}

reel_tensor *reel_binary_cross_entropy(reel_tensor *input, reel_tensor *target, reel_tensor *weight,
                                       reel_reduction reduction)
{
    const reeli_op *op = &reeli_op_binary_cross_entropy;
    reel_tensor *const weights[] = {weight, NULL}, *const in[] = {input, target};
    if (!sound_binary(op->name, input, target, weights, reduction)) {
        return reeli_poison_for(2, in);
    }
    take_out(weight, &input, &target);
    if (!reeli_within(input, 0, 1, false,
                      "binary_cross_entropy: an element of the input is not in [0, 1]") ||
        !reeli_within(target, 0, 1, false,
                      "binary_cross_entropy: an element of the target is not in [0, 1]")) {
        return in[0]->r->poison;
    }
    return weighted(op, input, target, weight, reduction);
}

/* With l = 1 + (pos_weight - 1) target a term is (1 - target) x + l ln(1 + e^-x): the unweighted
 * one and (1 - l) ln sigmoid x. */
reel_tensor *reel_binary_cross_entropy_with_logits(reel_tensor *input, reel_tensor *target,
                                                   reel_tensor *weight, reel_tensor *pos_weight,
                                                   reel_reduction reduction)
{
    const reeli_op *op = &reeli_op_binary_cross_entropy_with_logits;
    reel_tensor *const weights[] = {weight, pos_weight}, *const in[] = {input, target};
    if (!sound_binary(op->name, input, target, weights, reduction)) {
        return reeli_poison_for(2, in);
    }
    take_out(weight, &input, &target);
    if (!pos_weight) {
        return weighted(op, input, target, weight, reduction);
    }
    reel_tensor *terms = reeli_loss(op, input, target, REEL_NONE, 0);
    reel_tensor *more = reel_mul(reel_sub_scalar(pos_weight, 1), target);
    terms = reel_sub(terms, reeli_weighted(more, reel_logsigmoid(input)));
    return reeli_reduce_terms(weight ? reel_mul(terms, weight) : terms, reduction);
}

/* t ln t - t + ½ ln 2πt where t > 1, else 0. */
static reel_tensor *stirling(reel_tensor *t)
{
    reel_tensor *one = reeli_number(t->r, 1), *large = reel_gt(t, one);
    reel_tensor *safe = reel_where(large, t, one);
    reel_tensor *s = reel_sub(reel_mul(safe, reel_log(safe)), safe);
    s = reel_add(s, reel_mul_scalar(reel_log(reel_mul_scalar(safe, TWO_PI)), 0.5));
    return reel_where(large, s, reeli_number(t->r, 0));
}

reel_tensor *reel_poisson_nll_loss(reel_tensor *input, reel_tensor *target,
                                   const reel_poisson_nll_loss_options *options)
{
    const reel_poisson_nll_loss_options o = options ? *options : (reel_poisson_nll_loss_options){0};
    const reeli_op *op =
        o.no_log_input ? &reeli_op_poisson_nll_loss : &reeli_op_poisson_nll_loss_log;
    const double eps = reeli_option(o.eps, 1e-8);
    if (!o.full) {
        return reeli_loss(op, input, target, o.reduction, eps);
    }
    reel_tensor *terms = reeli_loss(op, input, target, REEL_NONE, eps);
    if (reeli_bad(terms) || !reeli_sound_reduction(terms->r, op->name, o.reduction)) {
        return terms ? terms->r->poison : NULL;
    }
    return reeli_reduce_terms(reel_add(terms, stirling(reel_to(target, terms->dtype))),
                              o.reduction);
}

/* var in the input's dims: as it is, or with a last dim of 1 that was left out. NULL, and an error,
 * if it does not fit. */
static reel_tensor *fitted_variance(const char *what, reel_tensor *input, reel_tensor *var)
{
    const int last = input->ndim - 1;
    bool one_a_row =
        last >= 0 && (var->ndim == last || (var->ndim == last + 1 && var->size[last] == 1));
    for (int d = 0; one_a_row && d < last; d++) {
        one_a_row = var->size[d] == input->size[d];
    }
    if (!reeli_fits(one_a_row || reeli_same_shape(var, input), what, "var", var, input)) {
        return NULL;
    }
    return var->ndim < input->ndim ? reel_unsqueeze(var, -1) : var;
}

reel_tensor *reel_gaussian_nll_loss(reel_tensor *input, reel_tensor *target, reel_tensor *var,
                                    const reel_gaussian_nll_loss_options *options)
{
    static const char what[] = "gaussian_nll_loss";
    const reel_gaussian_nll_loss_options o =
        options ? *options : (reel_gaussian_nll_loss_options){0};
    reel_tensor *in[] = {input, target, var};
    reel *r = reeli_loss_begin(what, 3, in, o.reduction);
    int64_t size[REEL_MAX_DIMS];
    if (!r || !(var = fitted_variance(what, input, var)) || reeli_bad(var) ||
        reeli_broadcast(r, what, 2, in, size) < 0) {
        return reeli_poison_for(3, in);
    }
    if (!reeli_within(var, 0, (double)INFINITY, true,
                      "gaussian_nll_loss: an element of var is negative")) {
        return r->poison;
    }
    reel_tensor *v = reeli_raised(var, reeli_option(o.eps, 1e-6));
    reel_tensor *terms = reel_add(reel_log(v), reel_div(reel_square(reel_sub(input, target)), v));
    terms = reel_mul_scalar(terms, 0.5);
    return reeli_reduce_terms(o.full ? reel_add_scalar(terms, 0.5 * log(TWO_PI)) : terms,
                              o.reduction);
}
