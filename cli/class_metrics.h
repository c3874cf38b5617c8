/* SPDX-License-Identifier: MIT */
/* How well classes are told apart. */
#ifndef CLI_CLASS_METRICS_H
#define CLI_CLASS_METRICS_H

#include "model.h"
#include "report.h"

/* Of rows whose true classes are known. */
typedef struct class_metrics {
    int64_t rows; /* 0: there are none */
    int64_t classes;
    const reel_encoder *encoder; /* which names them */
    int64_t *counts; /* (classes + 1, classes), of what was true and what was predicted: from
                        malloc; the last row is of what the model does not know */
} class_metrics;

/*
 * The share of rows whose most probable class is the true one, and the mean of -ln of the
 * probability of the true one, into `figures`; how often each was taken for each. `all` holds the
 * probabilities, (rows, classes); a true class of -1 is one that the model does not know.
 *
 * Fails: false, and a message, without memory.
 * Source: sklearn's accuracy_score, log_loss, confusion_matrix.
 */
bool class_metrics_of(session *s, const reel_encoder *encoder, series *truth, series *all,
                      class_metrics *it, metrics *figures);
/* Precision, recall and F1 of each class, and who was taken for whom; nothing where there is
 * none. */
void class_metrics_print(FILE *to, const char *title, const class_metrics *it);
void class_metrics_json(reeli_json_writer *w, const char *key, const class_metrics *it);
void class_metrics_free(class_metrics *it);

#endif
