/* SPDX-License-Identifier: MIT */
/* What is done to rows is done to one after the other, so that it does not matter where they
 * lie. */
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static matrix *matrix_new(matrix is)
{
    matrix *it = malloc(sizeof *it);
    if (it) {
        *it = is;
    } else if (is.all) {
        reel_tensor_free(is.all);
    } else {
        reel_row_file_free(is.file);
    }
    return it;
}

matrix matrix_around(reel_tensor *all)
{
    return (matrix){.r = reel_of(all),
                    .rows = reel_size(all, 0),
                    .columns = reel_size(all, 1),
                    .dtype = reel_dtype_of(all),
                    .all = all};
}

matrix *matrix_in_memory(reel_tensor *all)
{
    return !all || reel_is_poison(all) ? NULL : matrix_new(matrix_around(all));
}

matrix *matrix_in_file(reel *r, reel_row_file *file, int64_t memory)
{
    return file ? matrix_new((matrix){.r = r,
                                      .rows = reel_row_file_rows(file),
                                      .columns = reel_row_file_columns(file),
                                      .dtype = reel_row_file_dtype(file),
                                      .file = file,
                                      .memory = memory})
                : NULL;
}

void matrix_free(matrix *it)
{
    if (it) {
        reel_tensor_free(it->all);
        reel_tensor_free(it->window);
        reel_row_file_free(it->file);
    }
    free(it);
}

void matrix_tell(const matrix *it, int64_t memory)
{
    double element = it->dtype == REEL_F64 ? sizeof(double) : sizeof(float);
    if (it->file) {
        fprintf(stderr, "features: %.0f MB in a file, as --memory is %.0f MB\n",
                (double)it->rows * (double)it->columns * element / 1e6, (double)memory / 1e6);
    }
}

/* Memory for rows of the file; false without. */
static bool has_window(matrix *it)
{
    if (!it->all && !it->window) {
        int64_t rows = it->rows < MATRIX_ROWS ? it->rows : MATRIX_ROWS;
        reel_tensor *made = reel_zeros(it->r, it->dtype, 2, (int64_t[]){rows, it->columns});
        it->window = reel_keep(made); /* for more than a step */
        reel_tensor_free(made);
    }
    return it->all || !reel_is_poison(it->window);
}

reel_tensor *matrix_rows(matrix *it, int64_t first, int64_t count)
{
    if (it->all) {
        return reel_narrow(it->all, 0, first, count);
    }
    if (!has_window(it)) {
        return it->window;
    }
    reel_tensor *rows = reel_narrow(it->window, 0, 0, count);
    if (it->first != first || it->held < count) {
        reel_row_file_read(it->file, first, rows);
        it->first = first;
        it->held = count;
    }
    return rows;
}

/* The elements of row i, as they are. */
static void *row_at(matrix *it, int64_t i)
{
    reel_tensor *t = it->all;
    if (!t) {
        if (i < it->first || i >= it->first + it->held) {
            int64_t first = i - i % MATRIX_ROWS, left = it->rows - first;
            if (!has_window(it)) {
                return NULL;
            }
            uint64_t mark = reel_mark(it->r);
            matrix_rows(it, first, left < MATRIX_ROWS ? left : MATRIX_ROWS);
            reel_rewind_to(it->r, mark);
        }
        t = it->window;
        i -= it->first;
    }
    return it->dtype == REEL_F64 ? (void *)(reel_data_f64(t) + i * it->columns)
                                 : (void *)(reel_data_f32(t) + i * it->columns);
}

void matrix_row(matrix *it, int64_t i, double *row)
{
    const void *from = row_at(it, i);
    if (!from) {
        memset(row, 0, (size_t)it->columns * sizeof *row);
    } else if (it->dtype == REEL_F64) {
        memcpy(row, from, (size_t)it->columns * sizeof *row);
    } else {
        for (int64_t j = 0; j < it->columns; j++) {
            row[j] = (double)((const float *)from)[j];
        }
    }
}

