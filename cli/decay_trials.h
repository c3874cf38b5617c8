/* SPDX-License-Identifier: MIT */
/* What is best found out by trying: how strongly a network's weights are to decay. */
#ifndef CLI_DECAY_TRIALS_H
#define CLI_DECAY_TRIALS_H

#include "training.h"

/* Whether trials are worth it: a network's decay was left open, nothing else holds overfitting
 * down, and there are few enough rows that it is likely. */
bool trials_are_due(const options *o, int64_t rows);

/*
 * Trains for a fifth of the epochs on four fifths of the rows, five times, so that each row is once
 * among the others, whose loss counts; with a stronger decay each time until that loss is more than
 * one standard error above the least, and puts the strongest that is not into `o`. Random numbers
 * are afterwards where they were. `it` says what is to be trained; if that is interrupted, it gets
 * the trial's outcome, and its net the trial's parameters.
 *
 * Fails: false, and a message.
 */
bool trials_choose_decay(options *o, const network_shape *shape, training *it);

#endif
