/* SPDX-License-Identifier: MIT */
/* What there is to know of a column of numbers. */
#ifndef REELI_COLUMN_SUMMARY_H
#define REELI_COLUMN_SUMMARY_H

#include <stdint.h>

typedef struct reeli_summary {
    int64_t missing;
    double lowest, highest; /* of those that are there */
    double median;
    double mean, scale; /* of all, the missing ones taken for the median; population deviation */
} reeli_summary;

/* Of `count` values, NaN for a missing one, at least one of which is there. Puts them in another
 * order. */
reeli_summary reeli_summarise(double *values, int64_t count);

/* Moves values that lie more than three times the quartiles' distance beyond a quartile to the end;
 * how many are before them. All, where the quartiles are equal. None may be missing.
 * Source: Tukey, Exploratory Data Analysis, 1977, the outer fences. */
int64_t reeli_without_outliers(double *values, int64_t count);

#endif
