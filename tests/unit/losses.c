/* SPDX-License-Identifier: MIT */
/* Losses of elements and of probabilities. Expected values: tests/generate/losses.py, or PyTorch's
 * answer to the same call typed in. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/loss.h>
#include <reel/reduce.h>
#include <reel/views.h>

/* What the handler heard. */
typedef struct heard {
    int warnings, errors;
    char last[512];
} heard;

static void hear(void *context, reel_level level, const char *message)
{
    heard *h = context;
    h->warnings += level == REEL_WARNING;
    h->errors += level == REEL_ERROR;
    snprintf(h->last, sizeof h->last, "%s", message);
}

static reel *hearing_reel(heard *h)
{
    reel *r = reel_new();
    *h = (heard){0};
    reel_set_message_handler(r, hear, h);
    return r;
}

static reel_tensor *doubles(reel *r, int64_t n, const double *values)
{
    return reel_from_f64(r, values, 1, &n);
}

#define F64(r, ...)                                                                                \
    doubles(r, (int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), (double[]){__VA_ARGS__})

static reel_tensor *leaf(reel_tensor *t) { return reel_requires_grad_(t, true); }

static double at(reel_tensor *t, int64_t i) { return reel_get(t, &i); }

/* A loss by its name in the records. */
static reel_tensor *loss_named(const char *name, reel_tensor *x, reel_tensor *t, double p,
                               reel_reduction reduction)
{
    if (strcmp(name, "l1_loss") == 0) {
        return reel_l1_loss(x, t, reduction);
    } else if (strcmp(name, "mse_loss") == 0) {
        return reel_mse_loss(x, t, reduction);
    } else if (strcmp(name, "smooth_l1_loss") == 0) {
        return reel_smooth_l1_loss(x, t, p, reduction);
    } else if (strcmp(name, "huber_loss") == 0) {
        return reel_huber_loss(x, t, p, reduction);
    } else if (strcmp(name, "quantile_loss") == 0) {
        return reel_quantile_loss(x, t, p, reduction);
    } else if (strcmp(name, "log_cosh_loss") == 0) {
        return reel_log_cosh_loss(x, t, reduction);
    } else if (strcmp(name, "kl_div") == 0) {
        return reel_kl_div(x, t, p == 1, reduction);
    } else if (strcmp(name, "binary_cross_entropy") == 0) {
        return reel_binary_cross_entropy(x, t, NULL, reduction);
    } else if (strcmp(name, "binary_cross_entropy_with_logits") == 0) {
        return reel_binary_cross_entropy_with_logits(x, t, NULL, NULL, reduction);
    }
    ck_assert_str_eq(name, "poisson_nll_loss");
    reel_poisson_nll_loss_options o = {
        .reduction = reduction, .no_log_input = p >= 2, .full = fmod(p, 2) == 1, .eps = 1e-3};
    return reel_poisson_nll_loss(x, t, &o);
}

/* The record's values from *next on; moves on. A NULL tensor is one that does not depend: zeros.
 * PyTorch's second derivative of the binary cross-entropy is itself off by 1e-11. */
static void assert_values(const record *it, int *next, reel_tensor *t, int64_t count)
{
    reel_tensor *flat = t ? reel_reshape(t, 1, &count) : NULL;
    for (int64_t i = 0; i < count; i++, ++*next) {
        double expected = record_number(it, *next), got = flat ? at(flat, i) : 0.0;
        ck_assert_msg(fabs(got - expected) <= 1e-12 + 1e-10 * fabs(expected),
                      "%s %s %s: value %d is %.17g, not %.17g", it->word[0], it->word[1],
                      it->word[2], *next - it->words, got, expected);
    }
}

static void read_doubles(const record *it, int from, double *values, int count)
{
    for (int i = 0; i < count; i++) {
        values[i] = record_number(it, from + i);
    }
}

