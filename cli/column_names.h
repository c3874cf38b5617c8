/* SPDX-License-Identifier: MIT */
/* Columns that are not there. */
#ifndef CLI_COLUMN_NAMES_H
#define CLI_COLUMN_NAMES_H

#include "session.h"

/* "houses.csv: --weights: there is no column 'prize' to predict, but 'price'; there are area, …",
 * of an option and a purpose that may be "". Returns -1. */
int64_t no_such_column(const session *s, const reel_table *table, const char *option,
                       const char *name, const char *purpose);
/* The column that a user means, by name or number; otherwise the above. */
int64_t column_meant(const session *s, const reel_table *table, const char *option,
                     const char *name, const char *purpose);

#endif
