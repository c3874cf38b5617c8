/* SPDX-License-Identifier: MIT */
/* How good predictions are, wherever they and the targets lie: <reel/metrics.h> has the formulas.
 * Sums over blocks, so that no memory is needed, however many there are; of none they are NaN. */
#ifndef REELI_REGRESSION_METRICS_H
#define REELI_REGRESSION_METRICS_H

#include <stdbool.h>
#include <stdint.h>

enum { REELI_PAIRS = 512 };

/* Predictions and targets, which are read by up to REELI_PAIRS from `first` on. */
typedef struct reeli_pairs {
    int64_t all;
    void (*read)(void *of, int64_t first, int64_t count, double *prediction, double *target);
    void *of;
    int64_t done, count; /* before the block at hand, and in it */
    double p[REELI_PAIRS], t[REELI_PAIRS];
} reeli_pairs;

double reeli_mean_absolute_error(reeli_pairs *it);
double reeli_root_mean_squared_error(reeli_pairs *it);
double reeli_r2_score(reeli_pairs *it);
double reeli_median_absolute_error(reeli_pairs *it);
double reeli_quantile_coverage(reeli_pairs *it);

#endif
