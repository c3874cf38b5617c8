/* SPDX-License-Identifier: MIT */
/*
 * Models from modules: an MLP in a line, and a module of your own. A module of your own is a
 * forward function and what you give it: children, whose parameters become its own, and tensors,
 * which are named, trained and saved like those of the library's layers.
 */
#include <reel/reel.h>
#include <stdio.h>

/* A block that adds what it computes to what came in, scaled by a number that is learned. */
static reel_tensor *residual_forward(reel_module *block, reel_tensor *x, void *context)
{
    (void)context;
    reel_tensor *change = reel_forward(reel_module_child(block, "inner"), x);
    return reel_add(x, reel_mul(reel_parameter(block, "scale"), change));
}

static reel_module *residual(reel *r, int64_t features)
{
    reel_module *inner =
        reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, features, features), reel_nn_relu(r),
                                           reel_nn_linear(r, features, features)));
    reel_module *block = reel_nn_module(r, "Residual", residual_forward, NULL);
    reel_module_add_child(block, "inner", inner);
    reel_module_add_parameter(block, "scale", reel_full(r, REEL_F32, 0.5, REEL_SHAPE(1)));
    return block;
}

int main(void)
{
    reel *r = reel_new();

    /* y = |x0| - x1, at 32 points. */
    reel_tensor *x = reel_randn(r, REEL_F32, REEL_SHAPE(32, 2));
    reel_tensor *y =
        reel_keep(reel_sub(reel_abs(reel_narrow(x, 1, 0, 1)), reel_narrow(x, 1, 1, 1)));

    /* A model of the library's layers and our own. */
    reel_module *model = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear(r, 2, 8), residual(r, 8), reel_nn_linear(r, 8, 1)));
    reel_module_print(model, stdout);

    printf("\nIts state by PyTorch's names:");
    for (size_t i = 0; i < reel_state_count(model); i++) {
        printf(" %s", reel_state_at(model, i).name);
    }
    printf("\n\n");

    reel_module *mse = reel_nn_mse_loss(r, (reel_mse_loss_options){0});
    reel_optimizer *sgd =
        reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.05, .momentum = 0.9});
    for (int step = 0; step <= 200; step++) {
        reel_tensor *loss = reel_loss(mse, reel_forward(model, x), y);
        if (step % 50 == 0) {
            printf("step %3d, loss %.4f\n", step, reel_item(loss));
        }
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        reel_rewind(r);
    }

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
