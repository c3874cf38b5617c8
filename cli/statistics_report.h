/* SPDX-License-Identifier: MIT */
/* A line's statistics as they are printed. */
#ifndef CLI_STATISTICS_REPORT_H
#define CLI_STATISTICS_REPORT_H

#include "json_write.h"
#include "line_statistics.h"
#include "model.h"

#include <stdio.h>

/* A table of each line's coefficients, with a line or two on the whole. */
void statistics_print(FILE *to, const line_statistics *it, const model *m);
/* The same as the member "statistics" of an object; nothing if there are none. */
void statistics_json(reeli_json_writer *w, const line_statistics *it, const model *m);

#endif
