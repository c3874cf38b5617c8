/* SPDX-License-Identifier: MIT */
/* x[…] and its like beside what PyTorch's own cases hold. Expected texts are PyTorch's. */
#include "check_reel.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/reduce.h>
#include <reel/views.h>

static reel_tensor *block(reel *r)
{
    return reel_reshape(reel_arange(r, REEL_F32, 0, 24, 1), REEL_SHAPE(2, 3, 4));
}

static reel_tensor *indices(reel *r, int64_t a, int64_t b)
{
    return reel_from_i64(r, (int64_t[]){a, b}, REEL_SHAPE(2));
}

#define INDEX(x, ...)                                                                              \
    reel_index(x, (reel_index_item[]){__VA_ARGS__},                                                \
               (int)(sizeof((reel_index_item[]){__VA_ARGS__}) / sizeof(reel_index_item)))

#define assert_prints(t, text) ck_assert_str_eq(reel_repr(reel_detach(t)), text)

START_TEST(numbers_and_slices_are_views)
{
    reel *r = reel_new();
    reel_tensor *x = block(r);
    reel_tensor *part =
        INDEX(x, reel_index_at(1), reel_index_slice(0, -1, 1), reel_index_slice(1, REEL_END, 2));
    assert_prints(part, "tensor([[13., 15.],\n        [17., 19.]])");
    reel_tensor *last = INDEX(x, reel_index_ellipsis(), reel_index_new_dim(), reel_index_at(-1));
    assert_prints(last, "tensor([[[ 3.],\n         [ 7.],\n         [11.]],\n\n"
                        "        [[15.],\n         [19.],\n         [23.]]])");
    reel_set(x, (int64_t[]){1, 0, 3}, -1);
    ck_assert(reel_get(part, (int64_t[]){0, 1}) == -1 &&
              reel_get(last, (int64_t[]){1, 0, 0}) == -1);
    ck_assert_int_eq(reel_numel(INDEX(x, reel_index_all(), reel_index_slice(1, 1, 1))), 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(tensors_pick_elements)
{
    reel *r = reel_new();
    reel_tensor *x = block(r), *ends = indices(r, 0, 1);
    assert_prints(INDEX(x, reel_index_all(), reel_index_by(indices(r, 0, 2)),
                        reel_index_by(indices(r, 3, -4))),
                  "tensor([[ 3.,  8.],\n        [15., 20.]])");
    assert_prints(INDEX(x, reel_index_by(ends), reel_index_all(), reel_index_by(ends)),
                  "tensor([[ 0.,  4.,  8.],\n        [13., 17., 21.]])");
    reel_tensor *mask = reel_from_bool(r, (bool[]){true, false, true}, REEL_SHAPE(3));
    assert_prints(INDEX(x, reel_index_all(), reel_index_by(mask), reel_index_at(1)),
                  "tensor([[ 1.,  9.],\n        [13., 21.]])");
    reel_tensor *large = reel_gt(x, reel_scalar(r, REEL_F32, 20));
    assert_prints(INDEX(x, reel_index_by(large)), "tensor([21., 22., 23.])");
    reel_tensor *none = INDEX(x, reel_index_by(reel_scalar(r, REEL_BOOL, 0)));
    ck_assert(reel_ndim(none) == 4 && reel_size(none, 0) == 0 && reel_size(none, 3) == 4);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(gradients_add_up_where_they_came_from)
{
    reel *r = reel_new();
    reel_tensor *x = reel_requires_grad_(reel_arange(r, REEL_F32, 0, 4, 1), true);
    reel_tensor *at = reel_from_i64(r, (int64_t[]){1, 1, -1}, REEL_SHAPE(3));
    reel_tensor *weights = reel_from_f32(r, (float[]){1, 10, 100}, REEL_SHAPE(3));
    reel_backward(reel_sum(reel_mul(INDEX(x, reel_index_by(at)), weights)));
    assert_prints(reel_grad(x), "tensor([  0.,  11.,   0., 100.])");

    reel_tensor *rows = reel_reshape(reel_arange(r, REEL_F32, 0, 6, 1), REEL_SHAPE(3, 2));
    reel_tensor *table = reel_requires_grad_(reel_keep(rows), true);
    reel_tensor *words = reel_from_i64(r, (int64_t[]){1, 2, 2, 2}, REEL_SHAPE(2, 2));
    reel_tensor *g = reel_reshape(reel_arange(r, REEL_F32, 0, 8, 1), REEL_SHAPE(2, 2, 2));
    reel_tensor *y = reel_embedding(words, table, -2);
    assert_prints(y, "tensor([[[2., 3.],\n         [4., 5.]],\n\n"
                     "        [[4., 5.],\n         [4., 5.]]])");
    reel_backward(reel_sum(reel_mul(y, g)));
    assert_prints(reel_grad(table),
                  "tensor([[ 0.,  0.],\n        [ 0.,  0.],\n        [12., 15.]])");
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* Bags of three, of which row 2 may be none; what PyTorch 2.13 answers. */
START_TEST(bags_are_means_sums_and_maxima)
{
    static const struct {
        reel_bag mode;
        int64_t padding;
        float y[6], grad[10];
    } bags[] = {
        {REEL_BAG_MEAN,
         REEL_NO_PADDING,
         {2.F / 3, 5.F / 3, 4.F / 3, 7.F / 3, 0, 1},
         {0, 0, 1.F / 3, 10.F / 3, 116.F / 3, 1031.F / 3, 200.F / 3, 2000.F / 3, 1.F / 3,
          10.F / 3}},
        {REEL_BAG_MEAN, 2, {1, 2, 2, 3, 0, 0}, {0, 0, .5F, 5, 0, 0, 100, 1000, .5F, 5}},
        {REEL_BAG_SUM, -3, {2, 4, 4, 6, 0, 0}, {0, 0, 1, 10, 0, 0, 200, 2000, 1, 10}},
        {REEL_BAG_MAX, REEL_NO_PADDING, {4, 5, 2, 3, 0, 1}, {0, 0, 0, 0, 5, 7, 100, 1000, 1, 10}},
        {REEL_BAG_MAX, 2, {4, 5, 2, 3, 0, 0}, {0, 0, 0, 0, 0, 0, 100, 1000, 1, 10}}};
    reel *r = quiet_reel();
    reel_tensor *w = reel_reshape(reel_arange(r, REEL_F32, -4, 6, 1), REEL_SHAPE(5, 2));
    w = reel_requires_grad_(reel_keep(w), true);
    reel_tensor *index = reel_from_i64(r, (int64_t[]){1, 2, 4, 3, 2, 3, 2, 2, 2}, REEL_SHAPE(3, 3));
    reel_tensor *g = reel_from_f32(r, (float[]){1, 10, 100, 1000, 5, 7}, REEL_SHAPE(3, 2));
    for (size_t i = 0; i < sizeof bags / sizeof *bags; i++) {
        reel_tensor *y = reel_embedding_bag(index, w, bags[i].mode, bags[i].padding, NULL);
        reel_zero_grad_of(w);
        reel_backward(reel_sum(reel_mul(y, g)));
        for (int k = 0; k < 6; k++) {
            assert_close((double)reel_data_f32(y)[k], (double)bags[i].y[k], 1e-6);
        }
        for (int k = 0; k < 10; k++) {
            assert_close((double)reel_data_f32(reel_grad(w))[k], (double)bags[i].grad[k], 1e-6);
        }
    }
    reel_tensor *weights =
        reel_from_f32(r, (float[]){.5F, 2, -1, 1, 7, .25F, 3, 3, 3}, REEL_SHAPE(3, 3));
    reel_requires_grad_(weights, true);
    reel_tensor *y = reel_embedding_bag(index, w, REEL_BAG_SUM, 2, weights);
    assert_prints(y, "tensor([[-5.0000, -5.5000],\n        [ 2.5000,  3.7500],\n"
                     "        [ 0.0000,  0.0000]])");
    reel_backward(reel_sum(reel_mul(y, g)));
    assert_prints(reel_grad(weights), "tensor([[ -12.,    0.,   54.],\n        [3200.,    0., "
                                      "3200.],\n        [   0.,    0.,    0.]])");
    ck_assert(!reel_failed(r));
    ck_assert(reel_is_poison(reel_embedding_bag(index, w, REEL_BAG_MEAN, 2, weights)));
    assert_error(r, REEL_ERR_VALUE, "embedding_bag: weights of rows are for REEL_BAG_SUM alone");
    index = reel_select(index, 0, 0);
    ck_assert(reel_is_poison(reel_embedding_bag(index, w, REEL_BAG_MEAN, 2, NULL)));
    assert_error(r, REEL_ERR_SHAPE, "embedding_bag: index (3,) must be a matrix");
    reel_free(r);
}
END_TEST

START_TEST(whole_numbers_and_values)
{
    reel *r = reel_new();
    assert_prints(reel_one_hot(indices(r, 2, 0), -1), "tensor([[0, 0, 1],\n        [1, 0, 0]])");
    reel_tensor *mask = reel_from_bool(r, (bool[]){true, false, true}, REEL_SHAPE(3));
    assert_prints(reel_masked_fill(reel_arange(r, REEL_I64, 0, 3, 1), mask, 1.9),
                  "tensor([1, 1, 1])");
    reel_tensor *zeros = reel_zeros(r, REEL_F32, REEL_SHAPE(3));
    reel_tensor *src = reel_from_f32(r, (float[]){5, 7}, REEL_SHAPE(2));
    assert_prints(reel_scatter(zeros, 0, indices(r, 2, 0), src), "tensor([7., 0., 5.])");
    assert_prints(reel_scatter_value(zeros, 0, indices(r, 2, 0), 9), "tensor([9., 0., 9.])");
    reel_free(r);
}
END_TEST

/* The index, the dim and the size are named, and nothing was written. */
START_TEST(indices_out_of_bounds)
{
    reel *r = quiet_reel();
    reel_tensor *x = block(r), *bad = indices(r, 0, 3);
    ck_assert(reel_is_poison(INDEX(x, reel_index_all(), reel_index_by(bad))));
    assert_error(r, REEL_ERR_VALUE, "index: index 3 is out of bounds for dim 1 of size 3");
    ck_assert(reel_is_poison(INDEX(x, reel_index_at(-3))));
    assert_error(r, REEL_ERR_VALUE,
                 "index: index -3 is out of bounds for dim 0 of shape (2, 3, 4)");
    ck_assert(reel_is_poison(reel_index_select(x, 1, bad)));
    assert_error(r, REEL_ERR_VALUE, "index_select: index 3 is out of bounds for dim 1 of shape");
    reel_tensor *table = reel_zeros(r, REEL_F32, REEL_SHAPE(3, 2));
    ck_assert(reel_is_poison(reel_embedding(bad, table, REEL_NO_PADDING)));
    assert_error(r, REEL_ERR_VALUE,
                 "embedding: index 3 is out of bounds for dim 0 of shape (3, 2)");
    ck_assert(reel_is_poison(reel_embedding(bad, table, 3)));
    assert_error(r, REEL_ERR_VALUE, "padding_idx 3");
    ck_assert(reel_is_poison(reel_one_hot(bad, 3)));
    assert_error(r, REEL_ERR_VALUE, "one_hot: indices from 0 to 3 do not fit 3 classes");
    ck_assert(reel_is_poison(reel_scatter_value(table, 0, reel_unsqueeze(bad, 1), 1)));
    assert_error(r, REEL_ERR_VALUE, "scatter: index 3");
    ck_assert(reel_get(table, (int64_t[]){0, 0}) == 0);
    reel_free(r);
}
END_TEST

START_TEST(items_that_do_not_fit)
{
    reel *r = quiet_reel();
    reel_tensor *x = block(r), *mask = reel_ones(r, REEL_BOOL, REEL_SHAPE(4));
    ck_assert(reel_is_poison(INDEX(x, reel_index_by(mask))));
    assert_error(r, REEL_ERR_SHAPE, "index: mask (4,) does not fit shape (2, 3, 4) from dim 0 on");
    ck_assert(reel_is_poison(INDEX(x, reel_index_slice(0, REEL_END, -1))));
    assert_error(r, REEL_ERR_VALUE, "step");
    ck_assert(reel_is_poison(INDEX(x, reel_index_by(reel_ones(r, REEL_F32, REEL_SHAPE(1))))));
    assert_error(r, REEL_ERR_DTYPE, "float32");
    ck_assert(reel_is_poison(
        INDEX(x, reel_index_at(0), reel_index_at(0), reel_index_at(0), reel_index_at(0))));
    assert_error(r, REEL_ERR_SHAPE, "too many");
    reel_tensor *two = indices(r, 0, 1), *three = reel_zeros(r, REEL_I64, REEL_SHAPE(3));
    ck_assert(reel_is_poison(INDEX(x, reel_index_by(two), reel_index_by(three))));
    assert_error(r, REEL_ERR_SHAPE, "index: shapes (2,) and (3,) do not broadcast");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, numbers_and_slices_are_views);
    tcase_add_test(cases, tensors_pick_elements);
    tcase_add_test(cases, gradients_add_up_where_they_came_from);
    tcase_add_test(cases, bags_are_means_sums_and_maxima);
    tcase_add_test(cases, whole_numbers_and_values);
    tcase_add_test(cases, indices_out_of_bounds);
    tcase_add_test(cases, items_that_do_not_fit);
}

int main(void) { return run_suite("indexing", add_cases); }
