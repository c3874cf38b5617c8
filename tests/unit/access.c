/* SPDX-License-Identifier: MIT */
/* What a tensor is, and its elements in and out. */
#include "check_reel.h"

#include <reel/tensor.h>

START_TEST(a_tensor_describes_itself)
{
    reel *r = reel_new();
    reel_tensor *t = reel_zeros(r, REEL_I64, REEL_SHAPE(2, 3, 4));
    ck_assert_ptr_eq(reel_of(t), r);
    ck_assert(!reel_is_poison(t) && reel_is_contiguous(t));
    ck_assert_int_eq(reel_dtype_of(t), REEL_I64);
    ck_assert_int_eq(reel_ndim(t), 3);
    ck_assert_int_eq(reel_numel(t), 24);
    ck_assert_int_eq(reel_size(t, 0), 2);
    ck_assert_int_eq(reel_size(t, -1), 4);
    ck_assert_int_eq(reel_stride(t, 0), 12);
    ck_assert_int_eq(reel_stride(t, -2), 4);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(dtype_names)
{
    ck_assert_str_eq(reel_dtype_name(REEL_F32), "float32");
    ck_assert_str_eq(reel_dtype_name(REEL_F64), "float64");
    ck_assert_str_eq(reel_dtype_name(REEL_I64), "int64");
    ck_assert_str_eq(reel_dtype_name(REEL_BOOL), "bool");
    ck_assert_str_eq(reel_dtype_name((reel_dtype)17), "unknown");
}
END_TEST

START_TEST(dims_that_are_none)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3));
    ck_assert_int_eq(reel_size(t, 2), -1);
    assert_error(r, REEL_ERR_SHAPE, "size: there is no dim 2 in shape (2, 3)");
    ck_assert_int_eq(reel_stride(t, -3), -1);
    assert_error(r, REEL_ERR_SHAPE, "stride: there is no dim -3");
    ck_assert_int_eq(reel_size(reel_scalar(r, REEL_F32, 1), 0), -1);
    assert_error(r, REEL_ERR_SHAPE, "dim 0");
    reel_free(r);
}
END_TEST

START_TEST(items)
{
    reel *r = quiet_reel();
    ck_assert(reel_item(reel_scalar(r, REEL_F64, 0.1)) == 0.1);
    ck_assert(reel_item(reel_full(r, REEL_I64, -7, REEL_SHAPE(1, 1))) == -7);
    ck_assert(reel_item(reel_scalar(r, REEL_BOOL, 5)) == 1);
    ck_assert(!reel_failed(r));
    ck_assert(isnan(reel_item(reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3)))));
    assert_error(r, REEL_ERR_SHAPE, "item: a tensor of shape (2, 3) has 6 elements");
    ck_assert(isnan(reel_item(reel_zeros(r, REEL_F32, REEL_SHAPE(0)))));
    assert_error(r, REEL_ERR_SHAPE, "0 elements");
    ck_assert_str_eq(reel_item_repr(reel_zeros(r, REEL_F32, REEL_SHAPE(2))), "nan");
    assert_error(r, REEL_ERR_SHAPE, "2 elements");
    reel_free(r);
}
END_TEST

START_TEST(get_and_set)
{
    reel *r = reel_new();
    reel_tensor *t = reel_arange(r, REEL_F32, 0, 6, 1),
                *m = reel_zeros(r, REEL_I64, REEL_SHAPE(2, 3));
    ck_assert(reel_get(t, (int64_t[]){4}) == 4 && reel_get(t, (int64_t[]){-1}) == 5);
    ck_assert_int_eq(reel_set(m, (int64_t[]){1, -2}, -9.75), REEL_OK);
    ck_assert(reel_get(m, (int64_t[]){-1, 1}) == -9);
    ck_assert_str_eq(reel_repr(m), "tensor([[ 0,  0,  0],\n        [ 0, -9,  0]])");
    reel_tensor *s = reel_scalar(r, REEL_BOOL, 0);
    ck_assert_int_eq(reel_set(s, NULL, DOUBLE_NAN), REEL_OK);
    ck_assert(reel_get(s, NULL) == 1);
    ck_assert_int_eq(reel_set(t, (int64_t[]){0}, DOUBLE_INFINITY), REEL_OK);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(get_and_set_refuse)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_zeros(r, REEL_I64, REEL_SHAPE(2, 3));
    ck_assert(isnan(reel_get(t, (int64_t[]){0, 3})));
    assert_error(r, REEL_ERR_VALUE, "get: index 3 is out of range for dim 1 of shape (2, 3)");
    ck_assert_int_eq(reel_set(t, (int64_t[]){-3, 0}, 1), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "set: index -3");
    ck_assert(isnan(reel_get(t, NULL)));
    assert_error(r, REEL_ERR_VALUE, "NULL");
    ck_assert_int_eq(reel_set(t, (int64_t[]){0, 0}, DOUBLE_NAN), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "does not fit in int64");
    reel_tensor *f = reel_zeros(r, REEL_F32, REEL_SHAPE(1));
    ck_assert_int_eq(reel_set(f, (int64_t[]){0}, 1e39), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "does not fit in float32");
    ck_assert(reel_get(f, (int64_t[]){0}) == 0);
    reel_free(r);
}
END_TEST

