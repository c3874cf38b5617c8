/* SPDX-License-Identifier: MIT */
/* struct reel_table: columns of numbers, each with its own memory or all in one matrix, and columns
 * of text, which hold each different text once and its number for each row. */
#ifndef REELI_TABLE_H
#define REELI_TABLE_H

#include "quote.h"
#include "tensor.h"
#include "text_set.h"

#include <reel/table.h>

typedef enum reeli_kind {
    REELI_UNDECIDED, /* no value has come yet; it has no memory */
    REELI_NUMBERS,
    REELI_TEXT
} reeli_kind;

typedef struct reeli_column {
    uint8_t kind;
    bool fixed; /* it is text whatever it looks like, */
    bool named; /* because somebody has said so */
    int64_t missing;
    reeli_buffer odd;   /* struct reeli_odd, if its cells have more than plain numbers */
    reeli_buffer cells; /* numbers in the table's dtype, NaN: missing; text: int32_t, -1: missing */
    reeli_text_set texts; /* the different texts */
} reeli_column;

/* From this row on the rows are another file's, whose path lies there in `paths`. */
typedef struct reeli_table_file {
    int64_t row;
    size_t path;
} reeli_table_file;

/* From this row on each row is on the line after that of the row before. */
typedef struct reeli_line {
    int64_t row, line;
} reeli_line;

struct reel_table {
    reeli_owned owned;
    reel_dtype dtype;
    int64_t rows;
    size_t columns;
    reeli_text_set names;
    reeli_buffer column;  /* reeli_column, one each; none if there is a matrix */
    reel_tensor *matrix;  /* (rows, columns), contiguous: all the columns' numbers; or NULL */
    reeli_buffer missing; /* int64_t, one for each column, if there is a matrix */
    reeli_buffer lines;   /* reeli_line, sorted; none: the rows are on lines 1, 2, … */
    reeli_buffer files;   /* reeli_table_file, sorted, if it is of more than one */
    reeli_buffer paths;   /* char: theirs, each with its NUL */
    char path[];
};

/* A table without rows and columns; NULL, and an error, if memory is out. */
reel_table *reeli_table_new(reel *r, const char *what, const char *path, reel_dtype dtype);
/* Gives a table without columns those of a contiguous matrix of floats, made after the table, which
 * becomes the table's even if this fails; false, and an error. */
bool reeli_table_fill(reel_table *t, const char *what, reel_tensor *matrix,
                      const char *const *names);

static inline reeli_column *reeli_column_of(const reel_table *t, size_t column)
{
    return (reeli_column *)t->column.data + column;
}

/* Numbers of a column in memory: every `step`th element from `data` on, in the table's dtype. */
typedef struct reeli_numbers {
    const void *data;
    int64_t step;
    bool f64;
} reeli_numbers;

reeli_numbers reeli_table_numbers(const reel_table *t, size_t column);

static inline double reeli_number_at(reeli_numbers n, int64_t row)
{
    return n.f64 ? ((const double *)n.data)[row * n.step]
                 : (double)((const float *)n.data)[row * n.step];
}

/* Which text of its column's each row has, -1 where it has none. */
static inline const int32_t *reeli_table_codes(const reel_table *t, size_t column)
{
    return reeli_column_of(t, column)->cells.data;
}

/* As `reel_table_find`; -1, and an error with the names that there are, if there is no such one. */
int64_t reeli_table_column_named(const reel_table *t, const char *what, const char *name);
/* The same of `reel_table_look_up`. */
int64_t reeli_table_column_meant(const reel_table *t, const char *what, const char *text);

/* "houses.csv: " before a message about a table, "" if it came from no file. */
enum { REELI_TABLE_TEXT = REELI_QUOTE_SIZE + 2 };
const char *reeli_table_text(char text[REELI_TABLE_TEXT], const reel_table *t);
#define REELI_TABLE_TEXT_OF(t) reeli_table_text((char[REELI_TABLE_TEXT]){0}, t)

#endif
