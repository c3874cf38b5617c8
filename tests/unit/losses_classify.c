/* SPDX-License-Identifier: MIT */
/* Losses of classes, of margins, and distances. Expected values: tests/generate/losses.py, or
 * PyTorch's answer to the same call typed in. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/distance.h>
#include <reel/elementwise.h>
#include <reel/loss.h>
#include <reel/reduce.h>
#include <reel/views.h>

static double at(reel_tensor *t, int64_t i)
{
    return reel_get(reel_reshape(t, REEL_SHAPE(-1)), &i);
}

/* "2x3x2" and, of the targets, the same without the classes' dim. */
static int read_shape(const char *text, int64_t *size)
{
    int ndim = 0;
    for (char *end; *text; text = *end ? end + 1 : end) {
        size[ndim++] = strtoll(text, &end, 10);
    }
    return ndim;
}

static int64_t product(int ndim, const int64_t *size)
{
    int64_t n = 1;
    for (int d = 0; d < ndim; d++) {
        n *= size[d];
    }
    return n;
}

static reel_tensor *read_tensor(reel *r, const record *it, int *next, int ndim, const int64_t *size)
{
    double values[64];
    int64_t n = product(ndim, size);
    for (int64_t i = 0; i < n; i++) {
        values[i] = record_number(it, (*next)++);
    }
    return reel_from_f64(r, values, ndim, size);
}

static void assert_values(const record *it, int *next, reel_tensor *t, int64_t count)
{
    for (int64_t i = 0; i < count; i++, ++*next) {
        double expected = record_number(it, *next), got = t ? at(t, i) : 0.0;
        ck_assert_msg(fabs(got - expected) <= 1e-12 + 1e-12 * fabs(expected),
                      "%s %s %s %s %s %s: value %d is %.17g, not %.17g", it->word[0], it->word[1],
                      it->word[2], it->word[3], it->word[4], it->word[5], *next - it->words, got,
                      expected);
    }
}

/* The arguments of a record's call. */
typedef struct arguments {
    reel_tensor *x, *target, *weight;
    reel_cross_entropy_options options;
    int64_t terms, elements;
} arguments;

static arguments read_arguments(reel *r, const record *it, int *next)
{
    int64_t size[8], rest[8];
    int ndim = read_shape(it->word[1], size), dims = 0, classes = ndim > 1;
    for (int d = 0; d < ndim; d++) {
        if (d != classes) {
            rest[dims++] = size[d];
        }
    }
    if (ndim == 1) {
        dims = classes = 0;
    }
    arguments a = {.terms = product(dims, rest), .elements = product(ndim, size)};
    a.x = reel_requires_grad_(read_tensor(r, it, next, ndim, size), true);
    a.target = strcmp(it->word[0], "probabilities") == 0
                   ? read_tensor(r, it, next, ndim, size)
                   : reel_to(read_tensor(r, it, next, dims, rest), REEL_I64);
    a.weight = read_tensor(r, it, next, 1, &size[classes]);
    a.options.reduction = (reel_reduction)reel_reduction_from_name(it->word[2]);
    a.options.weight = record_whole(it, 3) ? a.weight : NULL;
    a.options.ignore_index = record_whole(it, 4);
    a.options.label_smoothing = record_number(it, 5);
    return a;
}

static reel_tensor *call(const record *it, const arguments *a)
{
    const reel_cross_entropy_options *o = &a->options;
    return strcmp(it->word[0], "nll") != 0
               ? reel_cross_entropy(a->x, a->target, o)
               : reel_nll_loss(a->x, a->target,
                               &(reel_nll_loss_options){o->reduction, o->weight, o->ignore_index});
}

