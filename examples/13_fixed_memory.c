/* SPDX-License-Identifier: MIT */
/*
 * Training in memory of your own: everything that the reel needs lies in one array, and nothing
 * calls malloc. A step needs no more than the step before, because reel_rewind gives back what it
 * used; so what the first steps take is what the training takes, and reel_memory_peak says how
 * much that is. What does not fit is an error like any other.
 */
#include <reel/reel.h>
#include <stdio.h>

static _Alignas(16) unsigned char memory[128 * 1024];

static reel *reel_within(void *bytes, size_t size)
{
    return reel_new_with(&(reel_options){.memory = bytes, .memory_size = size});
}

/* Learns exclusive or, which takes a hidden layer; returns the last loss. */
static double train(reel *r)
{
    const float inputs[] = {0, 0, 0, 1, 1, 0, 1, 1};
    reel_tensor *x = reel_from_f32(r, inputs, REEL_SHAPE(4, 2));
    reel_tensor *y = reel_from_f32(r, (float[]){0, 1, 1, 0}, REEL_SHAPE(4, 1));
    reel_manual_seed(r, 1);
    reel_module *model = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear(r, 2, 8), reel_nn_relu(r), reel_nn_linear(r, 8, 1)));
    reel_module *mse = reel_nn_mse_loss(r, (reel_mse_loss_options){0});
    reel_optimizer *adam = reel_optim_adam(reel_parameters(model), (reel_adam_options){.lr = 0.05});
    double last = 0;
    for (int step = 0; step < 200 && !reel_failed(r); step++) {
        reel_tensor *loss = reel_loss(mse, reel_forward(model, x), y);
        reel_zero_grad(adam);
        reel_backward(loss);
        reel_step(adam);
        last = reel_item(loss);
        reel_rewind(r);
    }
    return last;
}

int main(void)
{
    reel *r = reel_within(memory, sizeof memory);
    double loss = train(r);
    size_t peak = reel_memory_peak(r);
    printf("loss after 200 steps: %.4f\n", loss);
    printf("of 128 KB, %s were enough\n", peak < sizeof memory / 2 ? "less than 64" : "most");
    int failed = reel_failed(r);
    reel_free(r); /* and the array is ours again */

    r = reel_within(memory, peak);
    printf("in just as much: %s\n", train(r) == loss ? "the same loss" : reel_error(r));
    reel_free(r);

    r = reel_within(memory, peak - 64);
    train(r); /* a message on stderr says what there was no room for */
    printf("in a little less: %s\n",
           reel_error_status(r) == REEL_ERR_MEMORY ? "out of memory" : "no error?");
    reel_free(r);
    return failed;
}
