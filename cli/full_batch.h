/* SPDX-License-Identifier: MIT */
/* Trainings that go over all rows at once, by optimizers that call a closure. */
#ifndef CLI_FULL_BATCH_H
#define CLI_FULL_BATCH_H

#include "training_step.h"

/* Trains until it gets no better. */
void train_full_batch(training *it);

#endif
