/* SPDX-License-Identifier: MIT */
/* How much worse predictions become where one column's values are dealt out anew. */
#ifndef CLI_IMPORTANCE_H
#define CLI_IMPORTANCE_H

#include "export.h"

/*
 * Permutation importance: the mean absolute error with a column shuffled among the rows, less the
 * one without, on the mean over five shuffles; in the target's units. `truth` has the rows'
 * targets. The result is from malloc, one a column of exported_columns.
 *
 * Source: Breiman, Random Forests, 2001; sklearn's permutation_importance.
 * Fails: NULL, and a message.
 */
double *importance_of(session *s, const model *m, reel_table *table, reel_tensor *rows,
                      const double *truth, const exported_column *columns, size_t count);

#endif
