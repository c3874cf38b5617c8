/* SPDX-License-Identifier: MIT */
/* An epoch's row numbers come from the library's own loader; this process gathers its pieces' rows,
 * or has a file give them in their order. A file that is alone shuffles itself. */
#include "joined.h"

#include <reel/autograd.h>
#include <reel/indexing.h>
#include <reel/inplace.h>
#include <reel/views.h>
#include <stdlib.h>
#include <string.h>

/* Pieces come in four sizes at most: two of a whole batch, two of the last one. */
enum { SIZES = 4 };

/* The tensors that pieces of one size come in, so that a captured step can read them. */
typedef struct piece_set {
    int64_t rows; /* 0: not made yet */
    reel_tensor **tensors;
} piece_set;

struct reel_mpi_loader {
    reel_mpi *m;
    reel_loader *batches;     /* NULL: the file shuffles itself, or is read as it lies */
    reel_tensor *row_numbers; /* 0 … rows - 1, whose batches are the batches' rows */
    reel_tensor *order;       /* the epoch's, batch after batch */
    reel_tensor *own;         /* those of this process's pieces, if a file is to have an order */
    int64_t batch_size, rows; /* rows: of an epoch */
    int64_t next;             /* the batch that comes next; 0 begins an epoch */
    bool as_they_lie;         /* so that pieces of tensors are views */
    reel_row_file *file;      /* the first source; or NULL */
    piece_set pieces[SIZES];  /* unless they are views */
    size_t count;
    reel_tensor *tensors[];
};

static size_t sources(const reel_mpi_loader *l) { return l->count + (l->file != NULL); }

static void free_pieces(const reel_mpi_loader *l, piece_set *set)
{
    for (size_t i = 0; set->tensors && i < sources(l); i++) {
        reel_tensor_free(set->tensors[i]);
    }
    free(set->tensors);
    *set = (piece_set){0, NULL};
}

void reel_mpi_loader_free(reel_mpi_loader *l)
{
    if (l) {
        if (l->batches) {
            reel_loader_free(l->batches);
        }
        reel_tensor_free(l->row_numbers);
        reel_tensor_free(l->order);
        reel_tensor_free(l->own);
        for (int i = 0; i < SIZES; i++) {
            free_pieces(l, &l->pieces[i]);
        }
        free(l);
    }
}

/* What is made is to last for more than a step. */
static reel_tensor *kept(reel_tensor *made)
{
    reel_tensor *lasting = reel_keep(made);
    reel_tensor_free(made);
    return lasting;
}

static reel_tensor *numbers(reel *r, int64_t rows)
{
    return kept(reel_arange(r, REEL_I64, 0, (double)rows, 1));
}

/* Whether the file needs nothing of each row in memory. */
static bool is_alone(const reel_row_file *file, size_t count, const reel_loader_options *options)
{
    return file && count == 0 && !options->rows;
}

static bool furnish(reel_mpi_loader *l, int64_t rows, reel_loader_options options)
{
    reel *r = l->m->r;
    const int64_t asked = options.batch_size ? options.batch_size : 1;
    const int64_t all = options.rows ? reel_numel(options.rows) : rows;
    l->batch_size = asked < all ? asked : all;
    l->rows = options.drop_last ? all - all % asked : all;
    if (is_alone(l->file, l->count, &options)) {
        return true;
    }
    l->row_numbers = numbers(r, rows);
    l->order = numbers(r, l->rows);
    if (l->file && !l->as_they_lie) {
        l->own = numbers(r, l->rows);
    }
    l->batches = reel_loader_new(r, &l->row_numbers, 1, options);
    return l->batches && !reel_failed(r);
}

/* `trial` is a loader of the library's own for the same, or for batches of a row; what it says of
 * the tensors is said. */
