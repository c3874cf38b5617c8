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
bool softmax_solve(training *it);

/* The covariance of those weights into `to`, (c m, c m), class by class, the bias last: the inverse
 * of the curvature of the likelihood, in which rows count as their weights in the table say; its
 * deviance, -2 log of it. False, and a message, without memory. */
bool softmax_covariance(const training *it, double *to, double *deviance);
/* Whether the solver has anything to do, and so has found a minimum. */
bool softmax_is_due(const training *it);

#endif
