/* SPDX-License-Identifier: MIT */
/* Rows of a table on their way to features: encoder_encode.c finds the columns and says what was
 * odd, encoder_block.c makes the numbers. */
#ifndef REELI_ENCODER_ENCODE_H
#define REELI_ENCODER_ENCODE_H

#include "pages.h"
#include "row_file.h"

/* Rows are encoded so many at a time, all features of them, so that what is written stays near. */
enum { REELI_ENCODE_BLOCK = 256 };

/* An input's column in the table at hand. */
typedef struct reeli_encode_source {
    const reeli_input *input;
    size_t column;
    bool text; /* it has codes; else numbers */
    reeli_cursor cells;
    int32_t *word; /* for each of the column's texts, which feature it is, or < 0 */
    double *value; /* of numbers and dates: what number it is, or NaN */
    int64_t missing, unseen;
    int64_t unseen_place; /* the first, among the rows */
    int64_t missing_place;
    int32_t unseen_code;
} reeli_encode_source;

typedef struct reeli_encoding {
    const reel_encoder *e;
    reel_table *t;
    reeli_rows rows;
    reeli_buffer sources;
    reeli_buffer words;  /* int32_t, of all sources of text */
    reeli_buffer values; /* double, of the others whose columns are text */
    reeli_buffer order;  /* int64_t: the places of the rows by blocks, of a table in a file */
    reel_row_file *file; /* where the rows go, in that order; NULL: all of them to `to` */
    reel_tensor *to;     /* of a file's rows those that are put at once, */
    int64_t put_rows;    /* so many */
    bool base_only;      /* the columns' features, without terms and warnings */
    reel_tensor *made;   /* the terms' features of those; NULL: there are no terms */
    reeli_buffer row;    /* double: a row's features of columns, then of terms */
    int64_t odd;         /* values that a function does not take */
} reeli_encoding;

static inline reeli_encode_source *reeli_source_of(const reeli_encoding *it, size_t i)
{
    return (reeli_encode_source *)it->sources.data + i;
}

static inline void reeli_put_number(reel_tensor *to, int64_t at, double x)
{
    if (to->dtype == REEL_F64) {
        ((double *)to->data)[at] = x;
    } else {
        ((float *)to->data)[at] = (float)x;
    }
}

/* The features of the rows that are looked at as numbers `begin` to `end`, a block at most. */
void reeli_encode_block(reeli_encoding *it, int64_t begin, int64_t end);

#endif
