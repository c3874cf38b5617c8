/* SPDX-License-Identifier: MIT */
/* Rows of features, in memory or, where that is too small, in a file. */
#ifndef CLI_MATRIX_H
#define CLI_MATRIX_H

#include <reel/reel.h>

/* How many rows of a file are at hand at a time. */
enum { MATRIX_ROWS = 4096 };

typedef struct matrix {
    reel *r;
    int64_t rows, columns;
    reel_dtype dtype;
    reel_tensor *all;    /* kept; NULL: they lie in the file */
    reel_row_file *file; /* NULL: they are in memory */
    int64_t memory;      /* that putting the file in order may take */
    reel_tensor *window; /* of the file */
    int64_t first, held; /* the window's rows */
} matrix;

/* A matrix of what is given, which becomes its own; NULL, and a message, for poison and NULL, and
 * without memory. */
matrix *matrix_in_memory(reel_tensor *all);
matrix *matrix_in_file(reel *r, reel_row_file *file, int64_t memory);
void matrix_free(matrix *it);
/* One of a tensor that stays whose it is; not to be freed. */
matrix matrix_around(reel_tensor *all);

/* Says on standard error how much lies in a file, if it does, beside what memory there is. */
void matrix_tell(const matrix *it, int64_t memory);

/* `count` rows from `first` on, up to MATRIX_ROWS; they live until others are asked for, or until
 * reel_rewind. */
reel_tensor *matrix_rows(matrix *it, int64_t first, int64_t count);
/* Row i as doubles. One after the other is quick. */
void matrix_row(matrix *it, int64_t i, double *row);
/* Has each row changed by `change`; false, and a message. */
bool matrix_change(matrix *it, void (*change)(const void *context, double *row),
                   const void *context);
/* a's rows, then b's; and those that are listed. */
matrix *matrix_joined(matrix *a, matrix *b);
matrix *matrix_select(matrix *it, reel_tensor *rows);
/* Batches of its rows and y's. */
reel_loader *matrix_loader(matrix *it, reel_tensor *y, reel_loader_options how);

#endif
