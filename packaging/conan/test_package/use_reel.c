/* SPDX-License-Identifier: MIT */
/* Two steps down a slope: the package compiles, links and computes. */
#include <reel/reel.h>

#include <stdio.h>

int main(void)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3, 1));
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});
    double loss[2];
    for (int step = 0; step < 2; step++) {
        reel_tensor *error = reel_mse_loss(reel_forward(model, x), reel_mul_scalar(x, 2), REEL_MEAN);
        reel_zero_grad(sgd);
        reel_backward(error);
        reel_step(sgd);
        loss[step] = reel_item(error);
        reel_rewind(r);
    }
    printf("reel %s: loss %g, then %g\n", reel_version(), loss[0], loss[1]);
    int failed = reel_failed(r) || loss[1] >= loss[0];
    reel_free(r);
    return failed;
}
