/* SPDX-License-Identifier: MIT */
/* Sums have PyTorch's last bit, which their order decides. Expected values: tests/generate/sums.py.
 * */
#include "records.h"

#include <reel/elementwise.h>
#include <reel/loss.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { TERMS = 20000 };

static reel_tensor *terms(reel *r, reel_dtype dtype)
{
    reel_manual_seed(r, 7);
    int64_t n = TERMS;
    return reel_keep(reel_sub_scalar(reel_rand(r, dtype, 1, &n), 0.5));
}

/* What a record names, of the first of the terms. */
static reel_tensor *compute(const record *it, reel_tensor *x)
{
    const int64_t n = record_whole(it, 2);
    if (it->words == 4) {
        const int64_t size[] = {n, record_whole(it, 3)};
        reel_tensor *m = reel_view(reel_narrow(x, 0, 0, size[0] * size[1]), 2, size);
        const int64_t dim = strcmp(it->word[0], "rows") == 0;
        reel_tensor *sums = reel_sum_dim(m, &dim, 1, false);
        return reel_numel(sums) > 64 ? reel_narrow(sums, 0, 0, 64) : sums;
    }
    x = reel_narrow(x, 0, 0, n);
    reel_tensor *y = strcmp(it->word[0], "sum") == 0 ? reel_sum(x)
                     : strcmp(it->word[0], "mean") == 0
                         ? reel_mean(x)
                         : reel_l1_loss(x, reel_zeros_like(x), REEL_MEAN);
    return reel_unsqueeze(y, 0);
}

START_TEST(sums_are_pytorchs)
{
    reel *r = reel_new();
    reel_tensor *x[] = {terms(r, REEL_F32), terms(r, REEL_F64)};
    FILE *file = open_records("sums/sums.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        assert_record(&it, compute(&it, x[record_dtype(&it, 1)]), 0.0);
        reel_rewind(r);
    }
    ck_assert_int_gt(count, 900);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* The same terms, but every second element of memory: the sum takes another way. */
START_TEST(strided_sums_are_sums)
{
    reel *r = reel_new();
    reel_tensor *x = terms(r, REEL_F64);
    reel_tensor *wide = reel_zeros(r, REEL_F64, REEL_SHAPE(TERMS, 2));
    double *to = reel_data_f64(wide);
    const double *from = reel_data_f64(x);
    for (int i = 0; i < TERMS; i++) {
        to[2 * i] = from[i];
    }
    double expected = reel_item(reel_sum(x));
    assert_close(reel_item(reel_sum(reel_select(wide, 1, 0))), expected, 1e-12);
    assert_close(reel_item(reel_sum(reel_t(wide))), expected, 1e-12);
    reel_free(r);
}
END_TEST

/* One running sum of ten million float32 is off by far more; PyTorch's order stays near the double.
 * */
START_TEST(long_sums_are_accurate)
{
    enum { N = 10000000 };
    reel *r = reel_new();
    reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(N));
    const float *term = reel_data_f32(x);
    double right = 0;
    for (int i = 0; i < N; i++) {
        right += (double)term[i];
    }
    assert_close(reel_item(reel_sum(x)), right, 1e-6);
    assert_close(reel_item(reel_mean(x)), right / (double)N, 1e-6);
    assert_close(reel_item(reel_l1_loss(x, reel_zeros_like(x), REEL_SUM)), right, 1e-6);
    assert_close(reel_item(reel_sum(
                     reel_sum_dim(reel_view(x, REEL_SHAPE(N / 10, 10)), (int64_t[]){0}, 1, false))),
                 right, 1e-6);
    reel_free(r);
}
END_TEST

START_TEST(whole_numbers_and_bools_sum_exactly)
{
    reel *r = reel_new();
    reel_tensor *whole = reel_arange(r, REEL_I64, 1, 1001, 1);
    ck_assert_str_eq(reel_repr(reel_sum(whole)), "tensor(500500)");
    ck_assert_str_eq(reel_repr(reel_sum(reel_ones(r, REEL_BOOL, REEL_SHAPE(7, 3)))), "tensor(21)");
    reel_tensor *big = reel_full(r, REEL_I64, 0x1p53, REEL_SHAPE(3));
    ck_assert_str_eq(reel_repr(reel_sum(reel_add_scalar(big, 1))), "tensor(27021597764222979)");
    ck_assert_str_eq(
        reel_repr(reel_sum_dim(reel_view(whole, REEL_SHAPE(2, 500)), (int64_t[]){1}, 1, false)),
        "tensor([125250, 375250])");
    reel_free(r);
}
END_TEST

/* -0 and what is added up of it is 0, in PyTorch too, also from place to place. */
START_TEST(sums_of_negative_zeros)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f64(r, (double[]){-0.0, -0.0, -0.0, -0.0}, REEL_SHAPE(2, 2));
    reel_tensor *y[] = {reel_cumsum(x, 0), reel_cumsum(x, 1),
                        reel_sum_dim(x, (int64_t[]){0}, 1, true), reel_sum(x)};
    for (int k = 0; k < 4; k++) {
        for (int64_t i = 0; i < reel_numel(y[k]); i++) {
            ck_assert_msg(!signbit(reel_data_f64(y[k])[i]), "sum %d, place %d", k, (int)i);
        }
    }
    reel_free(r);
}
END_TEST

START_TEST(empty_sums)
{
    reel *r = reel_new();
    reel_tensor *none = reel_zeros(r, REEL_F32, REEL_SHAPE(0, 3));
    ck_assert_str_eq(reel_repr(reel_sum(none)), "tensor(0.)");
    ck_assert_str_eq(reel_repr(reel_mean(none)), "tensor(nan)");
    ck_assert_str_eq(reel_repr(reel_sum_dim(none, (int64_t[]){0}, 1, false)),
                     "tensor([0., 0., 0.])");
    ck_assert_str_eq(reel_repr(reel_mean_dim(none, (int64_t[]){0}, 1, true)),
                     "tensor([[nan, nan, nan]])");
    ck_assert_str_eq(reel_repr(reel_sum_dim(none, (int64_t[]){1}, 1, false)), "tensor([])");
    ck_assert_str_eq(reel_repr(reel_l1_loss(none, none, REEL_MEAN)), "tensor(nan)");
    ck_assert_str_eq(reel_repr(reel_mse_loss(none, none, REEL_SUM)), "tensor(0.)");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, sums_are_pytorchs);
    tcase_add_test(cases, strided_sums_are_sums);
    tcase_add_test(cases, long_sums_are_accurate);
    tcase_add_test(cases, whole_numbers_and_bools_sum_exactly);
    tcase_add_test(cases, sums_of_negative_zeros);
    tcase_add_test(cases, empty_sums);
}

int main(void) { return run_suite("sums", add_cases); }
