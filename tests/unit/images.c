/* SPDX-License-Identifier: MIT */
/* Images: what no case of PyTorch's shows. Refusals say what is wrong in numbers; what goes there
 * and back is what it was; a large image is computed as its parts are, on any number of threads. */
#include "check_reel.h"

#include <reel/autograd.h>
#include <reel/compare.h>
#include <reel/convolution.h>
#include <reel/elementwise.h>
#include <reel/images.h>
#include <reel/nn_images.h>
#include <reel/normalization.h>
#include <reel/pooling.h>
#include <reel/reduce.h>
#include <reel/views.h>

static reel_tensor *image(reel *r, int64_t channels, int64_t height, int64_t width)
{
    return reel_rand(r, REEL_F32, REEL_SHAPE(2, channels, height, width));
}

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

/* Enough elements to be shared: as on one thread, and channel by channel. */
START_TEST(threads_change_nothing)
{
    reel_tensor *y[2], *g[2];
    reel *r[2];
    for (int i = 0; i < 2; i++) {
        r[i] = quiet_reel();
        reel_manual_seed(r[i], 3);
        reel_set_num_threads(r[i], i == 0 ? 1 : 3);
        reel_tensor *x = reel_requires_grad_(image(r[i], 5, 130, 140), true);
        const reel_pool_options p = {.stride = REEL_DIMS(1), .padding = REEL_DIMS(1)};
        y[i] = reel_avg_pool2d(reel_max_pool2d(x, REEL_DIMS(3), p), REEL_DIMS(2, 3), p);
        reel_backward(reel_sum(reel_square(y[i])));
        g[i] = reel_grad(x);
    }
    for (int i = 0; i < 2; i++) {
        reel_tensor **t = i == 0 ? y : g;
        const size_t bytes = (size_t)reel_numel(t[0]) * sizeof(float);
        ck_assert_mem_eq(reel_data_f32(t[0]), reel_data_f32(t[1]), bytes);
    }
    reel_free(r[0]);
    reel_free(r[1]);
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

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, refusals_name_the_operation_and_the_numbers);
    tcase_add_test(cases, unpooling_is_undone_by_pooling);
    tcase_add_test(cases, threads_change_nothing);
    tcase_add_test(cases, layers_name_what_they_cannot_be_made_of);
}

int main(void) { return run_suite("images", add_cases); }