START_TEST(values_and_both_gradients_are_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("losses/elementwise.txt");
    const reel_backward_options graph = {.create_graph = true};
    int count = 0;
    for (record it; next_record(file, &it); count++, reel_rewind(r)) {
        double values[8];
        read_doubles(&it, it.words, values, 8);
        reel_tensor *x = leaf(doubles(r, 4, values)), *t = leaf(doubles(r, 4, values + 4));
        reel_reduction reduction = (reel_reduction)reel_reduction_from_name(it.word[2]);
        reel_tensor *loss = loss_named(it.word[0], x, t, record_number(&it, 1), reduction);
        int next = it.words + 8;
        assert_values(&it, &next, loss, reduction == REEL_NONE ? 4 : 1);
        reel_tensor *d[2], *second = NULL;
        reel_gradients(reel_sum(loss), (reel_tensor *[]){x, t}, 2, &graph, d);
        assert_values(&it, &next, d[0], 4);
        assert_values(&it, &next, d[1], 4);
        if (reel_requires_grad(d[0])) {
            reel_gradients(reel_sum(reel_square(d[0])), &x, 1, NULL, &second);
        }
        assert_values(&it, &next, second, 4);
        ck_assert_int_eq(next, it.words + it.values);
    }
    ck_assert_int_eq(count, 3 * 20);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* torch.nn.functional.l1_loss(torch.arange(5.).reshape(5, 1), torch.arange(5.)) is 1.6. */
START_TEST(a_difference_in_shape_warns_and_broadcasts)
{
    heard h;
    reel *r = hearing_reel(&h);
    reel_tensor *t = reel_arange(r, REEL_F32, 0, 5, 1), *x = reel_unsqueeze(t, 1);
    assert_close(reel_item(reel_l1_loss(x, t, REEL_MEAN)), (double)1.6f, 1e-7);
    ck_assert_int_eq(h.warnings, 1);
    ck_assert_ptr_nonnull(strstr(h.last, "l1_loss"));
    ck_assert_ptr_nonnull(strstr(h.last, "(5, 1)"));
    ck_assert_ptr_nonnull(strstr(h.last, "(5, 5)"));
    reel_mse_loss(x, t, REEL_MEAN);
    reel_smooth_l1_loss(x, t, 1, REEL_MEAN);
    reel_huber_loss(x, t, 1, REEL_MEAN);
    ck_assert_int_eq(h.warnings, 4);
    reel_l1_loss(t, t, REEL_MEAN);
    ck_assert_int_eq(h.warnings, 4);
    ck_assert_int_eq(h.errors, 0);
    reel_free(r);
}
END_TEST

START_TEST(broadcast_operands_get_their_own_gradients)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaf(reel_from_f64(r, (double[]){1, 5}, REEL_SHAPE(2, 1)));
    reel_tensor *t = leaf(F64(r, 0, 3, 9));
    ck_assert_int_eq(reel_backward(reel_l1_loss(x, t, REEL_SUM)), REEL_OK);
    ck_assert_int_eq(reel_ndim(reel_grad(x)), 2);
    reel_tensor *dx = reel_reshape(reel_grad(x), REEL_SHAPE(2)), *dt = reel_grad(t);
    ck_assert(at(dx, 0) == 1 - 1 - 1 && at(dx, 1) == 1 + 1 - 1);
    ck_assert(at(dt, 0) == -2 && at(dt, 1) == 0 && at(dt, 2) == 2);
    reel_free(r);
}
END_TEST