START_TEST(values_and_both_gradients_are_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("losses/classes.txt");
    const reel_backward_options graph = {.create_graph = true};
    int count = 0;
    for (record it; next_record(file, &it); count++, reel_rewind(r)) {
        int next = it.words;
        arguments a = read_arguments(r, &it, &next);
        reel_tensor *loss = call(&it, &a), *dx, *plain, *second = NULL;
        int first = next;
        assert_values(&it, &next, loss, a.options.reduction == REEL_NONE ? a.terms : 1);
        reel_gradients(reel_sum(loss), &a.x, 1, &graph, &dx);
        assert_values(&it, &next, dx, a.elements);
        if (reel_requires_grad(dx)) {
            reel_gradients(reel_sum(reel_square(dx)), &a.x, 1, NULL, &second);
        }
        assert_values(&it, &next, second, a.elements);
        ck_assert_int_eq(next, it.words + it.values);
        reel_gradients(reel_sum(call(&it, &a)), &a.x, 1, NULL, &plain); /* without a graph */
        next = first + (int)(a.options.reduction == REEL_NONE ? a.terms : 1);
        assert_values(&it, &next, plain, a.elements);
    }
    ck_assert_int_eq(count, 3 * 3 * 2 * (2 + 4 + 2));
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(all_ignored_is_nan_without_gradient)
{
    reel *r = reel_new();
    reel_tensor *x = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(2, 3)), true), *d;
    reel_tensor *t = reel_from_i64(r, (int64_t[]){-100, -100}, REEL_SHAPE(2));
    ck_assert(isnan(reel_item(reel_cross_entropy(x, t, NULL))));
    reel_gradients(reel_cross_entropy(x, t, NULL), &x, 1, NULL, &d);
    for (int64_t i = 0; i < 6; i++) {
        ck_assert(at(d, i) == 0);
    }
    const reel_cross_entropy_options sum = {.reduction = REEL_SUM};
    ck_assert(reel_item(reel_cross_entropy(x, t, &sum)) == 0);
    const reel_nll_loss_options class_0 = {.ignore_index = REEL_INDEX_ZERO};
    reel_tensor *zeros = reel_zeros(r, REEL_I64, REEL_SHAPE(2));
    ck_assert(isnan(reel_item(reel_nll_loss(x, zeros, &class_0))));
    reel_free(r);
}
END_TEST

