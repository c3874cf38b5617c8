/* SPDX-License-Identifier: MIT */
/* What is done to rows is done to one after the other, so that it does not matter where they
 * lie. */
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_ROWS = 256 }; /* a part of MATRIX_ROWS */

static void store_free(row_store *it)
{
    if (it && --it->users == 0) {
        for (int i = 0; i < 2; i++) {
            reel_tensor_free(it->pieces[i]);
            reel_tensor_free(it->windows[i]);
        }
        reel_row_file_free(it->file);
        free(it);
    }
}

void matrix_free(matrix *it)
{
    if (it) {
        reel_tensor_free(it->all);
        store_free(it->store);
    }
    free(it);
}

static matrix *matrix_new(matrix is)
{
    matrix *it = malloc(sizeof *it);
    if (it) {
        *it = is;
    } else {
        reel_tensor_free(is.all);
        store_free(is.store);
    }
    return it;
}

static char *elements(reel_tensor *t)
{
    return reel_dtype_of(t) == REEL_F64 ? (char *)reel_data_f64(t) : (char *)reel_data_f32(t);
}

static size_t bytes_of(reel_dtype dtype, int64_t count)
{
    return (size_t)count * (dtype == REEL_F64 ? sizeof(double) : sizeof(float));
}

matrix matrix_around(reel_tensor *all)
{
    const reel_dtype dtype = reel_dtype_of(all);
    return (matrix){.r = reel_of(all),
                    .rows = reel_size(all, 0),
                    .columns = reel_size(all, 1),
                    .dtype = dtype,
                    .row_bytes = bytes_of(dtype, reel_size(all, 1)),
                    .all = all,
                    .elements = elements(all)};
}

matrix *matrix_in_memory(reel_tensor *all)
{
    return !all || reel_is_poison(all) ? NULL : matrix_new(matrix_around(all));
}

/* Memory for rows of a file; its name says that it lasts for more than a step. */
static reel_tensor *window_of(reel *r, const reel_row_file *file, int64_t rows, int64_t columns)
{
    return reel_set_name(reel_zeros(r, reel_row_file_dtype(file), 2, (int64_t[]){rows, columns}),
                         "rows of a file");
}

/* Of a file, which becomes its own, whose last columns are the second matrix's. NULL, and a
 * message. */
static row_store *store_new(reel *r, reel_row_file *file, int64_t memory, int64_t second)
{
    row_store *it = malloc(sizeof *it);
    if (!it) {
        reel_row_file_free(file);
        return NULL;
    }
    const int64_t rows = reel_row_file_rows(file), width = reel_row_file_columns(file);
    *it = (row_store){
        .file = file, .memory = memory, .columns = {width - second, second}, .users = 1};
    for (int i = 0; i < 2; i++) {
        it->windows[i] =
            window_of(r, file, rows < MATRIX_ROWS ? rows : MATRIX_ROWS, it->columns[i]);
        it->pieces[i] = window_of(r, file, i ? rows % PIECE_ROWS : PIECE_ROWS, width);
    }
    if (reel_failed(r)) {
        store_free(it);
        return NULL;
    }
    it->elements[0] = elements(it->windows[0]);
    it->elements[1] = elements(it->windows[1]);
    return it;
}

static matrix *matrix_of(reel *r, row_store *store, int part)
{
    const reel_dtype dtype = reel_row_file_dtype(store->file);
    store->users += part;
    return matrix_new((matrix){.r = r,
                               .rows = reel_row_file_rows(store->file),
                               .columns = store->columns[part],
                               .dtype = dtype,
                               .row_bytes = bytes_of(dtype, store->columns[part]),
                               .store = store,
                               .part = part});
}

matrix *matrix_in_file(reel *r, reel_row_file *file, int64_t memory)
{
    row_store *store = file ? store_new(r, file, memory, 0) : NULL;
    return store ? matrix_of(r, store, 0) : NULL;
}

void matrix_tell(const matrix *it, int64_t memory)
{
    if (it->store) {
        fprintf(stderr, "features: %.0f MB in a file, as --memory is %.0f MB\n",
                (double)matrix_bytes(it) / 1e6, (double)memory / 1e6);
    }
}