START_TEST(what_is_wrong_is_refused_by_name)
{
    reel *r = quiet_reel();
    reel_tensor *x = F64(r, 1, 2, 3), *four = F64(r, 1, 2, 3, 4), *half = F64(r, 0.5, 0.5, 0.5);
    reel_tensor *i = reel_from_i64(r, (int64_t[]){1, 2, 3}, REEL_SHAPE(3));
    reel_tensor *b = reel_from_bool(r, (bool[]){1, 0, 1}, REEL_SHAPE(3));
    ck_assert(reel_is_poison(reel_l1_loss(x, four, REEL_MEAN)));
    assert_error(r, REEL_ERR_SHAPE, "l1_loss");
    reel_mse_loss(x, x, (reel_reduction)reel_reduction_from_name("average"));
    assert_error(r, REEL_ERR_VALUE, "mse_loss: there is no reduction");
    reel_l1_loss(x, x, REEL_BATCHMEAN);
    assert_error(r, REEL_ERR_VALUE, "l1_loss: there is no reduction");
    reel_l1_loss(i, i, REEL_MEAN);
    assert_error(r, REEL_ERR_DTYPE, "l1_loss: the mean of int64");
    reel_l1_loss(b, b, REEL_SUM);
    assert_error(r, REEL_ERR_DTYPE, "l1_loss");
    reel_huber_loss(i, i, 1, REEL_SUM);
    assert_error(r, REEL_ERR_DTYPE, "huber_loss");
    reel_smooth_l1_loss(x, x, -0.5, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "smooth_l1_loss: beta");
    reel_huber_loss(x, x, 0, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "huber_loss: delta");
    reel_huber_loss(x, x, (double)NAN, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "huber_loss: delta");
    reel_quantile_loss(x, x, 1, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "quantile_loss: q");
    reel_quantile_loss(x, x, 0, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "quantile_loss: q");
    reel_binary_cross_entropy(x, half, NULL, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE,
                 "binary_cross_entropy: an element of the input is not in [0, 1]");
    reel_binary_cross_entropy(F64(r, 0.5, (double)NAN, 0.5), half, NULL, REEL_MEAN);
    assert_error(r, REEL_ERR_VALUE, "binary_cross_entropy");
    reel_binary_cross_entropy(half, reel_unsqueeze(half, 0), NULL, REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "binary_cross_entropy");
    reel_binary_cross_entropy(half, half, four, REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "binary_cross_entropy");
    reel_binary_cross_entropy_with_logits(x, i, NULL, NULL, REEL_MEAN);
    assert_error(r, REEL_ERR_DTYPE, "binary_cross_entropy_with_logits: the target");
    reel_binary_cross_entropy_with_logits(x, half, NULL, reel_ones(r, REEL_F64, REEL_SHAPE(2, 3)),
                                          REEL_MEAN);
    assert_error(r, REEL_ERR_SHAPE, "binary_cross_entropy_with_logits: a weight of shape (2, 3)");
    reel_gaussian_nll_loss(x, x, F64(r, 1, -1, 1), NULL);
    assert_error(r, REEL_ERR_VALUE, "gaussian_nll_loss: an element of var is negative");
    reel_gaussian_nll_loss(x, x, four, NULL);
    assert_error(r, REEL_ERR_SHAPE, "gaussian_nll_loss: a var of shape (4,)");
    ck_assert_ptr_null(reel_l1_loss(NULL, NULL, REEL_MEAN));
    reel_l1_loss(x, NULL, REEL_MEAN);
    assert_error(r, REEL_ERR_OWNER, "l1_loss");
    reel_free(r);
}
END_TEST

START_TEST(poison_passes_through)
{
    reel *r = quiet_reel();
    reel_tensor *x = F64(r, 1, 2, 3), *poison = reel_l1_loss(x, F64(r, 1, 2), REEL_MEAN);
    reel_clear_error(r);
    ck_assert(reel_is_poison(reel_mse_loss(poison, x, REEL_MEAN)));
    ck_assert(reel_is_poison(reel_binary_cross_entropy(x, poison, NULL, REEL_MEAN)));
    ck_assert(reel_is_poison(reel_binary_cross_entropy_with_logits(x, x, poison, NULL, REEL_MEAN)));
    ck_assert(reel_is_poison(reel_gaussian_nll_loss(x, x, poison, NULL)));
    ck_assert(reel_is_poison(
        reel_poisson_nll_loss(poison, x, &(reel_poisson_nll_loss_options){.full = true})));
    reel_free(r);
}
END_TEST

