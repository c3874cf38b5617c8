/* SPDX-License-Identifier: MIT */
/* Rows of numbers, in memory or, where that is too small, in a file: features, and the targets that
 * belong to them, which then stand behind them in the same rows. */
#ifndef CLI_MATRIX_H
#define CLI_MATRIX_H

#include <reel/reel.h>

/* How many rows of a file are at hand at a time. */
enum { MATRIX_ROWS = 4096 };

/* A file whose rows have the columns of one matrix or of two, and the rows of it that are at hand:
 * of each matrix as a tensor. */
typedef struct row_store {
    reel_row_file *file;
    int64_t memory;                      /* that putting the file in order may take */
    int64_t columns[2];                  /* of each matrix */
    char *elements[2];                   /* of each matrix's window */
    reel_tensor *windows[2], *pieces[2]; /* windows are read in pieces, of which one is the last */
    int64_t first, held;                 /* the rows at hand */
    int users;
} row_store;

typedef struct matrix {
    reel *r;
    int64_t rows, columns;
    reel_dtype dtype;
    size_t row_bytes;
    reel_tensor *all; /* kept; NULL: they lie in the file */
    char *elements;   /* of that */
    row_store *store; /* NULL: they are in memory */
    int part;         /* which of the file's matrices it is */
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

/* What all of it takes, wherever it lies. */
static inline int64_t matrix_bytes(const matrix *it) { return it->rows * (int64_t)it->row_bytes; }

/* MATRIX_ROWS rows from `first` on, a multiple of that, or those that are left, `count`; they live
 * until others are asked for, or until reel_rewind. */
reel_tensor *matrix_rows(matrix *it, int64_t first, int64_t count);
/* Row i as doubles, and number j of it. One row after the other is quick. */
void matrix_row(matrix *it, int64_t i, double *row);
double matrix_number(matrix *it, int64_t i, int64_t j);
/* Has each row changed by `change`; false, and a message. */
bool matrix_change(matrix *it, void (*change)(const void *context, double *row),
                   const void *context);

/* Features and the targets of the same rows: both in memory, or both in one file. */
typedef struct samples {
    matrix *x, *y;
} samples;

/* Of a file, which becomes their own, whose last columns are targets; a's rows, then b's; and those
 * that are listed. Without x, and a message, after an error. */
samples samples_of_file(reel *r, reel_row_file *file, int64_t memory, int64_t targets);
samples samples_joined(samples a, samples b);
samples samples_select(samples it, reel_tensor *rows);
void samples_free(samples *it);
/* Batches: a tensor for x and one for y in memory; of a file one that has the columns of both. */
reel_loader *samples_loader(samples it, reel_loader_options how);
/* What of such a batch is features, and what targets. */
void samples_of_batch(samples it, reel_tensor *const *batch, reel_tensor **x, reel_tensor **y);

#endif
