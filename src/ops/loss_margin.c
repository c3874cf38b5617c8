/* SPDX-License-Identifier: MIT */
/* Distances, and losses that want them, or scores, a margin apart. */
#include "losses.h"

#include <reel/distance.h>
#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/reduce.h>
#include <reel/views.h>

static reel_tensor *sum_along(reel_tensor *x, int64_t dim, bool keepdim)
{
    return reel_sum_dim(x, &dim, 1, keepdim);
}

/* The tensors broadcast together; records the error if not. */
static bool broadcast(reel *r, const char *what, int count, reel_tensor *const *t)
{
    int64_t size[REEL_MAX_DIMS];
    return reeli_broadcast(r, what, count, t, size) >= 0;
}

/* They have as many dims as the first, and broadcast. */
static bool same_dims(reel *r, const char *what, int count, reel_tensor *const *t)
{
    for (int i = 1; i < count; i++) {
        if (t[i]->ndim != t[0]->ndim) {
            reeli_error(r, REEL_ERR_SHAPE, "%s: shapes %s and %s have not the same number of dims",
                        what, REELI_SHAPE_OF(t[0]), REELI_SHAPE_OF(t[i]));
            return false;
        }
    }
    return broadcast(r, what, count, t);
}

reel_tensor *reel_pairwise_distance(reel_tensor *x1, reel_tensor *x2, double p, double eps,
                                    bool keepdim)
{
    reel_tensor *in[] = {x1, x2};
    reel *r = reeli_loss_begin("pairwise_distance", 2, in, REEL_NONE);
    if (!r || !broadcast(r, "pairwise_distance", 2, in)) {
        return reeli_poison_for(2, in);
    }
    return reel_norm_dim(reel_add_scalar(reel_sub(x1, x2), eps), p, &(int64_t){-1}, 1, keepdim);
}

/* x / max(‖x‖, eps), with the gradient of x / ‖x‖ even where eps is the larger, as in PyTorch. */
static reel_tensor *direction(reel_tensor *x, int64_t dim, double eps)
{
    return reel_div(x, reeli_raised(reel_norm_dim(x, 2, &dim, 1, true), eps));
}

reel_tensor *reel_cosine_similarity(reel_tensor *x1, reel_tensor *x2, int64_t dim, double eps)
{
    reel_tensor *in[] = {x1, x2};
    reel *r = reeli_loss_begin("cosine_similarity", 2, in, REEL_NONE);
    int64_t size[REEL_MAX_DIMS];
    int ndim = r ? reeli_broadcast(r, "cosine_similarity", 2, in, size) : -1;
    if (ndim < 0 || !reeli_wrap_dim(r, "cosine_similarity", &dim, ndim)) {
        return reeli_poison_for(2, in);
    }
    for (int i = 0; i < 2; i++) {
        in[i] = direction(reel_expand(in[i], ndim, size), dim, eps);
    }
    return sum_along(reel_mul(in[0], in[1]), dim, false);
}

reel_tensor *reel_margin_ranking_loss(reel_tensor *input1, reel_tensor *input2, reel_tensor *target,
                                      double margin, reel_reduction reduction)
{
    reel_tensor *in[] = {input1, input2, target};
    reel *r = reeli_loss_begin("margin_ranking_loss", 3, in, reduction);
    if (!r || !same_dims(r, "margin_ranking_loss", 3, in)) {
        return reeli_poison_for(3, in);
    }
    reel_tensor *lead = reel_mul(target, reel_sub(input2, input1));
    return reeli_reduce_terms(reeli_positive_part(reel_add_scalar(lead, margin)), reduction);
}

/* The cosine of the angle, with 1e-12 added to each squared length. */
static reel_tensor *cosine(reel_tensor *x1, reel_tensor *x2)
{
    reel_tensor *a = reel_add_scalar(sum_along(reel_square(x1), -1, false), 1e-12);
    reel_tensor *b = reel_add_scalar(sum_along(reel_square(x2), -1, false), 1e-12);
    return reel_div(sum_along(reel_mul(x1, x2), -1, false), reel_sqrt(reel_mul(a, b)));
}