START_TEST(empty_means_are_nan_and_empty_sums_0)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(reel_zeros(r, REEL_F64, REEL_SHAPE(0))), *t = reel_zeros_like(x);
    const char *names[] = {"l1_loss", "mse_loss",      "smooth_l1_loss", "huber_loss",
                           "kl_div",  "quantile_loss", "log_cosh_loss",  "binary_cross_entropy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert(isnan(reel_item(loss_named(names[i], x, t, 0.5, REEL_MEAN))));
        ck_assert(reel_item(loss_named(names[i], x, t, 0.5, REEL_SUM)) == 0);
        ck_assert_int_eq(reel_numel(loss_named(names[i], x, t, 0.5, REEL_NONE)), 0);
        ck_assert_int_eq(reel_backward(loss_named(names[i], x, t, 0.5, REEL_MEAN)), REEL_OK);
    }
    ck_assert_int_eq(reel_numel(reel_grad(x)), 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(integers_and_floats_promote)
{
    reel *r = reel_new();
    reel_tensor *i = reel_from_i64(r, (int64_t[]){5, -2}, REEL_SHAPE(2));
    reel_tensor *j = reel_from_i64(r, (int64_t[]){1, 1}, REEL_SHAPE(2));
    reel_tensor *f = reel_from_f32(r, (float[]){1, 1}, REEL_SHAPE(2)), *d = F64(r, 1, 1);
    ck_assert_int_eq(reel_dtype_of(reel_l1_loss(i, j, REEL_SUM)), REEL_I64);
    ck_assert(reel_item(reel_l1_loss(i, j, REEL_SUM)) == 7);
    ck_assert(reel_item(reel_mse_loss(i, j, REEL_SUM)) == 25);
    ck_assert_int_eq(reel_dtype_of(reel_l1_loss(i, f, REEL_MEAN)), REEL_F32);
    ck_assert_int_eq(reel_dtype_of(reel_l1_loss(f, d, REEL_MEAN)), REEL_F64);
    leaf(f), leaf(d);
    ck_assert_int_eq(reel_backward(reel_huber_loss(f, reel_add_scalar(d, 3), 1, REEL_SUM)),
                     REEL_OK);
    ck_assert_int_eq(reel_dtype_of(reel_grad(f)), REEL_F32);
    ck_assert(at(reel_grad(f), 0) == -1 && at(reel_grad(d), 0) == 1);
    reel_free(r);
}
END_TEST

START_TEST(older_flags_decide_and_warn)
{
    heard h;
    reel *r = hearing_reel(&h);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_UNSET, REEL_UNSET), REEL_MEAN);
    ck_assert_int_eq(h.warnings, 0);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_TRUE, REEL_UNSET), REEL_MEAN);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_FALSE, REEL_UNSET), REEL_SUM);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_UNSET, REEL_TRUE), REEL_MEAN);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_UNSET, REEL_FALSE), REEL_NONE);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_TRUE, REEL_FALSE), REEL_NONE);
    ck_assert_int_eq(reel_legacy_reduction(r, REEL_FALSE, REEL_TRUE), REEL_SUM);
    ck_assert_int_eq(h.warnings, 6);
    ck_assert_int_eq(reel_reduction_from_name("batchmean"), REEL_BATCHMEAN);
    ck_assert_int_eq(reel_reduction_from_name(NULL), -1);
    reel_free(r);
}
END_TEST

