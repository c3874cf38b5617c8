/* SPDX-License-Identifier: MIT */
/* What the commands print: figures in text and in JSON. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "json_write.h"
#include "model.h"

#include <stdio.h>

/* How good predictions are, in the target's units. */
typedef struct metrics {
    int64_t rows;
    double mean_absolute_error, root_mean_squared_error, r2, median_absolute_error;
    double coverage;  /* the share of rows whose true value is at most the predicted one */
    size_t quantiles; /* that are predicted, if several */
    double quantile[MAX_QUANTILES], share[MAX_QUANTILES]; /* of rows at or below each */
    double accuracy, log_loss; /* of classes, which have none of the others; otherwise NaN */
} metrics;

/* Of so many rows, nothing known yet. */
metrics metrics_none(int64_t rows);

/* How many true values are at or below each of the model's quantiles, of which `all` has the
 * rows'. */
void metrics_of_quantiles(metrics *it, const model *m, series *truth, series *all);
bool metrics_of(session *s, series *truth, series *predicted, metrics *it);
/* A column for each of `count` of them, under its title. `coverage`: a line for that, too. */
void metrics_print(FILE *to, const char *const *titles, const metrics *const *columns, int count,
                   bool coverage);
void metrics_json(reeli_json_writer *w, const char *key, const metrics *it);

/* "linear regression", "relu", …. */
const char *model_kind(const model *m);
/* Sizes from input to output: "13-64-64-1". */
void shape_text(const network_shape *shape, char *text, size_t size);
/* A whole number with commas between its thousands; good until the fourth call after this one. */
const char *thousands(int64_t n);

/* What output `row` predicts, in `text`: "price", "price at 0.9", "log P(kind=b) / P(kind=a)". */
const char *line_label(const model *it, int64_t row, char *text, size_t size);
/* The same for a member's name: "0.9", "b". */
const char *line_key(const model *it, int64_t row, char text[32]);
/* The coefficients of linear regression, in the table's units. */
void coefficients_print(FILE *to, session *s, const model *it);
/* The same as members of an object. */
void coefficients_json(reeli_json_writer *w, session *s, const model *it);

/* The object that --json prints is begun, and ended with the warnings, printed and freed. */
void report_begin(session *s, reeli_json_writer *w);
bool report_end(session *s, reeli_json_writer *w);
/* Whether all that was written to standard output has got there. */
bool flushed(session *s);

#endif
