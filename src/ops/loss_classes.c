/* SPDX-License-Identifier: MIT */
/*
 * Losses of classes. N samples of C classes, each sample in D places: x is (N, C, D), a target of
 * class indices (N, D). A loss is Σ coefficient · ln p(class), where a sample's coefficient is
 * minus its class's weight, divided, for a mean, by the sum of those weights; 0 where the class is
 * the one to ignore.
 */
#include "losses.h"

#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/reduce.h>
#include <reel/views.h>

/* A loss of classes, its arguments checked. */
typedef struct problem {
    const char *what;
    reel *r;
    reel_tensor *x, *target; /* contiguous */
    reel_tensor *weight;     /* (C,) in x's dtype, or NULL */
    reel_reduction reduction;
    int64_t ignore;
    int dim; /* of the classes */
} problem;

static int64_t classes(const problem *p) { return p->x->size[p->dim]; }

/* Of the targets, input 0, and the classes' weights, input 1 if there are any. */
bool reeli_class_coefficients_forward(reeli_node *n)
{
    reel_tensor *y = n->out;
    const reeli_coefficients *how = reeli_coefficients_of(n);
    const int64_t *class = n->in[0].t->data, ignore = how->ignore, count = how->classes;
    const bool weighted = n->inputs > 1 && !how->unit;
    double sum = 0;
    for (int64_t i = 0; i < y->numel; i++) {
        if (class[i] != ignore && (class[i] < 0 || class[i] >= count)) {
            reeli_error(y->r, REEL_ERR_VALUE, "%s: class %lld is not one of %lld", how->what,
                        (long long)class[i], (long long)count);
            return false;
        }
        const bool counts = class[i] != ignore;
        sum += !counts ? 0 : n->inputs > 1 ? reeli_load(n->in[1].t, class[i]) : 1;
        reeli_store(y, i, !counts ? 0 : weighted ? reeli_load(n->in[1].t, class[i]) : 1);
    }
    const double divisor = how->mean ? -sum : -1;
    for (int64_t i = 0; i < y->numel; i++) {
        reeli_store(y, i, class[i] == ignore ? 0 : reeli_load(y, i) / divisor);
    }
    return true;
}

static reel_tensor *coefficients(const problem *p, bool unit)
{
    reel_tensor *in[] = {p->target, p->weight};
    reeli_node *n = reeli_begin(&reeli_op_class_coefficients, p->weight ? 2 : 1, in);
    if (!n) {
        return p->r->poison;
    }
    *reeli_coefficients_of(n) =
        (reeli_coefficients){p->ignore, classes(p), p->reduction == REEL_MEAN, unit, p->what};
    n->out = reeli_empty_like(p->target, p->what, p->x->dtype);
    return reeli_apply(n);
}

static int64_t inner(const reel_tensor *x, int dim)
{
    int64_t count = 1;
    for (int d = dim + 1; d < x->ndim; d++) {
        count *= x->size[d];
    }
    return count;
}

/* Where sample i's element of its class lies in x[N, C, D]. */
static int64_t place(const reel_tensor *x, int dim, int64_t inner_count, int64_t i, int64_t class)
{
    return (i / inner_count * x->size[dim] + class) * inner_count + i % inner_count;
}

/* Sums, or lists, coefficient · ln p of inputs x, target and coefficient, where ln p = x -
 * largest[i] - log_sum[i] (NULL: 0). */
static void add_terms(reeli_node *n, const reel_tensor *largest, const reel_tensor *log_sum)
{
    const reeli_classes *how = reeli_classes_of(n);
    const reel_tensor *x = n->in[0].t, *target = n->in[1].t, *coefficient = n->in[2].t;
    const int64_t *class = target->data, columns = inner(x, how->dim);
    double sum = 0;
    bool any = false;
    for (int64_t i = 0; i < target->numel; i++) {
        double term = 0;
        if (class[i] != how->ignore && class[i] >= 0 && class[i] < x -> size[how->dim]) {
            term = reeli_load(x, place(x, how->dim, columns, i, class[i]));
            term -= largest ? reeli_load(largest, i) : 0;
            term -= log_sum ? reeli_load(log_sum, i) : 0;
            const double share = reeli_load(coefficient, i);
            term = share == 0 ? 0 : term * share;
            any = true;
        }
        sum += term;
        if (how->reduction == REEL_NONE) {
            reeli_store(n->out, i, n->out->ndim == 0 ? sum : term); /* a sum's 0 is never -0 */
        }
    }
    if (how->reduction != REEL_NONE) {
        reeli_store(n->out, 0, how->reduction == REEL_MEAN && !any ? (double)NAN : sum);
    }
}

