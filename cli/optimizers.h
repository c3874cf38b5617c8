/* SPDX-License-Identifier: MIT */
/* Optimizers and schedules by their names, and what is chosen where nothing was said. */
#ifndef CLI_OPTIMIZERS_H
#define CLI_OPTIMIZERS_H

#include "options.h"

#include <reel/reel.h>

/* Chooses what was left open, for so many rows to train on. */
void training_defaults(options *o, int64_t rows);

/* The optimizer that was asked for, of the net's parameters; weights decay, biases do not. */
reel_optimizer *optimizer_new(const options *o, reel_module *net);
/* Whether it lets weights decay itself; for the others the loss has a term for it. */
bool optimizer_decays(int optimizer);
/* The schedule that was asked for, over so many steps; NULL if there is none, or after an error. */
reel_scheduler *schedule_new(const options *o, reel_optimizer *optimizer, int64_t steps);

#endif
