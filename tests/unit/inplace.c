/* SPDX-License-Identifier: MIT */
/* Operations in place: values are those of the function without the underscore; gradients, and what
 * is refused, are PyTorch's. The numbers in w and v and their gradients are from PyTorch. */
#include "check_reel.h"

#include <reel/reel.h>

static const float w_values[] = {1, 2, -3}, v_values[] = {0.5F, 0.7F, 0.1F};

static reel_tensor *leaf(reel *r, const float *values)
{
    return reel_requires_grad_(reel_from_f32(r, values, REEL_SHAPE(3)), true);
}

/* A tensor on the tape with w's values. */
static reel_tensor *on_tape(reel_tensor *w) { return reel_mul_scalar(w, 1); }

#define assert_values(t, ...)                                                                      \
    do {                                                                                           \
        const double wanted_[] = {__VA_ARGS__};                                                    \
        const int64_t count_ = (int64_t)(sizeof wanted_ / sizeof *wanted_);                        \
        double got_[sizeof wanted_ / sizeof *wanted_];                                             \
        ck_assert_msg((t) != NULL, "%s is NULL", #t);                                              \
        ck_assert_int_eq(reel_to_f64(t, got_, count_), REEL_OK);                                   \
        for (int64_t i_ = 0; i_ < count_; i_++) {                                                  \
            assert_close(got_[i_], wanted_[i_], 1e-5);                                             \
        }                                                                                          \
    } while (0)

#define assert_gradients(y, w, v, w1, w2, w3, v1, v2, v3)                                          \
    do {                                                                                           \
        ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);                                     \
        assert_values(reel_grad(w), w1, w2, w3);                                                   \
        assert_values(reel_grad(v), v1, v2, v3);                                                   \
        reel_zero_grad_of(w);                                                                      \
        reel_zero_grad_of(v);                                                                      \
        reel_rewind(r);                                                                            \
    } while (0)

/* Bit for bit what the other one gives, in x's memory, on rows and on columns. */
static void same_values(reel *r, reel_tensor *(*apart)(reel_tensor *x),
                        reel_tensor *(*inside)(reel_tensor *x))
{
    for (int columns = 0; columns < 2; columns++) {
        reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(7, 300));
        x = columns ? reel_t(x) : x;
        float wanted[2100], got[2100];
        reel_to_f32(apart(x), wanted, 2100);
        ck_assert_ptr_eq(inside(x), x);
        reel_to_f32(x, got, 2100);
        ck_assert_mem_eq(got, wanted, sizeof got);
    }
}

static reel_tensor *clamp(reel_tensor *x) { return reel_clamp(x, 0.2, 0.6); }
static reel_tensor *clamp_(reel_tensor *x) { return reel_clamp_(x, 0.2, 0.6); }
static reel_tensor *times(reel_tensor *x) { return reel_mul(x, reel_narrow(x, 1, 0, 1)); }
static reel_tensor *times_(reel_tensor *x) { return reel_mul_(x, reel_narrow(x, 1, 0, 1)); }
static reel_tensor *minus(reel_tensor *x) { return reel_sub_alpha(x, x, 0.3); }
static reel_tensor *minus_(reel_tensor *x) { return reel_sub_alpha_(x, x, 0.3); }

