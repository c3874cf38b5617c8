/* SPDX-License-Identifier: MIT */
/* Transposed copies at sizes around tiles, blocks and the caches; lists of parts; joins and copies
 * of other dtypes than PyTorch's cases have. Expected texts are PyTorch's. */
#include "check_reel.h"

#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/views.h>

/* Element (i, j) of the transposed copy of a matrix 0, 1, 2, … is j * columns + i. */
static void transposes(reel_dtype dtype, int64_t rows, int64_t columns)
{
    reel *r = reel_new();
    reel_tensor *x = reel_arange(r, dtype, 0, (double)(rows * columns), 1);
    reel_tensor *y = reel_contiguous(reel_t(reel_reshape(x, REEL_SHAPE(rows, columns))));
    double *values = calloc((size_t)(rows * columns) + 1, sizeof *values);
    ck_assert_int_eq(reel_to_f64(y, values, rows * columns), REEL_OK);
    int64_t wrong = 0;
    for (int64_t i = 0; i < columns; i++) {
        for (int64_t j = 0; j < rows; j++) {
            wrong += values[i * rows + j] != (double)(j * columns + i);
        }
    }
    ck_assert_msg(wrong == 0, "%lld of %s elements of %lld x %lld", (long long)wrong,
                  reel_dtype_name(dtype), (long long)rows, (long long)columns);
    free(values);
    reel_free(r);
}

START_TEST(transposed_copies)
{
    static const int64_t sides[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31, 33, 64, 65, 71};
    const size_t count = sizeof sides / sizeof *sides;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            transposes(REEL_F32, sides[i], sides[j]);
            transposes(REEL_F64, sides[i], sides[j]);
        }
    }
}
END_TEST

/* From 8 MB on they go past the caches. Whole numbers up to 2^24 are exact in float32. */
START_TEST(large_transposed_copies)
{
    transposes(REEL_F32, 1501, 1409);
    transposes(REEL_F32, 65, 33001);
    transposes(REEL_F32, 33003, 65);
    transposes(REEL_F32, 3, 800001);
    transposes(REEL_F32, 800001, 3);
    transposes(REEL_F64, 1031, 1027);
    transposes(REEL_I64, 67, 16001);
}
END_TEST

START_TEST(lists_of_parts)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_arange(r, REEL_F32, 0, 5, 1), *parts[4];
    ck_assert_int_eq(reel_split(x, 2, 0, parts, 4), 3);
    ck_assert_str_eq(reel_repr(parts[2]), "tensor([4.])");
    ck_assert_int_eq(reel_chunk(x, 4, 0, parts, 4), 3);
    ck_assert_int_eq(reel_unbind(x, 0, parts, 4), -1);
    assert_error(r, REEL_ERR_VALUE, "unbind: 5 parts of shape (5,) do not fit in an array of 4");
    ck_assert(reel_is_poison(parts[0]) && reel_is_poison(parts[3]));
    ck_assert_int_eq(reel_split_with_sizes(x, (int64_t[]){2, 2}, 2, 0, parts, 4), -1);
    assert_error(r, REEL_ERR_SHAPE, "do not add up to 5");
    ck_assert_int_eq(reel_split(x, 0, 0, parts, 4), -1);
    assert_error(r, REEL_ERR_VALUE, "parts of size 0");
    ck_assert_int_eq(reel_meshgrid((reel_tensor *[]){x, x}, 2, REEL_INDEXING_IJ, parts, 1), -1);
    assert_error(r, REEL_ERR_VALUE, "meshgrid: 2 grids");
    reel_free(r);
}
END_TEST

START_TEST(dtypes_join_and_multiply)
{
    reel *r = quiet_reel();
    reel_tensor *whole = reel_arange(r, REEL_I64, 0, 2, 1),
                *none = reel_zeros(r, REEL_F32, REEL_SHAPE(0));
    reel_tensor *half = reel_full(r, REEL_F32, 0.5, REEL_SHAPE(1));
    ck_assert_str_eq(reel_repr(reel_cat((reel_tensor *[]){whole, none, half}, 3, 0)),
                     "tensor([0.0000, 1.0000, 0.5000])");
    reel_tensor *m = reel_reshape(reel_arange(r, REEL_I64, 0, 4, 1), REEL_SHAPE(2, 2));
    ck_assert_str_eq(reel_repr(reel_mm(m, m)), "tensor([[ 2,  3],\n        [ 6, 11]])");
    ck_assert(reel_is_poison(reel_mm(m, reel_to(m, REEL_F32))));
    assert_error(r, REEL_ERR_DTYPE, "mm: ");
    ck_assert(reel_is_poison(reel_addmm(m, m, m, 0.5, 1)));
    assert_error(r, REEL_ERR_VALUE, "addmm: beta must be whole for int64, and is 0.5");
    ck_assert_ptr_null(reel_cat(NULL, 0, 0));
    reel_free(r);
}
END_TEST

START_TEST(padding_takes_away_too)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_reshape(reel_arange(r, REEL_F32, 0, 6, 1), REEL_SHAPE(2, 3));
    ck_assert_str_eq(reel_repr(reel_pad(x, (int64_t[]){1, -1, -1, 1}, 4, 9)),
                     "tensor([[9., 3., 4.],\n        [9., 9., 9.]])");
    ck_assert(reel_is_poison(reel_pad(x, (int64_t[]){-2, -2}, 2, 0)));
    assert_error(r, REEL_ERR_SHAPE, "pad: -2 before and -2 after the 3 elements");
    ck_assert(reel_is_poison(reel_pad(x, (int64_t[]){1}, 1, 0)));
    assert_error(r, REEL_ERR_SHAPE, "pad: 1 counts for shape (2, 3)");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, transposed_copies);
    tcase_add_test(cases, large_transposed_copies);
    tcase_add_test(cases, lists_of_parts);
    tcase_add_test(cases, dtypes_join_and_multiply);
    tcase_add_test(cases, padding_takes_away_too);
}

int main(void) { return run_suite("rearrange", add_cases); }
