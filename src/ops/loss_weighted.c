/* SPDX-License-Identifier: MIT */
/* Losses whose terms are weighted one by one. */
#include "losses.h"

#include <reel/elementwise.h>
#include <reel/reduce.h>

/* x with 0 where the weight is 0: what does not count may be anything, NaN too. (But a weight that
 * is learned has a gradient there as well.) */
static reel_tensor *counted(reel_tensor *x, reel_tensor *weight)
{
    return reeli_requires_grad(weight)
               ? x
               : reel_where(reel_eq_scalar(weight, 0), reeli_number(x->r, 0), x);
}

static bool sound_weight(const reeli_op *op, reel_tensor *const *in)
{
    return reeli_all_usable(op->name, 3, in) && reeli_floating(op->name, "input", in[0]) &&
           reeli_floating(op->name, "weight", in[2]) &&
           reeli_shape_of_input(op->name, "weight", in[2], in[0]);
}

static reel_tensor *weighted_terms(const reeli_op *op, reel_tensor *const *in, double p)
{
    reel_tensor *weight = in[2];
    reel_tensor *terms =
        reeli_loss(op, counted(in[0], weight), counted(in[1], weight), REEL_NONE, p);
    return reel_mul(terms, weight);
}

/* The mean of the terms is Σ weight term / Σ weight. */
static reel_tensor *weighted_loss(const reeli_op *op, reel_tensor *const *in,
                                  reel_reduction reduction)
{
    if (!in[2]) {
        return reeli_loss(op, in[0], in[1], reduction, 0);
    }
    if (!sound_weight(op, in) || !reeli_sound_reduction(in[0]->r, op->name, reduction)) {
        return reeli_poison_for(3, in);
    }
    reel_tensor *terms = weighted_terms(op, in, 0);
    return reduction == REEL_MEAN ? reel_div(reel_sum(terms), reel_sum(in[2]))
                                  : reeli_reduce_terms(terms, reduction);
}

reel_tensor *reel_l1_loss_weighted(reel_tensor *input, reel_tensor *target, reel_tensor *weight,
                                   reel_reduction reduction)
{
    return weighted_loss(&reeli_op_l1_loss, (reel_tensor *[]){input, target, weight}, reduction);
}

reel_tensor *reel_mse_loss_weighted(reel_tensor *input, reel_tensor *target, reel_tensor *weight,
                                    reel_reduction reduction)
{
    return weighted_loss(&reeli_op_mse_loss, (reel_tensor *[]){input, target, weight}, reduction);
}

reel_tensor *reel_huber_loss_weighted(reel_tensor *input, reel_tensor *target, reel_tensor *weight,
                                      double delta, reel_reduction reduction)
{
    const reeli_op *op = &reeli_op_huber_loss;
    reel_tensor *const in[] = {input, target, weight};
    if (!weight) {
        return reeli_loss(op, input, target, reduction, delta);
    }
    if (!sound_weight(op, in) || !reeli_sound_reduction(input->r, op->name, reduction)) {
        return reeli_poison_for(3, in);
    }
    return reeli_reduce_terms(weighted_terms(op, in, delta), reduction);
}
