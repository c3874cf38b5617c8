/* SPDX-License-Identifier: MIT */
/* What chapter 5's exercise is looked at for: the digits that PyTorch prints with seed 0. */
#include "check.h"
#include "exercise.h"

static const struct {
    int epoch;
    const char *loss;
} pytorch[] = {{1, "5.486016750335693"},
               {2, "5.386016845703125"},
               {10, "4.586016654968262"},
               {50, "0.935200572013855"},
               {100, "0.32458028197288513"}};
enum { KNOWN = sizeof pytorch / sizeof *pytorch };

static reel_tensor *x, *y_true;

static void make_data(reel *r)
{
    x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5, 1));
    y_true = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5, 1));
}

static void the_loop(void)
{
    static const char *const hints[KNOWN] = {
        "The loss is taken before the step.",
        "If it is still the first one, nothing has moved: is there a gradient when step comes?",
        "If it falls too fast, old gradients are still there: zero_grad.",
        "The same four calls in each epoch.", "The same four calls in each epoch."};
    char losses[EPOCHS][DIGITS] = {""};
    reel *r = course_reel(0);
    make_data(r);
    reel_module *model = reel_nn_linear(r, 1, 1),
                *l1 = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});
    train(r, model, l1, sgd, x, y_true, losses);
    for (int i = 0; i < KNOWN; i++) {
        const char *yours = losses[pytorch[i].epoch - 1];
        look(strcmp(yours, pytorch[i].loss) == 0, hints[i], "epoch %d: PyTorch has %s, you %s",
             pytorch[i].epoch, pytorch[i].loss, *yours ? yours : "nothing");
    }
    reel_free(r);
}

static void the_step(void)
{
    char loss_text[DIGITS] = "";
    reel *r = course_reel(0);
    make_data(r);
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_tensor_list all = reel_parameters(model);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        reel_tensor *loss = reel_l1_loss(reel_forward(model, x), y_true, REEL_MEAN);
        snprintf(loss_text, sizeof loss_text, "%s", reel_item_repr(loss));
        for (size_t i = 0; i < all.count; i++) {
            reel_zero_grad_of(all.tensors[i]);
        }
        reel_backward(loss);
        step(r, all, 0.01);
        reel_rewind(r);
    }
    look(strcmp(loss_text, pytorch[KNOWN - 1].loss) == 0,
         "p = p - lr * gradient, for every parameter.",
         "your step: epoch 100 has PyTorch's %s, and it is %s", pytorch[KNOWN - 1].loss, loss_text);
    look(reel_requires_grad(reel_forward(model, x)),
         "Put back what reel_set_grad_enabled returned.",
         "gradients are recorded again after your step");
    reel_free(r);
}

int main(void)
{
    the_loop();
    the_step();
    return course_result();
}
