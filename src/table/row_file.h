/* SPDX-License-Identifier: MIT */
/* struct reel_row_file, and the order that its rows are read in. */
#ifndef REELI_ROW_FILE_H
#define REELI_ROW_FILE_H

#include "tensor.h"

#include <reel/row_file.h>

/* Records on their way to parts of the order's file (row_parts.h). */
typedef struct reeli_row_parts {
    reel_row_file *f; /* whose rows they are of */
    size_t record;    /* bytes of one */
    int64_t base;     /* where record 0 lies */
    int64_t count;    /* parts */
    char *memory;
    int64_t room;  /* records, of each part in memory */
    int64_t *held; /* of each part: how many records memory has */
    int64_t *next; /* and the number of the one that the file gets next */
} reeli_row_parts;

/* Rows on their way into another order. */
typedef struct reeli_row_order {
    bool as_they_lie, in_memory; /* in memory: all of them are */
    int64_t count, at;           /* rows in all; the next one */
    int64_t bucket_rows, bucket; /* rows that memory holds; which of them it has, -1: none */
    int descriptor;              /* the second file; -1: it was not needed yet */
    reeli_row_parts parts;       /* of that: rows by bucket, their places before them */
    char *work; /* a bucket; before that, what is to be written of each, and where rows go */
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

/* Which rows are read, in what order. */
typedef struct reeli_row_list {
    const int64_t *rows;     /* NULL: all, */
    int64_t count;           /* which are so many, */
    reeli_mt19937 *random;   /* shuffled, or NULL: as they lie; */
    reel_row_file_part part; /* of those that are shuffled these alone */
} reeli_row_list;

/* Begins to read rows in that order; false, and an error. */
bool reeli_row_order_begin(reel_row_file *f, const reeli_row_list *list);
bool reeli_row_order_next(reel_row_file *f, int64_t rows, void *to);
void reeli_row_order_free(reel_row_file *f);

#endif
