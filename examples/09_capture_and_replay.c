/* SPDX-License-Identifier: MIT */
/*
 * A training step that is written down once and then replayed. It is the L1 tutorial (lesson 3),
 * and prints the same digits. A replay checks no shapes, looks nothing up and asks for no memory,
 * so that a small model trains several times as fast.
 */
#include <reel/reel.h>
#include <stdio.h>

/* The error below is meant: it is printed where the others' would be on stderr. */
static void on_message(void *context, reel_level level, const char *message)
{
    (void)context, (void)level;
    printf("  %s\n", message);
}

int main(void)
{
    reel *r = reel_new();
    reel_manual_seed(r, 0);
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    reel_tensor *y_true = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_module *l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});

    /* The first epoch is done as always, between begin and end. Its tensors stay. */
    reel_capture_begin(r);
    reel_tensor *y_pred = reel_forward(model, reel_unsqueeze(x, 1));
    reel_tensor *loss = reel_loss(l1_loss, y_pred, reel_unsqueeze(y_true, 1));
    reel_zero_grad(sgd);
    reel_backward(loss);
    reel_step(sgd);
    reel_graph *step = reel_capture_end(r);
    printf("Epoch 1, Loss: %s\n", reel_item_repr(loss));

    /* All others are replays. */
    for (int epoch = 1; epoch < 100; epoch++) {
        reel_replay(step);
        printf("Epoch %d, Loss: %s\n", epoch + 1, reel_item_repr(loss));
        reel_rewind(r);
    }

    /* New data goes into the tensors that the step read: it trains on them now. Learning rates are
     * read anew, too. */
    reel_copy_(x, reel_from_f32(r, (float[]){6, 7, 8, 9, 10}, REEL_SHAPE(5)));
    reel_copy_(y_true, reel_from_f32(r, (float[]){12, 14, 16, 18, 20}, REEL_SHAPE(5)));
    reel_set_lr(sgd, 0, 0);
    reel_replay(step);
    printf("Test Loss: %s\n", reel_item_repr(loss));

    /* What only a program can do is no part of a step: it could not be replayed. */
    printf("\nReading a value while a step is captured:\n");
    reel_set_message_handler(r, on_message, NULL);
    reel_capture_begin(r);
    loss = reel_loss(l1_loss, reel_forward(model, reel_unsqueeze(x, 1)), reel_unsqueeze(y_true, 1));
    reel_item(loss);
    printf("  captured: %s\n", reel_capture_end(r) ? "yes" : "no");
    reel_clear_error(r);

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
