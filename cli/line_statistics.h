/* SPDX-License-Identifier: MIT */
/* How certain a line's coefficients are. */
#ifndef CLI_LINE_STATISTICS_H
#define CLI_LINE_STATISTICS_H

#include "training_step.h"
#include "whitening.h"

/* Where standard errors come from. */
typedef enum error_source {
    ERRORS_OF_SQUARES,   /* all errors have one variance */
    ERRORS_BY_SANDWICH,  /* of quantiles; they differ from row to row */
    ERRORS_BY_CURVATURE, /* of a likelihood, where it is greatest: z in place of t */
    ERRORS_BY_BOOTSTRAP  /* of samples of the rows */
} error_source;

/* In the table's units; what is of a coefficient has the intercept at 0, feature j at j + 1, and
 * so on for each line. NaN where there is none. */
typedef struct line_statistics {
    int64_t features; /* 0: there are no statistics */
    int64_t lines;    /* of classes one for each but the first; of quantiles one for each; or 1 */
    error_source source;
    double *estimate, *error, *t, *p, *low, *high, *inflation;
    int64_t endless; /* coefficients with which a likelihood goes on growing: they have no errors */
    int64_t freedom; /* rows less coefficients */
    double sigma, r2, adjusted_r2, f, f_p; /* of least squares; otherwise NaN */
    int64_t f_freedom;
    double deviance, null_deviance, aic; /* of likelihoods; otherwise NaN */
    int64_t samples;                     /* of a bootstrap */
    double condition; /* of the columns, moved to their mean and scaled to one length */
    double residuals
        [5]; /* their least, quartiles and largest; of classes and several quantiles none */
} line_statistics;

/*
 * Standard errors, t and p values and 95 % intervals of a line that was solved in coordinates `c`.
 * Of least squares as usual, (XᵀX)⁻¹ σ². Of a quantile q by a sandwich that lets the errors'
 * density f_i change from row to row,
 * q (1 - q) (Xᵀ f X)⁻¹ XᵀX (Xᵀ f X)⁻¹, with f_i = 2 h / x_i(β(q + h) - β(q - h)).
 * Of probabilities and rates by the curvature of the likelihood, (Xᵀ W X)⁻¹, with W = p (1 - p) or
 * the rate; of classes alike, with blocks p_a ([a = b] - p_b) of W. With --bootstrap, of any loss,
 * the deviation of the coefficients of lines through as many samples of the rows, drawn with
 * replacement, each as large as the table. Weights of rows count as R's lm, glm, multinom and
 * quantreg have them. Where the likelihood goes on growing with a coefficient, as where classes
 * are told apart without an error, that has none. Nothing of other losses, with penalties, without
 * freedom, or where rows were held out to validate on.
 *
 * The condition number is the largest singular value of the independent columns over the smallest.
 *
 * Source: R's summary.lm, summary.glm and nnet's summary.multinom; Efron (1979), bootstrap of
 *         pairs; Hendricks and Koenker (1992), with Hall and Sheather's (1988) bandwidth:
 *         quantreg's summary.rq(se = "nid").
 * Fails: false, and a message.
 */
bool line_statistics_of(line_statistics *it, training *t, const coordinates *c,
                        reel_encoder *encoder);
void line_statistics_free(line_statistics *it);

#endif
