/* SPDX-License-Identifier: MIT */
/* What a column holds is what all its cells say, and what is odd among them is told once. */
#ifndef REELI_CSV_KINDS_H
#define REELI_CSV_KINDS_H

#include "csv_reader.h"
#include "parse_number.h"

/* A text of a column, the row where it first came, and how often it came. */
enum { REELI_ODD_TEXT = 40, REELI_ODD_KEPT = 4 };
typedef struct reeli_odd_text {
    char text[REELI_ODD_TEXT];
    int64_t row, count;
    double value; /* what it was read as */
} reeli_odd_text;

/* What is odd about a column of numbers. */
struct reeli_odd {
    int64_t count; /* of values that are no numbers, and taken for missing */
    size_t kept;   /* different ones, up to one more than there is room for */
    reeli_odd_text texts[REELI_ODD_KEPT];
    reeli_odd_text dressed, zeros, large; /* numbers with signs, with zeros before, beyond 2^53 */
    int64_t percents;                     /* of the first those with a percent sign */
};

/* What a text says as a number, plain or not. */
reeli_reading reeli_csv_number(const reeli_csv_reader *it, char *text, size_t length,
                               double *value);
/* Whether a text that may look like a number is a date by a format that was given. */
bool reeli_csv_is_date(const reel_table_options *o, const char *text);
/* Notes a value of column c in a row that is no number, or a number that
 * may be none; false, and an error, if memory is out. */
bool reeli_csv_note(reeli_csv_reader *it, reeli_column *c, const char *text, size_t length,
                    int64_t row, bool number, double value);
/* Makes numbers of columns of text that are mostly numbers; false, and an error, if memory is
 * out. */
bool reeli_csv_settle(reeli_csv_reader *it);
/* Whether some column that holds numbers has to be read as text. It is marked in it->as_text. */
bool reeli_csv_mistaken(reeli_csv_reader *it);
/* Warns of all that is odd. */
void reeli_csv_tell(reeli_csv_reader *it);

#endif
