/* SPDX-License-Identifier: MIT */
/* Lines to the last digits: what a training leaves, brought to the minimum of its loss with its
 * penalties, corners and all. */
#ifndef CLI_LINE_SOLVER_H
#define CLI_LINE_SOLVER_H

#include "training_step.h"

/*
 * Iteratively reweighted least squares from where the training has come to. Each loss lies below a
 * parabola that touches it, and so does λ |w|; where they have a corner, it is rounded off, ever
 * less. The best place by the loss itself is kept: so it never gets worse. With a penalty, weights
 * that can be 0 at no cost are 0.
 *
 * Nothing happens where the minimum is not what was asked for: with validation rows, with AdamW's
 * decay, which belongs to no loss; or where a step would take longer than the training.
 *
 * Source: Hunter and Lange (2000), quantile regression via an MM algorithm.
 * Fails: false, and a message, without memory.
 */
bool line_solve(training *it);

/* At most so many steps, which training.progress shows. */
enum { LINE_MOST_STEPS = 600 };

#endif
