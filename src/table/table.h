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
    bool dates; /* it is text, though its texts are numbers: they are dates by a format given */
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

/* Cells that are too many for memory lie in a scratch file (pages.c), in blocks of rows, which hold
 * column after column. What comes last is in memory, in `cells` of each column. */
typedef struct reeli_pages {
    int descriptor;
    int64_t rows;      /* of a block; 0: all cells are in memory */
    int64_t first;     /* the row that memory begins with */
    int64_t base;      /* where the first block begins */
    reeli_buffer path; /* char: the file's, of a table that is kept; none: it has no name */
} reeli_pages;

struct reel_table {
    reeli_owned owned;
    reel_dtype dtype;
    reeli_pages pages;
    uint64_t hash;  /* of the text that it was read from */
    int64_t memory; /* bytes that rows may take at a time, cells or features; 0: any */
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

/* A column's cells, of which `count` rows from `first` on are at hand. */
typedef struct reeli_cursor {
    const char *cells; /* of row `first`; every `step`th element is the column's */
    int64_t first, count, step;
    bool f64;
    reel_table *t;
    size_t column;
    void *window; /* memory for a block; NULL: all is at hand */
} reeli_cursor;

/* False, and an error, if memory is out. It is to be closed either way. */
bool reeli_cursor_open(reeli_cursor *it, reel_table *t, size_t column);
void reeli_cursor_close(reeli_cursor *it);
/* Brings a row's block in. If that fails there is an error, and nothing but missing values. */
void reeli_cursor_move(reeli_cursor *it, int64_t row);

static inline int64_t reeli_cursor_place(reeli_cursor *it, int64_t row)
{
    if (row - it->first < 0 || row - it->first >= it->count) {
        reeli_cursor_move(it, row);
    }
    return (row - it->first) * it->step;
}

/* A number; NaN where there is none. */
static inline double reeli_number_at(reeli_cursor *it, int64_t row)
{
    int64_t place = reeli_cursor_place(it, row);
    return it->f64 ? ((const double *)(const void *)it->cells)[place]
                   : (double)((const float *)(const void *)it->cells)[place];
}

/* Which text of its column's a row has, -1 where it has none. */
static inline int32_t reeli_code_at(reeli_cursor *it, int64_t row)
{
    int64_t place = reeli_cursor_place(it, row);
    return ((const int32_t *)(const void *)it->cells)[place];
}

/* As `reel_table_find`; -1, and an error with the names that there are, if there is no such one. */
int64_t reeli_table_column_named(const reel_table *t, const char *what, const char *name);
/* What there is in place of a column that is not: ", but 'price'; there are: area, …". */
const char *reeli_table_others(char text[REELI_MESSAGE_SIZE / 2], const reel_table *t,
                               const char *name);
/* The same of `reel_table_look_up`. */
int64_t reeli_table_column_meant(const reel_table *t, const char *what, const char *text);

/* "houses.csv: " before a message about a table, "" if it came from no file. */
enum { REELI_TABLE_TEXT = REELI_QUOTE_SIZE + 2 };
const char *reeli_table_text(char text[REELI_TABLE_TEXT], const reel_table *t);
#define REELI_TABLE_TEXT_OF(t) reeli_table_text((char[REELI_TABLE_TEXT]){0}, t)

#endif
