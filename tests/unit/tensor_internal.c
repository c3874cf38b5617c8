/* SPDX-License-Identifier: MIT */
/* Reading, writing and printing what the public tensor functions alone cannot make: views, tensors
 * that the tape watches; and the random fills behind the initialisers. */
#include "check_reel.h"
#include "random.h"

#include <reel/tensor.h>

/* torch.arange(6.).reshape(2, 3).t(), made by hand. */
static reel_tensor *transposed(reel *r, reel_dtype dtype)
{
    reel_tensor *t = reel_arange(r, dtype, 0, 6, 1);
    return reeli_view(t, "test", 2, (int64_t[]){3, 2}, (int64_t[]){1, 3}, 0);
}

START_TEST(views_are_read_by_their_strides)
{
    reel *r = quiet_reel();
    reel_tensor *t = transposed(r, REEL_F32);
    float f[6];
    ck_assert(!reel_is_contiguous(t));
    ck_assert_int_eq(reel_stride(t, -1), 3);
    ck_assert(reel_get(t, (int64_t[]){2, 1}) == 5 && reel_get(t, (int64_t[]){-3, -1}) == 3);
    ck_assert_int_eq(reel_to_f32(t, f, 6), REEL_OK);
    ck_assert(f[1] == 3 && f[2] == 1 && f[4] == 2);
    ck_assert_str_eq(reel_repr(t), "tensor([[0., 3.],\n        [1., 4.],\n        [2., 5.]])");
    ck_assert_ptr_null(reel_data_f32(t));
    assert_error(r, REEL_ERR_SHAPE, "data_f32: the tensor of shape (3, 2) is not contiguous");
    reel_tensor *like = reel_full_like(t, 2);
    ck_assert(reel_is_contiguous(like) && reel_size(like, 0) == 3);
    reel_tensor *one = reeli_view(t, "test", 0, t->size, t->stride, 4);
    ck_assert_str_eq(reel_item_repr(one), "4.0");
    reel_free(r);
}
END_TEST

START_TEST(views_report_what_does_not_fit)
{
    reel *r = quiet_reel();
    reel_tensor *t = transposed(r, REEL_F64);
    int64_t i[6];
    reel_set(t, (int64_t[]){2, 0}, -1e30);
    ck_assert_int_eq(reel_to_i64(t, i, 6), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "to_i64: -1e+30");
    reel_free(r);
}
END_TEST

START_TEST(a_write_counts_at_the_base)
{
    reel *r = quiet_reel();
    reel_tensor *t = transposed(r, REEL_F32);
    uint32_t version = t->base->version;
    ck_assert_int_eq(reel_set(t, (int64_t[]){1, 1}, 9), REEL_OK);
    ck_assert_uint_eq(t->base->version, version + 1);
    ck_assert(reel_get(t->base, (int64_t[]){4}) == 9);
    ck_assert_int_eq(reel_set(t, (int64_t[]){3, 1}, 9), REEL_ERR_VALUE);
    ck_assert_uint_eq(t->base->version, version + 1);
    reel_free(r);
}
END_TEST

START_TEST(watched_tensors_refuse_writes)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(2));
    t->flags |= REELI_REQUIRES_GRAD;
    ck_assert_int_eq(reel_set(t, (int64_t[]){0}, 1), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "set: a tensor of shape (2,) that requires grad");
    ck_assert(reel_get(t, (int64_t[]){0}) == 0 && t->version == 0);
    r->grad_enabled = false; /* as under torch.no_grad */
    ck_assert_int_eq(reel_set(t, (int64_t[]){0}, 1), REEL_OK);
    ck_assert_uint_eq(t->version, 1);
    reel_free(r);
}
END_TEST

/* Texts: print(torch.full((6,), 1234.56, requires_grad=True)) and so on. */
START_TEST(suffixes_wrap)
{
    static const struct {
        reel_dtype dtype;
        int64_t n;
        double value;
        const char *text;
    } cases[] = {
        {REEL_F32, 1, 2, "tensor([2.], requires_grad=True)"},
        {REEL_F32, 6, 1234.56,
         "tensor([1234.5601, 1234.5601, 1234.5601, 1234.5601, 1234.5601, 1234.5601],\n"
         "       requires_grad=True)"},
        {REEL_F64, 7, 1234.5678,
         "tensor([1234.5678, 1234.5678, 1234.5678, 1234.5678, 1234.5678, 1234.5678,\n"
         "        1234.5678], dtype=torch.float64, requires_grad=True)"},
        {REEL_F64, 0, 0, "tensor([], dtype=torch.float64, requires_grad=True)"},
    };
    reel *r = reel_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reel_tensor *t = reel_full(r, cases[i].dtype, cases[i].value, 1, &cases[i].n);
        t->flags |= REELI_REQUIRES_GRAD;
        ck_assert_str_eq(reel_repr(t), cases[i].text);
    }
    reel_free(r);
}
END_TEST

/* Expected: after torch.manual_seed(5), empty(3).uniform_(-1 / 7 ** .5, 1 / 7 ** .5), the same in
 * float64 from -.3 to 12.3, empty(3).normal_(.3, .7), empty(20) and, in float64, empty(17). */
START_TEST(fills_are_pytorchs)
{
    reel *r = reel_new();
    reel_manual_seed(r, 5);
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(3));
    float *f = t->data;
    reeli_fill_uniform(t, -1 / sqrt(7), 1 / sqrt(7));
    ck_assert(f[0] == 0x1.ff46e6p-3F && f[1] == -0x1.216ab2p-2F && f[2] == 0x1.3b691ap-2F);
    t = reel_zeros(r, REEL_F64, REEL_SHAPE(3));
    double *d = t->data;
    reeli_fill_uniform(t, -.3, 12.3);
    ck_assert(d[0] == 0x1.afe9d335962bep+2 && d[2] == 0x1.62a2045a9e7fap+3);
    t = reel_zeros(r, REEL_F32, REEL_SHAPE(3));
    f = t->data;
    reeli_fill_normal(t, .3, .7);
    assert_close((double)f[0], 0x1.1bb216p+0, 1e-7);
    assert_close((double)f[2], 0x1.2bcd02p-3, 1e-7);
    t = reel_zeros(r, REEL_F32, REEL_SHAPE(20));
    f = t->data;
    reeli_fill_normal(t, .3, .7);
    ck_assert(f[0] == 0x1.27c974p+0F && f[3] == 0x1.ac84p-3F && f[4] == 0x1.00cd1cp-1F);
    ck_assert(f[11] == -0x1.b26b16p-1F && f[12] == 0x1.3e2d62p-3F && f[19] == 0x1.2b5022p+0F);
    t = reel_zeros(r, REEL_F64, REEL_SHAPE(17));
    d = t->data;
    reeli_fill_normal(t, .3, .7);
    assert_close(d[14], -0x1.09bce61857dcbp-3, 1e-14);
    assert_close(d[16], 0x1.7f7eaf6cb3cd3p-1, 1e-14);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, views_are_read_by_their_strides);
    tcase_add_test(cases, views_report_what_does_not_fit);
    tcase_add_test(cases, a_write_counts_at_the_base);
    tcase_add_test(cases, watched_tensors_refuse_writes);
    tcase_add_test(cases, suffixes_wrap);
    tcase_add_test(cases, fills_are_pytorchs);
}

int main(void) { return run_suite("tensor_internal", add_cases); }