static void put_row(matrix *it, int64_t i, const double *row)
{
    void *to = row_at(it, i);
    if (to && it->dtype == REEL_F64) {
        memcpy(to, row, (size_t)it->columns * sizeof *row);
    }
    for (int64_t j = 0; to && it->dtype == REEL_F32 && j < it->columns; j++) {
        ((float *)to)[j] = (float)row[j];
    }
}

/* The window's rows back into the file. */
static bool put_window(matrix *it)
{
    reel *r = it->r;
    uint64_t mark = reel_mark(r);
    reel_tensor *rows = reel_narrow(it->window, 0, 0, it->held);
    bool done = reel_row_file_write(it->file, it->first, rows) == REEL_OK;
    reel_rewind_to(r, mark);
    return done;
}

bool matrix_change(matrix *it, void (*change)(const void *context, double *row),
                   const void *context)
{
    double *row = malloc((size_t)it->columns * sizeof *row);
    bool done = row && has_window(it);
    for (int64_t i = 0; done && i < it->rows; i++) {
        matrix_row(it, i, row);
        change(context, row);
        put_row(it, i, row);
        bool last = i + 1 == it->rows || (i + 1) % MATRIX_ROWS == 0;
        done = it->all || !last || put_window(it);
    }
    free(row);
    return done && !reel_failed(it->r);
}

/* Adds what `from` gives in its order, or as it lies, to a file. */
static bool append(matrix *from, const reel_tensor *order, reel_row_file *to)
{
    reel *r = from->r;
    int64_t count = order ? reel_numel(order) : from->rows;
    bool done = reel_row_file_order(from->file, order) == REEL_OK;
    for (int64_t i = 0; done && i < count; i += MATRIX_ROWS) {
        int64_t now = count - i < MATRIX_ROWS ? count - i : MATRIX_ROWS;
        uint64_t mark = reel_mark(r);
        reel_tensor *rows = reel_narrow(from->window, 0, 0, now);
        done = reel_row_file_next(from->file, rows) == REEL_OK &&
               reel_row_file_write(to, reel_row_file_rows(to), rows) == REEL_OK;
        reel_rewind_to(r, mark);
    }
    from->held = 0;
    return done;
}

static reel_row_file *file_like(matrix *it)
{
    return has_window(it) ? reel_row_file_new(it->r, it->dtype, it->columns, it->memory) : NULL;
}

matrix *matrix_joined(matrix *a, matrix *b)
{
    if (a->all && b->all) {
        return matrix_in_memory(reel_keep(reel_cat((reel_tensor *[]){a->all, b->all}, 2, 0)));
    }
    reel_row_file *to = file_like(a->all ? b : a);
    matrix *parts[] = {a, b};
    bool done = to != NULL;
    for (int i = 0; done && i < 2; i++) {
        done = parts[i]->all
                   ? reel_row_file_write(to, reel_row_file_rows(to), parts[i]->all) == REEL_OK
                   : has_window(parts[i]) && append(parts[i], NULL, to);
    }
    if (!done) {
        reel_row_file_free(to);
    }
    return done ? matrix_in_file(a->r, to, a->all ? b->memory : a->memory) : NULL;
}

matrix *matrix_select(matrix *it, reel_tensor *rows)
{
    if (it->all) {
        return matrix_in_memory(reel_keep(reel_index_select(it->all, 0, rows)));
    }
    reel_row_file *to = file_like(it);
    if (to && !append(it, rows, to)) {
        reel_row_file_free(to);
        to = NULL;
    }
    return matrix_in_file(it->r, to, it->memory);
}

reel_loader *matrix_loader(matrix *it, reel_tensor *y, reel_loader_options how)
{
    return it->all ? reel_loader_new(reel_of(y), (reel_tensor *[]){it->all, y}, 2, how)
                   : reel_row_file_loader(it->file, &y, 1, how);
}
