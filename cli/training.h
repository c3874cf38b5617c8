/* SPDX-License-Identifier: MIT */
/* Trains: batches through a step, epoch after epoch, or all rows at once. */
#ifndef CLI_TRAINING_H
#define CLI_TRAINING_H

#include "training_step.h"

/* Trains `net`. False, and a message: no memory, or losses that are no numbers any more. */
bool train(training *it);
/* Frees what came of it. */
void training_free(training *it);

#endif
