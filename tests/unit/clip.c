/* SPDX-License-Identifier: MIT */
/* Clipping gradients and averaging parameters, against PyTorch. Expected values:
 * tests/generate/clip.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optimizer.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { FIRST = 3, SECOND = 4 };

/* A parameter whose gradient is `values`. */
static reel_tensor *with_gradient(reel *r, reel_dtype dtype, const double *values, int64_t count)
{
    reel_tensor *p = reel_requires_grad_(reel_zeros(r, dtype, REEL_SHAPE(count)), true);
    reel_tensor *w = reel_to(reel_from_f64(r, values, REEL_SHAPE(count)), dtype);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul(p, w))), REEL_OK);
    reel_rewind(r);
    return p;
}

static void make_two(reel *r, reel_dtype dtype, reel_tensor **p)
{
    p[0] = with_gradient(r, dtype, (double[]){3.0, -0.1, 0.7}, FIRST);
    p[1] = with_gradient(r, dtype, (double[]){1e-3, 5.5, -2.2, 0.0}, SECOND);
}

START_TEST(norms_are_pytorchs)
{
    FILE *file = open_records("optim/clip.txt");
    int count = 0;
    for (record it; next_record(file, &it);) {
        if (strcmp(it.word[0], "norm") != 0) {
            continue;
        }
        count++;
        reel *r = reel_new();
        const reel_dtype dtype = record_dtype(&it, 1);
        const double tolerance = dtype == REEL_F32 ? 1e-6 : 1e-14;
        reel_tensor *p[2];
        make_two(r, dtype, p);
        const double norm =
            reel_clip_grad_norm((reel_tensor_list){r, p, 2}, record_number(&it, 2),
                                (reel_clip_options){.norm_type = record_number(&it, 3)});
        assert_close(norm, record_number(&it, it.words), tolerance);
        for (int64_t k = 0; k < FIRST + SECOND; k++) {
            const int64_t at = k < FIRST ? k : k - FIRST;
            assert_close(reel_get(reel_grad(p[k >= FIRST]), &at),
                         record_number(&it, it.words + 1 + (int)k), tolerance);
        }
        reel_free(r);
    }
    ck_assert_int_eq(count, 10);
}
END_TEST

START_TEST(values_are_limited)
{
    reel *r = reel_new();
    reel_tensor *p[2];
    make_two(r, REEL_F32, p);
    reel_clip_grad_value((reel_tensor_list){r, p, 2}, 0.5);
    ck_assert_str_eq(reel_repr(reel_grad(p[0])), "tensor([ 0.5000, -0.1000,  0.5000])");
    ck_assert_str_eq(reel_repr(reel_grad(p[1])), "tensor([ 0.0010,  0.5000, -0.5000,  0.0000])");
    reel_free(r);
}
END_TEST

START_TEST(a_norm_that_is_not_finite)
{
    reel *r = quiet_reel();
    reel_tensor *p = with_gradient(r, REEL_F64, (double[]){1, DOUBLE_INFINITY}, 2);
    const reel_tensor_list list = {r, &p, 1};
    ck_assert(isnan(reel_clip_grad_norm(list, 1, (reel_clip_options){.error_if_nonfinite = true})));
    assert_error(r, REEL_ERR_VALUE, "clip_grad_norm: the norm of the gradients is inf");
    ck_assert(reel_get(reel_grad(p), (int64_t[]){0}) == 1);
    ck_assert(reel_clip_grad_norm(list, 1, (reel_clip_options){0}) == DOUBLE_INFINITY);
    ck_assert(reel_get(reel_grad(p), (int64_t[]){0}) == 0);
    ck_assert(isnan(reel_get(reel_grad(p), (int64_t[]){1})));
    reel_zero_grad_of(p);
    ck_assert(reel_clip_grad_norm(list, 1, (reel_clip_options){0}) == 0);
    reel_free(r);
}
END_TEST