/* The samples' coefficients times g; 0 where a coefficient is, whatever g. */
static reel_tensor *scales(const reeli_node *n, reel_tensor *g)
{
    reel_tensor *coefficient = n->in[2].t, *zero = reeli_number_for(coefficient, 0);
    return reel_where(reel_eq(coefficient, zero), zero, reel_mul(coefficient, g));
}

/* x and, at each sample's class, `scale`. */
static reel_tensor *add_at_classes(const reeli_node *n, reel_tensor *x, reel_tensor *scale)
{
    const reeli_classes *how = reeli_classes_of(n);
    if (reeli_bad(x) || x->numel == 0) {
        return x;
    }
    reel_tensor *target = n->in[1].t,
                *counts = reel_ne(target, reeli_number(x->r, (double)how->ignore));
    reel_tensor *safe = reel_where(counts, target, reeli_number(x->r, 0));
    return reel_scatter_add(x, how->dim, reel_unsqueeze(safe, how->dim),
                            reel_unsqueeze(scale, how->dim));
}

bool reeli_nll_loss_forward(reeli_node *n)
{
    add_terms(n, NULL, NULL);
    return true;
}

reel_tensor *reeli_nll_loss_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *x = n->in[input].t;
    reel_tensor *zeros = reeli_zeros(g->r, n->op->name, x->dtype, x->ndim, x->size);
    return add_at_classes(n, zeros, scales(n, g));
}

bool reeli_cross_entropy_forward(reeli_node *n)
{
    const reel_tensor *x = n->in[0].t;
    const reeli_classes *z = reeli_classes_of(n);
    if (x->numel) {
        reeli_log_sums_loops[x->r->level][x->dtype](x->size[0], x->size[1], x->data,
                                                    z->largest->data, z->log_sum->data);
    }
    add_terms(n, z->largest, z->log_sum);
    return true;
}

static bool compute_gradient(const reeli_args *a)
{
    const reeli_node *n = a->more;
    const reeli_classes *z = reeli_classes_of(n);
    const reel_tensor *x = n->in[0].t;
    reeli_class_gradient_loops[a->r->level][x->dtype](
        x->size[0], x->size[1], x->data, z->largest->data, z->log_sum->data, n->in[1].t->data,
        a->t[1]->data, a->t[0]->data);
    return true;
}

/* x with 0 in the samples whose coefficients are 0: nothing of them reaches the loss, nor a
 * derivative of it. */
static reel_tensor *without_ignored(reel_tensor *x, reel_tensor *coefficient, int dim)
{
    if (reeli_bad(coefficient)) {
        return coefficient;
    }
    reel_tensor *zero = reeli_number(x->r, 0);
    return reel_where(reel_unsqueeze(reel_eq(coefficient, zero), dim), zero, x);
}

/* dx = scale (1 at the class - softmax x), for each sample. */
reel_tensor *reeli_cross_entropy_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t, *scale = scales(n, g);
    if (reeli_bad(scale) || g->r->grad_enabled) {
        x = without_ignored(x, n->in[2].t, 1);
        reel_tensor *all = reel_neg(reel_mul(reel_softmax(x, 1), reel_unsqueeze(scale, 1)));
        return add_at_classes(n, all, scale);
    }
    reel_tensor *dx = reeli_empty_like(x, n->op->name, x->dtype);
    if (reeli_bad(dx) || x->numel == 0) {
        return dx;
    }
    const reeli_args args = {.r = x->r, .t = {dx, scale}, .more = n};
    return reeli_do(compute_gradient, &args) ? dx : x->r->poison;
}

