/* SPDX-License-Identifier: MIT */
/* One way to do chapter 7. */
#include "exercise.h"

double median(reel *r, const double *v, int n)
{
    reel_tensor *data = reel_from_f64(r, v, REEL_SHAPE(n));
    reel_tensor *c = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(1)), true);
    reel_optimizer *sgd = reel_optim_sgd((reel_tensor_list){r, &c, 1}, (reel_sgd_options){.lr = 1});
    for (int step = 0; step < 2000; step++) {
        reel_set_lr(sgd, 0, 20.0 / (1 + step));
        reel_zero_grad(sgd);
        reel_backward(reel_mean(reel_abs(reel_sub(data, c))));
        reel_step(sgd);
        reel_rewind(r);
    }
    return reel_item(c);
}

reel_tensor *huber(reel_tensor *error)
{
    reel *r = reel_of(error);
    reel_tensor *size = reel_abs(error);
    reel_tensor *near = reel_mul(reel_square(error), reel_number(r, 0.5));
    reel_tensor *far = reel_sub(size, reel_number(r, 0.5));
    return reel_mean(reel_where(reel_gt(size, reel_number(r, 1)), far, near));
}

/* Raised by d, the last point adds (5 - 3) d / 10 to the slope 2. */
double first_to_pull(void) { return 10 + 1 * 10.0 / 2; }
