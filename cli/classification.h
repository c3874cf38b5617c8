/* SPDX-License-Identifier: MIT */
/* Targets that are 0 or 1, and counts: which loss is for them, and how good probabilities are. */
#ifndef CLI_CLASSIFICATION_H
#define CLI_CLASSIFICATION_H

#include "json_write.h"
#include "series.h"

#include <stdio.h>

enum { CALIBRATION_BINS = 10 };

/* Of rows whose true values are 0 or 1 and whose predictions are probabilities. */
typedef struct classification {
    int64_t rows;    /* 0: it is none */
    double accuracy; /* at a threshold of one half */
    double auc; /* the probability that a 1 is predicted higher than a 0; NaN: one is missing */
    double log_loss;                  /* the mean of -ln of the probability of what was true */
    int64_t counts[2][2];             /* of what was true and what was predicted */
    int64_t in_bin[CALIBRATION_BINS]; /* predictions from b / 10 on */
    double predicted[CALIBRATION_BINS], true_in[CALIBRATION_BINS]; /* means in each */
} classification;

/* Where no loss was asked for: bce if all of the target's values are 0 or 1, otherwise l1; says so,
 * and what counts are for. False, and a message, without memory. */
bool loss_choose(session *s, options *o, reel_table *table, size_t target, reel_tensor *rows);

/* False, and a message, without memory.
 * Source: Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982. */
bool classification_of(session *s, series *truth, series *predicted, classification *it);
/* Nothing where there is none. */
void classification_print(FILE *to, const char *title, const classification *it);
void classification_json(reeli_json_writer *w, const char *key, const classification *it);

#endif
