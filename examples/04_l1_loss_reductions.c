/* SPDX-License-Identifier: MIT */
/*
 * Lesson 4: what the L1 loss computes.
 *
 * The distance |input - target| of each pair, made into one number, or not:
 *
 *   REEL_MEAN  (1/n) Σ |input - target|    the mean absolute error; the default
 *   REEL_SUM         Σ |input - target|
 *   REEL_NONE          |input - target|    one for each pair, for when you want to look or to weigh
 *
 * Its gradient is the sign of the difference (divided by n for the mean): how far off a prediction
 * is does not matter, only on which side. Where it is exactly right the gradient is 0.
 */
#include <reel/reel.h>
#include <stdio.h>

static void print_message(void *context, reel_level level, const char *message)
{
    (void)context;
    printf("  %s: %s\n", level == REEL_ERROR ? "error" : "warning", message);
}

/* The loss and the gradient that it sends to the predictions. */
static void show(reel *r, const char *name, reel_reduction reduction)
{
    reel_tensor *y_pred = reel_from_f32(r, (float[]){2.5, 0, 2, 7}, REEL_SHAPE(4));
    reel_tensor *y_true = reel_from_f32(r, (float[]){3, -0.5, 2, 8}, REEL_SHAPE(4));
    reel_requires_grad_(y_pred, true);
    reel_tensor *loss = reel_l1_loss(y_pred, y_true, reduction);
    /* A loss of one element starts backward with 1; one of four has to be told: 1 for each. */
    reel_backward_with(loss, &(reel_backward_options){.gradient = reel_ones_like(loss)});
    printf("%s  %s\n      gradient %s\n", name, reel_repr(reel_detach(loss)),
           reel_repr(reel_grad(y_pred)));
}

/* PyTorch's older flags say the same less clearly: so they warn. */
static void legacy(reel *r)
{
    printf("\nThe older flags:\n");
    reel_tensor *y_pred = reel_from_f32(r, (float[]){2.5, 0, 2, 7}, REEL_SHAPE(4));
    reel_tensor *y_true = reel_from_f32(r, (float[]){3, -0.5, 2, 8}, REEL_SHAPE(4));
    reel_module *sum = reel_nn_l1_loss(r, (reel_l1_loss_options){.size_average = REEL_FALSE});
    printf("size_average = false: %s\n", reel_repr(reel_loss(sum, y_pred, y_true)));
    reel_module *none = reel_nn_l1_loss(r, (reel_l1_loss_options){.reduce = REEL_FALSE});
    printf("reduce = false: %s\n", reel_repr(reel_loss(none, y_pred, y_true)));
}

/* A column of predictions against a row of targets compares each with each. It is hardly ever
 * meant. */
static void a_common_mistake(reel *r)
{
    printf("\nShapes that differ:\n");
    reel_tensor *y_pred = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3, 1));
    reel_tensor *y_true = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3));
    reel_tensor *wrong = reel_l1_loss(y_pred, y_true, REEL_NONE);
    printf("perfect predictions, and yet\n%s\n", reel_repr(wrong));
    reel_tensor *right = reel_l1_loss(y_pred, reel_unsqueeze(y_true, 1), REEL_MEAN);
    printf("with the target as a column too: %s\n", reel_item_repr(right));
}

int main(void)
{
    reel *r = reel_new();
    reel_set_message_handler(r, print_message, NULL);

    reel_module *loss_fn = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_tensor *y_pred = reel_from_f32(r, (float[]){2.5, 0, 2, 7}, REEL_SHAPE(4));
    reel_tensor *y_true = reel_from_f32(r, (float[]){3, -0.5, 2, 8}, REEL_SHAPE(4));
    printf("%s\n\n", reel_item_repr(reel_loss(loss_fn, y_pred, y_true)));

    show(r, "mean", REEL_MEAN);
    show(r, "sum ", REEL_SUM);
    show(r, "none", REEL_NONE);
    legacy(r);
    a_common_mistake(r);

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