/* A node of either on x and target, which has been reduced to its result's shape. */
static reeli_node *class_node(const reeli_op *op, const problem *p)
{
    reel_tensor *in[] = {p->x, p->target, coefficients(p, false)};
    reeli_node *n = reeli_bad(in[2]) ? NULL : reeli_begin(op, 3, in);
    if (n) {
        *reeli_classes_of(n) = (reeli_classes){p->ignore, p->dim, (int)p->reduction, NULL, NULL};
        n->out = reeli_empty(p->r, p->what, p->x->dtype,
                             p->reduction == REEL_NONE ? p->target->ndim : 0, p->target->size);
    }
    return n;
}

static reel_tensor *nll(const problem *p)
{
    reeli_node *n = class_node(&reeli_op_nll_loss, p);
    return n ? reeli_apply(n) : p->r->poison;
}

/* Logits (N, C) and indices, in one pass forward and one back. */
static reel_tensor *fused_cross_entropy(const problem *p)
{
    reeli_node *n = class_node(&reeli_op_cross_entropy, p);
    if (!n) {
        return p->r->poison;
    }
    reeli_classes *z = reeli_classes_of(n);
    z->largest = reeli_empty(p->r, p->what, p->x->dtype, 1, p->x->size);
    z->log_sum = reeli_empty(p->r, p->what, p->x->dtype, 1, p->x->size);
    return reeli_bad(z->largest) || reeli_bad(z->log_sum) ? p->r->poison : reeli_apply(n);
}

/* Whether the target holds one class for each sample of x. */
static bool indices_fit(const problem *p)
{
    const reel_tensor *x = p->x, *t = p->target;
    bool fits = x->ndim > 0 && t->ndim == x->ndim - 1;
    for (int d = 0, own = 0; fits && d < x->ndim; d++) {
        fits = d == p->dim || x->size[d] == t->size[own++];
    }
    return fits;
}

static bool check_indices(const problem *p)
{
    return reeli_fits(indices_fit(p), p->what, "target", p->target, p->x) &&
           reeli_has_dtype(p->what, "target", p->target, REEL_I64);
}

static bool check_weight(const problem *p, reel_tensor *weight)
{
    return !weight || (reeli_usable_as(p->r, p->what, "the weight", weight) &&
                       reeli_weights_classes(p->what, weight, p->x, classes(p)));
}

/* Fills in p from the arguments; false after an error. */
static bool begin(problem *p, reel_tensor *x, reel_tensor *target, reel_tensor *weight,
                  int64_t ignore)
{
    reel_tensor *in[] = {x, target};
    p->r = reeli_loss_begin(p->what, 2, in, p->reduction);
    if (!p->r) {
        return false;
    }
    p->dim = x->ndim > 1;
    p->x = reel_contiguous(x);
    p->target = reel_contiguous(target);
    p->ignore = ignore == 0 ? -100 : ignore == REEL_INDEX_ZERO ? 0 : ignore;
    if (reeli_bad(p->x) || reeli_bad(p->target)) {
        return false;
    }
    if (x->ndim == 0) {
        reeli_error(p->r, REEL_ERR_SHAPE, "%s: the input has no dim of classes", p->what);
        return false;
    }
    if (!check_weight(p, weight)) {
        return false;
    }
    p->weight = weight ? reel_contiguous(reel_detach(weight)) : NULL;
    return !weight || !reeli_bad(p->weight);
}

reel_tensor *reel_nll_loss(reel_tensor *input, reel_tensor *target,
                           const reel_nll_loss_options *options)
{
    const reel_nll_loss_options o = options ? *options : (reel_nll_loss_options){0};
    problem p = {.what = "nll_loss", .reduction = o.reduction};
    if (!begin(&p, input, target, o.weight, o.ignore_index) || !check_indices(&p)) {
        return reeli_poison_for(2, (reel_tensor *[]){input, target});
    }
    return nll(&p);
}

/* t with the classes' weights along x's dim of classes. */
static reel_tensor *times_weight(const problem *p, reel_tensor *t)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < p->x->ndim; d++) {
        size[d] = d == p->dim ? classes(p) : 1;
    }
    return p->weight ? reeli_weighted(reel_reshape(p->weight, p->x->ndim, size), t) : t;
}

