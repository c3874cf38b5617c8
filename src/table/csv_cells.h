/* SPDX-License-Identifier: MIT */
/* A CSV file's rows as cells of columns. */
#ifndef REELI_CSV_CELLS_H
#define REELI_CSV_CELLS_H

#include "csv_reader.h"

/* What a text says in a cell of numbers, or might. */
bool reeli_csv_is_missing(const reel_table_options *o, const char *text, size_t length);

/* Makes room for so many rows in each column that has memory; false if memory is out. */
bool reeli_csv_reserve(reeli_csv_reader *it, int64_t rows);
/* Whether so many rows may lie in memory. */
bool reeli_csv_fits(const reeli_csv_reader *it, double rows);
/* From now on the cells go to a file; false, and an error. */
bool reeli_csv_to_pages(reeli_csv_reader *it);

/* A field of a row, NUL-terminated, and the row's end. */
void reeli_csv_cell(reeli_csv_reader *it, char *text, size_t length);
void reeli_csv_row_end(reeli_csv_reader *it);

/* Whether a text of column c is a number that goes into its cell as it is. */
bool reeli_csv_is_plain(const reeli_csv_reader *it, const reeli_column *c, char *text,
                        size_t length, double *value);
/* Such a number, in the table's dtype. */
void reeli_csv_put(reel_table *t, size_t column, const char *number);

/* Ends the table: columns without a value become numbers, memory too much is given back. */
void reeli_csv_finish(reeli_csv_reader *it);

#endif
