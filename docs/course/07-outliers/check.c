/* SPDX-License-Identifier: MIT */
/* What chapter 7's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static void medians(reel *r)
{
    const double odd[] = {1, 2, 3, 4, 100}, far[] = {5, -3, 8, 8.5, 9, 1000, 7};
    look_near(median(r, odd, 5), 3, 0.01,
              "Not the mean, which is 22: as many above as below; and smaller and smaller steps.",
              "the median of 1, 2, 3, 4, 100");
    look_near(median(r, far, 7), 8, 0.01, "As many above as below.",
              "the median of -3, 5, 7, 8, 8.5, 9, 1000");
}

static void hubers(reel *r)
{
    const double errors[] = {-40, -1, -0.5, 0, 0.25, 1, 3};
    double yours[7], theirs[7];
    reel_tensor *e = reel_requires_grad_(reel_from_f64(r, errors, REEL_SHAPE(7)), true);
    reel_tensor *mine = huber(e);
    const double value = reel_item(mine);
    reel_backward(mine);
    reel_to_f64(reel_grad(e), yours, 7);
    reel_zero_grad_of(e);
    reel_tensor *its = reel_huber_loss(e, reel_zeros(r, REEL_F64, REEL_SHAPE(7)), 1, REEL_MEAN);
    look_near(value, reel_item(its), 1e-12,
              "Half a square near 0; |e| - 1/2 far out; they meet at 1.", "huber's value");
    reel_backward(its);
    reel_to_f64(reel_grad(e), theirs, 7);
    for (int i = 0; i < 7; i++) {
        look(fabs(yours[i] - theirs[i]) < 1e-12, "e near 0, its sign far out, divided by n.",
             "huber's gradient at %g: %.4f, and it is %.4f", errors[i], theirs[i], yours[i]);
    }
}

int main(void)
{
    reel *r = course_reel(0);
    medians(r);
    hubers(r);
    look_near(first_to_pull(), 15, 0.1, "Raising y by d raises the slope by (5 - 3) d / 10.",
              "from this y on the slope is above 3");
    reel_free(r);
    return course_result();
}
