/* SPDX-License-Identifier: MIT */
/* The check of gradients: it passes what is right, and finds what is made wrong on purpose. */
#include "check_reel.h"

#include <reel/reel.h>

static reel *r;

static reel_tensor *leaf(int n, const double *values)
{
    int64_t size = n;
    return reel_requires_grad_(reel_from_f64(r, values, 1, &size), true);
}

/* y = a b + a², which broadcasts; correct by construction. */
static reel_tensor *right(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_add(reel_mul(x[0], x[1]), reel_square(x[0]));
}

START_TEST(right_gradients_pass)
{
    r = quiet_reel();
    reel_tensor *a = reel_requires_grad_(reel_randn(r, REEL_F64, REEL_SHAPE(3, 2)), true);
    reel_tensor *x[] = {a, leaf(2, (double[]){0.5, -2})};
    reel_gradcheck_report report;
    ck_assert_int_eq(reel_gradcheck(right, NULL, x, 2, NULL, &report), REEL_OK);
    ck_assert_int_eq(report.checked, 8);
    ck_assert_int_eq(report.skipped, 0);
    ck_assert(report.error <= 1e-3);
    ck_assert(isfinite(report.analytic) && report.analytic != 0);
    ck_assert_int_eq(reel_gradgradcheck(right, NULL, x, 2, NULL, &report), REEL_OK);
    ck_assert_int_eq(report.checked, 8 + 6);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* Operations whose gradient has one fault each. y = a b, b broadcast over the rows of a. */
typedef enum fault { NONE, SIGN, NO_SUM, SCALED, FORGOTTEN, TRANSPOSED, SECOND } fault;

static bool product_forward(reel_call *call)
{
    const double *a = reel_data_f64(call->in[0]), *b = reel_data_f64(call->in[1]);
    double *y = reel_data_f64(call->out[0]);
    const int64_t columns = reel_numel(call->in[1]);
    for (int64_t i = 0; i < reel_numel(call->in[0]); i++) {
        y[i] = a[i] * b[i % columns];
    }
    return true;
}

static reel_tensor *product_gradient(reel_call *call, int input)
{
    reel_tensor *a = call->in[0], *b = call->in[1], *g = call->g[0];
    const fault wrong = *(const fault *)call->context;
    if (input == 0) {
        reel_tensor *da = reel_mul(g, wrong == SECOND ? reel_detach(b) : b);
        return wrong == SIGN     ? reel_neg(da)
               : wrong == SCALED ? reel_mul_scalar(da, 1.01)
               : wrong == TRANSPOSED
                   ? reel_reshape(reel_contiguous(reel_t(da)), reel_ndim(a), (int64_t[]){3, 2})
                   : da;
    }
    reel_tensor *db = reel_mul(g, a);
    return wrong == NO_SUM ? reel_select(db, 0, 0) : wrong == FORGOTTEN ? NULL : db;
}

static reel_tensor *product(reel_tensor *const *x, size_t count, void *context)
{
    static const reel_custom_op op = {
        .name = "product", .forward = product_forward, .gradient = product_gradient};
    return reel_custom(&op, context, x, (int)count);
}

static reel_tensor **product_inputs(void)
{
    static reel_tensor *x[2];
    x[0] = reel_requires_grad_(reel_from_f64(r, (double[]){1, 2, -3, 0.5, 4, -1}, REEL_SHAPE(3, 2)),
                               true);
    x[1] = leaf(2, (double[]){2, -0.75});
    return x;
}

START_TEST(faults_are_found)
{
    r = quiet_reel();
    reel_tensor **x = product_inputs();
    for (fault wrong = NONE; wrong <= SECOND; wrong++) {
        reel_gradcheck_report report;
        reel_status status = reel_gradcheck(product, &wrong, x, 2, NULL, &report);
        if (wrong == NONE || wrong == SECOND) {
            ck_assert_int_eq(status, REEL_OK);
            continue;
        }
        ck_assert_int_eq(status, REEL_ERR_VALUE);
        ck_assert_uint_eq(report.input, wrong == NO_SUM || wrong == FORGOTTEN);
        ck_assert(report.error > 1);
        if (wrong == SIGN) {
            assert_close(report.analytic, -report.numeric, 1e-6);
        }
        assert_error(r, REEL_ERR_VALUE,
                     wrong == NO_SUM ? "of input 1 of shape (2,) has gradient"
                                     : "gradcheck: element ");
    }
    reel_free(r);
}
END_TEST

/* A gradient that is right, but not as a function of b. */
START_TEST(second_order_fault_is_found)
{
    r = quiet_reel();
    reel_tensor **x = product_inputs();
    fault wrong = NONE;
    ck_assert_int_eq(reel_gradgradcheck(product, &wrong, x, 2, NULL, NULL), REEL_OK);
    wrong = SECOND;
    reel_gradcheck_report report;
    ck_assert_int_eq(reel_gradgradcheck(product, &wrong, x, 2, NULL, &report), REEL_ERR_VALUE);
    ck_assert_uint_eq(report.input, 1);
    assert_error(r, REEL_ERR_VALUE, "gradgradcheck: element ");
    reel_free(r);
}
END_TEST

static reel_tensor *kinked(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_add(reel_relu(x[0]), reel_abs(x[0]));
}

static reel_tensor *jumping(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_mul(x[0], reel_sign(reel_sub_scalar(x[0], 1)));
}

START_TEST(kinks_are_skipped_only_if_asked)
{
    r = quiet_reel();
    reel_tensor *x = leaf(3, (double[]){-1.5, 0, 2});
    reel_gradcheck_options skip = {.skip_kinks = true};
    reel_gradcheck_report report;
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &x, 1, NULL, &report), REEL_ERR_VALUE);
    ck_assert_int_eq(report.element, 1);
    reel_clear_error(r);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &x, 1, &skip, &report), REEL_OK);
    ck_assert_int_eq(report.checked, 2);
    ck_assert_int_eq(report.skipped, 1);
    x = leaf(2, (double[]){1, 3});
    ck_assert_int_eq(reel_gradcheck(jumping, NULL, &x, 1, &skip, &report), REEL_OK);
    ck_assert_int_eq(report.skipped, 1);
    x = leaf(1, (double[]){0});
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &x, 1, &skip, &report), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "gradcheck: all 1 elements are at kinks");
    fault wrong = SIGN; /* a fault is no kink */
    ck_assert_int_eq(reel_gradcheck(product, &wrong, product_inputs(), 2, &skip, &report),
                     REEL_ERR_VALUE);
    ck_assert_int_eq(report.skipped, 0);
    reel_free(r);
}
END_TEST

