/* SPDX-License-Identifier: MIT */
/* Tensors of given values and ranges. Expected ranges: tests/generate/ranges.py. */
#include "records.h"

#include <float.h>

static void check_poison(reel *r, reel_tensor *t, reel_status status, const char *part)
{
    ck_assert_ptr_nonnull(t);
    ck_assert(reel_is_poison(t));
    assert_error(r, status, part);
}

START_TEST(arrays_are_copied)
{
    reel *r = reel_new();
    float f[] = {1.5F, -2.0F, 3.0F, 0.0F, NAN, INFINITY};
    double d[] = {0.1, 1e300};
    int64_t i[] = {INT64_MIN, INT64_MAX};
    bool b[] = {true, false};
    reel_tensor *t[] = {reel_from_f32(r, f, REEL_SHAPE(2, 3)), reel_from_f64(r, d, REEL_SHAPE(2)),
                        reel_from_i64(r, i, REEL_SHAPE(2)), reel_from_bool(r, b, REEL_SHAPE(2, 1))};
    f[0] = 0.0F;
    d[1] = 0.0;
    i[1] = 0;
    b[0] = false;
    ck_assert_str_eq(reel_repr(t[0]), "tensor([[ 1.5000, -2.0000,  3.0000],\n"
                                      "        [ 0.0000,     nan,     inf]])");
    ck_assert(reel_data_f64(t[1])[0] == 0.1 && reel_data_f64(t[1])[1] == 1e300);
    ck_assert(reel_data_i64(t[2])[0] == INT64_MIN && reel_data_i64(t[2])[1] == INT64_MAX);
    ck_assert(reel_data_bool(t[3])[0] && !reel_data_bool(t[3])[1]);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(created_tensors_survive_a_rewind)
{
    reel *r = reel_new();
    reel_tensor *t = reel_full(r, REEL_F32, 2.5, REEL_SHAPE(3));
    reel_rewind(r);
    ck_assert_str_eq(reel_repr(t), "tensor([2.5000, 2.5000, 2.5000])");
    reel_tensor_free(t);
    reel_free(r);
}
END_TEST

START_TEST(empty_arrays_may_be_null)
{
    reel *r = quiet_reel();
    ck_assert_int_eq(reel_numel(reel_from_f32(r, NULL, REEL_SHAPE(0, 3))), 0);
    ck_assert(!reel_failed(r));
    check_poison(r, reel_from_f32(r, NULL, REEL_SHAPE(1)), REEL_ERR_VALUE, "from_f32");
    check_poison(r, reel_from_i64(r, (int64_t[]){1}, 1, NULL), REEL_ERR_VALUE, "from_i64");
    reel_free(r);
}
END_TEST

/* Text of torch.full((1,), value, dtype=dtype)[0] and of torch.tensor(value, dtype=dtype). */
START_TEST(values_are_converted)
{
    static const struct {
        reel_dtype dtype;
        double value;
        const char *text;
    } cases[] = {
        {REEL_F32, 0.1, "0.10000000149011612"},
        {REEL_F64, 0.1, "0.1"},
        {REEL_F32, DOUBLE_INFINITY, "inf"},
        {REEL_I64, 2.9, "2"},
        {REEL_I64, -2.9, "-2"},
        {REEL_I64, -0x1p63, "-9223372036854775808"},
        {REEL_I64, 0x1p63 - 1024, "9223372036854774784"},
        {REEL_BOOL, 0.5, "True"},
        {REEL_BOOL, -0.0, "False"},
        {REEL_BOOL, DOUBLE_NAN, "True"},
        {REEL_BOOL, DOUBLE_INFINITY, "True"},
    };
    reel *r = reel_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = cases[i].value;
        ck_assert_str_eq(reel_item_repr(reel_scalar(r, cases[i].dtype, value)), cases[i].text);
        reel_tensor *full = reel_full(r, cases[i].dtype, value, REEL_SHAPE(1, 1));
        ck_assert_str_eq(reel_item_repr(full), cases[i].text);
        ck_assert_str_eq(reel_item_repr(reel_full_like(full, value)), cases[i].text);
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(values_that_do_not_fit_are_errors)
{
    reel *r = quiet_reel();
    static const double none[] = {DOUBLE_NAN, DOUBLE_INFINITY,       -DOUBLE_INFINITY,
                                  0x1p63,     -0x1.0000000000001p63, 1e300};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        check_poison(r, reel_full(r, REEL_I64, none[i], REEL_SHAPE(2)), REEL_ERR_VALUE, "full");
        check_poison(r, reel_scalar(r, REEL_I64, none[i]), REEL_ERR_VALUE, "int64");
        check_poison(r, reel_arange(r, REEL_I64, 0, none[i], 1), REEL_ERR_VALUE, "arange");
        check_poison(r, reel_arange(r, REEL_I64, 0, 1, none[i]), REEL_ERR_VALUE, "arange");
        check_poison(r, reel_linspace(r, REEL_I64, none[i], 1, 3), REEL_ERR_VALUE, "linspace");
    }
    check_poison(r, reel_full(r, REEL_F32, 1e39, REEL_SHAPE(2)), REEL_ERR_VALUE, "float32");
    check_poison(r, reel_linspace(r, REEL_F32, 0, -1e39, 3), REEL_ERR_VALUE, "float32");
    ck_assert_str_eq(reel_item_repr(reel_scalar(r, REEL_F32, 1e39)), "inf");
    ck_assert_str_eq(reel_item_repr(reel_full(r, REEL_F32, (double)FLT_MAX, REEL_SHAPE(1))),
                     "3.4028234663852886e+38");
    reel_free(r);
}
END_TEST

START_TEST(constants_and_likes)
{
    reel *r = reel_new();
    reel_tensor *t = reel_ones(r, REEL_BOOL, REEL_SHAPE(1, 2));
    ck_assert_str_eq(reel_repr(t), "tensor([[True, True]])");
    ck_assert_str_eq(reel_repr(reel_zeros_like(t)), "tensor([[False, False]])");
    t = reel_zeros(r, REEL_F64, REEL_SHAPE(2));
    ck_assert_str_eq(reel_repr(t), "tensor([0., 0.], dtype=torch.float64)");
    ck_assert_str_eq(reel_repr(reel_ones_like(t)), "tensor([1., 1.], dtype=torch.float64)");
    ck_assert_str_eq(reel_repr(reel_full_like(t, -3)), "tensor([-3., -3.], dtype=torch.float64)");
    ck_assert_str_eq(reel_repr(reel_ones(r, REEL_I64, REEL_SCALAR_SHAPE)), "tensor(1)");
    reel_free(r);
}
END_TEST

START_TEST(eyes)
{
    reel *r = quiet_reel();
    ck_assert_str_eq(reel_repr(reel_eye(r, REEL_F32, 2, 3)), "tensor([[1., 0., 0.],\n"
                                                             "        [0., 1., 0.]])");
    ck_assert_str_eq(reel_repr(reel_eye(r, REEL_I64, 3, 2)), "tensor([[1, 0],\n"
                                                             "        [0, 1],\n"
                                                             "        [0, 0]])");
    ck_assert_str_eq(reel_repr(reel_eye(r, REEL_BOOL, 1, 1)), "tensor([[True]])");
    ck_assert_str_eq(reel_repr(reel_eye(r, REEL_F32, 0, 3)), "tensor([], size=(0, 3))");
    check_poison(r, reel_eye(r, REEL_F32, -1, 3), REEL_ERR_SHAPE, "eye");
    reel_free(r);
}
END_TEST

START_TEST(ranges_are_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("factory/ranges.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        reel_dtype dtype = record_dtype(&it, 1);
        double start = record_number(&it, 2), end = record_number(&it, 3);
        bool arange = strcmp(it.word[0], "arange") == 0;
        reel_tensor *t = arange ? reel_arange(r, dtype, start, end, record_number(&it, 4))
                                : reel_linspace(r, dtype, start, end, record_whole(&it, 4));
        assert_record(&it, t, 0.0);
    }
    ck_assert_int_gt(count, 60);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(whole_ranges_reach_the_ends)
{
    reel *r = reel_new();
    int64_t got[4];
    reel_tensor *t = reel_arange(r, REEL_I64, -0x1p63, 0x1p63 - 1024, 0x1p62);
    ck_assert_int_eq(reel_to_i64(t, got, 4), REEL_OK);
    ck_assert(got[0] == INT64_MIN && got[2] == 0 && got[3] == INT64_C(1) << 62);
    t = reel_arange(r, REEL_I64, 0x1p63 - 1024, -0x1p63, -0x1p63);
    ck_assert_int_eq(reel_to_i64(t, got, 2), REEL_OK);
    ck_assert(got[1] == -1024);
    t = reel_linspace(r, REEL_I64, -0x1p63, 0x1p63 - 1024, 3);
    ck_assert_int_eq(reel_to_i64(t, got, 3), REEL_OK);
    ck_assert(got[0] == INT64_MIN && got[2] == INT64_MAX - 1023);
    reel_free(r);
}
END_TEST

START_TEST(ranges_that_are_none)
{
    reel *r = quiet_reel();
    static const double bad[][3] = {
        {0, 3, 0},
        {0, -3, 2},
        {0, 3, -2},
        {0, DOUBLE_INFINITY, 2},
        {-DOUBLE_INFINITY, 1, 2},
        {0, DOUBLE_NAN, 1},
        {0, 1, DOUBLE_NAN},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        reel_dtype d = i % 2 ? REEL_F32 : REEL_F64;
        check_poison(r, reel_arange(r, d, bad[i][0], bad[i][1], bad[i][2]), REEL_ERR_VALUE,
                     "arange");
    }
    check_poison(r, reel_arange(r, REEL_I64, 0, 2.5, 0.5), REEL_ERR_VALUE, "step of 0");
    check_poison(r, reel_arange(r, REEL_I64, 3, 0, 1), REEL_ERR_VALUE, "from 3 to 0");
    check_poison(r, reel_arange(r, REEL_F64, 0, 1e300, 1), REEL_ERR_SHAPE, "too many");
    check_poison(r, reel_arange(r, REEL_F64, 0, 3, 1e-320), REEL_ERR_SHAPE, "too many");
    check_poison(r, reel_arange(r, REEL_F64, -1e308, 1.7e308, 1e300), REEL_ERR_SHAPE, "too many");
    check_poison(r, reel_arange(r, REEL_I64, -0x1p63, 0x1p62, 1), REEL_ERR_SHAPE, "too many");
    check_poison(r, reel_arange(r, REEL_BOOL, 0, 2, 1), REEL_ERR_DTYPE, "bool");
    check_poison(r, reel_linspace(r, REEL_BOOL, 0, 2, 2), REEL_ERR_DTYPE, "bool");
    check_poison(r, reel_linspace(r, REEL_F32, 0, 1, -1), REEL_ERR_VALUE, "steps -1");
    reel_free(r);
}
END_TEST

START_TEST(bad_shapes_and_dtypes)
{
    reel *r = quiet_reel();
    static const int64_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    check_poison(r, reel_zeros(r, REEL_F32, 9, nine), REEL_ERR_SHAPE, "zeros: 9 dims");
    check_poison(r, reel_zeros(r, REEL_F32, -1, nine), REEL_ERR_SHAPE, "zeros: -1 dims");
    check_poison(r, reel_ones(r, REEL_F32, REEL_SHAPE(3, -2)), REEL_ERR_SHAPE, "ones");
    check_poison(r, reel_ones(r, REEL_BOOL, REEL_SHAPE(INT64_C(1) << 40, INT64_C(1) << 40)),
                 REEL_ERR_SHAPE, "too many");
    check_poison(r, reel_zeros(r, REEL_F32, 2, NULL), REEL_ERR_VALUE, "NULL");
    check_poison(r, reel_zeros(r, (reel_dtype)4, REEL_SHAPE(1)), REEL_ERR_DTYPE, "dtype 4");
    reel_free(r);
}
END_TEST

START_TEST(null_and_poison_pass_through)
{
    reel *r = quiet_reel();
    reel_tensor *bad = reel_eye(r, REEL_F32, -1, 1);
    ck_assert(reel_is_poison(reel_zeros_like(bad)) && reel_is_poison(reel_ones_like(bad)));
    ck_assert(reel_is_poison(reel_full_like(bad, DOUBLE_NAN)));
    ck_assert(!reel_zeros_like(NULL) && !reel_ones_like(NULL) && !reel_full_like(NULL, 1));
    ck_assert(!reel_zeros(NULL, REEL_F32, REEL_SHAPE(1)) &&
              !reel_scalar(NULL, REEL_I64, DOUBLE_NAN));
    ck_assert(!reel_full(NULL, REEL_I64, DOUBLE_NAN, REEL_SHAPE(1)) &&
              !reel_eye(NULL, REEL_F32, 1, 1));
    ck_assert(!reel_arange(NULL, REEL_F32, 0, 1, 0) && !reel_linspace(NULL, REEL_F32, 0, 1, -1));
    ck_assert(!reel_from_bool(NULL, NULL, 0, NULL));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, arrays_are_copied);
    tcase_add_test(cases, created_tensors_survive_a_rewind);
    tcase_add_test(cases, empty_arrays_may_be_null);
    tcase_add_test(cases, values_are_converted);
    tcase_add_test(cases, values_that_do_not_fit_are_errors);
    tcase_add_test(cases, constants_and_likes);
    tcase_add_test(cases, eyes);
    tcase_add_test(cases, ranges_are_pytorchs);
    tcase_add_test(cases, whole_ranges_reach_the_ends);
    tcase_add_test(cases, ranges_that_are_none);
    tcase_add_test(cases, bad_shapes_and_dtypes);
    tcase_add_test(cases, null_and_poison_pass_through);
}

int main(void) { return run_suite("factory", add_cases); }
