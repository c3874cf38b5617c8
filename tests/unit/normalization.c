/* SPDX-License-Identifier: MIT */
/* Layer and batch normalisation. Expected values: the definition in double, or PyTorch's answer
 * typed in. */
#include "check_reel.h"

#include <reel/autograd.h>
#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/inplace.h>
#include <reel/normalization.h>
#include <reel/random.h>
#include <reel/reduce.h>
#include <reel/views.h>

static double at(reel_tensor *t, int64_t i)
{
    return reel_get(reel_reshape(t, REEL_SHAPE(-1)), &i);
}

static reel_tensor *sample(reel *r)
{
    reel_tensor *x = reel_from_f64(r, (double[]){1, 2, 4, 8, -1, 0.5}, REEL_SHAPE(2, 3));
    return reel_requires_grad_(x, true);
}

/* torch.nn.functional.layer_norm(x, (3,), torch.tensor([1., 2, 3]), torch.tensor([0.5, 0, -1]),
 * 1e-5) and the gradient of its squares' sum. */
START_TEST(layer_norm_is_pytorchs)
{
    reel *r = reel_new();
    reel_tensor *x = sample(r), *y;
    reel_tensor *w = reel_from_f64(r, (double[]){1, 2, 3}, REEL_SHAPE(3));
    reel_tensor *b = reel_from_f64(r, (double[]){0.5, 0, -1}, REEL_SHAPE(3));
    reel_requires_grad_(w, true), reel_requires_grad_(b, true);
    y = reel_layer_norm(x, 1, (int64_t[]){3}, w, b, 1e-5);
    reel_backward(reel_sum(reel_square(y)));
    const double ys[] = {-0.5690415314502979, -0.53452076572514917, 3.0089057429386155,
                         1.8970009463567015,  -1.7780012044539837,  -2.5240010323891289};
    const double dx[] = {2.5417724632169945,  -3.8127419858249905, 1.2709695226080022,
                         0.24211286061717363, 1.2105559951509375,  -1.4526688557681107};
    const double dw[] = {6.5168822950806389, 3.4470007320312166, 10.605999794626571},
                 db[] = {2.6559188298128071, -4.6250439403582657, 0.96980942109897317};
    for (int64_t i = 0; i < 6; i++) {
        assert_close(at(y, i), ys[i], 1e-13);
        assert_close(at(reel_grad(x), i), dx[i], 1e-10);
    }
    for (int64_t i = 0; i < 3; i++) {
        assert_close(at(reel_grad(w), i), dw[i], 1e-13);
        assert_close(at(reel_grad(b), i), db[i], 1e-13);
    }
    reel_free(r);
}
END_TEST

/* The gradient's gradient against differences of the gradient. */
static void assert_second(reel *r, reel_tensor *(*norm)(reel_tensor *x))
{
    const double base[] = {1, 2, 4, 8, -1, 0.5}, h = 1e-6;
    double d[2][6];
    reel_tensor *second;
    for (int k = -1; k < 6; k++) {
        for (int side = 0; side < 2; side++) {
            double values[6];
            memcpy(values, base, sizeof base);
            values[k < 0 ? 0 : k] += k < 0 ? 0 : side ? h : -h;
            reel_tensor *x = reel_requires_grad_(reel_from_f64(r, values, REEL_SHAPE(2, 3)), true),
                        *dx;
            const reel_backward_options graph = {.create_graph = true};
            reel_gradients(reel_sum(reel_pow_scalar(norm(x), 3)), &x, 1, &graph, &dx);
            reel_tensor *squares = reel_sum(reel_square(dx));
            if (k < 0 && side == 0) {
                reel_gradients(squares, &x, 1, NULL, &second);
                second = reel_keep(second);
            } else if (k >= 0) {
                d[side][k] = reel_item(squares);
            }
            reel_rewind(r);
        }
    }
    for (int k = 0; k < 6; k++) {
        const double difference = (d[1][k] - d[0][k]) / (2 * h), exact = at(second, k);
        ck_assert_msg(fabs(difference - exact) <= 1e-6 * (1 + fabs(exact)),
                      "[%d] is %.12g, not %.12g", k, exact, difference);
    }
}

