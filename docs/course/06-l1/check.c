/* SPDX-License-Identifier: MIT */
/* What chapter 6's exercise is looked at for: reel_l1_loss. */
#include "check.h"
#include "exercise.h"

enum { N = 4 };

/* Loss and gradients; the third prediction is exactly right. */
static double result(reel *r, int which, float gradient[N])
{
    reel_tensor *p = reel_from_f32(r, (float[]){1, 2, 3, 4.5f}, REEL_SHAPE(N));
    reel_tensor *y = reel_from_f32(r, (float[]){1.5f, 1.25f, 3, 40}, REEL_SHAPE(N));
    reel_requires_grad_(p, true);
    reel_tensor *loss = which == 0   ? l1(p, y)
                        : which == 1 ? l1_sum(p, y)
                                     : reel_l1_loss(p, y, which == 2 ? REEL_MEAN : REEL_SUM);
    reel_backward(loss);
    reel_to_f32(reel_grad(p), gradient, N);
    return reel_item(loss);
}

static void compare(reel *r, int yours)
{
    const char *name = yours ? "l1_sum" : "l1";
    float a[N], b[N];
    const double mine = result(r, yours, a), theirs = result(r, yours + 2, b);
    look(mine == theirs, "|a - b|, element by element, and then one number of them.",
         "%s: reel_l1_loss has %.9g, and it is %.9g", name, theirs, mine);
    for (int i = 0; i < N; i++) {
        look(a[i] == b[i],
             i == 2 ? "At 0 the slope is 0: reel_abs has it so; a root of a square has none."
                    : "The sign of a - b, divided by n for the mean.",
             "%s: gradient %d is %g, and it is %g", name, i, (double)b[i], (double)a[i]);
    }
}

/* One parameter, one step: where it is then. */
static double moved(reel *r, bool sum, double lr)
{
    reel_tensor *w = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(1)), true);
    reel_tensor *x = reel_from_f64(r, (double[]){1, 2, 3, 5}, REEL_SHAPE(N));
    reel_optimizer *sgd =
        reel_optim_sgd((reel_tensor_list){r, &w, 1}, (reel_sgd_options){.lr = lr});
    reel_backward(
        reel_l1_loss(reel_mul(w, x), reel_mul(reel_number(r, 2), x), sum ? REEL_SUM : REEL_MEAN));
    reel_step(sgd);
    return reel_item(w);
}

int main(void)
{
    reel *r = course_reel(0);
    compare(r, 0);
    compare(r, 1);
    look_near(moved(r, true, lr_for_sum(0.01, N)), moved(r, false, 0.01), 1e-15,
              "The sum's gradients are n times the mean's.",
              "a step with the sum goes where one with the mean goes");
    reel_free(r);
    return course_result();
}
