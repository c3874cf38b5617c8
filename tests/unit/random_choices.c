/* SPDX-License-Identifier: MIT */
/* Draws whose distribution tensors say, against PyTorch's (tests/generate/random_choices.py). */
#include "records.h"

#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/random.h>
#include <reel/reduce.h>
#include <reel/replay.h>
#include <reel/views.h>

enum { COUNT = 24 };

/* k / 25, from 1 on. */
static reel_tensor *probabilities(reel *r, reel_dtype dtype)
{
    return reel_div_scalar(reel_arange(r, dtype, 1, COUNT + 1, 1), COUNT + 1);
}

static reel_tensor *draw(const char *name, reel_tensor *p, int64_t argument)
{
    reel_tensor *rows = reel_reshape(p, REEL_SHAPE(2, 12));
    if (strcmp(name, "bernoulli") == 0) {
        return reel_bernoulli(p);
    } else if (strcmp(name, "multinomial") == 0) {
        return reel_multinomial(rows, argument, false);
    } else if (strcmp(name, "multinomial_again") == 0) {
        return reel_multinomial(rows, argument, true);
    } else if (strcmp(name, "normal") == 0) {
        reel_tensor *std = reel_flip(p, (int64_t[]){0}, 1);
        return reel_normal(reel_narrow(p, 0, 0, argument), reel_narrow(std, 0, 0, argument));
    } else if (strcmp(name, "normal_number") == 0) {
        return reel_normal(reel_narrow(p, 0, 0, argument), reel_number(reel_of(p), 0.5));
    }
    ck_assert_str_eq(name, "dropout");
    return reel_dropout(p, (double)argument / 10, true);
}

START_TEST(draws_are_pytorchs)
{
    FILE *file = open_records("random/choices.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        reel *r = reel_new();
        reel_tensor *p = probabilities(r, record_dtype(&it, 1));
        reel_manual_seed(r, (uint64_t)record_number(&it, 2));
        reel_tensor *y = draw(it.word[0], p, (int64_t)record_number(&it, 3));
        y = reel_reshape(y, REEL_SHAPE(-1));
        ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
        ck_assert_int_eq(reel_numel(y) + 1, it.values);
        const double tolerance = record_dtype(&it, 1) == REEL_F32 ? 1e-6 : 1e-14;
        for (int64_t i = 0; i < reel_numel(y); i++) {
            assert_close(reel_get(y, &i), record_number(&it, it.words + (int)i), tolerance);
        }
        double next = reel_item(reel_rand(r, REEL_F32, REEL_SHAPE(1)));
        ck_assert_double_eq(next, record_number(&it, it.words + it.values - 1));
        reel_free(r);
    }
    ck_assert_int_eq(count, 52);
}
END_TEST

/* A replay draws on, where the step itself would have gone on. */
START_TEST(a_replay_draws_anew)
{
    double drawn[2][3];
    for (int replayed = 0; replayed < 2; replayed++) {
        reel *r = reel_new();
        reel_tensor *p = reel_keep(probabilities(r, REEL_F32)), *y = NULL;
        reel_graph *graph = NULL;
        reel_manual_seed(r, 5);
        for (int step = 0; step < 3; step++) {
            if (replayed && step == 0) {
                reel_capture_begin(r);
            }
            if (step == 0 || !replayed) {
                y = reel_sum(reel_dropout(reel_normal(p, reel_bernoulli(p)), 0.5, true));
            } else {
                ck_assert_int_eq(reel_replay(graph), REEL_OK);
            }
            if (replayed && step == 0) {
                graph = reel_capture_end(r);
                ck_assert_msg(graph != NULL, "%s", reel_error(r));
            }
            drawn[replayed][step] = reel_item(y);
        }
        reel_free(r);
    }
    ck_assert_mem_eq(drawn[0], drawn[1], sizeof drawn[0]);
}
END_TEST

static void refuses(reel *r, const reel_tensor *y, reel_status status, const char *part)
{
    ck_assert(reel_is_poison(y));
    assert_error(r, status, part);
    reel_clear_error(r);
}

START_TEST(what_is_no_probability_is_refused)
{
    reel *r = quiet_reel();
    const double nan = DOUBLE_NAN;
    reel_tensor *bad = reel_from_f64(r, (double[]){0.5, -0.1}, REEL_SHAPE(2));
    reel_tensor *none = reel_from_f64(r, (double[]){0, 0}, REEL_SHAPE(2));
    reel_tensor *nans = reel_from_f64(r, (double[]){0.5, nan}, REEL_SHAPE(2));
    reel_tensor *whole = reel_ones(r, REEL_I64, REEL_SHAPE(2));
    refuses(r, reel_bernoulli(bad), REEL_ERR_VALUE, "bernoulli");
    refuses(r, reel_bernoulli(nans), REEL_ERR_VALUE, "bernoulli");
    refuses(r, reel_bernoulli(whole), REEL_ERR_DTYPE, "bernoulli");
    refuses(r, reel_multinomial(bad, 1, true), REEL_ERR_VALUE, "multinomial");
    refuses(r, reel_multinomial(nans, 1, true), REEL_ERR_VALUE, "multinomial");
    refuses(r, reel_multinomial(none, 1, true), REEL_ERR_VALUE, "add up to 0");
    refuses(r, reel_multinomial(nans, 3, false), REEL_ERR_VALUE, "3 samples of 2");
    refuses(r, reel_normal(none, bad), REEL_ERR_VALUE, "normal");
    refuses(r, reel_dropout(none, 1.5, true), REEL_ERR_VALUE, "dropout");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, draws_are_pytorchs);
    tcase_add_test(cases, a_replay_draws_anew);
    tcase_add_test(cases, what_is_no_probability_is_refused);
}

int main(void) { return run_suite("random_choices", add_cases); }