static reel_mpi_loader *new_loader(reel_mpi *m, reel_loader *trial, reel_row_file *file,
                                   reel_tensor *const *tensors, size_t count,
                                   reel_loader_options options)
{
    if (!trial) {
        return NULL;
    }
    reel_loader_free(trial);
    reel_mpi_loader *l = malloc(sizeof *l + count * sizeof *l->tensors);
    if (!l) {
        reeli_mpi_fail(m, REEL_ERR_MEMORY, "loader: out of memory");
        return NULL;
    }
    *l = (reel_mpi_loader){.m = m, .file = file, .count = count};
    l->as_they_lie = !options.shuffle && !options.rows;
    if (count) {
        memcpy(l->tensors, tensors, count * sizeof *tensors);
    }
    if (!furnish(l, file ? reel_row_file_rows(file) : reel_size(tensors[0], 0), options)) {
        reel_mpi_loader_free(l);
        return NULL;
    }
    return l;
}

reel_mpi_loader *reel_mpi_loader_new(reel_mpi *m, reel_tensor *const *tensors, size_t count,
                                     reel_loader_options options)
{
    return m ? new_loader(m, reel_loader_new(m->r, tensors, count, options), NULL, tensors, count,
                          options)
             : NULL;
}

reel_mpi_loader *reel_mpi_row_file_loader(reel_mpi *m, reel_row_file *f,
                                          reel_tensor *const *tensors, size_t count,
                                          reel_loader_options options)
{
    reel_loader_options trial = options;
    if (is_alone(f, count, &options) && trial.batch_size > 1) {
        trial.batch_size = 1;
    }
    return m ? new_loader(m, reel_row_file_loader(f, tensors, count, trial), f, tensors, count,
                          options)
             : NULL;
}

/* Piece `piece` begins at this row of the batch; the first ones have a row more than the rest. */
static int64_t first_row(const reel_mpi *m, int piece)
{
    const int64_t each = m->rows / m->pieces, more = m->rows % m->pieces;
    return piece * each + (piece < more ? piece : more);
}

static int64_t rows_of_batch(const reel_mpi_loader *l, int64_t batch)
{
    const int64_t left = l->rows - batch * l->batch_size;
    return left < l->batch_size ? left : l->batch_size;
}

/* Which of a batch's rows this process has. */
static void choose_rows(const reel_mpi_loader *l, int64_t rows, int64_t *first, int64_t *end)
{
    reeli_mpi_choose_pieces(l->m, rows);
    *first = first_row(l->m, l->m->first);
    *end = first_row(l->m, l->m->end);
    l->m->rows = 0;
}

/* The rows of all of this process's pieces of the epoch, for the file to have them in order. */
static bool order_own(reel_mpi_loader *l)
{
    const int64_t *order = reel_data_i64(l->order);
    int64_t *own = reel_data_i64(l->own), count = 0, from, end;
    for (int64_t b = 0; b * l->batch_size < l->rows; b++) {
        choose_rows(l, rows_of_batch(l, b), &from, &end);
        memcpy(own + count, order + b * l->batch_size + from, (size_t)(end - from) * sizeof *own);
        count += end - from;
    }
    return reel_row_file_order(l->file, reel_narrow(l->own, 0, 0, count)) == REEL_OK;
}

/* As a loader's, which draws a seed for workers first. */
static bool begin_alone(reel_mpi_loader *l)
{
    reel_tensor_free(reel_randint(l->m->r, REEL_I64, 0, INT64_MAX, 0, NULL));
    if (l->as_they_lie) {
        return !reel_failed(l->m->r);
    }
    reel_row_file_part part = {.batch_size = l->batch_size};
    choose_rows(l, l->batch_size, &part.first, &part.end);
    if (l->rows % l->batch_size) {
        choose_rows(l, l->rows % l->batch_size, &part.last_first, &part.last_end);
    }
    return reel_row_file_shuffle(l->file, part) == REEL_OK;
}

static bool begin_epoch(reel_mpi_loader *l)
{
    if (!l->batches) {
        return begin_alone(l);
    }
    int64_t *order = reel_data_i64(l->order), at = 0;
    for (reel_tensor *batch; reel_loader_next(l->batches, &batch);) {
        memcpy(order + at, reel_data_i64(batch), (size_t)reel_numel(batch) * sizeof *order);
        at += reel_numel(batch);
    }
    return !reel_failed(l->m->r) && (!l->own || order_own(l));
}