START_TEST(values_are_those_of_the_function)
{
    reel *r = quiet_reel();
    same_values(r, reel_neg, reel_neg_);
    same_values(r, reel_square, reel_square_);
    same_values(r, reel_sqrt, reel_sqrt_);
    same_values(r, reel_rsqrt, reel_rsqrt_);
    same_values(r, reel_reciprocal, reel_reciprocal_);
    same_values(r, reel_exp, reel_exp_);
    same_values(r, reel_log, reel_log_);
    same_values(r, reel_tanh, reel_tanh_);
    same_values(r, reel_sigmoid, reel_sigmoid_);
    same_values(r, clamp, clamp_);
    same_values(r, times, times_); /* the factor lies in x itself: read before x is written */
    same_values(r, minus, minus_);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(other_broadcasts_and_is_converted)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5, 6}, REEL_SHAPE(2, 3));
    reel_add_(x, reel_from_f64(r, (double[]){10, 20, 30}, REEL_SHAPE(3)));
    assert_values(x, 11, 22, 33, 14, 25, 36);
    reel_div_scalar_(reel_sub_scalar_(x, 1), 2);
    assert_values(x, 5, 10.5, 16, 6.5, 12, 17.5);
    reel_addcmul_(x, reel_scalar(r, REEL_F32, 2), reel_scalar(r, REEL_F32, 3), 0.5);
    assert_values(x, 8, 13.5, 19, 9.5, 15, 20.5);
    reel_copy_(reel_t(x), reel_from_i64(r, (int64_t[]){7, 8}, REEL_SHAPE(2)));
    assert_values(x, 7, 7, 7, 8, 8, 8);
    ck_assert_int_eq(reel_dtype_of(x), REEL_F32);
    reel_tensor *n = reel_from_i64(r, (int64_t[]){7, -8, INT64_MAX}, REEL_SHAPE(3));
    reel_add_scalar_(n, 1); /* integers wrap around */
    int64_t got[3];
    reel_to_i64(n, got, 3);
    ck_assert_int_eq(got[2], INT64_MIN);
    assert_values(reel_fill_(n, 2.5), 2, 2, 2);
    assert_values(reel_zero_(reel_narrow(n, 0, 1, 2)), 0, 0);
    assert_values(n, 2, 0, 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(gradients_are_those_of_the_function)
{
    reel *r = quiet_reel();
    reel_tensor *w = leaf(r, w_values), *v = leaf(r, v_values);
    assert_gradients(reel_mul_(on_tape(w), v), w, v, 0.5, 0.7, 0.1, 1, 2, -3);
    assert_gradients(reel_div_(on_tape(w), v), w, v, 2, 1.4285714, 10, -4, -4.0816326, 300);
    assert_gradients(reel_addcmul_(on_tape(w), w, v, 1), w, v, 1.5, 1.7, 1.1, 1, 2, -3);
    assert_gradients(reel_lerp_(on_tape(w), v, reel_number(r, 0.3)), w, v, 0.7, 0.7, 0.7, 0.3, 0.3,
                     0.3);
    assert_gradients(reel_copy_(on_tape(w), v), w, v, 0, 0, 0, 1, 1, 1);
    assert_gradients(reel_add_(reel_zero_(on_tape(w)), v), w, v, 0, 0, 0, 1, 1, 1);
    assert_gradients(reel_mul(reel_exp_(on_tape(w)), v), w, v, 1.3591409, 5.1723394, 0.0049787,
                     2.7182817, 7.389056, 0.0497871);
    assert_gradients(reel_add_(reel_clamp_(on_tape(w), 0, 1), v), w, v, 1, 0, 0, 1, 1, 1);
    assert_gradients(reel_add_(reel_log_(reel_abs_(on_tape(w))), v), w, v, 1, 0.5, -0.3333333, 1, 1,
                     1);
    assert_gradients(reel_mul(reel_relu_(on_tape(w)), v), w, v, 0.5, 0.7, 0, 1, 2, 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* A plain tensor becomes part of the tape, and the gradient of what is broadcast to it is
 * summed. */
START_TEST(a_buffer_is_filled)
{
    reel *r = quiet_reel();
    reel_tensor *v = leaf(r, v_values);
    reel_tensor *rows = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3));
    reel_copy_(rows, v);
    ck_assert(reel_requires_grad(rows) && !reel_is_leaf(rows));
    ck_assert_int_eq(reel_backward(reel_sum(rows)), REEL_OK);
    assert_values(reel_grad(v), 2, 2, 2);
    reel_rewind(r);
    ck_assert(!reel_requires_grad(rows) && reel_is_leaf(rows));
    assert_values(rows, 0.5, 0.7, 0.1, 0.5, 0.7, 0.1);
    reel_mul_scalar_(rows, 2);
    assert_values(rows, 1, 1.4, 0.2, 1, 1.4, 0.2);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* The gradient of the gradient goes through the change too: y = (w³)² = w⁶, dy/dw = 6 w⁵, 30 w⁴. */
START_TEST(second_derivative)
{
    reel *r = quiet_reel();
    reel_tensor *w = reel_requires_grad_(reel_from_f64(r, (double[]){1.5}, REEL_SHAPE(1)), true);
    reel_tensor *x = reel_mul(reel_square(w), w), *first, *second;
    reel_square_(x);
    ck_assert_int_eq(
        reel_gradients(x, &w, 1, &(reel_backward_options){.create_graph = true}, &first), REEL_OK);
    assert_close(reel_item(first), 6 * pow(1.5, 5), 1e-12);
    ck_assert_int_eq(reel_gradients(first, &w, 1, NULL, &second), REEL_OK);
    assert_close(reel_item(second), 30 * pow(1.5, 4), 1e-12);
    reel_free(r);
}
END_TEST

/* What is written over has no part in what comes after, so an infinite gradient that comes back to
 * it is not multiplied by 0: y = 0 ln 0, of which PyTorch says dy/dw = 0 without a grad_fn. */
START_TEST(nothing_passes_what_is_written_over)
{
    reel *r = quiet_reel();
    reel_tensor *w[2] = {leaf(r, v_values), leaf(r, v_values)}, *first[2], *second[2];
    reel_tensor *y = reel_mul(reel_log(reel_zero_(reel_square(w[0]))), w[1]);
    const reel_backward_options recorded = {.create_graph = true};
    ck_assert_int_eq(reel_gradients(reel_sum(y), w, 2, &recorded, first), REEL_OK);
    assert_values(first[0], 0, 0, 0);
    reel_tensor *of = reel_sum(reel_mul(first[0], w[1]));
    ck_assert_int_eq(reel_gradients(of, w, 2, NULL, second), REEL_OK);
    assert_values(second[1], 0, 0, 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* What an operation saved may change only if its gradient does not read it. */
START_TEST(saved_tensors_are_watched)
{
    reel *r = quiet_reel();
    reel_tensor *w = leaf(r, w_values), *x = on_tape(w), *y = reel_exp(x);
    reel_add_scalar_(x, 1); /* exp saves its result, not x */
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);
    assert_values(reel_grad(w), 2.7182817, 7.389056, 0.0497871);
    y = reel_exp(on_tape(w));
    reel_add_scalar_(y, 1);
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "exp saved its result");
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul_scalar_(reel_exp_(on_tape(w)), 2))),
                     REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "exp saved its result");
    x = on_tape(w);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul_(x, x))), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "mul saved its input");
    reel_tensor *scale = reel_ones(r, REEL_F32, REEL_SHAPE(3));
    y = reel_mul(w, scale); /* w's gradient reads scale; scale has none that would read w */
    bool was = reel_set_grad_enabled(r, false);
    reel_add_scalar_(w, 1);
    reel_set_grad_enabled(r, was);
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);
    y = reel_mul(w, scale);
    reel_zero_(scale);
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "mul saved its input");
    reel_free(r);
}
END_TEST