/* Gradients at the points where a loss has a corner. */
START_TEST(corners_have_pytorchs_gradients)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(F64(r, 0, 1, -1, 2)), *t = F64(r, 0, 0, 0, 0);
    const struct {
        reel_tensor *loss;
        double d[4];
    } cases[] = {
        {reel_l1_loss(x, t, REEL_SUM), {0, 1, -1, 1}},
        {reel_smooth_l1_loss(x, t, 1, REEL_SUM), {0, 1, -1, 1}},
        {reel_smooth_l1_loss(x, t, 0, REEL_SUM), {0, 1, -1, 1}},
        {reel_huber_loss(x, t, 1, REEL_SUM), {0, 1, -1, 1}},
        {reel_huber_loss(x, t, 2, REEL_SUM), {0, 1, -1, 2}},
        {reel_quantile_loss(x, t, 0.25, REEL_SUM), {0, 0.75, -0.25, 0.75}},
        {reel_hinge_embedding_loss(x, F64(r, 1, -1, -1, -1), 1, REEL_SUM), {1, -1, -1, 0}},
        {reel_hinge_embedding_loss(x, F64(r, 0, 0, 0, 0), 1, REEL_SUM), {0, 0, 0, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reel_tensor *d;
        reel_gradients(cases[i].loss, &x, 1, NULL, &d);
        for (int64_t k = 0; k < 4; k++) {
            ck_assert_msg(at(d, k) == cases[i].d[k], "case %zu: [%lld] is %g, not %g", i,
                          (long long)k, at(d, k), cases[i].d[k]);
        }
    }
    reel_free(r);
}
END_TEST

/* Half of a square that no float holds may be a float; and NaN, infinities and -0 pass. */
START_TEST(huber_loss_of_the_largest_numbers_is_pytorchs)
{
    reel *r = reel_new();
    const float inputs[] = {2e19f, -3e38f, INFINITY, -INFINITY, NAN, -0.0f};
    const float values[] = {2e38f, INFINITY, INFINITY, INFINITY, NAN, 0};
    const float slopes[] = {2e19f, -1e20f, 1e20f, -1e20f, NAN, -0.0f};
    reel_tensor *x = leaf(reel_from_f32(r, inputs, REEL_SHAPE(6))), *d;
    reel_tensor *y = reel_huber_loss(x, reel_zeros_like(x), 1e20, REEL_NONE);
    reel_gradients(reel_sum(y), &x, 1, NULL, &d);
    for (int i = 0; i < 6; i++) {
        const float value = reel_data_f32(y)[i], slope = reel_data_f32(d)[i];
        ck_assert_msg(value == values[i] || (isnan(value) && isnan(values[i])), "[%d] %g", i,
                      (double)value);
        ck_assert_msg((slope == slopes[i] && !signbit(slope) == !signbit(slopes[i])) ||
                          (isnan(slope) && isnan(slopes[i])),
                      "slope [%d] %g", i, (double)slope);
    }
    reel_free(r);
}
END_TEST

/* Of input 0 and 1 and target 0 and 1: 0 or 100, and the gradient's denominator is 1e-12. */
START_TEST(cross_entropy_of_certain_bits_is_clamped)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(F64(r, 0, 1, 0, 1)), *t = F64(r, 0, 1, 1, 0), *d;
    reel_tensor *y = reel_binary_cross_entropy(x, t, NULL, REEL_NONE);
    ck_assert(at(y, 0) == 0 && at(y, 1) == 0 && at(y, 2) == 100 && at(y, 3) == 100);
    reel_gradients(reel_sum(y), &x, 1, NULL, &d);
    ck_assert(at(d, 0) == 0 && at(d, 1) == 0);
    assert_close(at(d, 2), -1e12, 1e-15);
    assert_close(at(d, 3), 1e12, 1e-15);
    reel_tensor *logits = reel_binary_cross_entropy_with_logits(F64(r, 1000, -1000, 1000, -1000), t,
                                                                NULL, NULL, REEL_NONE);
    ck_assert(at(logits, 0) == 1000 && at(logits, 1) == 1000);
    ck_assert(at(logits, 2) == 0 && at(logits, 3) == 0);
    reel_free(r);
}
END_TEST

/* binary_cross_entropy_with_logits([0.5, -1, 2], [1, 0, 0.25], weight=[1, 2, 3], pos_weight=4). */
typedef reel_tensor *weighted_loss(reel_tensor *, reel_tensor *, reel_tensor *, reel_reduction);

