/* SPDX-License-Identifier: MIT */
/* What rows that a model was not trained on say of it. */
#ifndef CLI_CALIBRATION_H
#define CLI_CALIBRATION_H

#include "model.h"

/*
 * A network's quantile holds on the rows that it was trained on. On others it holds once it has
 * been moved by that quantile of their residuals, in rank ⌈q (n + 1)⌉: split conformal prediction.
 * The bias of the last layer takes it up, for each of several quantiles; but for the first and the
 * last of them where they are to be an interval. Nothing happens without rows.
 *
 * Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005.
 * Fails: false, and a message.
 */
bool calibrate_quantiles(session *s, const model *m, reel_table *table, reel_tensor *rows,
                         const options *o);

/*
 * How far from the prediction a share of true values lies at most: the residuals' magnitude of rank
 * ⌈share (n + 1)⌉, in the target's units, into the model. Rows that come from where these came from
 * lie within it with at least that probability.
 *
 * Of several quantiles the first and the last are moved apart, or together, until the share lies
 * between them: by the residuals of rank ⌈share (n + 1)⌉ of max(first - y, y - last).
 *
 * Source: Romano, Patterson and Candès, Conformalized quantile regression, 2019.
 * Fails: false, and a message; there have to be rows enough for the rank.
 */
bool calibrate_interval(session *s, model *m, reel_table *table, reel_tensor *rows, double share);

#endif