reel_tensor *reel_cosine_embedding_loss(reel_tensor *input1, reel_tensor *input2,
                                        reel_tensor *target, double margin,
                                        reel_reduction reduction)
{
    static const char what[] = "cosine_embedding_loss";
    reel_tensor *in[] = {input1, input2, target};
    reel *r = reeli_loss_begin(what, 3, in, reduction);
    if (!r || !broadcast(r, what, 2, in)) {
        return reeli_poison_for(3, in);
    }
    if (target->ndim > 1 || input1->ndim != target->ndim + 1 || input2->ndim != input1->ndim) {
        return reeli_fail(r, REEL_ERR_SHAPE,
                          "%s: a target of shape %s does not fit inputs of shapes %s and %s", what,
                          REELI_SHAPE_OF(target), REELI_SHAPE_OF(input1), REELI_SHAPE_OF(input2));
    }
    reel_tensor *c = cosine(input1, input2), *zero = reeli_number(r, 0);
    if (reeli_bad(c) || !broadcast(r, what, 2, (reel_tensor *[]){c, target})) {
        return r->poison;
    }
    reel_tensor *alike = reel_sub(reeli_number(r, 1), c),
                *apart = reeli_positive_part(reel_sub_scalar(c, margin));
    reel_tensor *terms = reel_add(reel_where(reel_eq(target, reeli_number(r, 1)), alike, zero),
                                  reel_where(reel_eq(target, reeli_number(r, -1)), apart, zero));
    return reeli_reduce_terms(terms, reduction);
}

reel_tensor *reel_triplet_margin_loss(reel_tensor *anchor, reel_tensor *positive,
                                      reel_tensor *negative,
                                      const reel_triplet_margin_loss_options *options)
{
    const reel_triplet_margin_loss_options o =
        options ? *options : (reel_triplet_margin_loss_options){0};
    reel_tensor *in[] = {anchor, positive, negative};
    reel *r = reeli_loss_begin("triplet_margin_loss", 3, in, o.reduction);
    if (!r || !same_dims(r, "triplet_margin_loss", 3, in)) {
        return reeli_poison_for(3, in);
    }
    const double p = reeli_option(o.p, 2), eps = reeli_option(o.eps, 1e-6),
                 margin = reeli_option(o.margin, 1);
    if (!(margin > 0)) {
        return reeli_fail(r, REEL_ERR_VALUE,
                          "triplet_margin_loss: the margin must be above 0, and is %g", margin);
    }
    reel_tensor *near = reel_pairwise_distance(anchor, positive, p, eps, false);
    reel_tensor *far = reel_pairwise_distance(anchor, negative, p, eps, false);
    if (o.swap) {
        far = reel_minimum(far, reel_pairwise_distance(positive, negative, p, eps, false));
    }
    reel_tensor *lead = reel_add_scalar(reel_sub(near, far), margin);
    return reeli_reduce_terms(reeli_positive_part(lead), o.reduction);
}

/* Every class is from i[0] to below i[1]; records the error if not. */
static bool sound_classes(const reeli_args *a)
{
    const reel_tensor *target = a->t[1];
    const int64_t *class = target->data;
    for (int64_t i = 0; i < target->numel; i++) {
        if (class[i] < a -> i[0] || class[i] >= a -> i[1]) {
            reeli_error(a->r, REEL_ERR_VALUE, "%s: class %lld is not one of %lld", a->text,
                        (long long)class[i], (long long)a -> i[1]);
            return false;
        }
    }
    return true;
}

/* x as (N, C), target int64, contiguous, in `rows` of as many columns; false after an error. */
static bool begin_classes(const char *what, reel_tensor **x, reel_tensor **target, bool one_each,
                          int64_t least, reel_reduction reduction)
{
    reel_tensor *in[] = {*x, *target};
    reel *r = reeli_loss_begin(what, 2, in, reduction);
    if (!r) {
        return false;
    }
    const int64_t rows = in[0]->ndim == 2 ? in[0]->size[0] : 1;
    const int64_t columns = in[0]->ndim ? in[0]->size[in[0]->ndim - 1] : 1;
    const bool fits =
        one_each ? in[1]->ndim <= 1 && in[1]->numel == rows
                 : reeli_same_shape(in[0], in[1]) || (in[0]->ndim == 0 && in[1]->numel == 1);
    if (!reeli_fits(in[0]->ndim <= 2 && columns > 0 && fits, what, "target", in[1], in[0]) ||
        !reeli_has_dtype(what, "target", in[1], REEL_I64)) {
        return false;
    }
    *x = reel_reshape(in[0], 2, (int64_t[]){rows, columns});
    *target = reel_reshape(reel_contiguous(in[1]), 2, (int64_t[]){rows, one_each ? 1 : columns});
    const reeli_args args = {.r = r, .t = {NULL, *target}, .i = {least, columns}, .text = what};
    return !reeli_bad(*x) && !reeli_bad(*target) && reeli_do(sound_classes, &args);
}

