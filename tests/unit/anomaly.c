/* SPDX-License-Identifier: MIT */
/* Anomaly mode names the operation that made the first NaN or infinity, forward and backward. */
#include "check_reel.h"

#include <reel/reel.h>

static reel *r;

static reel_tensor *leaf(int ndim, const int64_t *size, const double *values)
{
    return reel_requires_grad_(reel_from_f64(r, values, ndim, size), true);
}

static void start(void)
{
    r = quiet_reel();
    ck_assert(!reel_set_anomaly_mode(r, true));
    ck_assert(reel_set_anomaly_mode(r, true));
}

START_TEST(forward)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(2, 2), (double[]){2, 1, 1, 0.5});
    reel_tensor *y = reel_exp(reel_log(reel_sub_scalar(x, 1)));
    ck_assert(reel_is_poison(y));
    assert_error(r, REEL_ERR_VALUE,
                 "log: element (0, 1) of shape (2, 2) is -inf in step 2 of the tape, "
                 "though all inputs are finite");
    reel_rewind(r);
    reel_sqrt(reel_t(reel_sub_scalar(x, 1)));
    assert_error(r, REEL_ERR_VALUE, "sqrt: element (1, 1) of shape (2, 2) is nan in step 3");
    reel_tensor *plain =
        reel_zeros(r, REEL_F32, REEL_SHAPE(3)); /* unrecorded operations are watched too */
    reel_div(plain, plain);
    assert_error(r, REEL_ERR_VALUE, "div: element (0,) of shape (3,) is nan, though");
    reel_mean(reel_zeros(r, REEL_F32, REEL_SHAPE(0)));
    assert_error(r, REEL_ERR_VALUE, "mean: element () of shape () is nan, though");
    reel_matmul(reel_full(r, REEL_F64, 1e300, REEL_SHAPE(1, 2)),
                reel_full(r, REEL_F64, 1e300, REEL_SHAPE(2, 1)));
    assert_error(r, REEL_ERR_VALUE, "is inf");
    reel_free(r);
}
END_TEST

START_TEST(in_place)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(2), (double[]){1, 0}), *y = reel_neg(x);
    ck_assert(reel_is_poison(reel_log_(y)));
    assert_error(r, REEL_ERR_VALUE,
                 /* 2 copies what log's gradient reads */
                 "log_: element (0,) of shape (2,) is nan in step 3 of the tape");
    reel_tensor *plain = reel_zeros(r, REEL_F32, REEL_SHAPE(2));
    ck_assert(reel_is_poison(reel_div_scalar_(plain, 0)));
    assert_error(r, REEL_ERR_VALUE, "div_: element (0,) of shape (2,) is nan, though");
    ck_assert(!reel_is_poison(reel_mul_scalar_(plain, 2))); /* it was not finite before */
    reel_free(r);
}
END_TEST

/* A mask of -inf and what comes of it is nobody's fault. */
START_TEST(infinite_inputs_pass)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(2), (double[]){1, -DOUBLE_INFINITY});
    reel_tensor *y = reel_sum(reel_mul(reel_exp(x), reel_add_scalar(x, 1)));
    ck_assert(isnan(reel_item(y)));
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(backward)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(3), (double[]){4, 0, 1});
    reel_tensor *loss = reel_sum(reel_sqrt(reel_mul_scalar(x, 1)));
    ck_assert_int_eq(reel_backward(loss), REEL_ERR_VALUE);
    ck_assert_ptr_null(reel_grad(x));
    assert_error(r, REEL_ERR_VALUE,
                 "backward: sqrt (step 2 of the tape): in its gradient for input 0, element "
                 "(1,) of shape (3,) is inf, though what it came from is finite");
    reel_set_anomaly_mode(r, false);
    ck_assert_int_eq(reel_backward(reel_sum(reel_sqrt(x))), REEL_OK);
    ck_assert(isinf(reel_get(reel_grad(x), (int64_t[]){1})));
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(recorded_backward)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(2), (double[]){4, 0}), *dx;
    reel_tensor *loss = reel_sum(reel_sqrt(x));
    ck_assert_int_eq(
        reel_gradients(loss, &x, 1, &(reel_backward_options){.create_graph = true}, &dx),
        REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE,
                 "backward: sqrt (step 1 of the tape): in its gradient for input 0, element (1,)");
    reel_free(r);
}
END_TEST

static bool copy_forward(reel_call *call)
{
    *reel_data_f64(call->out[0]) = *reel_data_f64(call->in[0]);
    return true;
}

static reel_tensor *infinite_gradient(reel_call *call, int input)
{
    (void)input;
    return reel_div_scalar(call->g[0], 0);
}

static reel_tensor *infinite_hook(reel_tensor *g, void *context)
{
    (void)context;
    return reel_mul_scalar(g, DOUBLE_INFINITY);
}

START_TEST(the_users_own)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(1), (double[]){4});
    const reel_custom_op op = {
        .name = "own", .forward = copy_forward, .gradient = infinite_gradient};
    ck_assert_int_eq(reel_backward(reel_custom(&op, NULL, &x, 1)), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE,
                 "backward: own (step 1 of the tape): in its gradient for input 0");
    reel_register_hook(x, infinite_hook, NULL);
    ck_assert_int_eq(reel_backward(reel_neg(x)), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "a hook on a leaf of shape (1,): ");
    reel_free(r);
}
END_TEST

/* Finite gradients whose sum is not. */
START_TEST(sums_of_gradients)
{
    start();
    reel_tensor *x = leaf(REEL_SHAPE(1), (double[]){1e-10});
    reel_tensor *loss = reel_add(reel_mul_scalar(x, 1.7e308), reel_mul_scalar(x, 1.7e308));
    ck_assert_int_eq(reel_backward(loss), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "add: element (0,) of shape (1,) is inf");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, forward);
    tcase_add_test(cases, in_place);
    tcase_add_test(cases, infinite_inputs_pass);
    tcase_add_test(cases, backward);
    tcase_add_test(cases, recorded_backward);
    tcase_add_test(cases, the_users_own);
    tcase_add_test(cases, sums_of_gradients);
}

int main(void) { return run_suite("anomaly", add_cases); }
