/* SPDX-License-Identifier: MIT */
/* Small pictures within a page. */
#ifndef CLI_SVG_CHART_H
#define CLI_SVG_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A diagram of n points (x[i], y[i]): as a line, or as dots, of which there are at most some
 * thousand. `guide`: 0 nothing, 1 the line y = x, 2 the line y = 0. Points that are no numbers are
 * left out. */
typedef struct chart {
    const char *title, *x_label, *y_label;
    int64_t n;
    const double *x, *y;
    bool line;
    int guide;
} chart;

void put_chart(FILE *to, const chart *it);

#endif
