/* SPDX-License-Identifier: MIT */
/* Chapter 11: each of these misbehaves. Mend it, and run ./scripts/course.sh 11. */
#include "exercise.h"

/* TODO: (n, 1) and (n,) are not the same. */
reel_tensor *loss_of(reel_tensor *predictions, reel_tensor *targets)
{
    return reel_mse_loss(predictions, targets, REEL_MEAN);
}

/* TODO: what are the gradients, if all weights are 0? */
reel_module *network(reel *r)
{
    reel_module *model = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear(r, 1, 4), reel_nn_tanh(r), reel_nn_linear(r, 4, 1)));
    for (size_t i = 0; i < reel_parameters(model).count; i++) {
        reel_init_constant(reel_parameters(model).tensors[i], 0);
    }
    return model;
}

/* TODO: both branches are computed, and gone back through. */
reel_tensor *safe_root(reel_tensor *x)
{
    return reel_where(reel_gt(x, reel_number(reel_of(x), 0)), reel_sqrt(x), x);
}

/* TODO: the sum is a tensor, and keeps the tape of every batch. reel_item is a number;
 * reel_rewind. */
double total(int batches, reel_tensor *(*loss)(int batch))
{
    reel_tensor *sum = loss(0);
    for (int i = 1; i < batches; i++) {
        sum = reel_add(sum, loss(i));
    }
    return reel_item(sum);
}
