/* SPDX-License-Identifier: MIT */
/* A stranger's program: fits y = 2 x, and asks for something wrong. */
#include <reel/reel.h>

#include <stdio.h>

static void be_quiet(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

static double fit(reel *r)
{
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    reel_tensor *y_true = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_module *l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});
    double last = 0;
    for (int epoch = 0; epoch < 100; epoch++) {
        reel_tensor *y_pred = reel_forward(model, reel_unsqueeze(x, 1));
        reel_tensor *loss = reel_loss(l1_loss, y_pred, reel_unsqueeze(y_true, 1));
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        last = reel_item(loss);
        reel_rewind(r);
    }
    return last;
}

int main(void)
{
    reel *r = reel_new();
    reel_set_message_handler(r, be_quiet, NULL);
    double loss = fit(r);
    bool fitted = !reel_failed(r) && loss < 1;
    reel_unsqueeze(reel_ones(r, REEL_F32, REEL_SHAPE(2)), 5);
    bool refused = reel_failed(r);
    printf("C, reel %s: loss %.4f; %s\n", reel_version(), loss, reel_error(r));
    reel_free(r);
    return fitted && refused ? 0 : 1;
}
