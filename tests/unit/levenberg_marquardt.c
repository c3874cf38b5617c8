/* SPDX-License-Identifier: MIT */
/* Levenberg-Marquardt beside the fits of tests/train: exact solutions, mistakes, and going on. */
#include "check_reel.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/optim.h>
#include <reel/reduce.h>
#include <reel/views.h>

#include <math.h>

/* Residuals p - target, or something else that goes wrong at the call `fail_at`. */
typedef struct problem {
    reel *r;
    reel_tensor *p[2], *target, *matrix;
    int calls, fail_at;
} problem;

static problem make_problem(reel *r, reel_dtype dtype)
{
    problem it = {.r = r, .target = reel_from_f64(r, (double[]){1, -2, 3}, REEL_SHAPE(3))};
    it.p[0] = reel_requires_grad_(reel_full(r, dtype, 5, REEL_SHAPE(3)), true);
    it.p[1] = reel_requires_grad_(reel_full(r, dtype, 2, REEL_SCALAR_SHAPE), true);
    return it;
}

static reel_optimizer *make_optimizer(const problem *it, size_t count, reel_jacobian jacobian)
{
    return reel_optim_levenberg_marquardt((reel_tensor_list){it->r, it->p, count},
                                          (reel_levenberg_marquardt_options){.jacobian = jacobian});
}

/* Rosenbrock's valley as residuals: 10 (p[i+1] - p[i]²), p - q and q - 1, where q is a number. */
static reel_tensor *valley(void *context)
{
    problem *it = context;
    reel_rewind(it->r);
    if (++it->calls == it->fail_at) {
        return reel_add(it->target, reel_zeros(it->r, REEL_F64, REEL_SHAPE(2)));
    }
    reel_tensor *head = reel_narrow(it->p[0], 0, 0, 2), *tail = reel_narrow(it->p[0], 0, 1, 2);
    reel_tensor *parts[] = {reel_mul_scalar(reel_sub(tail, reel_square(head)), 10),
                            reel_sub(it->p[0], it->p[1]),
                            reel_reshape(reel_add_scalar(it->p[1], -1), REEL_SHAPE(1))};
    return reel_reshape(reel_cat(parts, 3, 0), REEL_SHAPE(2, 1, 3));
}

static void assert_at_one(const problem *it, double tolerance)
{
    ck_assert_double_eq_tol(reel_item(it->p[1]), 1, tolerance);
    for (int64_t k = 0; k < 3; k++) {
        ck_assert_double_eq_tol(reel_get(it->p[0], &k), 1, tolerance);
    }
}

START_TEST(rows_and_columns_lead_to_the_same_place)
{
    for (reel_jacobian j = REEL_JACOBIAN_AUTO; j <= REEL_JACOBIAN_COLUMNS; j++) {
        reel *r = reel_new();
        problem it = make_problem(r, REEL_F64);
        reel_optimizer *o = make_optimizer(&it, 2, j);
        double loss = 0;
        for (int i = 0; i < 100 && !reel_converged(o); i++) {
            ck_assert_int_eq(reel_step_with(o, valley, &it, &loss), REEL_OK);
        }
        ck_assert(reel_converged(o));
        assert_at_one(&it, 1e-9);
        ck_assert_double_lt(loss, 1e-20);
        reel_free(r);
    }
}
END_TEST

START_TEST(floats_get_as_far_as_they_can)
{
    reel *r = reel_new();
    problem it = make_problem(r, REEL_F32);
    reel_optimizer *o = make_optimizer(&it, 2, REEL_JACOBIAN_AUTO);
    for (int i = 0; i < 100 && !reel_converged(o); i++) {
        ck_assert_int_eq(reel_step_with(o, valley, &it, NULL), REEL_OK);
    }
    assert_at_one(&it, 1e-4);
    reel_free(r);
}
END_TEST

/* A linear problem: the normal equations are solved by the first undamped move. */
static reel_tensor *linear(void *context)
{
    problem *it = context;
    reel_rewind(it->r);
    return reel_sub(reel_matmul(it->matrix, it->p[0]), it->target);
}

