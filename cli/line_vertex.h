/* SPDX-License-Identifier: MIT */
/* Lines of quantiles at a corner of their loss, which is where its minimum is. */
#ifndef CLI_LINE_VERTEX_H
#define CLI_LINE_VERTEX_H

#include "matrix.h"

/* Rows and their targets; how much each counts; the quantile. */
typedef struct quantile_problem {
    matrix *x;
    int64_t n, k, m; /* rows, columns, and those with the bias, which is last */
    const double *target, *weight;
    double q;
} quantile_problem;

/*
 * The simplex method, from weights v that are next to the minimum: the line through as many rows as
 * it has weights, of which one is exchanged for another as long as that makes the loss smaller.
 * What is left in v is a corner; v stays as it is where there are too many rows, or too few that
 * are independent. A dual number for each row on the line proves that it is the minimum.
 *
 * Source: Barrodale and Roberts, An improved algorithm for discrete l1 linear approximation, 1973.
 * Fails: false, without memory.
 */
bool quantile_vertex(const quantile_problem *it, double *v);

#endif
