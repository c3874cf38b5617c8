/* SPDX-License-Identifier: MIT */
/* Images: what no case of PyTorch's shows. Refusals say what is wrong in numbers; what goes there
 * and back is what it was; a large image is computed as its parts are, on any number of threads. */
#include "check_reel.h"

#include <math.h>
#include <reel/attention.h>
#include <reel/autograd.h>
#include <reel/boxes.h>
#include <reel/compare.h>
#include <reel/convolution.h>
#include <reel/elementwise.h>
#include <reel/images.h>
#include <reel/join.h>
#include <reel/nn_images.h>
#include <reel/normalization.h>
#include <reel/pooling.h>
#include <reel/recurrent.h>
#include <reel/reduce.h>
#include <reel/views.h>

static reel_tensor *image(reel *r, int64_t channels, int64_t height, int64_t width)
{
    return reel_rand(r, REEL_F32, REEL_SHAPE(2, channels, height, width));
}

/* torch.nn.functional.conv_transpose1d(torch.ones(1, 1, 3), torch.tensor([[[inf, 1, 2]]]),
 * stride=2, padding=1, dilation=2, output_padding=1): between and around the input there is
 * nothing. */
START_TEST(an_infinite_weight_meets_no_padding)
{
    reel *r = reel_new();
    const float weight[] = {INFINITY, 1, 2}, expected[] = {0, INFINITY, 0, INFINITY, 0, 3, 0, 2};
    reel_tensor *y = reel_conv_transpose1d(reel_ones(r, REEL_F32, REEL_SHAPE(1, 1, 3)),
                                           reel_from_f32(r, weight, REEL_SHAPE(1, 1, 3)), NULL,
                                           (reel_conv_options){.stride = REEL_DIMS(2),
                                                               .padding = REEL_DIMS(1),
                                                               .dilation = REEL_DIMS(2),
                                                               .output_padding = REEL_DIMS(1)});
    ck_assert(reel_equal(y, reel_from_f32(r, expected, REEL_SHAPE(1, 1, 8))));
    reel_free(r);
}
END_TEST

#define REFUSED(call, status, ...)                                                                 \
    do {                                                                                           \
        const char *const parts[] = {__VA_ARGS__};                                                 \
        ck_assert(reel_is_poison(call));                                                           \
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {                                \
            ck_assert_msg(strstr(reel_error(r), parts[i]) != NULL, "\"%s\" lacks \"%s\"",          \
                          reel_error(r), parts[i]);                                                \
        }                                                                                          \
        assert_error(r, status, parts[0]);                                                         \
    } while (0)