START_TEST(linear_problems_are_solved_exactly)
{
    reel *r = reel_new();
    problem it = make_problem(r, REEL_F64);
    it.matrix = reel_from_f64(r, (double[]){2, 1, 0, 1, 3, 1, 0, 1, 4}, REEL_SHAPE(3, 3));
    reel_optimizer *o = make_optimizer(&it, 1, REEL_JACOBIAN_ROWS);
    for (int i = 0; i < 20 && !reel_converged(o); i++) {
        ck_assert_int_eq(reel_step_with(o, linear, &it, NULL), REEL_OK);
    }
    reel_tensor *off = reel_sub(reel_matmul(it.matrix, it.p[0]), it.target);
    ck_assert_double_lt(reel_item(reel_amax(reel_abs(reel_detach(off)), NULL, 0, false)), 1e-14);
    reel_free(r);
}
END_TEST

/* Fewer residuals than parameters: one of the many solutions. */
static reel_tensor *total(void *context)
{
    problem *it = context;
    reel_rewind(it->r);
    return reel_add_scalar(reel_sum(it->p[0]), -6);
}

START_TEST(too_few_residuals_are_no_obstacle)
{
    reel *r = reel_new();
    problem it = make_problem(r, REEL_F64);
    reel_optimizer *o = make_optimizer(&it, 1, REEL_JACOBIAN_AUTO);
    for (int i = 0; i < 50 && !reel_converged(o); i++) {
        ck_assert_int_eq(reel_step_with(o, total, &it, NULL), REEL_OK);
    }
    ck_assert_double_eq_tol(reel_item(reel_sum(it.p[0])), 6, 1e-12);
    for (int64_t k = 0; k < 3; k++) {
        ck_assert_double_eq_tol(reel_get(it.p[0], &k), 2, 1e-12);
    }
    reel_free(r);
}
END_TEST

/* Whichever call fails, the parameters are as they were, and the next step is as if nothing had
 * been. */
START_TEST(a_failing_closure_changes_nothing)
{
    for (int fail = 1; fail < 30; fail++) {
        reel *r = quiet_reel();
        problem a = make_problem(r, REEL_F64), b = make_problem(r, REEL_F64);
        reel_optimizer *o = make_optimizer(&a, 2, REEL_JACOBIAN_AUTO),
                       *p = make_optimizer(&b, 2, REEL_JACOBIAN_AUTO);
        double before[3], after[3], loss;
        a.fail_at = fail;
        for (;;) {
            reel_to_f64(a.p[0], before, 3);
            if (reel_step_with(o, valley, &a, &loss) != REEL_OK) {
                break;
            }
            reel_step_with(p, valley, &b, NULL);
        }
        assert_error(r, REEL_ERR_SHAPE, "add:");
        ck_assert(isnan(loss));
        reel_to_f64(a.p[0], after, 3);
        ck_assert(memcmp(before, after, sizeof before) == 0);
        reel_step_with(o, valley, &a, NULL);
        reel_step_with(p, valley, &b, NULL);
        ck_assert(memcmp(reel_data_f64(reel_detach(a.p[0])), reel_data_f64(reel_detach(b.p[0])),
                         sizeof before) == 0);
        reel_free(r);
    }
}
END_TEST

START_TEST(it_goes_on_where_it_stopped)
{
    reel *r = reel_new();
    problem a = make_problem(r, REEL_F64), b = make_problem(r, REEL_F64);
    reel_optimizer *o = make_optimizer(&a, 2, REEL_JACOBIAN_AUTO),
                   *p = make_optimizer(&b, 2, REEL_JACOBIAN_AUTO);
    for (int i = 0; i < 3; i++) {
        reel_step_with(o, valley, &a, NULL);
    }
    const reel_named_tensors state = reel_optimizer_state_dict(o);
    ck_assert_int_eq(reel_optimizer_load_state_dict(p, state.entries, state.count), REEL_OK);
    for (int64_t k = 0; k < 3; k++) {
        reel_data_f64(reel_detach(b.p[0]))[k] = reel_get(a.p[0], &k);
    }
    *reel_data_f64(reel_detach(b.p[1])) = reel_item(a.p[1]);
    for (int i = 0; i < 5; i++) {
        reel_step_with(o, valley, &a, NULL);
        reel_step_with(p, valley, &b, NULL);
        ck_assert(memcmp(reel_data_f64(reel_detach(a.p[0])), reel_data_f64(reel_detach(b.p[0])),
                         3 * sizeof(double)) == 0);
    }
    reel_free(r);
}
END_TEST