static void set_weights(reel_tensor *p, int step)
{
    double *w = reel_data_f64(p);
    w[0] = (double)step * step;
    w[1] = (double)(1.0F / (float)(1 + step));
    w[2] = (double)(float)(-0.3 * step);
}

static reel_ema *make_average(reel *r, reel_tensor **p, bool equal)
{
    *p = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(3)), true);
    return reel_ema_new((reel_tensor_list){r, p, 1},
                        (reel_ema_options){.decay = 0.75, .equal = equal});
}

START_TEST(averages_are_pytorchs)
{
    FILE *file = open_records("optim/clip.txt");
    reel *r = reel_new();
    reel_tensor *p = NULL;
    reel_ema *ema = NULL;
    int count = 0;
    for (record it; next_record(file, &it);) {
        if (strcmp(it.word[0], "norm") == 0) {
            continue;
        }
        const int step = (int)record_whole(&it, 1);
        ema = step == 0 ? make_average(r, &p, strcmp(it.word[0], "mean") == 0) : ema;
        set_weights(p, step);
        ck_assert_int_eq(reel_ema_update(ema), REEL_OK);
        ck_assert_int_eq(reel_ema_apply(ema), REEL_OK);
        assert_record(&it, p, 1e-14);
        ck_assert_int_eq(reel_ema_restore(ema), REEL_OK);
        ck_assert(reel_get(p, (int64_t[]){0}) == (double)step * step);
        count++;
    }
    ck_assert_int_eq(count, 10);
    reel_free(r);
}
END_TEST

START_TEST(averages_go_on_where_they_stopped)
{
    reel *r = reel_new();
    reel_tensor *p, *q;
    reel_ema *a = make_average(r, &p, false), *b = make_average(r, &q, false);
    for (int step = 0; step < 3; step++) {
        set_weights(p, step);
        reel_ema_update(a);
    }
    const reel_named_tensors state = reel_ema_state_dict(a);
    ck_assert_str_eq(state.entries[0].name, "n_averaged");
    ck_assert(reel_item(state.entries[0].tensor) == 3);
    ck_assert_int_eq(reel_ema_load_state_dict(b, state.entries, state.count), REEL_OK);
    set_weights(p, 3);
    set_weights(q, 3);
    reel_ema_update(a);
    reel_ema_update(b);
    reel_ema_apply(a);
    reel_ema_apply(b);
    ck_assert(memcmp(reel_data_f64(p), reel_data_f64(q), 3 * sizeof(double)) == 0);
    reel_free(r);
}
END_TEST

START_TEST(averages_refuse)
{
    reel *r = quiet_reel();
    reel_tensor *p;
    reel_ema *ema = make_average(r, &p, false);
    ck_assert_int_eq(reel_ema_apply(ema), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "EMA: there was no update yet");
    ck_assert_int_eq(reel_ema_restore(ema), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "EMA: the average is not in the parameters' place");
    reel_ema_update(ema);
    reel_ema_apply(ema);
    ck_assert_int_eq(reel_ema_update(ema), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "EMA: the average is in the parameters' place");
    ck_assert_ptr_null(reel_ema_new((reel_tensor_list){r, &p, 1}, (reel_ema_options){.decay = 2}));
    assert_error(r, REEL_ERR_VALUE, "EMA: decay must be from 0 to 1, and is 2");
    ck_assert_ptr_null(reel_ema_new((reel_tensor_list){r, NULL, 0}, (reel_ema_options){0}));
    assert_error(r, REEL_ERR_VALUE, "EMA: the list of parameters is empty");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_test(tcase, norms_are_pytorchs);
    tcase_add_test(tcase, values_are_limited);
    tcase_add_test(tcase, a_norm_that_is_not_finite);
    tcase_add_test(tcase, averages_are_pytorchs);
    tcase_add_test(tcase, averages_go_on_where_they_stopped);
    tcase_add_test(tcase, averages_refuse);
}

int main(void) { return run_suite("clip", add_cases); }