START_TEST(refusals_name_the_operation_and_the_numbers)
{
    reel *r = quiet_reel();
    reel_tensor *x = image(r, 4, 5, 6), *w = image(r, 3, 3, 3);
    const reel_conv_options o = {0};
    const reel_pool_options p = {0};
    REFUSED(reel_conv2d(x, w, NULL, o), REEL_ERR_SHAPE, "conv2d", "4 channels", "takes 3");
    w = reel_rand(r, REEL_F32, REEL_SHAPE(2, 4, 6, 3));
    REFUSED(reel_conv2d(x, w, NULL, o), REEL_ERR_SHAPE, "conv2d", "6 elements", "5");
    REFUSED(reel_conv2d(x, w, NULL, (reel_conv_options){.padding = REEL_DIMS(-1)}), REEL_ERR_VALUE,
            "conv2d", "padding", "-1");
    REFUSED(reel_conv2d(x, w, NULL, (reel_conv_options){.groups = 3}), REEL_ERR_SHAPE, "conv2d",
            "2 outputs", "3 groups");
    REFUSED(reel_conv_transpose1d(image(r, 4, 5, 1), reel_rand(r, REEL_F32, REEL_SHAPE(5, 2, 3)),
                                  NULL, (reel_conv_options){.padding = REEL_DIMS(3)}),
            REEL_ERR_SHAPE, "conv_transpose1d", "must have 3 dims");
    REFUSED(reel_conv_transpose2d(x, w, NULL, (reel_conv_options){.padding = REEL_DIMS(5)}),
            REEL_ERR_SHAPE, "conv_transpose2d", "4 channels", "takes 2");
    w = reel_rand(r, REEL_F32, REEL_SHAPE(4, 2, 3, 2));
    REFUSED(reel_conv_transpose2d(x, w, NULL, (reel_conv_options){.padding = REEL_DIMS(1, 4)}),
            REEL_ERR_SHAPE, "conv_transpose2d", "a size of -1 in dim 3");
    w = reel_rand(r, REEL_F32, REEL_SHAPE(4, 2, 3, 3));
    REFUSED(reel_conv_transpose2d(x, w, NULL, (reel_conv_options){.padding = REEL_DIMS(1, 4)}),
            REEL_ERR_SHAPE, "conv_transpose2d", "a size of 0 in dim 3");
    REFUSED(reel_max_pool2d(x, REEL_DIMS(6), p), REEL_ERR_SHAPE, "max_pool2d", "6 elements", "5");
    REFUSED(reel_max_pool2d(x, REEL_DIMS(2), (reel_pool_options){.padding = REEL_DIMS(2)}),
            REEL_ERR_VALUE, "max_pool2d", "padding 2", "2 elements");
    REFUSED(reel_avg_pool2d(x, REEL_DIMS(2, 2, 2), p), REEL_ERR_VALUE, "avg_pool2d", "3 numbers");
    REFUSED(reel_avg_pool2d(x, (reel_dims){0}, p), REEL_ERR_VALUE, "avg_pool2d", "missing");
    REFUSED(reel_avg_pool1d(x, REEL_DIMS(2), p), REEL_ERR_SHAPE, "avg_pool1d", "(2, 4, 5, 6)");
    REFUSED(reel_adaptive_avg_pool2d(x, REEL_DIMS(-2)), REEL_ERR_VALUE, "adaptive_avg_pool2d",
            "-2");
    reel_tensor *far = reel_full(r, REEL_I64, 120, REEL_SHAPE(2, 4, 5, 6));
    REFUSED(reel_max_unpool2d(x, far, REEL_DIMS(2), p, (reel_dims){0}), REEL_ERR_VALUE,
            "max_unpool2d", "index 120", "120 places");
    REFUSED(reel_interpolate(x, (reel_interpolate_options){.size = REEL_DIMS(0)}), REEL_ERR_VALUE,
            "interpolate", "size", "0");
    REFUSED(reel_interpolate(x, (reel_interpolate_options){0}), REEL_ERR_VALUE, "interpolate",
            "0 scale factors");
    REFUSED(reel_pad(x, (int64_t[]){-4, -3}, 2, 0), REEL_ERR_SHAPE, "pad", "-4 before", "-3 after",
            "6 elements", "dim 3");
    REFUSED(reel_pad_image(x, (int64_t[]){0, 6}, 2, REEL_PAD_REFLECT), REEL_ERR_SHAPE, "pad",
            "2 dims");
    REFUSED(reel_pad_image(x, (int64_t[]){0, 6, 0, 0}, 4, REEL_PAD_REFLECT), REEL_ERR_SHAPE, "pad",
            "6 after", "6 elements", "at most 5");
    REFUSED(reel_pixel_shuffle(x, 3), REEL_ERR_SHAPE, "pixel_shuffle", "(2, 4, 5, 6)", "9");
    REFUSED(reel_unfold(x, REEL_DIMS(7), o), REEL_ERR_SHAPE, "unfold", "7 elements", "6");
    REFUSED(reel_fold(x, REEL_DIMS(7), REEL_DIMS(2), o), REEL_ERR_SHAPE, "fold", "(2, 4, 5, 6)");
    REFUSED(reel_grid_sample(x, x, (reel_grid_options){0}), REEL_ERR_SHAPE, "grid_sample", "grid");
    REFUSED(reel_group_norm(x, 3, NULL, NULL, 1e-5), REEL_ERR_VALUE, "group_norm", "4 channels",
            "3 groups");
    REFUSED(reel_instance_norm(x, NULL, NULL, far, NULL, true, 0.1, 1e-5), REEL_ERR_DTYPE,
            "instance_norm", "weight");
    REFUSED(reel_local_response_norm(x, 0, 1, 1, 1), REEL_ERR_VALUE, "local_response_norm", "0");
    reel_free(r);
}
END_TEST

/* What was picked goes back to where it was, and is picked again. */
/* A convolution in memory that holds no number, beside one of the image with its zeros as elements;
 * and Σ y convolve(x) = Σ x convolve_transposed(y). */