#define assert_refused(r, call, status, part)                                                      \
    do {                                                                                           \
        ck_assert(reel_is_poison(call));                                                           \
        assert_error(r, status, part);                                                             \
    } while (0)

START_TEST(refusals_change_nothing)
{
    reel *r = quiet_reel();
    reel_tensor *w = leaf(r, w_values), *x = reel_from_f32(r, w_values, REEL_SHAPE(3));
    reel_tensor *n = reel_from_i64(r, (int64_t[]){4, 5, 6}, REEL_SHAPE(3));
    reel_tensor *flags = reel_from_bool(r, (bool[]){true, false, true}, REEL_SHAPE(3));
    assert_refused(r, reel_add_scalar_(w, 1), REEL_ERR_STATE, "add_: a leaf that requires grad");
    assert_refused(r, reel_zero_(w), REEL_ERR_STATE, "a leaf that requires grad");
    assert_refused(r, reel_mul_(reel_narrow(x, 0, 0, 2), reel_narrow(w, 0, 0, 2)), REEL_ERR_STATE,
                   "mul_: a view");
    assert_refused(r, reel_mul_scalar_(reel_narrow(on_tape(w), 0, 0, 2), 2), REEL_ERR_STATE,
                   "a view");
    assert_refused(r, reel_add_(x, reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3))), REEL_ERR_SHAPE,
                   "(2, 3) is not (3,)");
    assert_refused(r, reel_add_(x, reel_zeros(r, REEL_F32, REEL_SHAPE(4))), REEL_ERR_SHAPE,
                   "do not broadcast");
    assert_refused(r, reel_add_scalar_(n, 1.5), REEL_ERR_DTYPE,
                   "float32 and cannot be kept in a tensor of int64");
    assert_refused(r, reel_div_scalar_(n, 2), REEL_ERR_DTYPE, "div_");
    assert_refused(r, reel_sqrt_(n), REEL_ERR_DTYPE, "sqrt_");
    assert_refused(r, reel_clamp_(n, 0.5, 2), REEL_ERR_DTYPE, "clamp_");
    assert_refused(r, reel_add_alpha_(n, n, 0.5), REEL_ERR_VALUE, "alpha");
    assert_refused(r, reel_add_scalar_(flags, 1), REEL_ERR_DTYPE, "bool");
    assert_refused(r, reel_neg_(flags), REEL_ERR_DTYPE, "neg");
    assert_refused(r, reel_add_scalar_(reel_expand(reel_scalar(r, REEL_F32, 1), REEL_SHAPE(3)), 1),
                   REEL_ERR_VALUE, "repeats elements");
    assert_refused(r, reel_add_(x, NULL), REEL_ERR_OWNER, "NULL");
    ck_assert_ptr_null(reel_add_scalar_(NULL, 1));
    ck_assert(reel_is_poison(reel_exp_(reel_matmul(x, reel_zeros(r, REEL_F32, REEL_SHAPE(5))))));
    reel_clear_error(r);
    assert_values(w, 1, 2, -3);
    assert_values(x, 1, 2, -3);
    assert_values(n, 4, 5, 6);
    assert_values(flags, 1, 0, 1);
    reel_free(r);
}
END_TEST

