/* SPDX-License-Identifier: MIT */
/* One way to do chapter 5. */
#include "exercise.h"

#include <stdio.h>

void train(reel *r, reel_module *model, reel_module *l1_loss, reel_optimizer *sgd, reel_tensor *x,
           reel_tensor *y_true, char losses[EPOCHS][DIGITS])
{
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, x), y_true);
        snprintf(losses[epoch], DIGITS, "%s", reel_item_repr(loss));
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        reel_rewind(r);
    }
}

void step(reel *r, reel_tensor_list parameters, double lr)
{
    const bool was = reel_set_grad_enabled(r, false);
    for (size_t i = 0; i < parameters.count; i++) {
        reel_tensor *p = parameters.tensors[i];
        if (reel_grad(p)) {
            reel_sub_(p, reel_mul(reel_number(r, lr), reel_grad(p)));
        }
    }
    reel_set_grad_enabled(r, was);
}
