/* SPDX-License-Identifier: MIT */
/* Bools and integers: a bool's byte is 0 or 1 whatever was added to it, what does not fit in int64
 * is refused, and whole numbers are exact beyond 2^53. Expected values: PyTorch 2.13. */
#include "check_reel.h"

#include <reel/reel.h>

enum { COUNT = 4 };

static reel *r;

static reel_tensor *bools(bool a, bool b, bool c, bool d)
{
    return reel_from_bool(r, (bool[]){a, b, c, d}, REEL_SHAPE(COUNT));
}

static reel_tensor *indices(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return reel_from_i64(r, (int64_t[]){a, b, c, d}, REEL_SHAPE(COUNT));
}

static reel_tensor *whole(int64_t value) { return reel_from_i64(r, &value, REEL_SHAPE(1)); }

static void assert_bytes(reel_tensor *y, int a, int b, int c, int d)
{
    unsigned char got[COUNT],
        expected[] = {(unsigned char)a, (unsigned char)b, (unsigned char)c, (unsigned char)d};
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    ck_assert_int_eq(reel_dtype_of(y), REEL_BOOL);
    memcpy(got, reel_data_bool(y), COUNT);
    ck_assert_mem_eq(got, expected, COUNT);
}

START_TEST(a_bool_is_0_or_1)
{
    static const double alphas[] = {2, -1, 256, 0};
    for (int k = 0; k < 4; k++) {
        const double alpha = alphas[k];
        const int third = alpha != 0;
        reel_tensor *a = bools(1, 1, 0, 0), *b = bools(1, 0, 1, 0), *each = indices(0, 1, 2, 3);
        assert_bytes(reel_add_alpha(a, b, alpha), 1, 1, third, 0);
        assert_bytes(reel_add_alpha_(reel_clone(a), b, alpha), 1, 1, third, 0);
        assert_bytes(reel_index_add(a, 0, each, b, alpha), 1, 1, third, 0);
        assert_bytes(reel_index_add(a, 0, indices(0, 0, 2, 2), b, alpha), 1, 1, third, 0);
        reel_tensor *row =
            reel_addr(reel_reshape(a, REEL_SHAPE(1, COUNT)), bools(1, 1, 1, 1), b, 1, alpha);
        assert_bytes(reel_narrow(row, 0, 0, 1), 1, 1, third, 0);
        assert_bytes(reel_fill_(reel_clone(a), alpha), third, third, third, third);
        assert_bytes(reel_masked_fill(a, b, alpha), third, 1, third, 0);
        assert_bytes(reel_scatter_value(a, 0, each, alpha), third, third, third, third);
        assert_bytes(reel_pad(reel_narrow(a, 0, 1, 2), (int64_t[]){1, 1}, 2, alpha), third, 1, 0,
                     third);
        assert_bytes(reel_full(r, REEL_BOOL, alpha, REEL_SHAPE(COUNT)), third, third, third, third);
    }
    assert_bytes(reel_scatter_add(bools(1, 0, 0, 0), 0, indices(0, 0, 1, 1), bools(1, 1, 1, 1)), 1,
                 1, 0, 0);
    assert_bytes(reel_add(bools(1, 1, 0, 0), bools(1, 0, 1, 0)), 1, 1, 1, 0);
}
END_TEST

/* A number that int64 cannot hold, wherever one is put or multiplied in. */
START_TEST(what_overflows_is_refused)
{
    const double large = 1e19;
    reel_tensor *x = whole(3), *m = reel_reshape(x, REEL_SHAPE(1, 1));
    const reel_tensor *refused[] = {
        reel_full(r, REEL_I64, large, REEL_SHAPE(1)),
        reel_full_like(x, large),
        reel_scalar(r, REEL_I64, large),
        reel_arange(r, REEL_I64, 0, large, 1e18),
        reel_linspace(r, REEL_I64, 0, large, 3),
        reel_fill_(reel_clone(x), large),
        reel_masked_fill(x, reel_gt_scalar(x, 0), large),
        reel_scatter_value(x, 0, whole(0), large),
        reel_pad(x, (int64_t[]){1, 1}, 2, large),
        reel_add_alpha(x, x, large),
        reel_add_alpha_(reel_clone(x), x, large),
        reel_index_add(x, 0, whole(0), x, large),
        reel_addmm(m, m, m, large, 1),
        reel_addmm(m, m, m, 1, large),
        reel_one_hot(whole(INT64_MAX), -1),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_msg(reel_is_poison(refused[i]), "number %zu is not refused", i);
    }
    /* Each has said so: the first error is kept, and so one is asked again. */
    reel_clear_error(r);
    reel_add_alpha(x, x, large);
    assert_error(r, REEL_ERR_VALUE, "add: alpha must be whole for integers and fit in int64");
    reel_one_hot(whole(INT64_MAX), -1);
    assert_error(r, REEL_ERR_VALUE, "9223372036854775807");
}
END_TEST

START_TEST(beyond_2_to_the_53)
{
    const int64_t next = (INT64_C(1) << 53) + 1;
    reel_tensor *x = whole(next);
    ck_assert_double_eq(reel_item(reel_eq_scalar(x, 0x1p53)), 0);
    ck_assert_double_eq(reel_item(reel_gt_scalar(x, 0x1p53)), 1);
    reel_tensor *largest = reel_maximum_scalar(x, 0x1p53);
    ck_assert_int_eq(reel_dtype_of(largest), REEL_I64);
    ck_assert(reel_data_i64(largest)[0] == next);
    ck_assert(reel_data_i64(reel_add_scalar(x, 0x1p62))[0] == (INT64_C(1) << 62) + next);
    ck_assert(reel_data_i64(reel_sub_scalar(x, 0x1p53))[0] == 1);
    ck_assert(reel_data_i64(reel_mul_scalar(whole(-1), 0x1p62))[0] == -(INT64_C(1) << 62));
    ck_assert_int_eq(reel_dtype_of(reel_add_scalar(x, 0x1p63)), REEL_F32);
}
END_TEST

static void set_up(void) { r = quiet_reel(); }
static void tear_down(void) { reel_free(r); }

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_bool_is_0_or_1);
    tcase_add_test(cases, what_overflows_is_refused);
    tcase_add_test(cases, beyond_2_to_the_53);
}

int main(void) { return run_suite("whole numbers", add_cases); }
