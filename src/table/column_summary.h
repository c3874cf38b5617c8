/* SPDX-License-Identifier: MIT */
/* What there is to know of a column of numbers. */
#ifndef REELI_COLUMN_SUMMARY_H
#define REELI_COLUMN_SUMMARY_H

#include <stdint.h>

typedef struct reeli_summary {
    int64_t there, missing;
    double lowest, highest; /* of those that are there */
    double median;
    double mean, scale; /* of all, the missing ones taken for the median; population deviation */
} reeli_summary;

enum { REELI_VALUES_BLOCK = 1024 };

/* A column's values, NaN for a missing one: in memory, or read anew in each pass over them. */
typedef struct reeli_values {
    int64_t count;
    double *all; /* NULL: blocks of them are read */
    void (*read)(void *context, int64_t first, int64_t count, double *to);
    void *context;
    double *room;     /* for a block of those that are read */
    double low, high; /* there are these alone */
    int64_t missing;  /* of those that the pass has come by */
} reeli_values;

/* The next values of a pass that are there, and where the pass has come to in *at, 0 at first; of
 * those in memory all. How many; 0 at the end. */
int64_t reeli_values_next(reeli_values *v, int64_t *at, double **x);

/* Moves those that are there, and from v->low to v->high, to the front; how many. */
int64_t reeli_values_take(reeli_values *v, double *x, int64_t count);
/* Of values that are read number k in order, and in *before, unless that is NULL, number k - 1; NaN
 * if a file could not be read amid the passes. */
double reeli_number_in_passes(reeli_values *v, int64_t k, double *before);

/* Puts values in memory in another order, without those that are missing. */
reeli_summary reeli_summarise(reeli_values *v);

/* Leaves out values that lie more than three times the quartiles' distance beyond a quartile; none,
 * where the quartiles are equal. None may be missing.
 * Source: Tukey, Exploratory Data Analysis, 1977, the outer fences. */
void reeli_leave_out_outliers(reeli_values *v);

#endif
