/* SPDX-License-Identifier: MIT */
/* When a training is told to end, and that its best comes back, parameters and buffers. */
#include "check_reel.h"

#include <reel/reel.h>

static reel *r;
static reel_module *model;
static reel_tensor *weight, *buffer;

/* A weight that the tests change by hand, and a buffer. */
static void set_up(void)
{
    r = quiet_reel();
    model = reel_nn_linear(r, 2, 1);
    weight = reel_parameter(model, "weight");
    buffer = reel_zeros(r, REEL_I64, REEL_SHAPE(2));
    ck_assert_int_eq(reel_module_add_buffer(model, "seen", buffer), REEL_OK);
}

static void tear_down(void) { reel_free(r); }

static reel_early_stopping *watch(int64_t patience, double min_delta)
{
    reel_early_stopping *s = reel_early_stopping_new(
        model, (reel_early_stopping_options){.patience = patience, .min_delta = min_delta});
    ck_assert_msg(s != NULL, "%s", reel_error(r));
    return s;
}

/* Parameters and buffers hold `step`. */
static void mark(int step)
{
    reel_data_f32(weight)[0] = reel_data_f32(weight)[1] = (float)step;
    reel_data_i64(buffer)[0] = reel_data_i64(buffer)[1] = step;
}

static void assert_marked(int step)
{
    for (int64_t i = 0; i < 2; i++) {
        ck_assert(reel_data_f32(weight)[i] == (float)step);
        ck_assert_int_eq(reel_data_i64(buffer)[i], step);
    }
}

/* Losses, the step at which it is to stop (or that it never does), the best one. Counted by hand,
 * as Keras and Lightning count: `patience` losses in a row that are no better. */
static const struct {
    int64_t patience;
    double min_delta;
    double losses[16];
    int count, stops, best;
} cases[] = {
    {1, 0, {3, 2, 2}, 3, 2, 1}, /* an equal loss is no better */
    {2, 0, {3, 2, 4, 1, 5, 6}, 6, 5, 3},
    {3, 0, {3, 4, 5, 2, 4, 4, 1, 2, 2}, 9, -1, 6},
    {3, 0, {3, 4, 5, 6}, 4, 3, 0},
    {2, 0.5, {3, 2.6, 2.2, 1.8}, 4, -1, 2}, /* 2.6 is no better than 3; 2.2 is; 1.8 is not */
    {2, 0.5, {3, 2.6, 2.5}, 3, 2, 0},       /* by more than min_delta, not by as much */
    {0, 0, {1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, 11, 10, 0},
    {5, 0, {-1, -2, -1.5}, 3, -1, 1},
    {5, 0, {3, 2, DOUBLE_NAN}, 3, 2, 1},
    {5, 0, {3, 2, DOUBLE_INFINITY}, 3, 2, 1},
    {5, 0, {2, -DOUBLE_INFINITY}, 2, 1, 0},
};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(it_stops_when_it_should)
{
    reel_early_stopping *s = watch(cases[_i].patience, cases[_i].min_delta);
    int stopped = -1;
    for (int step = 0; step < cases[_i].count; step++) {
        mark(step);
        if (reel_early_stopping_step(s, cases[_i].losses[step])) {
            stopped = step;
            break;
        }
    }
    ck_assert_int_eq(stopped, cases[_i].stops);
    ck_assert_int_eq(reel_early_stopping_best_step(s), cases[_i].best);
    ck_assert(reel_early_stopping_best(s) == cases[_i].losses[cases[_i].best]);
    mark(99);
    ck_assert_int_eq(reel_early_stopping_restore(s), REEL_OK);
    assert_marked(cases[_i].best);
    ck_assert(!reel_failed(r));
}
END_TEST

/* Going back changes what a backward may have saved. */
START_TEST(going_back_is_a_change)
{
    reel_early_stopping *s = watch(1, 0);
    ck_assert(!reel_early_stopping_step(s, 1));
    reel_tensor *x = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(1, 2)), true);
    reel_tensor *y = reel_sum(reel_forward(model, x));
    ck_assert_int_eq(reel_early_stopping_restore(s), REEL_OK);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "changed in place");
}
END_TEST

START_TEST(no_best_no_way_back)
{
    reel_early_stopping *s = watch(1, 0);
    mark(7);
    ck_assert(reel_early_stopping_best(s) == DOUBLE_INFINITY);
    ck_assert_int_eq(reel_early_stopping_best_step(s), -1);
    ck_assert(reel_early_stopping_step(s, DOUBLE_NAN));
    ck_assert_int_eq(reel_early_stopping_restore(s), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "no finite loss");
    assert_marked(7);
}
END_TEST

