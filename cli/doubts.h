/* SPDX-License-Identifier: MIT */
/* What makes a fit hard to believe, seen from its numbers. */
#ifndef CLI_DOUBTS_H
#define CLI_DOUBTS_H

#include "line_statistics.h"
#include "model.h"

/*
 * Notices about a training that is about to begin on targets y, (n, 1), by a model of so many
 * parameters: that a fit must be perfect; that the quantile which is asked for is one value that
 * much of the target has; that a squared error will follow a few values far from the others.
 *
 * Fails: false, and a message, without memory.
 */
bool doubt_training(session *s, const options *o, matrix *y, int64_t parameters);

/* Notices which columns get no weight because others say the same; the first few with the others'
 * names. */
bool doubt_columns(session *s, const options *o, reel_encoder *encoder, const coordinates *c);
/* Notices if columns nearly depend on one another, so that coefficients say little each by itself.
 */
void doubt_coefficients(session *s, const options *o, reel_encoder *encoder,
                        const line_statistics *it);

/* A notice if the rows of a test lie elsewhere than those that the encoder was fitted to, by the
 * feature that is furthest off. */
bool doubt_test(session *s, const model *m, reel_table *table, reel_tensor *rows);

#endif