static void pads_as_zeros_do(void *memory, size_t bytes, int64_t kernel, int64_t padding,
                             int64_t stride, int64_t dilation)
{
    const int64_t wide = 9 + 2 * padding - (kernel - 1) * dilation;
    const reel_conv_options o = {.padding = REEL_DIMS(padding),
                                 .stride = REEL_DIMS(stride),
                                 .dilation = REEL_DIMS(dilation),
                                 .output_padding = REEL_DIMS((wide - 1) % stride)};
    const reel_conv_options none = {.stride = o.stride, .dilation = o.dilation};
    const int64_t sides[] = {padding, padding, padding, padding};
    memset(memory, 0xff, bytes);
    reel *r = reel_new_with(&(reel_options){.memory = memory, .memory_size = bytes});
    reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(2, 3, 9, 9));
    reel_tensor *w = reel_rand(r, REEL_F32, REEL_SHAPE(5, 3, kernel, kernel));
    reel_tensor *y = reel_conv2d(x, w, NULL, o);
    ck_assert_msg(reel_equal(y, reel_conv2d(reel_pad(x, sides, 4, 0), w, NULL, none)),
                  "kernel %lld, padding %lld, stride %lld, dilation %lld: %s", (long long)kernel,
                  (long long)padding, (long long)stride, (long long)dilation, reel_error(r));
    reel_tensor *g = reel_rand(r, REEL_F32, REEL_SHAPE(2, 5, reel_size(y, 2), reel_size(y, 3)));
    reel_tensor *back = reel_conv_transpose2d(g, w, NULL, o);
    assert_close(reel_item(reel_sum(reel_mul(g, y))), reel_item(reel_sum(reel_mul(x, back))), 1e-4);
    reel_free(r);
}

START_TEST(padding_is_zeros_however_wide)
{
    enum { WITHIN = 4 << 20 };
    void *memory = malloc(WITHIN);
    for (int64_t i = 0; i < 3 * 8 * 3 * 2; i++) {
        const int64_t kernel = 1 + i % 3, padding = i / 3 % 8;
        pads_as_zeros_do(memory, WITHIN, kernel, padding, 1 + i / 24 % 3, 1 + i / 72);
    }
    free(memory);
}
END_TEST

START_TEST(unpooling_is_undone_by_pooling)
{
    reel *r = quiet_reel();
    reel_tensor *x = image(r, 3, 6, 8);
    const reel_pool_options p = {0};
    reel_values v = reel_max_pool2d_with_indices(x, REEL_DIMS(2), p);
    reel_tensor *back = reel_max_unpool2d(v.values, v.indices, REEL_DIMS(2), p, (reel_dims){0});
    ck_assert(reel_item(reel_all(reel_eq(reel_max_pool2d(back, REEL_DIMS(2), p), v.values))) != 0);
    assert_close(reel_item(reel_sum(back)), reel_item(reel_sum(v.values)), 1e-6);
    reel_free(r);
}
END_TEST

/* What an image x and weights w become; each of enough elements to be shared. */
typedef reel_tensor *(*images_call)(reel_tensor *x, reel_tensor *w);
#define CALL(name, ...)                                                                            \
    static reel_tensor *name(reel_tensor *x, reel_tensor *w)                                       \
    {                                                                                              \
        (void)w;                                                                                   \
        return __VA_ARGS__;                                                                        \
    }
#define OPTIONS(type, ...) ((type){__VA_ARGS__})
CALL(same_size, reel_conv2d(x, w, NULL, OPTIONS(reel_conv_options, .same = true)))
CALL(with_bias, reel_conv2d(x, w, reel_select(reel_flatten(w, 1, -1), 1, 0),
                            OPTIONS(reel_conv_options, .stride = REEL_DIMS(2, 1),
                                    .padding = REEL_DIMS(2), .dilation = REEL_DIMS(2))))
CALL(grouped, reel_conv2d(x, reel_narrow(w, 1, 0, 2), NULL,
                          OPTIONS(reel_conv_options, .groups = 3, .stride = REEL_DIMS(2))))
CALL(transposed, reel_conv_transpose2d(x, reel_narrow(w, 0, 0, 6), NULL,
                                       OPTIONS(reel_conv_options, .stride = REEL_DIMS(2),
                                               .padding = REEL_DIMS(1))))
CALL(largest,
     reel_max_pool2d(x, REEL_DIMS(3),
                     OPTIONS(reel_pool_options, .stride = REEL_DIMS(2), .padding = REEL_DIMS(1))))
CALL(of_four, reel_max_pool2d(x, REEL_DIMS(2), OPTIONS(reel_pool_options, .ceil_mode = true)))
/* Convolutions and of their results the largest of each 2 x 2: in two calls, and in one. */
static const reel_conv_options plain = {.padding = {1, {1}}};
static const reel_conv_options odd = {
    .stride = {2, {1, 2}}, .padding = {2, {0, 2}}, .dilation = {1, {2}}};