/* The next batch, of which this process has pieces first … end - 1. */
static bool begin_batch(reel_mpi_loader *l)
{
    reeli_mpi_end_batch(l->m);
    if (l->next == 0 && !begin_epoch(l)) {
        return false;
    }
    if (l->next * l->batch_size >= l->rows) {
        l->next = 0;
        return false;
    }
    const int64_t batch = l->next++;
    return reeli_mpi_begin_batch(l->m, rows_of_batch(l, batch), batch);
}

/* A tensor for pieces of so many rows of source i. */
static reel_tensor *piece_of(const reel_mpi_loader *l, size_t i, int64_t rows)
{
    int64_t size[REEL_MAX_DIMS] = {rows};
    if (l->file && i == 0) {
        size[1] = reel_row_file_columns(l->file);
        return kept(reel_zeros(l->m->r, reel_row_file_dtype(l->file), 2, size));
    }
    const reel_tensor *from = l->tensors[i - (l->file != NULL)];
    for (int dim = 1; dim < reel_ndim(from); dim++) {
        size[dim] = reel_size(from, dim);
    }
    return kept(reel_zeros(l->m->r, reel_dtype_of(from), reel_ndim(from), size));
}

/* The tensors for pieces of so many rows, which are made once; NULL, and an error. */
static reel_tensor *const *pieces_of(reel_mpi_loader *l, int64_t rows)
{
    int place = 0;
    while (place < SIZES - 1 && l->pieces[place].rows && l->pieces[place].rows != rows) {
        place++;
    }
    piece_set *set = &l->pieces[place];
    if (set->rows == rows) {
        return set->tensors;
    }
    free_pieces(l, set);
    set->tensors = calloc(sources(l) + 1, sizeof *set->tensors);
    if (!set->tensors) {
        reeli_mpi_fail(l->m, REEL_ERR_MEMORY, "loader: out of memory");
        return NULL;
    }
    for (size_t i = 0; i < sources(l); i++) {
        set->tensors[i] = piece_of(l, i, rows);
    }
    set->rows = rows;
    return reel_failed(l->m->r) ? NULL : set->tensors;
}

/* Fills the tensors for a piece of `rows` rows from `at` of the epoch on. */
static bool fill(reel_mpi_loader *l, int64_t at, int64_t rows, reel_tensor **piece)
{
    reel_tensor *const *to = pieces_of(l, rows);
    reel_tensor *index = l->order ? reel_narrow(l->order, 0, at, rows) : NULL;
    const bool was = reel_set_grad_enabled(l->m->r, false);
    for (size_t i = 0; to && i < sources(l); i++) {
        piece[i] = to[i];
        if (l->file && i == 0 && l->as_they_lie) {
            reel_row_file_read(l->file, at, to[0]);
        } else if (l->file && i == 0) {
            reel_row_file_next(l->file, to[0]);
        } else {
            reel_tensor *from = l->tensors[i - (l->file != NULL)];
            reel_copy_(to[i], reel_index_select(from, 0, index));
        }
    }
    reel_set_grad_enabled(l->m->r, was);
    return !reel_failed(l->m->r);
}

bool reel_mpi_loader_next(reel_mpi_loader *l, reel_tensor **piece)
{
    if (!l || reel_failed(l->m->r)) {
        return false;
    }
    reel_mpi *m = l->m;
    if (m->next + 1 < m->end && m->rows) {
        m->next++;
    } else if (!begin_batch(l)) {
        return false;
    }
    reel_manual_seed(m->r, reeli_mpi_mix(m->batch_seed, (uint64_t)m->next));
    const int64_t from = first_row(m, m->next), rows = first_row(m, m->next + 1) - from;
    const int64_t at = (l->next - 1) * l->batch_size + from;
    if (l->as_they_lie && !l->file) {
        for (size_t i = 0; i < l->count; i++) {
            piece[i] = reel_narrow(l->tensors[i], 0, at, rows);
        }
        return !reel_failed(m->r);
    }
    return fill(l, at, rows, piece);
}

int64_t reel_mpi_loader_batches(const reel_mpi_loader *l)
{
    return l && l->batch_size ? (l->rows + l->batch_size - 1) / l->batch_size : 0;
}
