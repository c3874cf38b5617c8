/* SPDX-License-Identifier: MIT */
/* Which dtype operands give together. Expected dtypes: tests/generate/promotion.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/loss.h>

/* The operand that two of a record's words name; of a number, NULL. */
static reel_tensor *operand(reel *r, const record *it, int word)
{
    if (strcmp(it->word[word], "number") == 0) {
        return NULL;
    }
    const int64_t two = 2;
    return reel_ones(r, record_dtype(it, word), strcmp(it->word[word + 1], "dims") == 0, &two);
}

static void assert_dtype(const record *it, int value, const char *operation, const reel_tensor *y)
{
    ck_assert_msg(!reel_is_poison(y) &&
                      strcmp(reel_dtype_name(reel_dtype_of(y)), it->word[it->words + value]) == 0,
                  "%s %s %s, %s %s: %s, not %s", operation, it->word[0], it->word[1], it->word[2],
                  it->word[3], reel_dtype_name(reel_dtype_of(y)), it->word[it->words + value]);
}

START_TEST(result_types_are_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("promotion/result_type.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        reel_tensor *a = operand(r, &it, 0), *b = operand(r, &it, 2);
        const double number = b ? 0 : record_number(&it, 3);
        assert_dtype(&it, 0, "add", b ? reel_add(a, b) : reel_add_scalar(a, number));
        assert_dtype(&it, 0, "mul", b ? reel_mul(a, b) : reel_mul_scalar(a, number));
        assert_dtype(&it, 1, "div", b ? reel_div(a, b) : reel_div_scalar(a, number));
        if (b) {
            assert_dtype(&it, 0, "add, turned round", reel_add(b, a));
            assert_dtype(&it, 2, "lt", reel_lt(a, b));
            assert_dtype(&it, 0, "where", reel_where(reel_lt(a, b), a, b));
        }
    }
    ck_assert_int_eq(count, 80);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
}
END_TEST

/* Not only the dtype: the operands are converted before the operation, not the result after it. */
START_TEST(values_are_converted_first)
{
    reel *r = reel_new();
    reel_tensor *big = reel_from_i64(r, (int64_t[]){(INT64_C(1) << 53) + 1}, REEL_SHAPE(1));
    reel_tensor *one = reel_ones(r, REEL_I64, REEL_SHAPE(1));
    ck_assert_str_eq(reel_repr(reel_sub(big, one)), "tensor([9007199254740992])");
    ck_assert_str_eq(reel_repr(reel_div_scalar(reel_arange(r, REEL_I64, 1, 4, 1), 2)),
                     "tensor([0.5000, 1.0000, 1.5000])");
    reel_tensor *f = reel_from_f32(r, (float[]){0.1f}, REEL_SHAPE(1));
    reel_tensor *d = reel_from_f64(r, (double[]){0.1}, REEL_SHAPE(1));
    ck_assert(reel_item(reel_sub(f, d)) == (double)0.1f - 0.1);
    ck_assert(reel_item(reel_add_scalar(f, 0.1)) == (double)(0.1f + 0.1f));
    ck_assert(reel_item(reel_add_scalar(d, 0.1)) == 0.1 + 0.1);
    reel_tensor *t = reel_ones(r, REEL_BOOL, REEL_SHAPE(2));
    ck_assert_str_eq(reel_repr(reel_add(t, t)), "tensor([True, True])");
    ck_assert_str_eq(reel_repr(reel_add_scalar(t, 2)), "tensor([3, 3])");
    reel_free(r);
}
END_TEST

/* A gradient has its own tensor's dtype, whatever the operation was computed in. */
START_TEST(gradients_come_back_in_the_dtype)
{
    reel *r = reel_new();
    reel_tensor *f = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true);
    reel_tensor *d = reel_requires_grad_(reel_full(r, REEL_F64, 3, REEL_SHAPE(2)), true);
    reel_tensor *whole = reel_full(r, REEL_I64, 2, REEL_SHAPE(2));
    reel_tensor *loss = reel_l1_loss(reel_mul(f, whole), d, REEL_SUM);
    ck_assert_int_eq(reel_dtype_of(loss), REEL_F64);
    ck_assert_int_eq(reel_backward(loss), REEL_OK);
    ck_assert_str_eq(reel_repr(reel_grad(f)), "tensor([-2., -2.])");
    ck_assert_str_eq(reel_repr(reel_grad(d)), "tensor([1., 1.], dtype=torch.float64)");
    reel_free(r);
}
END_TEST

START_TEST(bools_are_no_numbers)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_ones(r, REEL_BOOL, REEL_SHAPE(2));
    reel_tensor *refused[] = {reel_sub(t, t), reel_neg(t), reel_l1_loss(t, t, REEL_SUM)};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert(reel_is_poison(refused[i]));
    }
    assert_error(r, REEL_ERR_DTYPE, "sub: bool");
    reel_tensor *whole = reel_ones(r, REEL_I64, REEL_SHAPE(2));
    ck_assert(reel_is_poison(reel_l1_loss(whole, whole, REEL_MEAN)));
    assert_error(r, REEL_ERR_DTYPE, "l1_loss: the mean of int64");
    ck_assert_str_eq(reel_repr(reel_l1_loss(whole, reel_neg(whole), REEL_SUM)), "tensor(4)");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, result_types_are_pytorchs);
    tcase_add_test(cases, values_are_converted_first);
    tcase_add_test(cases, gradients_come_back_in_the_dtype);
    tcase_add_test(cases, bools_are_no_numbers);
}

int main(void) { return run_suite("promotion", add_cases); }