static reel_tensor *huber_of_1(reel_tensor *x, reel_tensor *t, reel_tensor *weight,
                               reel_reduction reduction)
{
    return reel_huber_loss_weighted(x, t, weight, 1, reduction);
}

/* A term of weight 0 is as if it were not there, whatever it is. */
START_TEST(what_has_no_weight_may_be_anything)
{
    weighted_loss *const losses[] = {reel_l1_loss_weighted, reel_mse_loss_weighted, huber_of_1};
    for (int k = 0; k < 3; k++) {
        reel *r = reel_new();
        reel_tensor *x = leaf(F64(r, 1, DOUBLE_NAN, 3, DOUBLE_INFINITY));
        reel_tensor *t = leaf(F64(r, 2, 3, DOUBLE_NAN, DOUBLE_INFINITY));
        reel_tensor *weight = F64(r, 2, 0, 0, 0);
        reel_tensor *loss = losses[k](x, t, weight, REEL_SUM);
        reel_backward(loss);
        ck_assert_double_eq(reel_item(loss), k == 2 ? 1 : 2);
        ck_assert(at(reel_grad(x), 0) != 0 && at(reel_grad(t), 0) == -at(reel_grad(x), 0));
        for (int64_t i = 1; i < 4; i++) {
            ck_assert(at(reel_grad(x), i) == 0 && at(reel_grad(t), i) == 0);
        }
        reel_free(r);
    }
}
END_TEST

START_TEST(weights_multiply_terms)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(F64(r, 0.5, -1, 2)), *t = F64(r, 1, 0, 0.25), *w = F64(r, 1, 2, 3);
    reel_tensor *pos = reel_scalar(r, REEL_F64, 4);
    reel_tensor *y = reel_binary_cross_entropy_with_logits(x, t, w, pos, REEL_SUM);
    double expected = 0;
    const double xs[] = {0.5, -1, 2}, ts[] = {1, 0, 0.25};
    for (int i = 0; i < 3; i++) {
        double p = 1 / (1 + exp(-xs[i]));
        expected -= (i + 1) * (4 * ts[i] * log(p) + (1 - ts[i]) * log(1 - p));
    }
    assert_close(reel_item(y), expected, 1e-14);
    reel_tensor *p = reel_sigmoid(x);
    expected = 0;
    for (int i = 0; i < 3; i++) {
        double q = 1 / (1 + exp(-xs[i]));
        expected -= (i + 1) * (ts[i] * log(q) + (1 - ts[i]) * log(1 - q)) / 3;
    }
    assert_close(reel_item(reel_binary_cross_entropy(p, t, w, REEL_MEAN)), expected, 1e-14);
    reel_free(r);
}
END_TEST

/* ln cosh 1e-9 = ½ 1e-18, and ln cosh 1000 = 1000 - ln 2: neither cancels nor overflows. */
START_TEST(log_cosh_is_exact_near_and_far)
{
    reel *r = reel_new();
    reel_tensor *x = F64(r, 1e-9, 1000, -1000, 0, 0.999999, 1.000001);
    reel_tensor *y = reel_log_cosh_loss(x, F64(r, 0, 0, 0, 0, 0, 0), REEL_NONE);
    assert_close(at(y, 0), 0.5e-18, 1e-14);
    assert_close(at(y, 1), 1000 - log(2), 1e-15);
    ck_assert(at(y, 2) == at(y, 1) && at(y, 3) == 0);
    assert_close(at(y, 4), log(cosh(0.999999)), 1e-14);
    assert_close(at(y, 5), log(cosh(1.000001)), 1e-14);
    reel_tensor *f =
        reel_log_cosh_loss(reel_to(x, REEL_F32), reel_zeros(r, REEL_F32, REEL_SHAPE(6)), REEL_NONE);
    for (int64_t i = 0; i < 6; i++) {
        assert_close(at(f, i), at(y, i), 1e-6);
    }
    reel_free(r);
}
END_TEST