static reel_tensor *by_rows(reel_tensor *x)
{
    return reel_layer_norm(x, 1, (int64_t[]){3}, NULL, NULL, 0.1);
}

static reel_tensor *by_columns(reel_tensor *x)
{
    return reel_batch_norm(x, NULL, NULL, NULL, NULL, true, 0.1, 0.1);
}

START_TEST(gradients_can_be_differentiated)
{
    reel *r = reel_new();
    assert_second(r, by_rows);
    assert_second(r, by_columns);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(rows_have_mean_0_and_variance_1)
{
    reel *r = reel_new();
    reel_manual_seed(r, 3);
    reel_tensor *x =
        reel_add_scalar(reel_mul_scalar(reel_randn(r, REEL_F64, REEL_SHAPE(2, 3, 700)), 5), 1e3);
    reel_tensor *y = reel_layer_norm(x, 2, (int64_t[]){3, 700}, NULL, NULL, 0);
    for (int64_t i = 0; i < 2; i++) {
        reel_tensor *row = reel_select(y, 0, i);
        ck_assert(fabs(reel_item(reel_mean(row))) < 1e-12);
        assert_close(reel_item(reel_mean(reel_square(row))), 1.0, 1e-12);
    }
    reel_free(r);
}
END_TEST

/* Two steps of batch_norm(momentum=0.25) on the columns (1, 8), (2, -1), (4, 0.5): means 4.5, 0.5,
 * 2.25, Σ d² 24.5, 4.5, 6.125, which n - 1 = 1 divides. */
START_TEST(training_moves_the_running_statistics)
{
    reel *r = reel_new();
    reel_tensor *x = sample(r);
    reel_tensor *mean = reel_zeros(r, REEL_F64, REEL_SHAPE(3)),
                *var = reel_ones(r, REEL_F64, REEL_SHAPE(3));
    const double means[] = {4.5, 0.5, 2.25}, variances[] = {24.5, 4.5, 6.125};
    for (int step = 0; step < 2; step++) {
        reel_batch_norm(x, mean, var, NULL, NULL, true, 0.25, 1e-5);
    }
    for (int64_t c = 0; c < 3; c++) {
        assert_close(at(mean, c), means[c] * (0.25 + 0.1875), 1e-15);
        assert_close(at(var, c), 0.5625 + variances[c] * (0.25 + 0.1875), 1e-15);
    }
    ck_assert(!reel_requires_grad(mean) && !reel_requires_grad(var));
    reel_tensor *y = reel_batch_norm(x, mean, var, NULL, NULL, false, 0.25, 0);
    assert_close(at(y, 0), (1 - at(mean, 0)) / sqrt(at(var, 0)), 1e-14);
    const double kept = at(mean, 0);
    reel_batch_norm(reel_zeros(r, REEL_F64, REEL_SHAPE(0, 3)), mean, var, NULL, NULL, true, 0.25,
                    1e-5);
    ck_assert(at(mean, 0) == kept);
    reel_free(r);
}
END_TEST

/* What an evaluation saved is changed by training before backward runs. */
START_TEST(running_statistics_that_were_saved_are_watched)
{
    reel *r = quiet_reel();
    reel_tensor *x = sample(r),
                *w = reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(3)), true);
    reel_tensor *mean = reel_zeros(r, REEL_F64, REEL_SHAPE(3)),
                *var = reel_ones(r, REEL_F64, REEL_SHAPE(3));
    reel_tensor *y = reel_sum(reel_mul(reel_mul(x, reel_unsqueeze(var, 0)), w));
    reel_batch_norm(x, mean, var, NULL, NULL, true, 0.1, 1e-5);
    ck_assert_int_ne(reel_backward(y), REEL_OK);
    assert_error(r, REEL_ERR_STATE, "changed in place");
    reel_free(r);
}
END_TEST