/* The weight of each row's class, (N, 1); NULL, and an error, if it is not one a class. */
static reel_tensor *weight_of(const char *what, reel_tensor *x, reel_tensor *target,
                              reel_tensor *weight)
{
    if (!reeli_usable_as(x->r, what, "the weight", weight) ||
        !reeli_weights_classes(what, weight, x, x->size[1])) {
        return NULL;
    }
    return reel_gather(reel_expand(reel_detach(weight), 2, x->size), 1, target);
}

/* The target's own term is taken out, and the rows of classes without weight. */
reel_tensor *reel_multi_margin_loss(reel_tensor *input, reel_tensor *target,
                                    const reel_multi_margin_loss_options *options)
{
    static const char what[] = "multi_margin_loss";
    const reel_multi_margin_loss_options o =
        options ? *options : (reel_multi_margin_loss_options){0};
    reel_tensor *x = input, *t = target, *weight = NULL;
    if (!begin_classes(what, &x, &t, true, 0, o.reduction)) {
        return reeli_poison_for(2, (reel_tensor *[]){input, target});
    }
    if (o.p != 0 && o.p != 1 && o.p != 2) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "%s: p must be 1 or 2, and is %d", what, o.p);
    }
    if (o.weight && !(weight = weight_of(what, x, t, o.weight))) {
        return x->r->poison;
    }
    const double columns = (double)x->size[1];
    reel_tensor *zero = reeli_number(x->r, 0);
    x = weight ? reel_where(reel_eq(weight, zero), zero, x) : x;
    reel_tensor *margin = reeli_number(x->r, reeli_option(o.margin, 1));
    reel_tensor *excess = reel_add(reel_sub(margin, reel_gather(x, 1, t)), x);
    excess = reel_scatter_value(reel_relu(excess), 1, t, 0);
    excess = o.p == 2 ? reel_square(excess) : excess;
    excess = weight ? reel_mul(excess, weight) : excess;
    reel_tensor *terms = reel_div_scalar(sum_along(excess, 1, true), columns);
    return reeli_reduce_terms(reeli_as_result(reeli_reshape_like(terms, target)), o.reduction);
}

/* y[n, 0, k]: whether row n's target k is one, none before it being -1. y[n, 1, c]: whether class c
 * is none of the row's targets. */
bool reeli_label_sets_forward(reeli_node *n)
{
    const int64_t *class = n->in[0].t->data, rows = n->out->size[0], count = n->out->size[2];
    bool *y = n->out->data;
    for (int64_t i = 0; i < rows; i++, y += 2 * count, class += count) {
        bool open = true;
        for (int64_t k = 0; k < count; k++) {
            y[count + k] = true;
        }
        for (int64_t k = 0; k < count; k++) {
            open = open && class[k] >= 0 && class[k] < count;
            y[k] = open;
            if (open) {
                y[count + class[k]] = false;
            }
        }
    }
    return true;
}

static reel_tensor *label_sets(const char *what, reel_tensor *target)
{
    reeli_node *n = reeli_begin(&reeli_op_label_sets, 1, &target);
    if (!n) {
        return target->r->poison;
    }
    n->out = reeli_empty(target->r, what, REEL_BOOL, 3,
                         (int64_t[]){target->size[0], 2, target->size[1]});
    return reeli_apply(n);
}

/* All pairs of a target k and a class c that is none: (N, C, C). */
reel_tensor *reel_multilabel_margin_loss(reel_tensor *input, reel_tensor *target,
                                         reel_reduction reduction)
{
    static const char what[] = "multilabel_margin_loss";
    reel_tensor *x = input, *t = target;
    if (!begin_classes(what, &x, &t, false, -1, reduction)) {
        return reeli_poison_for(2, (reel_tensor *[]){input, target});
    }
    reel *r = x->r;
    reel_tensor *sets = label_sets(what, t);
    reel_tensor *is_target = reel_select(sets, 1, 0), *is_none = reel_select(sets, 1, 1);
    reel_tensor *of_targets = reel_gather(x, 1, reel_where(is_target, t, reeli_number(r, 0)));
    reel_tensor *excess =
        reel_add(reel_sub(reeli_number(r, 1), reel_unsqueeze(of_targets, 2)), reel_unsqueeze(x, 1));
    reel_tensor *counts = reel_mul(reel_unsqueeze(is_target, 2), reel_unsqueeze(is_none, 1));
    excess = reel_where(counts, reel_relu(excess), reeli_number(r, 0));
    reel_tensor *terms =
        reel_div_scalar(reel_sum_dim(excess, (int64_t[]){1, 2}, 2, false), (double)x->size[1]);
    terms = reeli_bad(terms) || input->ndim == 2 ? terms : reel_reshape(terms, 0, NULL);
    return reeli_reduce_terms(terms, reduction);
}