/* Results that are put together from others are new, too: they can be changed in place, and that is
 * three times the gradient. */
#define CHANGED(call)                                                                              \
    do {                                                                                           \
        reel_tensor *once_, *thrice_, *y_ = call;                                                  \
        ck_assert_int_eq(reel_gradients(reel_sum(y_), &w, 1, NULL, &once_), REEL_OK);              \
        y_ = call;                                                                                 \
        ck_assert_msg(reel_is_contiguous(y_) && reel_data_f32(y_), "%s has no memory", #call);     \
        ck_assert_int_eq(reel_gradients(reel_sum(reel_mul_scalar_(y_, 3)), &w, 1, NULL, &thrice_), \
                         REEL_OK);                                                                 \
        once_ = reel_abs(reel_sub(reel_mul_scalar(once_, 3), thrice_));                            \
        ck_assert_msg(reel_item(reel_max(once_)) < 1e-5, "%s", #call);                             \
    } while (0)

START_TEST(composed_results_are_new)
{
    reel *r = quiet_reel();
    reel_tensor *w = reel_requires_grad_(reel_rand(r, REEL_F32, REEL_SHAPE(2, 2)), true);
    reel_tensor *v = reel_rand(r, REEL_F32, REEL_SHAPE(2)),
                *row = reel_sum_dim(w, (int64_t[]){0}, 1, false);
    reel_tensor *places = reel_from_i64(r, (int64_t[]){0, 1}, REEL_SHAPE(2));
    const reel_index_item by = reel_index_by(places);
    const reel_multi_margin_loss_options each = {.reduction = REEL_NONE};
    CHANGED(reel_embedding(places, w, REEL_NO_PADDING));
    CHANGED(reel_mv(w, v));
    CHANGED(reel_dot(row, v));
    CHANGED(reel_matmul(w, v));
    CHANGED(reel_matmul(v, w));
    CHANGED(reel_matmul(reel_unsqueeze(w, 0), w));
    CHANGED(reel_inner(w, w));
    CHANGED(reel_tensordot(w, w, (int64_t[]){1}, (int64_t[]){0}, 1));
    CHANGED(reel_bilinear(w, w, reel_unsqueeze(w, 0), NULL));
    CHANGED(reel_index(w, &by, 1));
    CHANGED(reel_index_select(reel_sum(w), 0, reel_narrow(places, 0, 0, 1)));
    CHANGED(reel_quantile(w, 0.5, (reel_quantile_options){0}));
    CHANGED(reel_quantile(w, 0.5, (reel_quantile_options){.dim = &(int64_t){0}}));
    CHANGED(reel_repeat(w, (int64_t[]){2, 1}, 2));
    CHANGED(reel_repeat(w, (int64_t[]){1, 1}, 2));
    CHANGED(reel_repeat(w, (int64_t[]){2, 1, 2}, 3));
    CHANGED(reel_tile(w, (int64_t[]){2}, 1));
    CHANGED(reel_roll(w, (int64_t[]){1}, NULL, 1));
    CHANGED(reel_roll(w, (int64_t[]){0}, (int64_t[]){0}, 1));
    CHANGED(reel_flip(w, NULL, 0));
    CHANGED(reel_multi_margin_loss(w, places, &each));
    CHANGED(
        reel_conv1d(w, reel_ones(r, REEL_F32, REEL_SHAPE(1, 2, 1)), NULL, (reel_conv_options){0}));
    reel_free(r);
}
END_TEST

/* Tensors without elements, and without dims. */
START_TEST(small_shapes)
{
    reel *r = quiet_reel();
    reel_tensor *none = reel_zeros(r, REEL_F32, REEL_SHAPE(0, 3)),
                *one = reel_scalar(r, REEL_F64, 3);
    ck_assert_ptr_eq(reel_add_(none, reel_ones(r, REEL_F32, REEL_SHAPE(3))), none);
    ck_assert_ptr_eq(reel_fill_(none, 1), none);
    reel_mul_(one, one);
    assert_values(one, 9);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, values_are_those_of_the_function);
    tcase_add_test(cases, other_broadcasts_and_is_converted);
    tcase_add_test(cases, gradients_are_those_of_the_function);
    tcase_add_test(cases, a_buffer_is_filled);
    tcase_add_test(cases, second_derivative);
    tcase_add_test(cases, nothing_passes_what_is_written_over);
    tcase_add_test(cases, saved_tensors_are_watched);
    tcase_add_test(cases, refusals_change_nothing);
    tcase_add_test(cases, small_shapes);
    tcase_add_test(cases, composed_results_are_new);
}

int main(void) { return run_suite("inplace", add_cases); }
