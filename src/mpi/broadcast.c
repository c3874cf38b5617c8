/* SPDX-License-Identifier: MIT */
/* What process 0 has, for all; and what all have, for each. */
#include "joined.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

size_t reeli_mpi_element_size(reel_dtype dtype)
{
    return dtype == REEL_F32 ? sizeof(float) : dtype == REEL_BOOL ? sizeof(bool) : sizeof(double);
}

void *reeli_mpi_elements(reel_tensor *t)
{
    switch (reel_dtype_of(t)) {
    case REEL_F32:
        return reel_data_f32(t);
    case REEL_F64:
        return reel_data_f64(t);
    case REEL_I64:
        return reel_data_i64(t);
    default:
        return reel_data_bool(t);
    }
}

static uint64_t shape_of(uint64_t hash, const reel_tensor *t, int from_dim)
{
    hash = reeli_mpi_mix(hash, (uint64_t)reel_dtype_of(t) * 16 + (uint64_t)reel_ndim(t));
    for (int dim = from_dim; dim < reel_ndim(t); dim++) {
        hash = reeli_mpi_mix(hash, (uint64_t)reel_size(t, dim));
    }
    return hash;
}

static uint64_t shape_of_all(uint64_t hash, reel_named_tensors list)
{
    for (size_t i = 0; i < list.count; i++) {
        for (const char *c = list.entries[i].name; *c; c++) {
            hash = reeli_mpi_mix(hash, (unsigned char)*c);
        }
        hash = shape_of(hash, list.entries[i].tensor, 0);
    }
    return reeli_mpi_mix(hash, list.count);
}

/* In parts, as MPI counts in int. */
static bool send_bytes(reel_mpi *m, char *bytes, size_t count)
{
    const size_t most = 1 << 30;
    for (size_t i = 0; i < count; i += most) {
        const size_t now = count - i < most ? count - i : most;
        if (!reeli_mpi_done(m, MPI_Bcast(bytes + i, (int)now, MPI_BYTE, 0, m->comm), "MPI_Bcast")) {
            return false;
        }
    }
    return true;
}

static bool send_tensor(reel_mpi *m, reel_tensor *t)
{
    char *data = reeli_mpi_elements(t);
    return data &&
           send_bytes(m, data, (size_t)reel_numel(t) * reeli_mpi_element_size(reel_dtype_of(t)));
}

static bool send_all(reel_mpi *m, reel_named_tensors list)
{
    for (size_t i = 0; i < list.count; i++) {
        if (!send_tensor(m, list.entries[i].tensor)) {
            return false;
        }
    }
    return true;
}

static bool send_random_numbers(reel_mpi *m)
{
    reel_tensor *state = reel_get_rng_state(m->r);
    return send_tensor(m, state) && reel_set_rng_state(m->r, state) == REEL_OK;
}

reel_status reel_mpi_broadcast(reel_mpi *m, reel_module *model, reel_optimizer *optimizer)
{
    if (!m) {
        return REEL_OK;
    }
    const reel_named_tensors none = {NULL, 0};
    const reel_named_tensors state = reel_state_dict(model);
    const reel_named_tensors more = optimizer ? reel_optimizer_state_dict(optimizer) : none;
    m->model = model;
    if (!reel_failed(m->r)) {
        reeli_mpi_lay_out(m);
    }
    if (reeli_mpi_agree(m, REELI_AT_BROADCAST, shape_of_all(shape_of_all(0, state), more)) &&
        send_all(m, state) && send_all(m, more) && send_random_numbers(m) && optimizer) {
        reel_optimizer_load_state_dict(optimizer, more.entries, more.count); /* its numbers */
    }
    return reel_error_status(m->r);
}

void reel_mpi_part(const reel_mpi *m, int64_t rows, int64_t *first, int64_t *count)
{
    const int64_t size = reel_mpi_size(m), rank = reel_mpi_rank(m);
    const int64_t each = rows / size, more = rows % size;
    *first = rank * each + (rank < more ? rank : more);
    *count = each + (rank < more);
}

/* A tensor like t with `rows` rows. */
static reel_tensor *like(reel_mpi *m, const reel_tensor *t, int64_t rows)
{
    int64_t size[REEL_MAX_DIMS] = {rows};
    for (int dim = 1; dim < reel_ndim(t); dim++) {
        size[dim] = reel_size(t, dim);
    }
    return reel_zeros(m->r, reel_dtype_of(t), reel_ndim(t), size);
}

/* Gathers parts of `counts` bytes, of which this process's are at `mine`. */
static bool gather_bytes(reel_mpi *m, const void *mine, const int64_t *bytes, char *into)
{
    int64_t at = 0;
    for (int rank = 0; rank < m->size; rank++) {
        if (rank == m->rank) {
            memcpy(into + at, mine, (size_t)bytes[rank]);
        }
        const int64_t most = 1 << 30;
        for (int64_t i = 0; i < bytes[rank]; i += most) {
            const int now = (int)(bytes[rank] - i < most ? bytes[rank] - i : most);
            if (!reeli_mpi_done(m, MPI_Bcast(into + at + i, now, MPI_BYTE, rank, m->comm),
                                "MPI_Bcast")) {
                return false;
            }
        }
        at += bytes[rank];
    }
    return true;
}

/* With the processes' numbers of rows in `rows`. */
static reel_tensor *gather(reel_mpi *m, reel_tensor *t, int64_t *rows)
{
    const int64_t mine = reel_size(t, 0);
    if (!reeli_mpi_done(m, MPI_Allgather(&mine, 1, MPI_INT64_T, rows, 1, MPI_INT64_T, m->comm),
                        "MPI_Allgather")) {
        return NULL;
    }
    int64_t all = 0;
    for (int rank = 0; rank < m->size; rank++) {
        all += rows[rank];
    }
    reel_tensor *result = like(m, t, all);
    char *into = reel_is_poison(result) ? NULL : reeli_mpi_elements(result);
    if (!reeli_mpi_agree(m, REELI_AT_GATHER, (uint64_t)all)) { /* memory may be out somewhere */
        return NULL;
    }
    int64_t row = (int64_t)reeli_mpi_element_size(reel_dtype_of(t));
    for (int dim = 1; dim < reel_ndim(t); dim++) {
        row *= reel_size(t, dim);
    }
    for (int rank = 0; rank < m->size; rank++) {
        rows[rank] *= row;
    }
    return gather_bytes(m, reeli_mpi_elements(t), rows, into) ? result : NULL;
}

/* Poison, once an error is recorded. */
static reel_tensor *poison(reel_mpi *m) { return reel_zeros(m->r, REEL_F32, 0, NULL); }

reel_tensor *reel_mpi_gather(reel_mpi *m, reel_tensor *t)
{
    if (!m) {
        return t;
    }
    if (!reel_failed(m->r) && reel_ndim(t) == 0) {
        reeli_mpi_fail(m, REEL_ERR_SHAPE, "gather: a tensor of no dims has no rows");
    }
    if (!reel_failed(m->r)) {
        reeli_mpi_elements(t); /* says why, where they do not lie row by row */
    }
    int64_t *rows = malloc((size_t)m->size * sizeof *rows);
    if (!rows) {
        reeli_mpi_fail(m, REEL_ERR_MEMORY, "gather: out of memory");
    }
    const uint64_t shape = reel_failed(m->r) ? 0 : shape_of(0, t, 1);
    const bool agreed = reeli_mpi_agree(m, REELI_AT_GATHER, shape);
    reel_tensor *result = agreed && rows ? gather(m, t, rows) : NULL;
    free(rows);
    return result ? result : poison(m);
}
