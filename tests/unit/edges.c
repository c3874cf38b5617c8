/* SPDX-License-Identifier: MIT */
/* What lies at the edge: conditions that want gradients, repeats without end, numbers near 2^63. */
#include "check_reel.h"

#include <float.h>
#include <math.h>
#include <reel/reel.h>

static reel_tensor *leaf(reel *r, int64_t n)
{
    return reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(n)), true);
}

/* torch.where takes only bools; a float's truth decides here, and no gradient passes through
 * that. */
START_TEST(a_condition_gets_no_gradient)
{
    reel *r = quiet_reel();
    for (int64_t n = 0; n < 3; n++) {
        for (int recorded = 0; recorded < 2; recorded++) {
            reel_tensor *c = leaf(r, n), *x = leaf(r, n);
            const reel_backward_options options = {.create_graph = recorded};
            ck_assert_int_eq(reel_backward_with(reel_sum(reel_where(c, x, x)), &options), REEL_OK);
            ck_assert(reel_item(reel_sum(reel_grad(c))) == 0);
            ck_assert(reel_item(reel_sum(reel_grad(x))) == (double)n);
        }
    }
    reel_free(r);
}
END_TEST

/* Tensor.copy_ into an int64 or a bool: no gradient passes. */
START_TEST(what_is_no_float_wants_no_gradient)
{
    reel *r = quiet_reel();
    static const reel_dtype dtypes[] = {REEL_I64, REEL_BOOL};
    for (int k = 0; k < 2; k++) {
        reel_tensor *t = reel_zeros(r, dtypes[k], REEL_SHAPE(2));
        ck_assert(!reel_is_poison(reel_copy_(t, reel_exp(leaf(r, 2)))));
        ck_assert(!reel_requires_grad(t));
        ck_assert_int_eq(reel_backward(t), REEL_ERR_STATE);
        assert_error(r, REEL_ERR_STATE, "requires no gradient");
    }
    reel_free(r);
}
END_TEST

START_TEST(repeats_are_looked_at_once)
{
    reel *r = quiet_reel();
    reel_set_anomaly_mode(r, true);
    const int64_t many = (int64_t)1 << 40;
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2}, REEL_SHAPE(2, 1));
    ck_assert_int_eq(reel_numel(reel_expand(x, REEL_SHAPE(3, 2, many))), 6 * many);
    ck_assert(!reel_failed(r));
    x = reel_from_f32(r, (float[]){1, 0}, REEL_SHAPE(2, 1));
    reel_exp(reel_t(reel_log(x))); /* the log is what is told, not what reads it */
    assert_error(r, REEL_ERR_VALUE, "log: element (1, 0) of shape (2, 1) is -inf");
    reel_free(r);
}
END_TEST

START_TEST(numbers_near_the_largest)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(2, 3)), *p = leaf(r, 1);
    const reel_index_item item = reel_index_slice(1, REEL_END, INT64_MAX);
    reel_tensor *row = reel_index(x, &item, 1);
    ck_assert(reel_ndim(row) == 2 && reel_size(row, 0) == 1 && reel_item(reel_sum(row)) == 3);
    reel_tensor *none =
        reel_reshape(reel_zeros(r, REEL_F32, REEL_SHAPE(0)), REEL_SHAPE(0, (int64_t)1 << 62, 3));
    ck_assert(reel_is_poison(none) || reel_numel(none) == 0);
    reel_clear_error(r);
    reel_optimizer *sgd = reel_optim_sgd((reel_tensor_list){r, &p, 1},
                                         (reel_sgd_options){.lr = 0.1, .momentum = 0.9});
    ck_assert_ptr_null(reel_lr_one_cycle(
        sgd,
        (reel_lr_one_cycle_options){.max_lr = 0.1, .epochs = INT64_MAX / 3, .steps_per_epoch = 9}));
    assert_error(r, REEL_ERR_VALUE, "OneCycleLR: total_steps must be above 0");
    ck_assert(reel_is_poison(reel_init_eye(reel_zeros(r, REEL_F32, REEL_SHAPE(2, 2, 2)))));
    assert_error(r, REEL_ERR_SHAPE, "init.eye_: a tensor of shape (2, 2, 2) is no matrix");
    reel_free(r);
}
END_TEST