static const reel_pool_options fours;
#define BIAS reel_detach(reel_select(reel_flatten(w, 1, -1), 1, 0))
CALL(in_two, reel_max_pool2d(reel_conv2d(x, w, BIAS, plain), REEL_DIMS(2), fours))
CALL(in_one, reel_conv2d_max_pool2d(x, w, BIAS, plain, REEL_DIMS(2), fours))
CALL(odd_in_two, reel_max_pool2d(reel_conv2d(x, w, NULL, odd), REEL_DIMS(2), fours))
CALL(odd_in_one, reel_conv2d_max_pool2d(x, w, NULL, odd, REEL_DIMS(2), fours))
/* With rows and columns that have nothing of the image. */
static const reel_conv_options beyond = {.padding = {2, {4, 5}}};
CALL(wide_in_two, reel_max_pool2d(reel_conv2d(x, w, BIAS, beyond), REEL_DIMS(2), fours))
CALL(wide_in_one, reel_conv2d_max_pool2d(x, w, BIAS, beyond, REEL_DIMS(2), fours))
CALL(by_threes, reel_max_pool2d(reel_conv2d(x, w, NULL, plain), REEL_DIMS(3), fours))
CALL(by_threes_in_one, reel_conv2d_max_pool2d(x, w, NULL, plain, REEL_DIMS(3), fours))

/* Three groups of 32 outputs and of 2 inputs; the weights are w's, 8 times over. */
static reel_tensor *many_of(reel_tensor *w)
{
    return reel_tile(reel_narrow(w, 1, 0, 2), (int64_t[]){8, 1, 1, 1}, 4);
}
static const reel_conv_options in_groups = {.groups = 3};
CALL(groups_in_two,
     reel_max_pool2d(reel_conv2d(x, many_of(w), NULL, in_groups), REEL_DIMS(2), fours))
CALL(groups_in_one, reel_conv2d_max_pool2d(x, many_of(w), NULL, in_groups, REEL_DIMS(2, 2), fours))
CALL(means, reel_avg_pool2d(x, REEL_DIMS(2, 3), OPTIONS(reel_pool_options, .stride = REEL_DIMS(1))))
CALL(resized, reel_interpolate(x, OPTIONS(reel_interpolate_options, .size = REEL_DIMS(90, 50),
                                          .mode = REEL_RESIZE_LINEAR)))
CALL(padded, reel_pad_image(x, (int64_t[]){2, 3, 1, 4}, 4, REEL_PAD_REFLECT))
CALL(windows, reel_unfold(x, REEL_DIMS(3), OPTIONS(reel_conv_options, .padding = REEL_DIMS(1))))
CALL(normalised, reel_group_norm(x, 3, NULL, NULL, 1e-5))
CALL(batch_normalised,
     reel_batch_norm(x, NULL, NULL, reel_narrow(reel_flatten(w, 0, -1), 0, 3, 6),
                     reel_narrow(reel_flatten(w, 0, -1), 0, 9, 6), true, 0.1, 1e-5))
CALL(sampled,
     reel_grid_sample(x,
                      reel_affine_grid(reel_narrow(reel_reshape(w, 3, (int64_t[]){-1, 2, 3}), 0, 0,
                                                   2),
                                       4, (int64_t[]){2, 6, 66, 70}, false),
                      OPTIONS(reel_grid_options, 0)))

/* 3 steps of 210 sequences, of 128 hidden. */
static reel_tensor *sequence(reel_tensor *x, reel_tensor *w)
{
    reel *r = reel_of(x);
    reel_tensor *many = reel_tile(reel_flatten(x, 0, -1), (int64_t[]){6}, 1);
    reel_tensor *gates =
        reel_reshape(reel_narrow(many, 0, 0, 3 * 210 * 512), 3, (int64_t[]){3, 210, 512});
    reel_tensor *wide =
        reel_tile(reel_narrow(reel_flatten(w, 1, -1), 1, 0, 32), (int64_t[]){43, 4}, 2);
    const reel_rnn_state start = {reel_zeros(r, REEL_F32, REEL_SHAPE(210, 128)),
                                  reel_ones(r, REEL_F32, REEL_SHAPE(210, 128))};
    return reel_lstm_steps(gates, reel_narrow(wide, 0, 0, 512), NULL, start, false).output;
}

static const images_call calls[] = {
    same_size,     with_bias,  grouped,          transposed, largest,    of_four,
    means,         resized,    padded,           windows,    normalised, sampled,
    groups_in_one, odd_in_one, batch_normalised, sequence};

/* A result, and the gradients of its squares, by so many threads and a level's kernels, or this
 * CPU's own, whatever the test was called with. */
static void compute(images_call call, int threads, const char *level, reel_tensor *found[3])
{
    unsetenv("REEL_CPU");
    if (level) {
        setenv("REEL_CPU", level, 1);
    }
    reel *r = quiet_reel();
    reel_manual_seed(r, 3);
    reel_set_num_threads(r, threads);
    reel_tensor *x = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(2, 6, 66, 70)), true);
    reel_tensor *w = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(12, 6, 3, 3)), true);
    found[0] = reel_keep(call(x, w));
    reel_backward(reel_sum(reel_square(call(x, w))));
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    found[1] = reel_grad(x);
    found[2] = reel_grad(w);
}

