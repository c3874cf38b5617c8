/* SPDX-License-Identifier: MIT */
/* struct reel_row_file, and the order that its rows are read in. */
#ifndef REELI_ROW_FILE_H
#define REELI_ROW_FILE_H

#include "tensor.h"

#include <reel/row_file.h>

/* Rows on their way into another order. */
typedef struct reeli_row_order {
    bool as_they_lie;
    int64_t count, at;           /* rows in all; the next one */
    int64_t bucket_rows, bucket; /* rows that memory holds; which of them it has, -1: none */
    int descriptor;              /* the second file; -1: it was not needed yet */
    uint32_t *where;             /* the place that each row of the file goes to */
    int64_t where_rows;
    char *work; /* a bucket; before that, what is to be written of each */
    size_t work_bytes;
    char *piece; /* of what is read */
    size_t piece_bytes;
} reeli_row_order;

struct reel_row_file {
    reeli_owned owned;
    reel_dtype dtype;
    int64_t columns, rows;
    size_t row_bytes, memory;
    int descriptor;
    reeli_row_order order;
};

/* Rows by number from the file's memory to memory; false, and an error. */
bool reeli_row_file_get(reel_row_file *f, int64_t first, int64_t rows, void *to);
bool reeli_row_file_put(reel_row_file *f, int64_t first, int64_t rows, const void *from);

/* Begins to read `count` rows in the order of `rows` (NULL: as they lie); false, and an error. */
bool reeli_row_order_begin(reel_row_file *f, const int64_t *rows, int64_t count);
bool reeli_row_order_next(reel_row_file *f, int64_t rows, void *to);
void reeli_row_order_free(reel_row_file *f);

#endif
