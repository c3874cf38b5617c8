/* SPDX-License-Identifier: MIT */
/* A training: batches through a step, epoch after epoch, or all rows at once. */
#ifndef CLI_TRAINING_H
#define CLI_TRAINING_H

#include "network.h"
#include "progress.h"
#include "session.h"

/* What a training goes by, and what comes of it. */
typedef struct training {
    session *session;
    const options *o; /* without anything left open: training_defaults */
    reel_module *net;
    reel_tensor *x, *y;                       /* (rows, features), (rows, 1) */
    reel_tensor *validation_x, *validation_y; /* NULL: none */
    progress *progress;                       /* NULL: not shown */
    reel_early_stopping *stopping;            /* NULL: nothing to validate on */

    double *losses, *validation_losses; /* of each epoch; from malloc */
    int64_t epochs;                     /* that were trained */
    int64_t best;                       /* the epoch whose model was kept; 0: the last */
    bool interrupted, diverged;
    const char *why; /* it ended before all epochs; NULL: it did not */
} training;

/* Whether an optimizer takes all rows at once and calls a closure. */
bool takes_all_rows(int optimizer);

/* Chooses what was left open, for so many rows to train on. */
void training_defaults(options *o, int64_t rows);

/* Trains `net`. False, and a message: no memory, or losses that are no numbers any more. */
bool train(training *it);
/* Frees what came of it. */
void training_free(training *it);

/* The optimizer that was asked for, of the net's parameters; weights decay, biases do not. */
reel_optimizer *optimizer_new(const options *o, reel_module *net);
/* Whether it lets weights decay itself; for the others the loss has a term for it. */
bool optimizer_decays(int optimizer);
/* The schedule that was asked for, over so many steps; NULL if there is none, or after an error. */
reel_scheduler *schedule_new(const options *o, reel_optimizer *optimizer, int64_t steps);

/* A loss and the penalties that were asked for. */
reel_tensor *training_loss(const training *it, reel_tensor *x, reel_tensor *y, double smoothing);
/* Puts an epoch's loss down with the validation's and shows them. False: stop, because of an error
 * or for a good reason, which is then in `why`. */
bool training_note(training *it, double loss);
/* Trains by a closure over all rows, until it gets no better. */
void train_all_rows(training *it);

#endif
