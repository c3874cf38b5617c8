/* SPDX-License-Identifier: MIT */
/* Batches of row numbers come from the library's own loader; this process gathers its pieces'
 * rows. */
#include "joined.h"

#include <reel/indexing.h>
#include <reel/views.h>
#include <stdlib.h>
#include <string.h>

struct reel_mpi_loader {
    reel_mpi *m;
    reel_loader *batches;
    reel_tensor *row_numbers; /* 0 … rows - 1, whose batches are the batches' rows */
    reel_tensor *batch;       /* the one under way */
    int64_t next;             /* the number in its epoch of the one after it */
    bool as_they_lie;         /* so that pieces are views */
    size_t count;
    reel_tensor *tensors[];
};

void reel_mpi_loader_free(reel_mpi_loader *l)
{
    if (l) {
        if (l->batches) {
            reel_loader_free(l->batches);
        }
        reel_tensor_free(l->row_numbers);
        free(l);
    }
}

/* What the library's loader says of these tensors, it says itself. */
static bool may_load(reel *r, reel_tensor *const *tensors, size_t count,
                     reel_loader_options options)
{
    reel_loader *trial = reel_loader_new(r, tensors, count, options);
    if (trial) {
        reel_loader_free(trial);
    }
    return trial;
}

reel_mpi_loader *reel_mpi_loader_new(reel_mpi *m, reel_tensor *const *tensors, size_t count,
                                     reel_loader_options options)
{
    if (!m || !may_load(m->r, tensors, count, options)) {
        return NULL;
    }
    reel_mpi_loader *l = malloc(sizeof *l + count * sizeof *l->tensors);
    if (!l) {
        reeli_mpi_fail(m, REEL_ERR_MEMORY, "loader: out of memory");
        return NULL;
    }
    *l =
        (reel_mpi_loader){.m = m, .count = count, .as_they_lie = !options.shuffle && !options.rows};
    memcpy(l->tensors, tensors, count * sizeof *tensors);
    const int64_t rows = reel_size(tensors[0], 0);
    reel_tensor *numbers = reel_arange(m->r, REEL_I64, 0, (double)rows, 1);
    l->row_numbers = reel_keep(numbers);
    reel_tensor_free(numbers);
    l->batches = reel_loader_new(m->r, &l->row_numbers, 1, options);
    if (!l->batches) {
        reel_mpi_loader_free(l);
        return NULL;
    }
    return l;
}

/* Piece `piece` begins at this row of the batch; the first ones have a row more than the rest. */
static int64_t first_row(const reel_mpi *m, int piece)
{
    const int64_t each = m->rows / m->pieces, more = m->rows % m->pieces;
    return piece * each + (piece < more ? piece : more);
}

/* The next batch, of which this process has pieces first … end - 1. */
static bool begin_batch(reel_mpi_loader *l)
{
    reeli_mpi_end_batch(l->m);
    if (!reel_loader_next(l->batches, &l->batch)) {
        l->next = 0;
        return false;
    }
    return reeli_mpi_begin_batch(l->m, reel_size(l->batch, 0), l->next++);
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
    reel_tensor *index = reel_narrow(l->batch, 0, from, rows);
    const int64_t first = reel_data_i64(l->batch)[from];
    for (size_t i = 0; i < l->count; i++) {
        piece[i] = l->as_they_lie ? reel_narrow(l->tensors[i], 0, first, rows)
                                  : reel_index_select(l->tensors[i], 0, index);
    }
    return !reel_failed(m->r);
}

int64_t reel_mpi_loader_batches(const reel_mpi_loader *l)
{
    return l ? reel_loader_batches(l->batches) : 0;
}
