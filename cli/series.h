/* SPDX-License-Identifier: MIT */
/* Rows of doubles, one for each row of a table, in memory or, where --memory is too small for them,
 * in a file: predictions, targets, residuals. Going through them from the first to the last is
 * quick. */
#ifndef CLI_SERIES_H
#define CLI_SERIES_H

#include "session.h"

typedef struct series {
    int64_t n, width;        /* rows, and the numbers of each */
    double *all;             /* from malloc; NULL: they lie in the file */
    reel_row_file *file;     /* NULL: they are in memory */
    reel_tensor *windows[2]; /* of the file: of as many rows as are read at once, and of the last */
    reel_tensor *window;     /* which of them is at hand */
    int64_t first, held;     /* its rows */
} series;

/* Whether so many bytes are too many to have in memory for each row of something. */
bool series_is_large(const session *s, int64_t n, int64_t width);
/* Room for n rows of zeros; NULL, and a message. */
series *series_new(session *s, int64_t n, int64_t width);
/* What a file of doubles has, which becomes its own; NULL, and a message; NULL of NULL. */
series *series_of_file(session *s, reel_row_file *file);
void series_free(series *it);

/* Puts rows from `first` on, `count` of them, one part after the other until all are there. False
 * after an error. */
bool series_put(series *it, int64_t first, int64_t count, const double *rows);
/* Changes row i, of one number, of all one after the other. */
bool series_set(series *it, int64_t i, double x);
/* Row i, until another is asked for. After an error of the file, which the reel knows of, its
 * numbers are any. */
double *series_row(series *it, int64_t i);
static inline double series_at(series *it, int64_t i) { return *series_row(it, i); }

/* All numbers in memory, from malloc, for what needs them at once; NULL, and a message; NULL of
 * NULL. */
double *series_copy(session *s, series *it);

/* The number that k others are below, of rows of one number. */
double series_kth(series *it, int64_t k);
/* R's default quantile: between the numbers in order, number (n - 1) q of them. */
double series_quantile(series *it, double q);

#endif
