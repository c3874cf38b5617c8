/* SPDX-License-Identifier: MIT */
/* What chapter 12's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static void scales(reel *r)
{
    reel_tensor *train =
        reel_from_f64(r, (double[]){1, 100, 2, 300, 3, 200, 6, 200}, REEL_SHAPE(4, 2));
    reel_tensor *test = reel_from_f64(r, (double[]){3, 1000, 100, 200}, REEL_SHAPE(2, 2));
    double own[8], other[4];
    reel_to_f64(standardised(train, train), own, 8);
    reel_to_f64(standardised(test, train), other, 4);
    look(fabs(own[0] + own[2] + own[4] + own[6]) < 1e-12 &&
             fabs(own[6] - 1.6035674514745464) < 1e-12,
         "Less the mean of each column, divided by the root of the mean square of what is left.",
         "the training rows' first column: %.4f, %.4f, %.4f, %.4f", own[0], own[2], own[4], own[6]);
    look_near(other[0], 0, 1e-12,
              "By the training rows' mean, 3: nothing of the test rows may be known.",
              "a test row at the training mean");
    look_near(other[1], 11.313708498984761, 1e-12, "By the training rows' deviation.",
              "a test row far away");
}

static void stops(reel *r)
{
    static const double losses[][12] = {{5, 4, 3, 3.5, 3.4, 3.3, 3.2, 1, 1, 1, 1, 1},
                                        {5, 4, 4.5, 4.4, 3, 3.1, 3.2, 2, 2, 2, 2, 2},
                                        {1, 1, 1, 1, 1, 0.5, 1, 1, 1, 1, 1, 1}};
    static const int patience[] = {3, 2, 3};
    for (int i = 0; i < 3; i++) {
        reel_module *model = reel_nn_linear(r, 1, 1);
        reel_early_stopping *its =
            reel_early_stopping_new(model, (reel_early_stopping_options){.patience = patience[i]});
        for (int k = 0; k < 12 && !reel_early_stopping_step(its, losses[i][k]); k++) {
        }
        const int expected = (int)reel_early_stopping_best_step(its),
                  yours = best_epoch(losses[i], 12, patience[i]);
        look(yours == expected,
             "What comes after the training has stopped is never seen; equal is not better.",
             "losses %d, patience %d: the best epoch is %d, and you say %d", i + 1, patience[i],
             expected, yours);
    }
}

typedef struct training {
    reel_module *model;
    reel_optimizer *sgd;
    reel_tensor *x, *y;
    int calls;
} training;

static reel_tensor *one(void *context)
{
    training *t = context;
    reel_tensor *loss = reel_l1_loss(reel_forward(t->model, t->x), t->y, REEL_MEAN);
    t->calls++;
    reel_zero_grad(t->sgd);
    reel_backward(loss);
    reel_step(t->sgd);
    return loss;
}

static void replays(void)
{
    reel *r = course_reel(0);
    training t = {.x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5, 1)),
                  .y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5, 1))};
    t.model = reel_nn_linear(r, 1, 1);
    t.sgd = reel_optim_sgd(reel_parameters(t.model), (reel_sgd_options){.lr = 0.01});
    const double loss = replayed(r, one, &t, 100);
    look_near(loss, 0.32458028197288513, 0,
              "99 replays after the captured step; the loss's tensor has each one's value.",
              "the tutorial's last loss, replayed");
    look(t.calls == 1, "Only the first step is run; a replay calls nothing.",
         "the step was called %d times", t.calls);
    reel_free(r);
}

int main(void)
{
    reel *r = course_reel(0);
    scales(r);
    stops(r);
    reel_free(r);
    replays();
    return course_result();
}