/* Deals a piece out to the windows, from their row `at` on, or takes it from there. */
static void deal(const row_store *s, reel_tensor *piece, int64_t at, bool out)
{
    const reel_dtype dtype = reel_row_file_dtype(s->file);
    const int64_t rows = reel_size(piece, 0);
    char *row = elements(piece);
    for (int64_t i = at; i < at + rows; i++) {
        for (int p = 0; p < 2; p++) {
            const size_t size = bytes_of(dtype, s->columns[p]);
            char *of = s->elements[p] + (size_t)i * size;
            memcpy(out ? of : row, out ? row : of, size);
            row += size;
        }
    }
}

/* Has the rows at hand among which row i is. */
static void hold(row_store *s, int64_t i)
{
    if (i >= s->first && i < s->first + s->held) {
        return;
    }
    const int64_t first = i - i % MATRIX_ROWS, left = reel_row_file_rows(s->file) - first;
    s->first = first;
    s->held = left < MATRIX_ROWS ? left : MATRIX_ROWS;
    for (int64_t at = 0; at < s->held; at += PIECE_ROWS) {
        reel_tensor *piece = s->pieces[s->held - at < PIECE_ROWS];
        reel_row_file_read(s->file, first + at, piece);
        deal(s, piece, at, true);
    }
}

/* The rows at hand back into the file. */
static bool put_back(const row_store *s)
{
    bool done = true;
    for (int64_t at = 0; done && at < s->held; at += PIECE_ROWS) {
        reel_tensor *piece = s->pieces[s->held - at < PIECE_ROWS];
        deal(s, piece, at, false);
        done = reel_row_file_write(s->file, s->first + at, piece) == REEL_OK;
    }
    return done;
}

reel_tensor *matrix_rows(matrix *it, int64_t first, int64_t count)
{
    if (it->all) {
        return reel_narrow(it->all, 0, first, count);
    }
    hold(it->store, first);
    reel_tensor *window = it->store->windows[it->part];
    return count == reel_size(window, 0) ? window : reel_narrow(window, 0, 0, count);
}

/* The elements of row i, as they are. */
static void *row_at(matrix *it, int64_t i)
{
    if (it->all) {
        return it->elements + (size_t)i * it->row_bytes;
    }
    row_store *s = it->store;
    hold(s, i);
    return s->elements[it->part] + (size_t)(i - s->first) * it->row_bytes;
}

void matrix_row(matrix *it, int64_t i, double *row)
{
    const void *from = row_at(it, i);
    if (it->dtype == REEL_F64) {
        memcpy(row, from, (size_t)it->columns * sizeof *row);
        return;
    }
    for (int64_t j = 0; j < it->columns; j++) {
        row[j] = (double)((const float *)from)[j];
    }
}

double matrix_number(matrix *it, int64_t i, int64_t j)
{
    const void *row = row_at(it, i);
    return it->dtype == REEL_F64 ? ((const double *)row)[j] : (double)((const float *)row)[j];
}

static void put_row(matrix *it, int64_t i, const double *row)
{
    void *to = row_at(it, i);
    if (it->dtype == REEL_F64) {
        memcpy(to, row, (size_t)it->columns * sizeof *row);
        return;
    }
    for (int64_t j = 0; j < it->columns; j++) {
        ((float *)to)[j] = (float)row[j];
    }
}

bool matrix_change(matrix *it, void (*change)(const void *context, double *row),
                   const void *context)
{
    double *row = malloc((size_t)it->columns * sizeof *row);
    bool done = row != NULL;
    for (int64_t i = 0; done && i < it->rows; i++) {
        matrix_row(it, i, row);
        change(context, row);
        put_row(it, i, row);
        bool last = i + 1 == it->rows || (i + 1) % MATRIX_ROWS == 0;
        done = it->all || !last || put_back(it->store);
    }
    free(row);
    return done && !reel_failed(it->r);
}

