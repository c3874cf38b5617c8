/* SPDX-License-Identifier: MIT */
/* Linear regression in coordinates that make it easy: columns that are uncorrelated, or that are
 * not moved to their mean where there is to be no intercept. */
#ifndef CLI_WHITENING_H
#define CLI_WHITENING_H

#include "column_qr.h"

/* y = x T w + b, with T upper triangular: what is trained is w. */
typedef struct coordinates {
    int64_t features;
    double *triangle;    /* T, features x features, row by row; NULL: the identity */
    double *shift;       /* added to each column */
    double target_shift; /* added to the target */
    column_qr qr;        /* of the shifted columns; all 0 without a triangle */
} coordinates;

/*
 * Chooses T such that the columns of *x T are uncorrelated and of variance 1; a column that is a
 * combination of those before it gets zeros. `whiten` false: T is the identity. Changes x and
 * replaces *y by what is trained on; the old one is freed.
 *
 * Fails: false, without memory.
 */
bool coordinates_choose(coordinates *it, reel_encoder *encoder, bool intercept, bool whiten,
                        samples of);
/* The same coordinates for other rows. */
bool coordinates_apply(const coordinates *it, samples of);
/* Puts T w, and the bias that belongs to it, into `net`, whose inputs are the encoder's. */
bool coordinates_return(const coordinates *it, reel_module *trained, reel_module *net);
void coordinates_free(coordinates *it);

/* The coefficients of linear regression in the table's own units, of output `row`: y = intercept +
 * Σ slope x. */
bool linear_coefficients(reel_encoder *encoder, reel_module *net, int64_t row, double *slopes,
                         double *intercept);

#endif