static void same_bits(size_t number, reel_tensor *const *a, reel_tensor *const *b)
{
    for (int i = 0; i < 3; i++) {
        ck_assert(!a[i] == !b[i]);
        ck_assert_msg(!a[i] || memcmp(reel_data_f32(a[i]), reel_data_f32(b[i]),
                                      (size_t)reel_numel(a[i]) * sizeof(float)) == 0,
                      "call %zu: result %d differs", number, i);
    }
}

/* Enough elements to be shared: as on one thread. And AVX2's kernels as AVX-512's, where this CPU
 * has both. */
START_TEST(threads_and_levels_change_nothing)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        reel_tensor *one[3], *three[3], *avx2[3];
        compute(calls[i], 1, NULL, one);
        compute(calls[i], 3, NULL, three);
        same_bits(i, one, three);
        compute(calls[i], 1, "avx2", avx2);
        same_bits(i, one, avx2);
        reel_free(reel_of(one[0]));
        reel_free(reel_of(three[0]));
        reel_free(reel_of(avx2[0]));
    }
}
END_TEST

/* In one call: the same bits, those of gradients, too. */
START_TEST(pooling_at_once_changes_nothing)
{
    static const images_call pairs[][2] = {{in_two, in_one},
                                           {odd_in_two, odd_in_one},
                                           {wide_in_two, wide_in_one},
                                           {by_threes, by_threes_in_one},
                                           {groups_in_two, groups_in_one}};
    static const char *const levels[] = {NULL, "portable"};
    for (size_t i = 0; i < 2 * sizeof pairs / sizeof *pairs; i++) {
        reel_tensor *two[3], *one[3];
        compute(pairs[i / 2][0], 1, levels[i % 2], two);
        compute(pairs[i / 2][1], 2, levels[i % 2], one);
        same_bits(i, two, one);
        reel_free(reel_of(two[0]));
        reel_free(reel_of(one[0]));
    }
}
END_TEST

/* What is not a number wins, the last of several; and an infinite weight's gradient goes where it
 * would go in two calls. */
START_TEST(pooling_at_once_takes_what_is_not_finite_alike)
{
    double dx[2][20];
    float dw[2][8 * 2 * 9];
    for (int at_once = 0; at_once < 2; at_once++) {
        reel *r = quiet_reel();
        reel_tensor *x = reel_ones(r, REEL_F64, REEL_SHAPE(1, 1, 4, 5));
        reel_tensor *w = reel_ones(r, REEL_F64, REEL_SHAPE(9, 1, 1, 1));
        reel_data_f64(x)[6] = reel_data_f64(x)[5] = reel_data_f64(x)[0] = DOUBLE_NAN;
        reel_data_f64(w)[4] = DOUBLE_INFINITY;
        reel_requires_grad_(x, true);
        reel_tensor *y = at_once ? reel_conv2d_max_pool2d(x, w, NULL, OPTIONS(reel_conv_options, 0),
                                                          REEL_DIMS(2), fours)
                                 : reel_max_pool2d(reel_conv2d(x, w, NULL, (reel_conv_options){0}),
                                                   REEL_DIMS(2), fours);
        ck_assert(isnan(reel_data_f64(y)[0]) && reel_data_f64(y)[1] == 1);
        ck_assert(reel_backward(reel_sum(y)) == REEL_OK);
        memcpy(dx[at_once], reel_data_f64(reel_grad(x)), sizeof *dx);
        ck_assert(isinf(dx[at_once][6]) && isinf(dx[at_once][2]));
        /* Nothing comes back to most places, and 0 times infinity is not a number. */
        reel_tensor *f = reel_ones(r, REEL_F32, REEL_SHAPE(1, 2, 6, 6));
        reel_tensor *k = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(8, 2, 3, 3)), true);
        reel_data_f32(f)[6 * 6 + 6 * 2 + 3] = -INFINITY;
        y = at_once ? reel_conv2d_max_pool2d(f, k, NULL, plain, REEL_DIMS(2), fours)
                    : reel_max_pool2d(reel_conv2d(f, k, NULL, plain), REEL_DIMS(2), fours);
        ck_assert(reel_backward(reel_sum(y)) == REEL_OK);
        memcpy(dw[at_once], reel_data_f32(reel_grad(k)), sizeof *dw);
        ck_assert(isnan(dw[at_once][9]) && dw[at_once][4] == 9);
        reel_free(r);
    }
    for (int i = 0; i < 20; i++) {
        ck_assert(dx[0][i] == dx[1][i] || (isnan(dx[0][i]) && isnan(dx[1][i])));
    }
    for (size_t i = 0; i < sizeof *dw / sizeof **dw; i++) {
        ck_assert(dw[0][i] == dw[1][i] || (isnan(dw[0][i]) && isnan(dw[1][i])));
    }
}
END_TEST

