/* SPDX-License-Identifier: MIT */
/* What is said where silence would mislead: what made a result, that there is no gradient, that a
 * message came a hundred times. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

/* type(x.grad_fn).__name__ in PyTorch 2.13, of each. */
START_TEST(results_name_what_made_them)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2, 2)), true);
    reel_tensor *y = reel_full(r, REEL_F32, 0.5, REEL_SHAPE(2, 2)),
                *b = reel_zeros(r, REEL_F32, REEL_SHAPE(2));
    reel_tensor *image = reel_reshape(reel_expand(x, REEL_SHAPE(16, 2, 2)), REEL_SHAPE(1, 1, 8, 8)),
                *kernels = reel_full(r, REEL_F32, 0.5, REEL_SHAPE(1, 1, 3, 3));
    const reel_conv_options plain = {.groups = 1};
    const struct {
        const char *expected;
        reel_tensor *t;
    } all[] = {
        {"AddBackward0", reel_add(x, y)},
        {"SubBackward0", reel_sub(x, y)},
        {"MulBackward0", reel_mul(x, y)},
        {"DivBackward0", reel_div(x, y)},
        {"NegBackward0", reel_neg(x)},
        {"ExpBackward0", reel_exp(x)},
        {"PowBackward0", reel_square(x)},
        {"PowBackward1", reel_pow(x, y)},
        {"PowBackward0", reel_pow_scalar(x, 2.5)},
        {"PowBackward0", reel_pow_scalar(x, 3)},
        {"ReluBackward0", reel_relu(x)},
        {"Log1PBackward0", reel_log1p(x)},
        {"LeakyReluBackward0", reel_leaky_relu(x, 0.01)},
        {"SumBackward0", reel_sum(x)},
        {"SumBackward1", reel_sum_dim(x, (int64_t[]){1}, 1, false)},
        {"MeanBackward0", reel_mean(x)},
        {"MeanBackward1", reel_mean_dim(x, (int64_t[]){0}, 1, true)},
        {"MaxBackward1", reel_max(x)},
        {"MaxBackward0", reel_max_dim(x, 0, false).values},
        {"MmBackward0", reel_mm(x, y)},
        {"AddmmBackward0", reel_linear(x, y, b)},
        {"MmBackward0", reel_linear(x, y, NULL)},
        {"ReluBackward0", reel_linear_relu(x, y, b)},
        {"ConvolutionBackward0", reel_conv2d(image, kernels, NULL, plain)},
        {"ConvolutionBackward0", reel_conv_transpose2d(image, kernels, NULL, plain)},
        {"MaxPool2DWithIndicesBackward0",
         reel_conv2d_max_pool2d(image, kernels, NULL, plain, REEL_DIMS(2),
                                (reel_pool_options){.ceil_mode = false})},
        {"NativeBatchNormBackward0",
         reel_batch_norm(image, NULL, NULL, NULL, NULL, true, 0.1, 1e-5)},
        {"CatBackward0", reel_cat((reel_tensor *[]){x, x}, 2, 0)},
        {"ViewBackward0", reel_reshape(x, REEL_SHAPE(4))},
        {"CloneBackward0", reel_clone(x)},
        {"ToCopyBackward0", reel_to(x, REEL_F64)},
        {"SoftmaxBackward0", reel_softmax(x, 1)},
        {"LogSoftmaxBackward0", reel_log_softmax(x, 1)},
        {"MeanBackward0", reel_l1_loss(x, y, REEL_MEAN)},
        {"SumBackward0", reel_l1_loss(x, y, REEL_SUM)},
        {"AbsBackward0", reel_l1_loss(x, y, REEL_NONE)},
        {"MseLossBackward0", reel_mse_loss(x, y, REEL_MEAN)},
        {"SmoothL1LossBackward0", reel_smooth_l1_loss(x, y, 1, REEL_MEAN)},
        {"BinaryCrossEntropyBackward0",
         reel_binary_cross_entropy(reel_sigmoid(x), y, NULL, REEL_MEAN)},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char end[64];
        snprintf(end, sizeof end, "grad_fn=<%s>)", all[i].expected);
        const char *text = reel_repr(all[i].t);
        ck_assert_msg(strstr(text, end) != NULL, "%s is no part of %s", end, text);
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(no_gradient_is_none)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true);
    ck_assert_str_eq(reel_repr(reel_grad(x)), "None");
    reel_free(r);
}
END_TEST

/* The default handler's lines for 100 times one message, and then another. */
START_TEST(a_message_is_said_once_and_counted)
{
    FILE *lines = tmpfile();
    const int stderr_before = dup(2);
    fflush(stderr);
    dup2(fileno(lines), 2);
    reel *r = reel_new();
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(2)),
                *y = reel_ones(r, REEL_F32, REEL_SHAPE(3));
    for (int i = 0; i < 100; i++) {
        reel_add(x, y);
    }
    reel_mul(x, y);
    reel_mul(x, y);
    reel_free(r);
    fflush(stderr);
    dup2(stderr_before, 2);
    close(stderr_before);
    char text[1024] = "";
    rewind(lines);
    text[fread(text, 1, sizeof text - 1, lines)] = 0;
    fclose(lines);
    ck_assert_str_eq(
        text, "reel: error: add: shapes (2,) and (3,) do not broadcast: 2 is not 3 in dim 0\n"
              "reel: the same came 99 times more\n"
              "reel: error: mul: shapes (2,) and (3,) do not broadcast: 2 is not 3 in dim 0\n"
              "reel: the same came 1 time more\n");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, results_name_what_made_them);
    tcase_add_test(cases, no_gradient_is_none);
    tcase_add_test(cases, a_message_is_said_once_and_counted);
}

int main(void) { return run_suite("said", add_cases); }
