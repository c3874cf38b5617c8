/* SPDX-License-Identifier: MIT */
/* One way to do chapter 13. */
#include "exercise.h"

#include <math.h>

static void say_nothing(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

double train_within(void *memory, size_t size, int steps, size_t *peak)
{
    reel *r = reel_new_with(
        &(reel_options){.memory = memory, .memory_size = size, .handler = say_nothing});
    reel_manual_seed(r, 0);
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5, 1));
    reel_tensor *y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5, 1));
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});
    double last = 0;
    for (int step = 0; step < steps && !reel_failed(r); step++) {
        reel_tensor *loss = reel_l1_loss(reel_forward(model, x), y, REEL_MEAN);
        last = reel_item(loss);
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        reel_rewind(r);
    }
    *peak = reel_memory_peak(r);
    last = reel_failed(r) ? (double)NAN : last;
    reel_free(r);
    return last;
}

size_t enough(void)
{
    static _Alignas(16) unsigned char memory[1 << 18];
    size_t peak;
    train_within(memory, sizeof memory, 100, &peak);
    return peak;
}