START_TEST(what_is_wrong_is_refused_by_name)
{
    reel *r = quiet_reel();
    reel_tensor *x = sample(r), *two = reel_ones(r, REEL_F64, REEL_SHAPE(2)),
                *three = reel_ones(r, REEL_F64, REEL_SHAPE(3));
    reel_tensor *single = reel_ones(r, REEL_F32, REEL_SHAPE(3)), *row = reel_narrow(x, 0, 0, 1);
    reel_layer_norm(x, 1, (int64_t[]){2}, NULL, NULL, 1e-5);
    assert_error(r, REEL_ERR_SHAPE,
                 "layer_norm: shape (2, 3) does not end in the normalized shape (2,)");
    reel_layer_norm(x, 0, NULL, NULL, NULL, 1e-5);
    assert_error(r, REEL_ERR_SHAPE, "layer_norm");
    reel_layer_norm(x, 1, (int64_t[]){3}, two, NULL, 1e-5);
    assert_error(r, REEL_ERR_SHAPE, "layer_norm: the weight has shape (2,)");
    reel_layer_norm(x, 1, (int64_t[]){3}, three, single, 1e-5);
    assert_error(r, REEL_ERR_DTYPE, "layer_norm: the bias is float32");
    reel_batch_norm(x, two, three, NULL, NULL, true, 0.1, 1e-5);
    assert_error(r, REEL_ERR_SHAPE, "batch_norm: the running_mean has shape (2,)");
    reel_batch_norm(x, three, NULL, NULL, NULL, false, 0.1, 1e-5);
    assert_error(r, REEL_ERR_VALUE, "batch_norm: without training");
    reel_batch_norm(row, NULL, NULL, NULL, NULL, true, 0.1, 1e-5);
    assert_error(r, REEL_ERR_VALUE, "batch_norm: training needs more than 1 value a channel");
    reel_batch_norm(three, NULL, NULL, NULL, NULL, true, 0.1, 1e-5);
    assert_error(r, REEL_ERR_SHAPE, "batch_norm: shape (3,) has no dim 1");
    reel_requires_grad_(three, true);
    reel_batch_norm(x, three, NULL, NULL, NULL, true, 0.1, 1e-5);
    assert_error(r, REEL_ERR_STATE, "batch_norm: the running_mean must not require a gradient");
    ck_assert(at(three, 0) == 1);
    reel_free(r);
}
END_TEST

/* What is nothing but normalised may be changed in place: the gradient is that of a copy
 * changed. */
START_TEST(a_result_may_be_changed)
{
    for (int group = 0; group < 2; group++) {
        reel *r = reel_new();
        reel_tensor *of[2];
        for (int in_place = 0; in_place < 2; in_place++) {
            reel_tensor *x = sample(r);
            reel_tensor *y = group ? reel_group_norm(x, 1, NULL, NULL, 1e-5)
                                   : reel_layer_norm(x, 1, (int64_t[]){3}, NULL, NULL, 1e-5);
            ck_assert_int_eq(reel_backward(reel_sum(in_place ? reel_exp_(y) : reel_exp(y))),
                             REEL_OK);
            of[in_place] = reel_grad(x);
        }
        ck_assert(reel_equal(of[0], of[1]) && !reel_failed(r));
        reel_free(r);
    }
}
END_TEST

/* A bias that is the running variance is added as it was before the call, as by torch. */
START_TEST(a_bias_may_be_what_is_updated)
{
    reel *r = reel_new();
    reel_tensor *x = reel_randn(r, REEL_F64, REEL_SHAPE(2, 3, 4)), *y[2];
    for (int shared = 0; shared < 2; shared++) {
        reel_tensor *mean = reel_zeros(r, REEL_F64, REEL_SHAPE(3));
        reel_tensor *var = reel_ones(r, REEL_F64, REEL_SHAPE(3));
        reel_tensor *bias = shared ? var : reel_ones(r, REEL_F64, REEL_SHAPE(3));
        y[shared] = reel_instance_norm(x, mean, var, NULL, bias, true, 0.5, 1e-5);
        ck_assert(at(var, 0) != 1);
    }
    ck_assert(reel_equal(y[0], y[1]));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, layer_norm_is_pytorchs);
    tcase_add_test(cases, gradients_can_be_differentiated);
    tcase_add_test(cases, rows_have_mean_0_and_variance_1);
    tcase_add_test(cases, training_moves_the_running_statistics);
    tcase_add_test(cases, running_statistics_that_were_saved_are_watched);
    tcase_add_test(cases, a_result_may_be_changed);
    tcase_add_test(cases, a_bias_may_be_what_is_updated);
    tcase_add_test(cases, what_is_wrong_is_refused_by_name);
}

int main(void) { return run_suite("normalization", add_cases); }
