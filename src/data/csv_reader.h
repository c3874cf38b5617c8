/* SPDX-License-Identifier: MIT */
/*
 * CSV, from libcsv's fields to a table's columns. csv_text.c gives the parser the file's bytes,
 * csv_names.c makes columns of the first row, csv_cells.c cells of the others.
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
    size_t used;        /* bytes of `first` */
    reeli_buffer first; /* char: the first row's fields, each with its NUL */
} reeli_csv_reader;

/* Records an error about a line of the file, or about all of it for line 0. */
void reeli_csv_refuse(reeli_csv_reader *it, int64_t line, const char *format, ...)
    REELI_PRINTF(3, 4);
void reeli_csv_no_memory(reeli_csv_reader *it);

/* A field fit for a message: its start, control characters and what is not UTF-8 replaced. */
const char *reeli_csv_found(char text[REELI_QUOTE_SIZE], const char *field, size_t length);
#define REELI_FOUND(field, length) reeli_csv_found((char[REELI_QUOTE_SIZE]){0}, (field), (length))

/* Line breaks in a field. */
int64_t reeli_csv_breaks(const char *text, size_t length);

/* A field of the first row, and that row's end. */
void reeli_csv_name(reeli_csv_reader *it, const char *text, size_t length);
void reeli_csv_names_end(reeli_csv_reader *it);

/* A field of a later row, NUL-terminated, and that row's end. */
void reeli_csv_cell(reeli_csv_reader *it, char *text, size_t length);
void reeli_csv_row_end(reeli_csv_reader *it);

/* Makes room for so many rows in each column that has memory; false if memory is out. */
bool reeli_csv_reserve(reeli_csv_reader *it, int64_t rows);
/* Ends the table: columns without a value become numbers, memory too much is given back. */
void reeli_csv_finish(reeli_csv_reader *it);

/* What a text says in a cell of numbers, or might. */
bool reeli_csv_is_missing(const char *text, size_t length);

#endif
