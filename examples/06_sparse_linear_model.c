/* SPDX-License-Identifier: MIT */
/*
 * Lesson 6: an L1 loss does not make weights zero. An L1 penalty does.
 *
 * "L1" is used for two things. As a loss it measures the errors of the predictions, |X w - y|, and
 * says nothing about the weights. As a penalty it measures the weights themselves, λ Σ |w|, and
 * pulls each towards zero with the same force λ, however small it is already.
 *
 * Plain gradient descent on the penalty steps over zero to and fro: the weights become small, but
 * no weight becomes exactly zero. The proximal step does what the penalty means. After a step on
 * the loss alone, every weight moves by lr λ towards zero, and stays there if it gets there (soft
 * threshold).
 *
 * 100 samples of 50 features: first with y pure noise, so that every weight ought to be zero, then
 * with a y that 5 of the features explain.
 */
#include <math.h>
#include <reel/reel.h>
#include <stdio.h>

enum { SAMPLES = 100, FEATURES = 50, STEPS = 3000 };
static const double lr = 0.01, lambda = 0.3;

typedef enum penalty { NO_PENALTY, IN_THE_LOSS, SOFT_THRESHOLD } penalty;

/* What the optimizer has done is followed by w = sign(w) max(|w| - lr λ, 0). */
static void soft_threshold(reel_tensor *weights)
{
    double *w = reel_data_f64(weights);
    for (int64_t i = 0; w && i < reel_numel(weights); i++) {
        w[i] = copysign(fmax(fabs(w[i]) - lr * lambda, 0), w[i]);
    }
}

/* Starts from w and trains STEPS steps; returns the trained weights, which are w's own. */
static void train(reel *r, reel_tensor *x, reel_tensor *y, reel_tensor *w, penalty kind)
{
    reel_tensor_list parameters = {r, &w, 1};
    reel_optimizer *sgd = reel_optim_sgd(parameters, (reel_sgd_options){.lr = lr});
    for (int step = 0; step < STEPS && !reel_failed(r); step++) {
        reel_tensor *loss = reel_l1_loss(reel_matmul(x, w), y, REEL_MEAN);
        if (kind == IN_THE_LOSS) {
            loss = reel_add(loss, reel_mul_scalar(reel_sum(reel_abs(w)), lambda));
        }
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        if (kind == SOFT_THRESHOLD) {
            soft_threshold(w);
        }
        reel_rewind(r);
    }
}

static void report(const char *name, reel_tensor *w)
{
    double value[FEATURES];
    int zero = 0, small = 0;
    if (reel_to_f64(w, value, FEATURES) != REEL_OK) {
        return;
    }
    for (int i = 0; i < FEATURES; i++) {
        zero += value[i] == 0;
        small += fabs(value[i]) < 0.02;
    }
    printf("  %-32s %2d of %d are exactly 0, %2d are below 0.02\n", name, zero, FEATURES, small);
}

static void compare(reel *r, reel_tensor *x, reel_tensor *y, reel_tensor *start)
{
    static const char *const names[] = {"L1 loss alone", "and L1 penalty, in the loss",
                                        "and L1 penalty, soft threshold"};
    for (penalty kind = NO_PENALTY; kind <= SOFT_THRESHOLD; kind++) {
        reel_tensor *w = reel_requires_grad_(reel_keep(start), true);
        train(r, x, y, w, kind);
        report(names[kind], w);
        reel_tensor_free(w);
    }
}

int main(void)
{
    reel *r = reel_new();
    reel_manual_seed(r, 0);
    reel_tensor *x = reel_randn(r, REEL_F64, REEL_SHAPE(SAMPLES, FEATURES));
    reel_tensor *y = reel_randn(r, REEL_F64, REEL_SHAPE(SAMPLES, 1));
    reel_tensor *weights = reel_randn(r, REEL_F64, REEL_SHAPE(FEATURES, 1));

    printf("y is noise; no feature explains it:\n");
    compare(r, x, y, weights);

    reel_tensor *truth = reel_zeros(r, REEL_F64, REEL_SHAPE(FEATURES, 1));
    for (int i = 0; i < 5; i++) {
        reel_set(truth, (int64_t[]){10 * i, 0}, i % 2 ? -3 : 3);
    }
    reel_tensor *explained = reel_keep(reel_add(reel_matmul(x, truth), reel_mul_scalar(y, 0.1)));
    printf("y is made of 5 features and a little noise:\n");
    compare(r, x, explained, weights);

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
