/* SPDX-License-Identifier: MIT */
/* A training of a line, or a small network, on points, as PyTorch would have done it. */
#ifndef LAB_TRAINING_H
#define LAB_TRAINING_H

#include "experiment.h"
#include "expression.h"

#include <reel/reel.h>

enum { LAB_LOSS = 40 /* bytes of a loss in digits */ };

typedef struct lab_training {
    reel *r;
    const lab_experiment *e;
    reel_tensor *x, *y; /* (points, 1); y of a flat target (points,) */
    reel_module *model;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler; /* NULL: the rate stays */
    int done;                  /* steps */
    char warned[LAB_SENTENCE]; /* the library's last warning; "": none */
} lab_training;

/* A model as its seed makes it. False, and the reel's error. */
bool lab_begin(lab_training *t, reel *r, const lab_experiment *e);
/* Of the points as the parameters are, on the tape. */
reel_tensor *lab_loss(lab_training *t);
/* Of any predictions, by the experiment's loss, without a penalty. */
reel_tensor *lab_loss_of(const lab_experiment *e, reel_tensor *y_pred, reel_tensor *y_true,
                         reel_reduction reduction);
/* One step; the loss before it in PyTorch's digits, and as a number. False if that is not finite,
 * or an error is recorded: then no parameter has moved. */
bool lab_step(lab_training *t, char digits[LAB_LOSS], double *loss);
/* What the model says of n values of x. */
bool lab_predict(lab_training *t, int n, const double *x, double *y);
/* A line's two numbers. */
double lab_weight(const lab_training *t);
double lab_bias(const lab_training *t);

#endif