START_TEST(no_samples_have_a_mean_of_nan)
{
    reel *r = reel_new();
    reel_tensor *x = reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(0, 3)), true);
    reel_tensor *t = reel_zeros(r, REEL_I64, REEL_SHAPE(0));
    ck_assert(isnan(reel_item(reel_cross_entropy(x, t, NULL))));
    ck_assert(isnan(reel_item(reel_nll_loss(x, t, NULL))));
    ck_assert(isnan(reel_item(reel_multi_margin_loss(x, t, NULL))));
    ck_assert_int_eq(reel_backward(reel_cross_entropy(x, t, NULL)), REEL_OK);
    const reel_cross_entropy_options none = {.reduction = REEL_NONE};
    ck_assert_int_eq(reel_numel(reel_cross_entropy(x, t, &none)), 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* Rows longer than a block of the loops, large logits, infinity: softmax is taken from the
 * largest. */
START_TEST(large_rows_and_large_logits_are_exact)
{
    reel *r = reel_new();
    const int64_t n = 2500;
    reel_tensor *x = reel_full(r, REEL_F64, 1e4, REEL_SHAPE(3, n)), *d;
    reel_tensor *t = reel_from_i64(r, (int64_t[]){0, 1300, 2499}, REEL_SHAPE(3));
    reel_requires_grad_(x, true);
    reel_tensor *loss = reel_cross_entropy(x, t, NULL);
    assert_close(reel_item(loss), log((double)n), 1e-14);
    reel_gradients(loss, &x, 1, NULL, &d);
    assert_close(at(d, 0), (1 / (double)n - 1) / 3, 1e-12);
    assert_close(at(d, 1), 1 / (double)n / 3, 1e-12);
    assert_close(at(d, 3 * n - 1), (1 / (double)n - 1) / 3, 1e-12);
    reel_tensor *wide = reel_from_f32(r, (float[]){1000, 0, -INFINITY}, REEL_SHAPE(1, 3));
    ck_assert(reel_item(reel_cross_entropy(wide, reel_zeros(r, REEL_I64, REEL_SHAPE(1)), NULL)) ==
              0);
    ck_assert(reel_item(reel_cross_entropy(wide, reel_ones(r, REEL_I64, REEL_SHAPE(1)), NULL)) ==
              1000);
    reel_free(r);
}
END_TEST

START_TEST(what_is_wrong_is_refused_by_name)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_zeros(r, REEL_F64, REEL_SHAPE(2, 3)),
                *one = reel_zeros(r, REEL_F64, REEL_SHAPE(3));
    reel_tensor *t = reel_from_i64(r, (int64_t[]){0, 3}, REEL_SHAPE(2)),
                *ok = reel_zeros(r, REEL_I64, REEL_SHAPE(2));
    ck_assert(reel_is_poison(reel_cross_entropy(x, t, NULL)));
    assert_error(r, REEL_ERR_VALUE, "cross_entropy: class 3 is not one of 3");
    reel_nll_loss(x, t, NULL);
    assert_error(r, REEL_ERR_VALUE, "nll_loss: class 3");
    reel_multi_margin_loss(x, t, NULL);
    assert_error(r, REEL_ERR_VALUE, "multi_margin_loss: class 3");
    reel_nll_loss(x, reel_zeros(r, REEL_I64, REEL_SHAPE(3)), NULL);
    assert_error(r, REEL_ERR_SHAPE, "nll_loss: a target of shape (3,)");
    reel_cross_entropy(x, reel_zeros(r, REEL_F64, REEL_SHAPE(2)), NULL);
    assert_error(r, REEL_ERR_DTYPE, "cross_entropy: the target must be int64");
    reel_cross_entropy(x, reel_zeros(r, REEL_I64, REEL_SHAPE(2, 3)), NULL);
    assert_error(r, REEL_ERR_DTYPE, "cross_entropy: a target of the input's shape");
    reel_cross_entropy(reel_scalar(r, REEL_F64, 1), reel_scalar(r, REEL_I64, 0), NULL);
    assert_error(r, REEL_ERR_SHAPE, "cross_entropy: the input has no dim of classes");
    reel_cross_entropy(reel_zeros(r, REEL_I64, REEL_SHAPE(2, 3)), ok, NULL);
    assert_error(r, REEL_ERR_DTYPE, "cross_entropy: the input must be floating");
    reel_cross_entropy(x, ok, &(reel_cross_entropy_options){.label_smoothing = 1.5});
    assert_error(r, REEL_ERR_VALUE, "cross_entropy: label_smoothing");
    reel_cross_entropy(
        x, ok, &(reel_cross_entropy_options){.weight = reel_zeros(r, REEL_F64, REEL_SHAPE(2))});
    assert_error(r, REEL_ERR_SHAPE, "cross_entropy: the weight must be float64 (3,)");
    reel_cross_entropy(x, x, &(reel_cross_entropy_options){.ignore_index = 1});
    assert_error(r, REEL_ERR_VALUE, "cross_entropy: with probabilities");
    reel_multi_margin_loss(x, ok, &(reel_multi_margin_loss_options){.p = 3});
    assert_error(r, REEL_ERR_VALUE, "multi_margin_loss: p must be 1 or 2");
    reel_multilabel_margin_loss(x, reel_full(r, REEL_I64, -2, REEL_SHAPE(2, 3)), REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "multilabel_margin_loss: class -2");
    reel_multilabel_margin_loss(x, ok, REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "multilabel_margin_loss");
    reel_margin_ranking_loss(x, x, one, 0, REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "margin_ranking_loss");
    reel_cosine_embedding_loss(x, x, x, 0, REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "cosine_embedding_loss: a target of shape (2, 3)");
    reel_cosine_embedding_loss(one, one, one, 0, REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "cosine_embedding_loss");
    reel_triplet_margin_loss(x, x, one, NULL);
    assert_error(r, REEL_ERR_SHAPE, "triplet_margin_loss");
    reel_cosine_similarity(x, one, 2, 1e-8);
    assert_error(r, REEL_ERR_SHAPE, "cosine_similarity");
    reel_cosine_similarity(ok, ok, 0, 1e-8);
    assert_error(r, REEL_ERR_DTYPE, "cosine_similarity");
    reel_pairwise_distance(x, reel_zeros(r, REEL_F64, REEL_SHAPE(4)), 2, 1e-6, false);
    assert_error(r, REEL_ERR_SHAPE, "pairwise_distance");
    reel_multilabel_soft_margin_loss(x, x, NULL, (reel_reduction)7);
    assert_error(r, REEL_ERR_VALUE, "multilabel_soft_margin_loss: there is no reduction 7");
    reel_free(r);
}
END_TEST

/* The edge of a margin belongs to the side that has a gradient, where PyTorch clamps, and to the
 * other in the losses of classes. */
