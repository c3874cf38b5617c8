/* SPDX-License-Identifier: MIT */
/* Chapter 5: fill in what says TODO, and run ./scripts/course.sh 5. */
#include "exercise.h"

#include <stdio.h>

/* TODO: three calls are missing in the loop. Which, and in which order? */
void train(reel *r, reel_module *model, reel_module *l1_loss, reel_optimizer *sgd, reel_tensor *x,
           reel_tensor *y_true, char losses[EPOCHS][DIGITS])
{
    (void)sgd;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, x), y_true);
        snprintf(losses[epoch], DIGITS, "%s", reel_item_repr(loss));
        reel_rewind(r); /* this step's tensors are gone */
    }
}

/* TODO: reel_sub_ writes in place; a parameter may be written to while gradients are off,
 * reel_set_grad_enabled(r, false), which have to be on again afterwards. */
void step(reel *r, reel_tensor_list parameters, double lr) { (void)r, (void)parameters, (void)lr; }