static reel_tensor *noisy(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_mul(x[0], reel_rand_like(x[0]));
}

START_TEST(random_numbers_are_the_same_each_time)
{
    r = quiet_reel();
    reel_tensor *x = leaf(3, (double[]){1, 2, 3});
    ck_assert_int_eq(reel_gradcheck(noisy, NULL, &x, 1, NULL, NULL), REEL_OK);
    reel_free(r);
}
END_TEST

static reel_tensor *first_times_item(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_mul_scalar(x[0], reel_item(x[1]));
}

/* What the tape does not see is missing from the gradient: found as well. */
START_TEST(values_past_the_tape_are_found)
{
    r = quiet_reel();
    reel_tensor *x[] = {leaf(2, (double[]){1, 2}), leaf(1, (double[]){3})};
    reel_gradcheck_report report;
    ck_assert_int_eq(reel_gradcheck(first_times_item, NULL, x, 2, NULL, &report), REEL_ERR_VALUE);
    ck_assert_uint_eq(report.input, 1);
    ck_assert(report.analytic == 0 && report.numeric != 0);
    reel_free(r);
}
END_TEST

static reel_tensor *to_float(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_to(x[0], REEL_F32);
}

static reel_tensor *failing(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_reshape(x[0], REEL_SHAPE(7));
}

static reel_tensor *nothing(reel_tensor *const *x, size_t count, void *context)
{
    (void)x, (void)count, (void)context;
    return NULL;
}

