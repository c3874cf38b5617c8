/* SPDX-License-Identifier: MIT */
/* What chapter 8's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static const double xs[] = {1, 2, 3, 4, 5}, ys[] = {2, 4, 6, 8, 10};

/* The loss at the end, and the line. */
static double train(bool l1, double lr, double factor, int steps, const double *x_values,
                    line *result)
{
    reel *r = course_reel(0);
    reel_tensor *x = reel_from_f64(r, x_values, REEL_SHAPE(5)),
                *y = reel_from_f64(r, ys, REEL_SHAPE(5));
    reel_tensor *p[2] = {reel_zeros(r, REEL_F64, REEL_SHAPE(1)),
                         reel_zeros(r, REEL_F64, REEL_SHAPE(1))};
    reel_requires_grad_(p[0], true);
    reel_requires_grad_(p[1], true);
    reel_optimizer *sgd = reel_optim_sgd((reel_tensor_list){r, p, 2}, (reel_sgd_options){.lr = lr});
    double loss = 0;
    for (int step = 0; step <= steps; step++, lr *= factor) {
        reel_tensor *error = reel_sub(reel_add(reel_mul(p[0], x), p[1]), y);
        reel_tensor *t = reel_mean(l1 ? reel_abs(error) : reel_square(error));
        loss = reel_item(t);
        if (!isfinite(loss) || step == steps) {
            break;
        }
        reel_set_lr(sgd, 0, lr);
        reel_zero_grad(sgd);
        reel_backward(t);
        reel_step(sgd);
        reel_rewind(r);
    }
    if (result) {
        *result = (line){reel_item(p[0]), reel_item(p[1])};
    }
    reel_free(r);
    return loss;
}

double loss_after(double lr) { return train(false, lr, 1, 400, xs, NULL); }

int main(void)
{
    look_near(largest_stable_lr(), 0.0845, 1e-3,
              "If the middle runs away the edge is below it, else above.",
              "the largest stable rate");
    double z[5];
    line in_z;
    for (int i = 0; i < 5; i++) {
        z[i] = (xs[i] - 3) / sqrt(2);
    }
    train(false, 0.3, 1, 400, z, &in_z);
    const line old = in_old_units(in_z, 3, sqrt(2));
    look_near(old.w, 2, 1e-4, "z has x divided by the deviation.", "w in the old units");
    look_near(old.b, 0, 1e-4, "At x = mean, z is 0: w's part of the mean goes off b.",
              "b in the old units");
    const double end = train(true, 0.1, decay(), 400, xs, NULL);
    look(end < 0.005,
         "0.1 times the factor's 400th power has to be small, and the sum of all steps large "
         "enough.",
         "decay %g: after 400 steps the L1 loss is %.5f", decay(), end);
    return course_result();
}
