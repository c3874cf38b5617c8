/* SPDX-License-Identifier: MIT */
/* What a model makes of its columns, asked by other values in them. */
#ifndef CLI_IMPORTANCE_H
#define CLI_IMPORTANCE_H

#include "model.h"

/*
 * Permutation importance: the mean absolute error, in the target's units, or the log loss of
 * classes with a column shuffled among the rows, less the one without, on the mean over five
 * shuffles. `truth` has the rows' targets. The result is from malloc, one for each column that the
 * encoder reads.
 *
 * Source: Breiman, Random Forests, 2001; sklearn's permutation_importance.
 * Fails: NULL, and a message.
 */
double *importance_of(session *s, const model *m, reel_table *table, reel_tensor *rows,
                      series *truth);

/* Rows of a table as cells for `reel_model_predict`, and what is predicted of them. */
typedef struct asked_rows {
    session *s;
    reel_model *model;
    int64_t n;
    size_t columns, outputs;
    reel_cell *cells; /* (n, columns) */
    double *all;      /* (n, outputs) */
} asked_rows;

/* The first `most` of the rows; false, and a message. asked_free in any case. */
bool asked_of(asked_rows *it, session *s, const model *m, reel_table *table, reel_tensor *rows,
              int64_t most);
/* Predicts all rows; false, and a message. */
bool asked_predict(asked_rows *it);
/* Partial dependence: the mean of output `output` over the rows if all had `cell` in a column, in
 * which they keep what they have; NaN, and a message.
 * Source: Friedman, Greedy function approximation, 2001. */
double asked_mean(asked_rows *it, size_t column, reel_cell cell, size_t output);
void asked_free(asked_rows *it);

#endif