START_TEST(edges_of_margins_are_pytorchs)
{
    reel *r = reel_new();
    reel_tensor *x =
        reel_requires_grad_(reel_from_f64(r, (double[]){1, 2, 3}, REEL_SHAPE(3)), true);
    reel_tensor *t = reel_ones(r, REEL_F64, REEL_SHAPE(3)), *zero = reel_zeros_like(x), *d;
    reel_gradients(reel_margin_ranking_loss(x, zero, t, 2, REEL_SUM), &x, 1, NULL, &d);
    ck_assert(at(d, 0) == -1 && at(d, 1) == -1 && at(d, 2) == 0);
    reel_tensor *label = reel_scalar(r, REEL_I64, 2);
    reel_gradients(reel_multi_margin_loss(x, label, NULL), &x, 1, NULL, &d);
    ck_assert(at(d, 0) == 0 && at(d, 1) == 0 && at(d, 2) == 0);
    const reel_multi_margin_loss_options two = {.margin = 2};
    reel_tensor *loss = reel_multi_margin_loss(x, label, &two);
    assert_close(reel_item(loss), 1.0 / 3, 1e-15);
    const reel_multi_margin_loss_options none = {.margin = REEL_ZERO};
    ck_assert(reel_item(reel_multi_margin_loss(x, label, &none)) == 0);
    reel_free(r);
}
END_TEST

/* A row's targets end at its first -1, and one named twice counts twice. */
START_TEST(label_lists_end_at_minus_1)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f64(r, (double[]){0.1, 0.2, 0.4, 0.8}, REEL_SHAPE(4));
    reel_tensor *t = reel_from_i64(r, (int64_t[]){3, 0, -1, 1}, REEL_SHAPE(4));
    const double others =
        (1 - (0.8 - 0.2)) + (1 - (0.8 - 0.4)) + (1 - (0.1 - 0.2)) + (1 - (0.1 - 0.4));
    assert_close(reel_item(reel_multilabel_margin_loss(x, t, REEL_MEAN)), others / 4, 1e-14);
    t = reel_from_i64(r, (int64_t[]){3, 3, -1, 1}, REEL_SHAPE(4));
    const double twice = 2 * ((1 - 0.7) + (1 - 0.6) + (1 - 0.4));
    assert_close(reel_item(reel_multilabel_margin_loss(x, t, REEL_MEAN)), twice / 4, 1e-14);
    t = reel_from_i64(r, (int64_t[]){-1, 0, 1, 2}, REEL_SHAPE(4));
    ck_assert(reel_item(reel_multilabel_margin_loss(x, t, REEL_MEAN)) == 0);
    reel_free(r);
}
END_TEST

/* cosine_similarity([0.1, 0], [10, 0], dim=0, eps=0.5) is 0.2, its gradient (1.6, 0); of zeros 0,
 * (2, 0). */
START_TEST(short_vectors_have_pytorchs_cosine)
{
    reel *r = reel_new();
    reel_tensor *a = reel_requires_grad_(reel_from_f64(r, (double[]){0.1, 0}, REEL_SHAPE(2)), true),
                *d;
    reel_tensor *b = reel_from_f64(r, (double[]){10, 0}, REEL_SHAPE(2));
    reel_tensor *zero = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(2)), true);
    reel_tensor *y = reel_cosine_similarity(a, b, 0, 0.5);
    assert_close(reel_item(y), 0.2, 1e-15);
    reel_gradients(y, &a, 1, NULL, &d);
    assert_close(at(d, 0), 1.6, 1e-14);
    ck_assert(at(d, 1) == 0);
    reel_gradients(reel_cosine_similarity(zero, b, 0, 0.5), &zero, 1, NULL, &d);
    ck_assert(at(d, 0) == 2 && at(d, 1) == 0);
    reel_free(r);
}
END_TEST

