/* SPDX-License-Identifier: MIT */
/* CSV's bytes on their way through the parser. */
#ifndef REELI_CSV_PARSE_H
#define REELI_CSV_PARSE_H

#include "csv_reader.h"

/* False, and an error, if memory is out. */
bool reeli_csv_begin_parser(reeli_csv_reader *it);
void reeli_csv_end_parser(reeli_csv_reader *it);

/* More of the file, up to a NUL, which no text has, and may be changed; false, and an error. */
bool reeli_csv_take(reeli_csv_reader *it, char *bytes, size_t count);
/* The end of the last line, which need not have a line feed. */
void reeli_csv_take_end(reeli_csv_reader *it);
/* Whether a row begins with what comes next. */
static inline bool reeli_csv_between_rows(const reeli_csv_reader *it)
{
    return it->parser.pstate == 0 && it->column == 0;
}

/* What the parser finds, with a reader for its context: a field, whose text may be changed; and
 * each return and line feed, and the file's end as -1. */
void reeli_csv_on_field(void *text, size_t length, void *context);
void reeli_csv_on_row(int c, void *context);

#endif
