/* SPDX-License-Identifier: MIT */
/* Small pictures within a page. */
#ifndef CLI_SVG_CHART_H
#define CLI_SVG_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { MOST_SERIES = 6 };

/* A diagram of n points (x[i], y[i]): as a line, or as dots, of which there are at most some
 * thousand. `guide`: 0 nothing, 1 the line y = x, 2 the line y = 0. Points that are no numbers are
 * left out. */
typedef struct chart {
    const char *title, *x_label, *y_label;
    int64_t n;
    const double *x, *y;
    bool line;
    int guide;
    int series;               /* 0: one; up to MOST_SERIES: as many lines, y one after the other */
    const char *const *names; /* of the lines, where there are several */
} chart;

void put_chart(FILE *to, const chart *it);

/* A bar for each of n labels, and its value beside it; `series` as of a chart, values one label
 * after the other. */
typedef struct bars {
    const char *title, *x_label;
    int n;
    const char *const *labels;
    const double *values;
    int series;
    const char *const *names;
} bars;

void put_bars(FILE *to, const bars *it);

#endif