/* Adds what a file gives in its order, or as it lies, to another. */
static bool append(row_store *from, const reel_tensor *order, reel_row_file *to)
{
    reel *r = reel_of(from->pieces[0]);
    int64_t count = order ? reel_numel(order) : reel_row_file_rows(from->file);
    bool done = reel_row_file_order(from->file, order) == REEL_OK;
    for (int64_t i = 0; done && i < count; i += PIECE_ROWS) {
        uint64_t mark = reel_mark(r);
        int64_t now = count - i < PIECE_ROWS ? count - i : PIECE_ROWS;
        reel_tensor *rows = reel_narrow(from->pieces[0], 0, 0, now);
        done = reel_row_file_next(from->file, rows) == REEL_OK &&
               reel_row_file_write(to, reel_row_file_rows(to), rows) == REEL_OK;
        reel_rewind_to(r, mark);
    }
    return done;
}

/* Likewise of samples in memory. */
static bool append_memory(samples from, reel_row_file *to)
{
    reel *r = from.x->r;
    uint64_t mark = reel_mark(r);
    reel_tensor *both = reel_cat((reel_tensor *[]){from.x->all, from.y->all}, 2, 1);
    bool done = reel_row_file_write(to, reel_row_file_rows(to), both) == REEL_OK;
    reel_rewind_to(r, mark);
    return done;
}

void samples_free(samples *it)
{
    matrix_free(it->x);
    matrix_free(it->y);
    *it = (samples){NULL, NULL};
}

static samples whole(samples it)
{
    if (!it.x || !it.y) {
        samples_free(&it);
    }
    return it;
}

samples samples_of_file(reel *r, reel_row_file *file, int64_t memory, int64_t targets)
{
    samples it = {NULL, NULL};
    row_store *store = store_new(r, file, memory, targets);
    it.x = store ? matrix_of(r, store, 0) : NULL;
    it.y = it.x ? matrix_of(r, store, 1) : NULL;
    return whole(it);
}

static samples in_memory(reel_tensor *x, reel_tensor *y)
{
    samples it = {matrix_in_memory(reel_keep(x)), matrix_in_memory(reel_keep(y))};
    reel_rewind(reel_of(x));
    return whole(it);
}

static reel_row_file *file_like(samples it)
{
    return reel_row_file_new(it.x->r, it.x->dtype, it.x->columns + it.y->columns,
                             it.x->store->memory);
}

samples samples_joined(samples a, samples b)
{
    if (a.x->all && b.x->all) {
        return in_memory(reel_cat((reel_tensor *[]){a.x->all, b.x->all}, 2, 0),
                         reel_cat((reel_tensor *[]){a.y->all, b.y->all}, 2, 0));
    }
    const samples parts[] = {a, b}, large = a.x->store ? a : b;
    reel_row_file *file = file_like(large);
    bool done = file != NULL;
    for (int i = 0; done && i < 2; i++) {
        row_store *store = parts[i].x->store;
        done = store ? append(store, NULL, file) : append_memory(parts[i], file);
    }
    if (!done) {
        reel_row_file_free(file);
        return (samples){NULL, NULL};
    }
    return samples_of_file(a.x->r, file, large.x->store->memory, a.y->columns);
}

samples samples_select(samples it, reel_tensor *rows)
{
    if (it.x->all) {
        return in_memory(reel_index_select(it.x->all, 0, rows),
                         reel_index_select(it.y->all, 0, rows));
    }
    reel_row_file *file = file_like(it);
    if (file && !append(it.x->store, rows, file)) {
        reel_row_file_free(file);
        file = NULL;
    }
    return file ? samples_of_file(it.x->r, file, it.x->store->memory, it.y->columns)
                : (samples){NULL, NULL};
}

reel_loader *samples_loader(samples it, reel_loader_options how)
{
    return it.x->all ? reel_loader_new(it.x->r, (reel_tensor *[]){it.x->all, it.y->all}, 2, how)
                     : reel_row_file_loader(it.x->store->file, NULL, 0, how);
}

/* A matrix's columns of a batch, side by side. */
static reel_tensor *columns_of(reel_tensor *batch, int64_t first, int64_t count)
{
    return reel_contiguous(reel_narrow(batch, 1, first, count));
}

void samples_of_batch(samples it, reel_tensor *const *batch, reel_tensor **x, reel_tensor **y)
{
    const int64_t k = it.x->columns;
    *x = it.x->all ? batch[0] : columns_of(batch[0], 0, k);
    *y = it.x->all ? batch[1] : columns_of(batch[0], k, it.y->columns);
}
