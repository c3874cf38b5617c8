/* SPDX-License-Identifier: MIT */
/* A column's values at some rows of a table. Rows are int64 in ascending order, or NULL: all. */
#ifndef CLI_COLUMN_SERIES_H
#define CLI_COLUMN_SERIES_H

#include "series.h"

/* How many rows there are; and those from number `first` on, to be freed. */
int64_t rows_count(const reel_table *table, const reel_tensor *rows);
reel_tensor *rows_part(session *s, reel_tensor *rows, int64_t first, int64_t count);
/* Lists all rows where they are NULL; false, and a message. */
bool rows_list(session *s, const reel_table *table, reel_tensor **rows);
/* Row number i of the table. */
int64_t rows_at(reel_tensor *rows, int64_t i);

/* The values as doubles: of a text its number among the column's, -1 for a missing one. NULL, and a
 * message. */
series *column_series(session *s, reel_table *table, size_t column, reel_tensor *rows);

#endif