/* The constant that minimises the pinball loss is the quantile. */
START_TEST(quantile_loss_is_least_at_the_quantile)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_arange(r, REEL_F64, 0, 101, 1);
    double best = DOUBLE_INFINITY;
    int where = -1;
    for (int c = 0; c <= 100; c++) {
        double loss = reel_item(reel_quantile_loss(F64(r, c), t, 0.9, REEL_MEAN));
        where = loss < best ? c : where;
        best = fmin(loss, best);
    }
    ck_assert_int_eq(where, 90);
    reel_free(r);
}
END_TEST

/* Variances below eps count as eps, and get their gradient all the same: ½ (1/eps - d²/eps²). */
START_TEST(small_variances_keep_their_gradient)
{
    reel *r = reel_new();
    reel_tensor *x = F64(r, 1, 1, 1), *t = F64(r, 1, 2, 1), *var = leaf(F64(r, 0.1, 0, 2)), *d;
    const reel_gaussian_nll_loss_options o = {.reduction = REEL_SUM, .full = true, .eps = 0.5};
    reel_tensor *y = reel_gaussian_nll_loss(x, t, var, &o);
    assert_close(reel_item(y), 0.5 * (2 * log(0.5) + 2 + log(2)) + 1.5 * log(2 * 3.141592653589793),
                 1e-14);
    reel_gradients(y, &var, 1, NULL, &d);
    ck_assert(at(d, 0) == 1 && at(d, 1) == 1 - 2 && at(d, 2) == 0.25);
    reel_tensor *rows = reel_zeros(r, REEL_F64, REEL_SHAPE(2, 3));
    reel_tensor *each = reel_gaussian_nll_loss(rows, rows, F64(r, 1, 4), NULL);
    assert_close(reel_item(each), 0.25 * log(4), 1e-14);
    reel_free(r);
}
END_TEST

START_TEST(batchmean_divides_by_the_first_size)
{
    reel *r = reel_new();
    reel_tensor *x = reel_full(r, REEL_F64, -1, REEL_SHAPE(2, 3));
    reel_tensor *t = reel_full(r, REEL_F64, 0.5, REEL_SHAPE(2, 3));
    const double term = 0.5 * (log(0.5) + 1);
    assert_close(reel_item(reel_kl_div(x, t, false, REEL_BATCHMEAN)), 3 * term, 1e-15);
    assert_close(reel_item(reel_kl_div(x, t, false, REEL_MEAN)), term, 1e-15);
    reel_tensor *none = reel_kl_div(x, reel_zeros_like(x), false, REEL_SUM);
    ck_assert(reel_item(none) == 0);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, values_and_both_gradients_are_pytorchs);
    tcase_add_test(cases, a_difference_in_shape_warns_and_broadcasts);
    tcase_add_test(cases, broadcast_operands_get_their_own_gradients);
    tcase_add_test(cases, what_is_wrong_is_refused_by_name);
    tcase_add_test(cases, poison_passes_through);
    tcase_add_test(cases, empty_means_are_nan_and_empty_sums_0);
    tcase_add_test(cases, integers_and_floats_promote);
    tcase_add_test(cases, older_flags_decide_and_warn);
    tcase_add_test(cases, corners_have_pytorchs_gradients);
    tcase_add_test(cases, huber_loss_of_the_largest_numbers_is_pytorchs);
    tcase_add_test(cases, cross_entropy_of_certain_bits_is_clamped);
    tcase_add_test(cases, weights_multiply_terms);
    tcase_add_test(cases, what_has_no_weight_may_be_anything);
    tcase_add_test(cases, log_cosh_is_exact_near_and_far);
    tcase_add_test(cases, quantile_loss_is_least_at_the_quantile);
    tcase_add_test(cases, small_variances_keep_their_gradient);
    tcase_add_test(cases, batchmean_divides_by_the_first_size);
}

int main(void) { return run_suite("losses", add_cases); }
