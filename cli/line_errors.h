/* SPDX-License-Identifier: MIT */
/* Covariances of a line's coefficients that take more than its equations: other lines. */
#ifndef CLI_LINE_ERRORS_H
#define CLI_LINE_ERRORS_H

#include "training_step.h"
#include "whitening.h"

/* A line y = z v + b in the coordinates it was solved in; m of them with the bias, which is
 * last. */
typedef struct solved_line {
    const training *training;
    const coordinates *c;
    reel_encoder *encoder;
    int64_t n, k, m;
    int64_t counted; /* rows whose weight is not 0 */
    double weights;  /* their sum */
    bool bias, weighted;
    double *v, *row;
    double *back; /* (k + 1, m): the table's coefficients, the intercept first, from v and b */
    double *covariance; /* (m, m) */
} solved_line;

/* Row i of z, with a 1 for the bias, into s->row; and that times v. */
void solved_take_row(const solved_line *s, int64_t i);
double solved_at_row(const solved_line *s, const double *v);
double solved_target(const solved_line *s, int64_t i);
/* The row's weight, as the table has it; 1 without. */
double solved_weight(const solved_line *s, int64_t i);
/* The k weights and the bias of a net's output, in a row of doubles. */
void solved_read_weights(reel_module *net, int64_t output, int64_t k, double *v);

/* Into `covariance`: of a quantile by a sandwich whose density comes from the lines of quantiles
 * beside it; of any loss over lines through samples of the rows. False, and a message. */
bool quantile_errors(const solved_line *s);
bool bootstrap_errors(const solved_line *s);

#endif
