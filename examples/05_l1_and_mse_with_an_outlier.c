/* SPDX-License-Identifier: MIT */
/*
 * Lesson 5: one bad value, seen by L1 and by MSE.
 *
 * L1 counts an error by its size, MSE by its square. So one outlier can be nearly all of an MSE
 * loss, and nearly all of its gradient. L1's gradient is a vote: each point pulls with the same
 * force. That is why a constant that minimises L1 is the median of the data, and one that minimises
 * MSE its mean.
 */
#include <reel/reel.h>
#include <stdio.h>

static void print_losses(reel_tensor *predictions, reel_tensor *targets)
{
    printf("  L1  %10.4f\n", reel_item(reel_l1_loss(predictions, targets, REEL_MEAN)));
    printf("  MSE %10.4f\n\n", reel_item(reel_mse_loss(predictions, targets, REEL_MEAN)));
}

static void print_gradient(const char *name, const reel_tensor *t)
{
    float g[4];
    reel_to_f32(reel_grad(t), g, 4);
    printf("  %s  %8.4f %8.4f %8.4f %8.4f\n", name, (double)g[0], (double)g[1], (double)g[2],
           (double)g[3]);
}

/* The last target is far off. Of L1's 96.5 that is 96; of MSE's 9216.09, 9216. */
static void an_outlier(reel *r)
{
    reel_tensor *predictions = reel_from_f32(r, (float[]){1, 2, 3, 4}, REEL_SHAPE(4));
    reel_tensor *targets = reel_from_f32(r, (float[]){1.1f, 2.2f, 2.8f, 100}, REEL_SHAPE(4));
    printf("Predictions 1, 2, 3, 4 for targets 1.1, 2.2, 2.8, 100:\n");
    print_losses(predictions, targets);

    printf("How hard each prediction is pulled (the gradient):\n");
    reel_requires_grad_(predictions, true);
    reel_backward(reel_l1_loss(predictions, targets, REEL_MEAN));
    print_gradient("L1 ", predictions);
    reel_zero_grad_of(predictions);
    reel_backward(reel_mse_loss(predictions, targets, REEL_MEAN));
    print_gradient("MSE", predictions);
    printf("\n");
}

/* Small errors: their squares are smaller still. */
static void clean_data(reel *r)
{
    reel_tensor *predictions = reel_from_f32(r, (float[]){1.1f, 2.1f, 2.9f}, REEL_SHAPE(3));
    reel_tensor *targets = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3));
    printf("Predictions 1.1, 2.1, 2.9 for targets 1, 2, 3:\n");
    print_losses(predictions, targets);
}

/* Fits the constant c to the data by gradient descent. L1's steps do not shrink by themselves as it
 * comes near, so the learning rate does: 1/1, 1/2, 1/4, … of the first, a hundred steps each. */
static double fit_constant(reel *r, reel_tensor *data,
                           reel_tensor *(*loss)(reel_tensor *, reel_tensor *, reel_reduction))
{
    reel_tensor *c = reel_zeros(r, REEL_F64, REEL_SHAPE(1));
    reel_tensor_list parameters = {r, &c, 1};
    reel_requires_grad_(c, true);
    double lr = 0.5;
    for (int halving = 0; halving < 20; halving++, lr /= 2) {
        reel_optimizer *sgd = reel_optim_sgd(parameters, (reel_sgd_options){.lr = lr});
        for (int step = 0; step < 100; step++) {
            reel_zero_grad(sgd);
            reel_backward(loss(reel_expand(c, 1, (int64_t[]){reel_numel(data)}), data, REEL_MEAN));
            reel_step(sgd);
            reel_rewind(r);
        }
        reel_optimizer_free(sgd);
    }
    return reel_item(c);
}

int main(void)
{
    reel *r = reel_new();
    an_outlier(r);
    clean_data(r);

    reel_tensor *data = reel_from_f64(r, (double[]){1, 2, 3, 4, 100}, REEL_SHAPE(5));
    printf("The constant that fits 1, 2, 3, 4, 100 best:\n");
    printf("  by L1   %7.3f   the median\n", fit_constant(r, data, reel_l1_loss));
    printf("  by MSE  %7.3f   the mean\n", fit_constant(r, data, reel_mse_loss));

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
