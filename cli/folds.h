/* SPDX-License-Identifier: MIT */
/* Cross-validation: each part of the rows once as the test of a model trained on the others. */
#ifndef CLI_FOLDS_H
#define CLI_FOLDS_H

#include "report.h"

typedef struct folds {
    int64_t count;    /* 0: none were asked for */
    const char *what; /* "folds", or "seeds" */
    metrics *parts;   /* of each fold's test rows; from malloc */
} folds;

/* Trains on some rows and measures on others; false, and a message. */
typedef bool (*fold_fit)(void *context, reel_tensor *train, reel_tensor *test, metrics *measured);

/*
 * Deals `rows` of the table out into as many folds as --folds says, at random; rows with one value
 * in the column of --group stay together. Random numbers are afterwards where they were.
 *
 * Source: sklearn's KFold(shuffle=True), GroupKFold(shuffle=True).
 * Fails: false, and a message.
 */
bool folds_run(folds *it, session *s, const options *o, reel_table *table, reel_tensor *rows,
               fold_fit fit, void *context);
void folds_print(FILE *to, const folds *it);
/* The member "folds" of an object; nothing without folds. */
void folds_json(reeli_json_writer *w, const folds *it);
void folds_free(folds *it);

#endif
