/* SPDX-License-Identifier: MIT */
/* Lines that tell classes apart, to the last digits. */
#ifndef CLI_SOFTMAX_SOLVER_H
#define CLI_SOFTMAX_SOLVER_H

#include "training_step.h"

/*
 * Newton's method on the mean cross entropy from where the training has come to. A number added to
 * the outputs of all classes changes nothing, so the first class's weights become 0 and the others
 * are relative to it, as R's multinom has them. Nothing happens with penalties or validation rows,
 * or where a step would take longer than the training.
 *
 * Fails: false, and a message, without memory.
 */
bool softmax_solve(const training *it);

#endif
