/* SPDX-License-Identifier: MIT */
/* CSV's bytes, read as a table. */
#ifndef REELI_CSV_PARSE_H
#define REELI_CSV_PARSE_H

#include "csv_source.h"

/* Reads the table from the first piece, which is there and has `skip` bytes before the text, to the
 * end; false, and an error. */
bool reeli_csv_parse(reel_table *t, const reel_table_options *options, char separator, size_t skip,
                     reeli_csv_source *source);

#endif