START_TEST(refusals)
{
    r = quiet_reel();
    reel_tensor *x = leaf(3, (double[]){1, 2, 3});
    ck_assert_int_eq(reel_gradcheck(to_float, NULL, &x, 1, NULL, NULL), REEL_ERR_DTYPE);
    assert_error(r, REEL_ERR_DTYPE, "gradcheck: the function's result is float32");
    ck_assert_int_eq(reel_gradcheck(failing, NULL, &x, 1, NULL, NULL), REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE, "reshape: ");
    ck_assert_int_eq(reel_gradgradcheck(failing, NULL, &x, 1, NULL, NULL), REEL_ERR_SHAPE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_gradcheck(nothing, NULL, &x, 1, NULL, NULL), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "the function returned NULL");
    reel_tensor *constant = reel_ones(r, REEL_F64, REEL_SHAPE(2));
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &constant, 1, NULL, NULL), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "gradcheck: no input requires grad");
    reel_tensor *single = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &single, 1, NULL, NULL), REEL_ERR_DTYPE);
    assert_error(r, REEL_ERR_DTYPE, "gradcheck: input 0 is float32");
    reel_tensor *result = reel_neg(x);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &result, 1, NULL, NULL), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "is no leaf");
    reel_tensor *spread =
        reel_requires_grad_(reel_expand(reel_detach(leaf(1, (double[]){1})), REEL_SHAPE(4)), true);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &spread, 1, NULL, NULL), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "repeats its elements");
    reel_tensor *missing = NULL;
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &missing, 1, NULL, NULL), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_gradcheck(NULL, NULL, &x, 1, NULL, NULL), REEL_ERR_VALUE);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &x, 1, NULL, NULL), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "the function is NULL"); /* an earlier error stops a check */
    reel_free(r);
}
END_TEST

/* Inputs, their gradients, the tape, the switch and the random numbers are as they were. */
START_TEST(nothing_is_left_behind)
{
    r = quiet_reel();
    reel_tensor *x = leaf(3, (double[]){-1.5, 0.25, 2});
    reel_tensor *y = reel_sum(reel_exp(x));
    const size_t length = reel_tape_length(r);
    const double next = reel_item(reel_rand(r, REEL_F64, REEL_SCALAR_SHAPE));
    reel_manual_seed(r, 0);
    reel_set_grad_enabled(r, false);
    ck_assert_int_eq(reel_gradcheck(noisy, NULL, &x, 1, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradgradcheck(noisy, NULL, &x, 1, NULL, NULL), REEL_OK);
    ck_assert(!reel_grad_enabled(r));
    ck_assert_uint_eq(reel_tape_length(r), length);
    ck_assert_ptr_null(reel_grad(x));
    ck_assert(reel_item(reel_rand(r, REEL_F64, REEL_SCALAR_SHAPE)) == next);
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    assert_close(reel_get(reel_grad(x), (int64_t[]){1}), exp(0.25), 1e-14);
    reel_free(r);
}
END_TEST

/* Strided leaves are moved where they lie; an empty one has nothing to compare. */
START_TEST(any_layout)
{
    r = quiet_reel();
    reel_tensor *whole = reel_randn(r, REEL_F64, REEL_SHAPE(3, 4));
    reel_tensor *x[] = {reel_requires_grad_(reel_detach(reel_t(whole)), true), NULL};
    x[1] = reel_requires_grad_(reel_detach(reel_select(whole, 0, 1)), true);
    reel_gradcheck_report report;
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, x, 1, NULL, &report), REEL_OK);
    ck_assert_int_eq(report.checked, 12);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, x + 1, 1, NULL, &report), REEL_OK);
    ck_assert_int_eq(report.checked, 4);
    reel_tensor *empty = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(0, 3)), true);
    ck_assert_int_eq(reel_gradcheck(kinked, NULL, &empty, 1, NULL, &report), REEL_OK);
    ck_assert_int_eq(report.checked, 0);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, right_gradients_pass);
    tcase_add_test(cases, faults_are_found);
    tcase_add_test(cases, second_order_fault_is_found);
    tcase_add_test(cases, kinks_are_skipped_only_if_asked);
    tcase_add_test(cases, random_numbers_are_the_same_each_time);
    tcase_add_test(cases, values_past_the_tape_are_found);
    tcase_add_test(cases, refusals);
    tcase_add_test(cases, nothing_is_left_behind);
    tcase_add_test(cases, any_layout);
}

int main(void) { return run_suite("gradcheck", add_cases); }