/* A Sequential takes Conv2d, ReLU and MaxPool2d together, and comes to what they come to alone. */
START_TEST(a_sequential_pools_at_once)
{
    reel *r = quiet_reel();
    reel_module *modules[] = {
        reel_nn_conv2d(r, 3, 16, REEL_DIMS(3),
                       (reel_conv_options){.pad_mode = REEL_PAD_REFLECT, .padding = REEL_DIMS(1)}),
        reel_nn_relu(r), reel_nn_max_pool2d(r, REEL_DIMS(2), fours)};
    reel_module *all = reel_nn_sequential(r, modules, 3);
    reel_tensor *x = image(r, 3, 9, 12), *y = x;
    for (int i = 0; i < 3; i++) {
        y = reel_forward(modules[i], y);
    }
    const size_t before = reel_tape_length(r);
    ck_assert(reel_equal(reel_forward(all, x), y));
    ck_assert_uint_eq(reel_tape_length(r) - before, 2);
    REFUSED(reel_forward(all, image(r, 4, 9, 12)), REEL_ERR_SHAPE, "conv2d", "4 channels");
    REFUSED(reel_forward(all, image(r, 3, 2, 1)), REEL_ERR_SHAPE, "");
    reel_free(r);
}
END_TEST

/* ReLU behind a convolution is done in place there, and backward overwrites what a convolution
 * sends it: all is as where each module is called alone, and each gradient is kept. */
START_TEST(a_sequential_rectifies_in_place)
{
    enum { MODULES = 6 };
    reel *r = quiet_reel();
    const reel_conv_options twice = {.stride = REEL_DIMS(2)};
    reel_module *modules[MODULES] = {reel_nn_conv2d(r, 3, 16, REEL_DIMS(3), plain),
                                     reel_nn_relu(r),
                                     reel_nn_conv_transpose2d(r, 16, 8, REEL_DIMS(2), twice),
                                     reel_nn_relu(r),
                                     reel_nn_conv2d(r, 8, 5, REEL_DIMS(3), plain),
                                     reel_nn_tanh(r)};
    reel_module *all = reel_nn_sequential(r, modules, MODULES);
    const reel_tensor_list parameters = reel_parameters(all);
    reel_tensor *gradient[MODULES], *x = reel_requires_grad_(image(r, 3, 9, 12), true), *y = x;
    ck_assert_uint_eq(parameters.count, MODULES);
    for (int i = 0; i < MODULES; i++) {
        reel_retain_grad(y);
        y = reel_forward(modules[i], y);
    }
    reel_backward(reel_sum(y));
    for (int i = 0; i < MODULES; i++) {
        gradient[i] = reel_clone(reel_grad(parameters.tensors[i]));
        reel_zero_grad_of(parameters.tensors[i]);
    }
    reel_tensor *dx = reel_clone(reel_grad(x)), *z = reel_forward(all, x);
    reel_zero_grad_of(x);
    reel_backward(reel_sum(z));
    ck_assert(reel_equal(y, z) && reel_equal(dx, reel_grad(x)));
    for (int i = 0; i < MODULES; i++) {
        ck_assert(reel_equal(gradient[i], reel_grad(parameters.tensors[i])));
    }
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
}
END_TEST

/* The gradients of a layer whose result goes on as a part of a larger one, channels of each image,
 * are those of the layer alone: again from the same graph, and with only some of them asked for. */
START_TEST(a_layer_of_a_part_has_its_own_gradients)
{
    static reel_tensor *(*const layers[])(reel_tensor *, reel_tensor *, reel_tensor *,
                                          reel_conv_options) = {reel_conv2d, reel_conv_transpose2d};
    for (int i = 0; i < 4; i++) {
        reel *r = quiet_reel();
        reel_tensor *x = reel_requires_grad_(image(r, 8, 8, 12), i < 2);
        reel_tensor *w = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(8, 8, 2, 2)), true);
        reel_tensor *b = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(8)), true);
        reel_tensor *leaves[] = {w, b, x}, *alone[3], *part[3];
        const size_t asked = i < 2 ? 3 : 2;
        const reel_conv_options how = i % 2 ? (reel_conv_options){.stride = REEL_DIMS(2)} : plain;
        reel_tensor *y = layers[i % 2](x, w, b, how);
        reel_tensor *all = reel_cat((reel_tensor *[]){reel_ones_like(y), y}, 2, 1);
        const reel_backward_options keep = {.retain_graph = true};
        reel_gradients(reel_sum(reel_square(y)), leaves, asked, &keep, alone);
        reel_tensor *loss = reel_sum(reel_square(all));
        for (int again = 0; again < 2; again++) {
            reel_gradients(loss, leaves, asked, &keep, part);
            for (size_t k = 0; k < asked; k++) {
                ck_assert_msg(reel_equal(alone[k], part[k]), "%s: gradient %zu",
                              i % 2 ? "transposed" : "plain", k);
            }
        }
        ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
        reel_free(r);
    }
}
END_TEST

