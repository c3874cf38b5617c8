/* SPDX-License-Identifier: MIT */
/*
 * CSV on its way into a table, from the top:
 *
 *   table_read.c    opens the files, and sees what they are (csv_dialect.c)
 *   csv_file.c      takes one after the other (csv_source.c, csv_unpack.c, csv_recode.c)
 *   csv_team.c      has other processes read parts of one, and plays back what they found
 *   csv_parse.c     takes the bytes through libcsv, whose fields go to
 *   csv_record.c    what another process is to play back
 *   csv_names.c     the first row: columns
 *   csv_cells.c     the others: their cells
 *   csv_kinds.c     what a column's cells make of it, and what was odd among them
 *   csv_number.c    numbers in the clothes that people give them
 *   csv_reader.c    what is wrong with a line, in words
 *
 * Each calls only what comes after it; table_cache.c keeps what they have made, meanwhile and in
 * the end.
 */
#ifndef REELI_CSV_READER_H
#define REELI_CSV_READER_H

#include "table.h"

#include <csv.h>

/* Rows that have too few fields; the first of them, and how many it has. */
typedef struct reeli_short_rows {
    int64_t count, first, fields;
} reeli_short_rows;

typedef struct reeli_csv_reader {
    struct csv_parser parser;
    reel *r;
    reel_table *table;
    const reel_table_options *options;
    reeli_buffer *as_text; /* bool, a column each that an earlier reading found to be text */
    struct reeli_keeping *keeping; /* where the table is kept meanwhile; NULL: nowhere */
    const char *path;              /* of the file that is being read */
    char decimal;
    bool named;      /* whether the columns are there */
    bool named_here; /* and those of this file are known */
    bool headless;   /* whether the first row of the first file was data */
    bool failed;     /* whether an error has been recorded */
    bool in_comment; /* whether the last piece ended within one */
    bool in_quotes;  /* where blanks part fields: whether they do here; whether one came, which */
    bool blank;      /* was not parsed; whether the line has something before it */
    bool within_line;
    bool remark;       /* whether that is a comment */
    bool after_return; /* whether the last row ended with a carriage return */
    size_t column;     /* of the row, which comes next */
    int64_t line;      /* of the file, on which the next field starts, from 1 */
    int64_t row_line;  /* on which the row started */
    int64_t room;      /* rows that there is memory for */
    reeli_short_rows short_rows;
    size_t field_size;    /* of the parser's buffer */
    reeli_buffer first;   /* char: the first row's fields, each with its NUL */
    int64_t hashed;       /* bytes, of all files */
    reeli_buffer *record; /* char: where fields go instead; an error is then nobody's yet */
    reeli_buffer order;   /* size_t: which column each field is of; none: the same */
} reeli_csv_reader;

/* The column of the field that comes next, which there is. */
static inline size_t reeli_csv_column(const reeli_csv_reader *it)
{
    return it->order.count ? ((const size_t *)it->order.data)[it->column] : it->column;
}

/* Records an error about a line of the file, or about all of it for line 0. */
void reeli_csv_refuse(reeli_csv_reader *it, int64_t line, const char *format, ...)
    REELI_PRINTF(3, 4);
void reeli_csv_no_memory(reeli_csv_reader *it);
/* Tells the user, if that is wanted, how far the file has been read. */
void reeli_csv_tell_progress(const reeli_csv_reader *it, int64_t taken, int64_t size);

/* Takes more bytes into the table's hash. */
void reeli_csv_hash(reeli_csv_reader *it, const char *bytes, size_t count);
/* Of bytes that begin at byte `at`: those of parts add up to that of the whole. */
uint64_t reeli_csv_hash_of(const char *bytes, size_t count, int64_t at);

/* Line breaks in a field. */
int64_t reeli_csv_breaks(const char *text, size_t length);

#endif
