/* SPDX-License-Identifier: MIT */
/*
 * CSV on its way into a table, from the top:
 *
 *   table_read.c    opens the file, and sees what it is (csv_dialect.c)
 *   csv_parse.c     takes the bytes (csv_source.c) through libcsv, whose fields go to
 *   csv_names.c     the first row: columns
 *   csv_cells.c     the others: their cells
 *   csv_reader.c    what is wrong with a line, in words
 *
 * Each calls only what comes after it.
 */
#ifndef REELI_CSV_READER_H
#define REELI_CSV_READER_H

#include "table.h"

#include <csv.h>

typedef struct reeli_csv_reader {
    struct csv_parser parser;
    reel *r;
    reel_table *table;
    const reel_table_options *options;
    char decimal;
    bool named;         /* whether the columns are there */
    bool failed;        /* whether an error has been recorded */
    bool after_return;  /* whether the last row ended with a carriage return */
    size_t column;      /* of the row, which comes next */
    int64_t line;       /* of the file, on which the next field starts, from 1 */
    int64_t row_line;   /* on which the row started */
    int64_t room;       /* rows that there is memory for */
    size_t field_size;  /* of the parser's buffer */
    reeli_buffer first; /* char: the first row's fields, each with its NUL */
} reeli_csv_reader;

/* Records an error about a line of the file, or about all of it for line 0. */
void reeli_csv_refuse(reeli_csv_reader *it, int64_t line, const char *format, ...)
    REELI_PRINTF(3, 4);
void reeli_csv_no_memory(reeli_csv_reader *it);

/* Line breaks in a field. */
int64_t reeli_csv_breaks(const char *text, size_t length);

#endif
