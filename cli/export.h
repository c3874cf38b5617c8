/* SPDX-License-Identifier: MIT */
/* A model as a program of its own: what the ways of writing one have in common. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "model.h"

#include <stdio.h>

/* A column that the model reads, and the features that it becomes. */
typedef struct exported_column {
    const char *name;
    size_t place;          /* among the encoder's columns */
    bool text, date;       /* neither: numbers */
    size_t first, count;   /* of its features, before terms; one for a number */
    size_t texts;          /* of them that are one text's each: the first ones */
    bool missing;          /* whether missing texts have a feature */
    const char *reference; /* a text that has none, but was seen; NULL: there is no such one */
} exported_column;

/* The columns from malloc; NULL, and a message, without memory. */
exported_column *exported_columns(session *s, const model *m, size_t *count);
/* The text of category k of a column. */
const char *exported_category(const model *m, const exported_column *column, size_t k);

/*
 * One C99 file: encoder, net and a self-test; no allocation, nothing but libm. It computes in the
 * model's dtype; sums are in their plain order, so that of float32 models the last of 7 digits may
 * differ from `reel predict`, and of float64 models the last of 15.
 */
bool export_c(session *s, const model *m, const char *name, FILE *to);
/*
 * An ONNX graph, of opset 13: an input (N, 1) for each column, in doubles or texts, where "" is a
 * missing one, dates in seconds since 1970; an output of the target's name, and more of classes,
 * quantiles and intervals. It computes in the model's dtype.
 */
bool export_onnx(session *s, const model *m, FILE *to);
/* A line as an expression in SQL; `plain` as a formula for people. */
bool export_expression(session *s, const model *m, bool plain, FILE *to);

#endif