/* |x1 - x2 + eps| of (3, 4) and (0, 0): the norms by hand. */
START_TEST(distances_are_norms)
{
    reel *r = reel_new();
    reel_tensor *a = reel_from_f64(r, (double[]){3, -4}, REEL_SHAPE(1, 2)), *b = reel_zeros_like(a);
    assert_close(reel_item(reel_pairwise_distance(a, b, 2, 0, false)), 5.0, 1e-15);
    assert_close(reel_item(reel_pairwise_distance(a, b, 1, 0, false)), 7.0, 1e-15);
    assert_close(reel_item(reel_pairwise_distance(a, b, 3, 0, false)), cbrt(27 + 64), 1e-14);
    assert_close(reel_item(reel_pairwise_distance(a, b, DOUBLE_INFINITY, 0, false)), 4.0, 1e-15);
    assert_close(reel_item(reel_pairwise_distance(a, b, -DOUBLE_INFINITY, 0, false)), 3.0, 1e-15);
    assert_close(reel_item(reel_pairwise_distance(a, b, 2, 1, false)), 5.0, 1e-15);
    ck_assert_int_eq(reel_ndim(reel_pairwise_distance(a, b, 2, 1e-6, true)), 2);
    ck_assert_int_eq(reel_ndim(reel_pairwise_distance(a, b, 2, 1e-6, false)), 1);
    reel_free(r);
}
END_TEST

/* The negative is nearer to the positive than to the anchor: with swap that distance counts. */
START_TEST(triplets_swap)
{
    reel *r = reel_new();
    reel_tensor *anchor = reel_from_f64(r, (double[]){0}, REEL_SHAPE(1, 1));
    reel_tensor *positive = reel_from_f64(r, (double[]){2}, REEL_SHAPE(1, 1));
    reel_tensor *negative = reel_from_f64(r, (double[]){3}, REEL_SHAPE(1, 1));
    reel_triplet_margin_loss_options o = {.eps = REEL_ZERO, .margin = 4};
    assert_close(reel_item(reel_triplet_margin_loss(anchor, positive, negative, &o)), 3.0, 1e-15);
    o.swap = true;
    assert_close(reel_item(reel_triplet_margin_loss(anchor, positive, negative, &o)), 5.0, 1e-15);
    o = (reel_triplet_margin_loss_options){.eps = REEL_ZERO};
    ck_assert(reel_item(reel_triplet_margin_loss(anchor, positive, negative, &o)) == 0);
    reel_free(r);
}
END_TEST

/* torch's of [[1e8, 1e8 + 8]] in float32: margin - x_target comes first, and 1 - 1e8 is -1e8. */
START_TEST(margins_are_added_in_pytorchs_order)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f32(r, (float[]){1e8F, 1e8F + 8}, REEL_SHAPE(1, 2));
    reel_tensor *class = reel_zeros(r, REEL_I64, REEL_SHAPE(1));
    reel_tensor *labels = reel_from_i64(r, (int64_t[]){0, -1}, REEL_SHAPE(1, 2));
    ck_assert(reel_item(reel_multi_margin_loss(x, class, NULL)) == 4);
    ck_assert(reel_item(reel_multilabel_margin_loss(x, labels, REEL_MEAN)) == 4);
    reel_free(r);
}
END_TEST

/* The loss of one sample is a sum in PyTorch, which is never -0; of a list each is a product. */
START_TEST(one_samples_zero_has_no_sign)
{
    reel *r = reel_new();
    const reel_nll_loss_options each = {.reduction = REEL_NONE};
    reel_tensor *one = reel_from_i64(r, (int64_t[]){0}, 0, NULL),
                *x = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3));
    ck_assert_str_eq(reel_repr(reel_nll_loss(reel_zeros(r, REEL_F32, REEL_SHAPE(3)), one, &each)),
                     "tensor(0.)");
    ck_assert_str_eq(reel_repr(reel_nll_loss(x, reel_zeros(r, REEL_I64, REEL_SHAPE(2)), &each)),
                     "tensor([-0., -0.])");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, margins_are_added_in_pytorchs_order);
    tcase_add_test(cases, values_and_both_gradients_are_pytorchs);
    tcase_add_test(cases, all_ignored_is_nan_without_gradient);
    tcase_add_test(cases, no_samples_have_a_mean_of_nan);
    tcase_add_test(cases, large_rows_and_large_logits_are_exact);
    tcase_add_test(cases, what_is_wrong_is_refused_by_name);
    tcase_add_test(cases, edges_of_margins_are_pytorchs);
    tcase_add_test(cases, label_lists_end_at_minus_1);
    tcase_add_test(cases, short_vectors_have_pytorchs_cosine);
    tcase_add_test(cases, distances_are_norms);
    tcase_add_test(cases, triplets_swap);
    tcase_add_test(cases, one_samples_zero_has_no_sign);
}

int main(void) { return run_suite("losses_classify", add_cases); }