/* -Σ_c target ln softmax x, of targets that are probabilities. A mean is one of the samples. */
static reel_tensor *of_probabilities(const problem *p, reel_tensor *target, double smoothing)
{
    if (!reeli_is_float(target->dtype)) {
        return reeli_fail(p->r, REEL_ERR_DTYPE,
                          "%s: a target of the input's shape holds probabilities, and is %s",
                          p->what, reel_dtype_name((reel_dtype)target->dtype));
    }
    if (p->ignore >= 0) {
        return reeli_fail(p->r, REEL_ERR_VALUE,
                          "%s: with probabilities as targets there is no class %lld to ignore",
                          p->what, (long long)p->ignore);
    }
    if (smoothing > 0) {
        target =
            reel_add_scalar(reel_mul_scalar(target, 1 - smoothing), smoothing / (double)classes(p));
    }
    reel_tensor *terms = times_weight(p, reeli_weighted(target, reel_log_softmax(p->x, p->dim)));
    if (p->reduction == REEL_NONE) {
        return reel_neg(reel_sum_dim(terms, &(int64_t){p->dim}, 1, false));
    }
    const double samples = (double)p->x->numel / (double)classes(p);
    return reel_div_scalar(reel_neg(reel_sum(terms)), p->reduction == REEL_MEAN ? samples : 1);
}

/* (1 - e) nll + e/C Σ_c weight · -ln softmax x, both with the divisor of the first. */
static reel_tensor *smoothed(problem *p, double smoothing)
{
    reel_tensor *unit = coefficients(p, true);
    p->x = reel_log_softmax(without_ignored(p->x, unit, p->dim), p->dim);
    if (reeli_bad(p->x)) {
        return p->x;
    }
    reel_tensor *hard = nll(p);
    reel_tensor *soft = reel_sum_dim(times_weight(p, p->x), &(int64_t){p->dim}, 1, false);
    soft = reel_mul(soft, unit);
    soft = p->reduction == REEL_NONE ? soft : reel_sum(soft);
    return reel_add(reel_mul_scalar(hard, 1 - smoothing),
                    reel_mul_scalar(soft, smoothing / (double)classes(p)));
}

reel_tensor *reel_cross_entropy(reel_tensor *input, reel_tensor *target,
                                const reel_cross_entropy_options *options)
{
    const reel_cross_entropy_options o = options ? *options : (reel_cross_entropy_options){0};
    problem p = {.what = "cross_entropy", .reduction = o.reduction};
    if (!begin(&p, input, target, o.weight, o.ignore_index)) {
        return reeli_poison_for(2, (reel_tensor *[]){input, target});
    }
    if (!(o.label_smoothing >= 0 && o.label_smoothing <= 1)) {
        return reeli_fail(p.r, REEL_ERR_VALUE,
                          "cross_entropy: label_smoothing must lie between 0 and 1, and is %g",
                          o.label_smoothing);
    }
    if (reeli_same_shape(input, target)) {
        p.weight = o.weight; /* here it gets a gradient, too */
        return of_probabilities(&p, target, o.label_smoothing);
    }
    if (!check_indices(&p)) {
        return p.r->poison;
    }
    if (o.label_smoothing > 0) {
        return smoothed(&p, o.label_smoothing);
    }
    if (p.x->ndim == 2) {
        return fused_cross_entropy(&p);
    }
    p.x = reel_log_softmax(without_ignored(p.x, coefficients(&p, false), p.dim), p.dim);
    return reeli_bad(p.x) ? p.x : nll(&p);
}

reel_tensor *reel_multilabel_soft_margin_loss(reel_tensor *input, reel_tensor *target,
                                              reel_tensor *weight, reel_reduction reduction)
{
    reel_tensor *in[] = {input, target};
    reel *r = reeli_loss_begin("multilabel_soft_margin_loss", 2, in, reduction);
    if (!r || input->ndim == 0) {
        return !r ? reeli_poison_for(2, in)
                  : reeli_fail(r, REEL_ERR_SHAPE,
                               "multilabel_soft_margin_loss: the input has no dim of labels");
    }
    reel_tensor *terms =
        reel_binary_cross_entropy_with_logits(input, target, weight, NULL, REEL_NONE);
    return reeli_reduce_terms(reel_mean_dim(terms, &(int64_t){-1}, 1, false), reduction);
}
