/* SPDX-License-Identifier: MIT */
/* CSV files, read as a table. */
#ifndef REELI_CSV_FILE_H
#define REELI_CSV_FILE_H

#include "csv_dialect.h"
#include "csv_reader.h"
#include "csv_source.h"

/* Begins to read a table without columns; `as_text` is empty, or has what an earlier reading found.
 * False, and an error, if memory is out. Afterwards it is to be ended. */
bool reeli_csv_begin(reeli_csv_reader *it, reel_table *t, const reel_table_options *options,
                     reeli_buffer *as_text);
/* Reads a file from its first piece, which is there, to the end; false, and an error. */
bool reeli_csv_file(reeli_csv_reader *it, const reeli_dialect *dialect, reeli_csv_source *source);
/* Ends the table, unless it failed; false if it did. *again: columns have turned out to be text,
 * and all is to be read anew. */
bool reeli_csv_end(reeli_csv_reader *it, bool *again);

#endif
