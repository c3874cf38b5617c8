/* SPDX-License-Identifier: MIT */
/* One way to do chapter 9. */
#include "exercise.h"

reel_tensor *penalty(reel_tensor *w, double lambda)
{
    return reel_mul(reel_sum(reel_abs(w)), reel_number(reel_of(w), lambda));
}

void soft_threshold(reel_tensor *w, double by)
{
    reel *r = reel_of(w);
    const bool was = reel_set_grad_enabled(r, false);
    reel_tensor *left = reel_relu(reel_sub(reel_abs(w), reel_number(r, by)));
    reel_copy_(w, reel_mul(reel_sign(w), left));
    reel_set_grad_enabled(r, was);
}

double hover(double lr, double lambda) { return lr * lambda; }