/* a exp(-b x) + c exp(-d x), of which one term says all that there is: a flat minimum, from which
 * an undamped move leads where exp overflows. */
typedef struct decays {
    reel *r;
    reel_tensor *p[4], *x, *y;
} decays;

static reel_tensor *two_decays(void *context)
{
    const decays *it = context;
    reel_rewind(it->r);
    reel_tensor *sum = reel_neg(it->y);
    for (int k = 0; k < 4; k += 2) {
        reel_tensor *fading = reel_exp(reel_neg(reel_mul(it->p[k + 1], it->x)));
        sum = reel_add(sum, reel_mul(it->p[k], fading));
    }
    return sum;
}

START_TEST(moves_out_of_the_domain_are_taken_back)
{
    const double starts[][4] = {{1, .5, 1, 2}, {1, 1, 1, 1.5}, {3, .2, 1, .7}, {1, 2, 3, 4}};
    double xs[24], ys[24];
    for (int i = 0; i < 24; i++) {
        xs[i] = .05 * i;
        ys[i] = 2 * exp(-xs[i]) + 1e-3 * sin(37. * i);
    }
    for (size_t s = 0; s < 8; s++) {
        reel *r = reel_new();
        decays it = {.r = r};
        it.x = reel_from_f64(r, xs, REEL_SHAPE(24));
        it.y = reel_from_f64(r, ys, REEL_SHAPE(24));
        for (int k = 0; k < 4; k++) {
            it.p[k] = reel_requires_grad_(reel_scalar(r, REEL_F64, starts[s / 2][k]), true);
        }
        reel_optimizer *o = reel_optim_levenberg_marquardt(
            (reel_tensor_list){r, it.p, 4},
            (reel_levenberg_marquardt_options){.max_iter = s % 2 ? 10 : 1});
        double sum = 0;
        for (int i = 0; i < 2000 && !reel_converged(o); i++) {
            ck_assert_int_eq(reel_step_with(o, two_decays, &it, &sum), REEL_OK);
        }
        ck_assert(reel_converged(o));
        ck_assert_double_lt(sum, 24e-6 / 2); /* below the noise's own squares */
        reel_free(r);
    }
}
END_TEST

/* Another number of residuals at each call. */
static reel_tensor *growing(void *context)
{
    problem *it = context;
    reel_rewind(it->r);
    return reel_expand(reel_reshape(it->p[1], REEL_SHAPE(1)), REEL_SHAPE(2 + it->calls++));
}

static reel_tensor *not_finite(void *context)
{
    problem *it = context;
    reel_rewind(it->r);
    return reel_log(reel_neg(it->p[0]));
}

static reel_tensor *constant(void *context)
{
    problem *it = context;
    return it->target;
}

START_TEST(it_refuses)
{
    reel *r = quiet_reel();
    problem it = make_problem(r, REEL_F64);
    reel_optimizer *o = make_optimizer(&it, 2, REEL_JACOBIAN_AUTO);
    ck_assert_int_eq(reel_step(o), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "LevenbergMarquardt: a step needs a closure");
    ck_assert_int_eq(reel_step_with(o, growing, &it, NULL), REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE,
                 "LevenbergMarquardt: the closure returned 3 residuals, and 2 before");
    ck_assert_int_eq(reel_step_with(o, not_finite, &it, NULL), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE,
                 "LevenbergMarquardt: the sum of the residuals' squares is not finite");
    ck_assert_int_eq(reel_step_with(o, constant, &it, NULL), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "requires no gradient");
    ck_assert(reel_item(it.p[1]) == 2 && reel_get(it.p[0], (int64_t[]){1}) == 5);
    ck_assert(!reel_converged(o) && !reel_converged(NULL));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_test(tcase, rows_and_columns_lead_to_the_same_place);
    tcase_add_test(tcase, floats_get_as_far_as_they_can);
    tcase_add_test(tcase, linear_problems_are_solved_exactly);
    tcase_add_test(tcase, too_few_residuals_are_no_obstacle);
    tcase_add_test(tcase, a_failing_closure_changes_nothing);
    tcase_add_test(tcase, it_goes_on_where_it_stopped);
    tcase_add_test(tcase, moves_out_of_the_domain_are_taken_back);
    tcase_add_test(tcase, it_refuses);
}

int main(void) { return run_suite("levenberg_marquardt", add_cases); }