START_TEST(copies_convert)
{
    reel *r = reel_new();
    reel_tensor *t = reel_from_f64(r, (double[]){-1.75, 0, 2.5, 0.1}, REEL_SHAPE(2, 2));
    float f[4];
    double d[4];
    int64_t i[4];
    bool b[4];
    ck_assert_int_eq(reel_to_f32(t, f, 4), REEL_OK);
    ck_assert_int_eq(reel_to_f64(t, d, 4), REEL_OK);
    ck_assert_int_eq(reel_to_i64(t, i, 4), REEL_OK);
    ck_assert_int_eq(reel_to_bool(t, b, 4), REEL_OK);
    ck_assert(f[0] == -1.75F && f[3] == 0.1F && d[3] == 0.1);
    ck_assert(i[0] == -1 && i[1] == 0 && i[2] == 2 && i[3] == 0);
    ck_assert(b[0] && !b[1] && b[2] && b[3]);
    ck_assert_int_eq(reel_to_f32(reel_zeros(r, REEL_F32, REEL_SHAPE(0)), NULL, 0), REEL_OK);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(copies_refuse)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_from_f32(r, (float[]){1, DOUBLE_NAN, -0x1p63F}, REEL_SHAPE(3));
    float f[3];
    int64_t i[3];
    ck_assert_int_eq(reel_to_f32(t, f, 2), REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE, "to_f32: room for 2 elements, but shape (3,) has 3");
    ck_assert_int_eq(reel_to_f32(t, NULL, 3), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "NULL");
    ck_assert_int_eq(reel_to_i64(t, i, 3), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "to_i64: nan does not fit");
    reel_set(t, (int64_t[]){1}, 5);
    ck_assert_int_eq(reel_to_i64(t, i, 3), REEL_OK); /* -2^63 fits exactly */
    ck_assert(i[1] == 5 && i[2] == INT64_MIN);
    reel_free(r);
}
END_TEST

START_TEST(data_is_the_tensors_own)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 2));
    reel_data_f32(t)[3] = 8.0F;
    ck_assert(reel_get(t, (int64_t[]){1, 1}) == 8);
    ck_assert_ptr_null(reel_data_f64(t));
    assert_error(r, REEL_ERR_DTYPE, "data_f64: the tensor is float32");
    ck_assert_ptr_null(reel_data_i64(t));
    assert_error(r, REEL_ERR_DTYPE, "data_i64");
    ck_assert_ptr_null(reel_data_bool(t));
    assert_error(r, REEL_ERR_DTYPE, "data_bool");
    reel_free(r);
}
END_TEST

/* All that reads a tensor, on one that is none. */
static void check_missing(reel_tensor *t, const char *text, reel_status status)
{
    int64_t zero = 0;
    ck_assert(reel_is_poison(t) && !reel_is_contiguous(t));
    ck_assert_int_eq(reel_ndim(t), 0);
    ck_assert_int_eq(reel_numel(t), 0);
    ck_assert_int_eq(reel_size(t, 0), -1);
    ck_assert_int_eq(reel_stride(t, 0), -1);
    ck_assert_int_eq(reel_dtype_of(t), REEL_F32);
    ck_assert(isnan(reel_item(t)) && isnan(reel_get(t, &zero)));
    ck_assert_str_eq(reel_item_repr(t), text);
    ck_assert_str_eq(reel_repr(t), t ? text : "None");
    ck_assert_int_eq(reel_set(t, &zero, 1), status);
    ck_assert_int_eq(reel_to_f32(t, NULL, 0), status);
    ck_assert_int_eq(reel_to_f64(t, NULL, 0), status);
    ck_assert_int_eq(reel_to_i64(t, NULL, 0), status);
    ck_assert_int_eq(reel_to_bool(t, NULL, 0), status);
    ck_assert(!reel_data_f32(t) && !reel_data_f64(t) && !reel_data_i64(t) && !reel_data_bool(t));
}

START_TEST(missing_tensors_are_harmless)
{
    reel *r = quiet_reel();
    reel_tensor *poison = reel_zeros(r, REEL_F32, REEL_SHAPE(-1));
    check_missing(NULL, "", REEL_ERR_OWNER);
    ck_assert_ptr_null(reel_of(NULL));
    check_missing(poison, "poison", REEL_ERR_SHAPE);
    ck_assert_ptr_eq(reel_of(poison), r);
    reel_clear_error(r);
    check_missing(poison, "poison", REEL_ERR_OWNER);
    ck_assert(!reel_failed(r)); /* looking at poison is no new error */
    reel_tensor_free(poison);
    reel_tensor_free(NULL);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_tensor_describes_itself);
    tcase_add_test(cases, dtype_names);
    tcase_add_test(cases, dims_that_are_none);
    tcase_add_test(cases, items);
    tcase_add_test(cases, get_and_set);
    tcase_add_test(cases, get_and_set_refuse);
    tcase_add_test(cases, copies_convert);
    tcase_add_test(cases, copies_refuse);
    tcase_add_test(cases, data_is_the_tensors_own);
    tcase_add_test(cases, missing_tensors_are_harmless);
}

int main(void) { return run_suite("access", add_cases); }
