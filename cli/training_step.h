/* SPDX-License-Identifier: MIT */
/* A training, and what its ways have in common: the loss that is made small, and what is put down
 * after each epoch. */
#ifndef CLI_TRAINING_STEP_H
#define CLI_TRAINING_STEP_H

#include "network.h"
#include "progress.h"
#include "session.h"

/* What a training goes by, and what comes of it. */
typedef struct training {
    session *session;
    const options *o; /* without anything left open: training_defaults */
    reel_module *net;
    matrix *x;                           /* (rows, features) */
    matrix *y;                           /* (rows, 1), or 2 with weights */
    matrix *validation_x, *validation_y; /* NULL: none */
    double weight_mean; /* of the rows' weights in the table, which have the mean 1 in y */
    progress *progress; /* NULL: not shown */
    reel_early_stopping *stopping; /* NULL: nothing to validate on */

    double *losses, *validation_losses; /* of each epoch; from malloc */
    int64_t epochs;                     /* that were trained */
    int64_t best;          /* of the validation loss; its model was kept, or annealed */
    int64_t annealed_from; /* the epochs after which patience had run out, and the learning rate
                              fell to 0; 0: it did not */
    bool interrupted, diverged;
    const char *why; /* it ended before all epochs; NULL: it did not */
} training;

/* The loss and the penalties that were asked for. */
reel_tensor *training_loss(const training *it, reel_tensor *x, reel_tensor *y, double smoothing);
/* Puts an epoch's loss down with the validation's and shows them. False: stop, because of an error
 * or for a good reason, which is then in `why`. */
bool training_note(training *it, double loss);
/* Whether somebody has asked it to end; then it says so itself, too. */
bool training_interrupted(training *it);

#endif
