/* SPDX-License-Identifier: MIT */
/* What chapter 9's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static const double start[] = {-2, -0.25, 0, 0.1, 0.5, 3};
enum { N = sizeof start / sizeof *start };

static void penalties(reel *r)
{
    double gradient[N];
    reel_tensor *w = reel_requires_grad_(reel_from_f64(r, start, REEL_SHAPE(N)), true);
    reel_tensor *p = penalty(w, 0.5);
    look_near(reel_item(p), 2.925, 1e-12, "lambda times the sum of the sizes.", "the penalty");
    reel_backward(p);
    reel_to_f64(reel_grad(w), gradient, N);
    look(gradient[0] == -0.5 && gradient[2] == 0 && gradient[5] == 0.5,
         "The same force on all, by their sign.", "its gradients at -2, 0 and 3: %g, %g, %g",
         gradient[0], gradient[2], gradient[5]);
}

static void thresholds(reel *r)
{
    const double expected[N] = {-1.75, 0, 0, 0, 0.25, 2.75};
    double left[N];
    reel_tensor *w = reel_requires_grad_(reel_from_f64(r, start, REEL_SHAPE(N)), true);
    soft_threshold(w, 0.25);
    reel_to_f64(w, left, N);
    for (int i = 0; i < N; i++) {
        look(left[i] == expected[i], "Towards 0 by 0.25, and no further.",
             "%g becomes %g, and it is %g", start[i], expected[i], left[i]);
    }
    look(reel_requires_grad(reel_neg(w)), "Put back what reel_set_grad_enabled returned.",
         "gradients are recorded again");
}

/* Plain SGD on the penalty alone. */
static double farthest(reel *r, double lr, double lambda)
{
    double most = 0;
    reel_tensor *w =
        reel_requires_grad_(reel_full(r, REEL_F64, 0.7 * lr * lambda, REEL_SHAPE(1)), true);
    reel_optimizer *sgd =
        reel_optim_sgd((reel_tensor_list){r, &w, 1}, (reel_sgd_options){.lr = lr});
    for (int step = 0; step < 100; step++) {
        reel_zero_grad(sgd);
        reel_backward(reel_mul(reel_sum(reel_abs(w)), reel_number(r, lambda)));
        reel_step(sgd);
        reel_rewind(r);
        most = fmax(most, fabs(reel_item(w)));
    }
    return most;
}

int main(void)
{
    reel *r = course_reel(0);
    penalties(r);
    thresholds(r);
    const double said = hover(0.1, 0.5), seen = farthest(r, 0.1, 0.5);
    look(said >= seen && fabs(said - 0.05) < 1e-12,
         "It steps over 0 and back, by lr * lambda each time.",
         "a weight was up to %.4f from 0; you say up to %.4f", seen, said);
    reel_free(r);
    return course_result();
}