/* Small images and large weights, of 2.4 MB: neither is copied so often as there are pieces of
 * work. */
START_TEST(a_convolution_takes_a_few_times_its_operands)
{
    enum { CHANNELS = 256, WITHIN = 24 << 20 };
    void *memory = malloc(WITHIN);
    reel *r = reel_new_with(&(reel_options){.memory = memory, .memory_size = WITHIN});
    reel_tensor *x =
        reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(16, CHANNELS, 8, 8)), true);
    reel_tensor *w =
        reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(CHANNELS, CHANNELS, 3, 3)), true);
    reel_tensor *y = reel_conv2d(x, w, NULL, (reel_conv_options){.same = true});
    ck_assert_msg(reel_backward(reel_sum(y)) == REEL_OK, "%s", reel_error(r));
    /* The middle of the kernel meets each pixel of each image, its corner no last row or column. */
    ck_assert(reel_data_f32(reel_grad(w))[4] == 16 * 64 &&
              reel_data_f32(reel_grad(w))[0] == 16 * 49);
    reel_free(r);
    free(memory);
}
END_TEST

#define NO_LAYER(call, ...)                                                                        \
    do {                                                                                           \
        const char *const parts[] = {__VA_ARGS__};                                                 \
        ck_assert_ptr_null(call);                                                                  \
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {                                \
            ck_assert_msg(strstr(reel_error(r), parts[i]) != NULL, "\"%s\" lacks \"%s\"",          \
                          reel_error(r), parts[i]);                                                \
        }                                                                                          \
        assert_error(r, REEL_ERR_VALUE, parts[0]);                                                 \
    } while (0)

START_TEST(layers_name_what_they_cannot_be_made_of)
{
    reel *r = quiet_reel();
    const reel_conv_options o = {.groups = 2};
    NO_LAYER(reel_nn_conv2d(r, 3, 4, REEL_DIMS(3), o), "Conv2d", "3 channels to 4", "2 groups");
    NO_LAYER(reel_nn_conv2d(r, 2, 4, REEL_DIMS(0), o), "Conv2d", "kernel");
    NO_LAYER(reel_nn_conv3d(r, 2, 4, REEL_DIMS(1, 2), o), "Conv3d", "2 sizes");
    NO_LAYER(reel_nn_batch_norm2d(r, 0, NULL), "BatchNorm2d", "0 channels");
    NO_LAYER(reel_nn_group_norm(r, 4, 6, NULL), "GroupNorm", "6 channels", "4 groups");
    NO_LAYER(reel_nn_dropout2d(r, 1.5), "Dropout2d", "1.5");
    NO_LAYER(reel_nn_pad_image(r, NULL, 3, REEL_PAD_ZEROS), "pad_image", "3 counts");
    reel_module *norm = reel_nn_batch_norm2d(r, 3, NULL);
    REFUSED(reel_forward(norm, reel_rand(r, REEL_F32, REEL_SHAPE(2, 3))), REEL_ERR_SHAPE,
            "BatchNorm2d", "4", "(2, 3)");
    reel_free(r);
}
END_TEST

/* From its definition: no two kept boxes overlap by more, and each of the others overlaps a kept
 * one with a higher score. */
