/* SPDX-License-Identifier: MIT */
/* Lines of quantiles at a corner of their loss, which is where its minimum is. */
#ifndef CLI_LINE_VERTEX_H
#define CLI_LINE_VERTEX_H

#include "training_step.h"

/* The least Σ weight ρ(target - x v) + penalty Σ |v| but the bias's, where ρ of what is above the
 * line is q, and of what is below it 1 - q, for each unit. */
typedef struct quantile_problem {
    training *of;    /* which may be interrupted */
    matrix *x, *y;   /* y: the targets, and the weights if there are any */
    int64_t n, k, m; /* rows, columns, and those with the bias, which is last */
    double q, penalty;
} quantile_problem;

/*
 * The simplex method, from weights v that are next to the minimum: the line through as many rows as
 * it has weights, of which one is exchanged for another as long as that makes the loss smaller.
 * What is left in v is a corner; v stays as it is where there are too many rows, or too few that
 * are independent. A dual number for each row on the line proves that it is the minimum: `least`;
 * false where there was not the time to get there.
 *
 * Source: Barrodale and Roberts, An improved algorithm for discrete l1 linear approximation, 1973.
 * Fails: false, without memory.
 */
bool quantile_vertex(const quantile_problem *it, double *v, bool *least);

#endif