/* Bounds are looked at in the tensor's own dtype: torch's gaussian_nll_loss refuses a negative
 * one. */
START_TEST(a_variance_of_whole_numbers)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(36)),
                *y = reel_zeros(r, REEL_F32, REEL_SHAPE(36));
    reel_tensor *one = reel_ones(r, REEL_I64, REEL_SHAPE(36));
    ck_assert(reel_item(reel_gaussian_nll_loss(x, y, one, NULL)) == 0.5);
    ck_assert(reel_is_poison(reel_gaussian_nll_loss(x, y, reel_neg(one), NULL)));
    assert_error(r, REEL_ERR_VALUE, "an element of var is negative");
    reel_free(r);
}
END_TEST

/* torch.nan_to_num of infinities and NaN, float64's largest for the first. */
START_TEST(infinities_become_numbers)
{
    reel *r = reel_new();
    const double x[] = {(double)INFINITY, -(double)INFINITY, (double)NAN, 1};
    reel_tensor *y =
        reel_nan_to_num(reel_from_f64(r, x, REEL_SHAPE(4)), (reel_nan_to_num_options){0});
    const double expected[] = {DBL_MAX, -DBL_MAX, 0, 1};
    ck_assert(reel_equal(y, reel_from_f64(r, expected, REEL_SHAPE(4))));
    reel_free(r);
}
END_TEST

/* torch.cumprod(x, 0) of a number is that number, infinite or not, and its slope 1. */
START_TEST(a_product_of_one_infinity)
{
    reel *r = reel_new();
    reel_tensor *x = reel_scalar(r, REEL_F64, -(double)INFINITY);
    reel_backward(reel_cumprod(reel_requires_grad_(x, true), 0));
    ck_assert(reel_item(reel_grad(x)) == 1);
    reel_free(r);
}
END_TEST

/* torch.lerp's product is fused with its sum: 1 - 2^-53, and not 1; from the nearer end. */
START_TEST(a_point_between_two_is_rounded_once)
{
    reel *r = reel_new();
    reel_tensor *a = reel_scalar(r, REEL_F64, 3), *b = reel_scalar(r, REEL_F64, -2);
    ck_assert(reel_item(reel_lerp(a, b, reel_number(r, 0.4))) == 1 - 0x1p-53);
    ck_assert(reel_item(reel_lerp(b, a, reel_number(r, 0.6))) == 1 - 0x1p-53);
    ck_assert(reel_item(reel_lerp(a, b, reel_number(r, 1))) == -2);
    reel_free(r);
}
END_TEST

/* torch.xlogy(x, 0) is -infinity, and where nothing comes back to it its slope by x is 0. */
START_TEST(nothing_comes_back_through_an_infinite_logarithm)
{
    reel *r = reel_new();
    reel_tensor *x = reel_requires_grad_(reel_scalar(r, REEL_F64, -4), true);
    reel_backward(reel_mul_scalar(reel_xlogy(x, reel_scalar(r, REEL_F64, 0)), 0));
    ck_assert(reel_item(reel_grad(x)) == 0);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_condition_gets_no_gradient);
    tcase_add_test(cases, what_is_no_float_wants_no_gradient);
    tcase_add_test(cases, repeats_are_looked_at_once);
    tcase_add_test(cases, numbers_near_the_largest);
    tcase_add_test(cases, a_product_of_one_infinity);
    tcase_add_test(cases, infinities_become_numbers);
    tcase_add_test(cases, a_variance_of_whole_numbers);
    tcase_add_test(cases, a_point_between_two_is_rounded_once);
    tcase_add_test(cases, nothing_comes_back_through_an_infinite_logarithm);
}

int main(void) { return run_suite("edges", add_cases); }
