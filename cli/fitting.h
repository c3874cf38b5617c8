/* SPDX-License-Identifier: MIT */
/* A table being fitted: fit.c does it, fit_report.c tells of it. */
#ifndef CLI_FITTING_H
#define CLI_FITTING_H

#include "class_metrics.h"
#include "classification.h"
#include "folds.h"
#include "line_statistics.h"
#include "model.h"
#include "report.h"
#include "row_parts.h"
#include "training.h"

typedef struct fitting {
    session *s;
    options *o;
    reel_table *table, *test_table; /* the latter NULL: the test's rows are the table's */
    size_t target;                  /* its column */
    row_parts rows;
    model model;
    samples samples, validation; /* encoded; the latter's x is NULL: there are none */
    double weight_mean;          /* of the rows' weights, in the table */
    training training;
    line_statistics statistics;
    folds folds, repeats;
    int64_t seed; /* of the network that is kept, of several */
    metrics train_metrics, test_metrics;
    classification train_classes, test_classes;
    class_metrics train_confusion, test_confusion;
    bool kept;    /* the model is in its file */
    bool trials;  /* are to choose the weight decay */
    bool undrawn; /* a picture failed, which is no reason to keep the results back */
} fitting;

/* Where the model goes. */
const char *fit_path(const options *o);
/* The target's column in a table; false, and a message. */
bool fit_find_target(session *s, reel_table *table, const char *name, size_t *column);
/* Measures the model on some rows of a table, and draws them if that was asked for; on all that are
 * to be. False, and a message. */
bool fit_measure(fitting *it, reel_table *table, reel_tensor *which, metrics *to);
bool fit_measure_all(fitting *it);
/* Prints the figures; false if they cannot be written. */
bool fit_report(const fitting *it);
/* Draws the losses, if that was asked for; false, and a message. */
bool fit_draw_losses(const fitting *it);

#endif