START_TEST(after_an_error_it_stops_and_keeps)
{
    reel_early_stopping *s = watch(3, 0);
    mark(1);
    ck_assert(!reel_early_stopping_step(s, 1));
    mark(2);
    reel_item(weight); /* an error: it has two elements */
    ck_assert(reel_early_stopping_step(s, 0.5));
    ck_assert_int_eq(reel_early_stopping_restore(s), REEL_ERR_SHAPE);
    ck_assert_int_eq((int)reel_early_stopping_state_dict(s).count, 0);
    assert_marked(2);
    reel_clear_error(r);
    ck_assert(reel_early_stopping_best(s) == 1);
    ck_assert_int_eq(reel_early_stopping_restore(s), REEL_OK);
    assert_marked(1);
}
END_TEST

START_TEST(not_while_a_step_is_captured)
{
    reel_early_stopping *s = watch(3, 0);
    ck_assert(!reel_early_stopping_step(s, 1));
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    ck_assert(reel_early_stopping_step(s, 0.5));
    assert_error(r, REEL_ERR_STATE, "early stopping: a loss cannot be looked at while");
    ck_assert_int_eq(reel_early_stopping_restore(s), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "early stopping: parameters cannot be brought back while");
    ck_assert(reel_early_stopping_best(s) == 1);
}
END_TEST

/* Another one that takes its state over goes on as it would have. */
START_TEST(its_state_goes_on)
{
    reel_early_stopping *s = watch(3, 0), *other = watch(3, 0);
    static const double losses[] = {4, 2, 3};
    for (int step = 0; step < 3; step++) {
        mark(step);
        ck_assert(!reel_early_stopping_step(s, losses[step]));
    }
    const reel_named_tensors state = reel_early_stopping_state_dict(s);
    ck_assert_uint_eq(state.count, 4 + 3);
    ck_assert_str_eq(state.entries[0].name, "best");
    ck_assert_int_eq(reel_early_stopping_load_state_dict(other, state.entries, state.count),
                     REEL_OK);
    mark(3);
    ck_assert(!reel_early_stopping_step(other, 5));
    ck_assert(reel_early_stopping_step(other, 5));
    ck_assert_int_eq(reel_early_stopping_best_step(other), 1);
    ck_assert_int_eq(reel_early_stopping_restore(other), REEL_OK);
    assert_marked(1);
    ck_assert_int_eq(reel_early_stopping_load_state_dict(s, state.entries, state.count - 1),
                     REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "module.2 is missing");
}
END_TEST

START_TEST(what_it_refuses)
{
    ck_assert(!reel_early_stopping_new(model, (reel_early_stopping_options){.patience = -1}));
    assert_error(r, REEL_ERR_VALUE, "patience");
    ck_assert(!reel_early_stopping_new(model, (reel_early_stopping_options){.min_delta = -0.1}));
    assert_error(r, REEL_ERR_VALUE, "min_delta");
    ck_assert(
        !reel_early_stopping_new(model, (reel_early_stopping_options){.min_delta = DOUBLE_NAN}));
    assert_error(r, REEL_ERR_VALUE, "min_delta");
    ck_assert(!reel_early_stopping_new(reel_nn_relu(r), (reel_early_stopping_options){0}));
    assert_error(r, REEL_ERR_VALUE, "no parameters");
    ck_assert(!reel_early_stopping_new(NULL, (reel_early_stopping_options){0}));
    ck_assert(reel_early_stopping_step(NULL, 1));
    ck_assert_int_ne(reel_early_stopping_restore(NULL), REEL_OK);
    ck_assert_int_ne(reel_early_stopping_load_state_dict(NULL, NULL, 0), REEL_OK);
    ck_assert_int_eq(reel_early_stopping_best_step(NULL), -1);
    reel_early_stopping_free(NULL);
    ck_assert(!reel_failed(r));
}
END_TEST

static void add_cases(TCase *tests)
{
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, it_stops_when_it_should, 0, CASES);
    tcase_add_test(tests, going_back_is_a_change);
    tcase_add_test(tests, no_best_no_way_back);
    tcase_add_test(tests, after_an_error_it_stops_and_keeps);
    tcase_add_test(tests, not_while_a_step_is_captured);
    tcase_add_test(tests, its_state_goes_on);
    tcase_add_test(tests, what_it_refuses);
}

int main(void) { return run_suite("early_stopping", add_cases); }