START_TEST(nms_keeps_what_it_should)
{
    enum { N = 60 };
    reel *r = quiet_reel();
    reel_tensor *corner = reel_mul_scalar(reel_rand(r, REEL_F64, REEL_SHAPE(N, 2)), 10);
    reel_tensor *far =
        reel_add(corner, reel_mul_scalar(reel_rand(r, REEL_F64, REEL_SHAPE(N, 2)), 6));
    reel_tensor *boxes = reel_cat((reel_tensor *[]){corner, far}, 2, 1);
    reel_tensor *scores = reel_rand(r, REEL_F64, REEL_SHAPE(N));
    reel_tensor *iou = reel_box_iou(boxes, boxes);
    for (int step = 0; step <= 4; step++) {
        const double most = 0.2 * step;
        reel_tensor *kept = reel_nms(boxes, scores, most);
        bool is_kept[N] = {false};
        const int64_t *index = reel_data_i64(kept);
        for (int64_t i = 0; i < reel_numel(kept); i++) {
            is_kept[index[i]] = true;
            ck_assert(i == 0 ||
                      reel_data_f64(scores)[index[i]] <= reel_data_f64(scores)[index[i - 1]]);
        }
        for (int64_t i = 0; i < N; i++) {
            bool beaten = false;
            for (int64_t k = 0; k < N; k++) {
                const bool rival = k != i && is_kept[k] && reel_data_f64(iou)[i * N + k] > most;
                ck_assert(!(is_kept[i] && rival));
                beaten = beaten || (rival && reel_data_f64(scores)[k] > reel_data_f64(scores)[i]);
            }
            ck_assert(is_kept[i] != beaten);
        }
    }
    reel_tensor *classes = reel_arange(r, REEL_I64, 0, N, 1);
    ck_assert_int_eq(reel_numel(reel_batched_nms(boxes, scores, classes, 0)), N);
    reel_free(r);
}
END_TEST

START_TEST(sequences_and_boxes_name_what_does_not_fit)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(4, 2, 3)),
                *boxes = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 4));
    const reel_rnn_state none = {0};
    reel_module *lstm = reel_nn_lstm(r, 3, 5, NULL), *gru = reel_nn_gru_cell(r, 3, 5, NULL);
    REFUSED(reel_forward_rnn(lstm, reel_rand(r, REEL_F32, REEL_SHAPE(4, 2, 4)), none).output,
            REEL_ERR_SHAPE, "LSTM", "(4, 2, 4)", "3");
    REFUSED(reel_forward_rnn(lstm, x, (reel_rnn_state){x, x}).output, REEL_ERR_SHAPE, "LSTM",
            "h is", "(1, 2, 5)");
    REFUSED(reel_forward_rnn(lstm, x, (reel_rnn_state){x, NULL}).output, REEL_ERR_VALUE, "LSTM",
            "both h and c");
    REFUSED(reel_forward_packed(lstm, x, (int64_t[]){4, 5}, 2, none).output, REEL_ERR_VALUE, "LSTM",
            "2 lengths", "4 steps");
    REFUSED(reel_forward_rnn(gru, x, none).output, REEL_ERR_VALUE, "forward_rnn", "GRUCell");
    REFUSED(reel_forward_cell(gru, x, none).h, REEL_ERR_SHAPE, "GRUCell", "1 or 2 dims");
    REFUSED(reel_scaled_dot_product_attention(x, x, boxes, (reel_attention_options){0}).output,
            REEL_ERR_SHAPE, "scaled_dot_product_attention", "value (2, 4)");
    REFUSED(reel_box_iou(boxes, x), REEL_ERR_SHAPE, "box_iou", "b must be", "(4, 2, 3)");
    REFUSED(reel_nms(boxes, reel_zeros(r, REEL_F32, REEL_SHAPE(3)), 0.5), REEL_ERR_SHAPE, "nms",
            "(2,)", "(3,)");
    NO_LAYER(reel_nn_multihead_attention(r, 8, 3, NULL), "MultiheadAttention", "embed_dim 8",
             "3 heads");
    NO_LAYER(reel_nn_gru(r, 3, 5, &(reel_rnn_options){.proj_size = 2}), "GRU", "projected to 2");
    NO_LAYER(reel_nn_rnn(r, 3, 0, NULL), "RNN", "0 hidden");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, an_infinite_weight_meets_no_padding);
    tcase_add_test(cases, refusals_name_the_operation_and_the_numbers);
    tcase_add_test(cases, padding_is_zeros_however_wide);
    tcase_add_test(cases, unpooling_is_undone_by_pooling);
    tcase_add_test(cases, threads_and_levels_change_nothing);
    tcase_add_test(cases, pooling_at_once_changes_nothing);
    tcase_add_test(cases, pooling_at_once_takes_what_is_not_finite_alike);
    tcase_add_test(cases, a_sequential_pools_at_once);
    tcase_add_test(cases, a_sequential_rectifies_in_place);
    tcase_add_test(cases, a_layer_of_a_part_has_its_own_gradients);
    tcase_add_test(cases, a_convolution_takes_a_few_times_its_operands);
    tcase_add_test(cases, nms_keeps_what_it_should);
    tcase_add_test(cases, sequences_and_boxes_name_what_does_not_fit);
    tcase_add_test(cases, layers_name_what_they_cannot_be_made_of);
}

int main(void) { return run_suite("images", add_cases); }
