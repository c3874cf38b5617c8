/* SPDX-License-Identifier: MIT */
/* A CSV file's first row. */
#ifndef REELI_CSV_NAMES_H
#define REELI_CSV_NAMES_H

#include "csv_reader.h"

/* A field of it, NUL-terminated, and its end: then the columns are there, unless it failed. */
void reeli_csv_name(reeli_csv_reader *it, const char *text, size_t length);
void reeli_csv_names_end(reeli_csv_reader *it);

#endif
