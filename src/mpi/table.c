/* SPDX-License-Identifier: MIT */
/* Tables that the processes read together. */
#include "joined.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Memory for what all have, of `count` bytes; false, and an error. */
static bool has_room(reel_mpi *m, int64_t count)
{
    if (count > INT_MAX) {
        return reeli_mpi_fail(m, REEL_ERR_VALUE, "table: parts of %lld bytes are too many",
                              (long long)count);
    }
    if ((size_t)count > m->gathered_bytes) {
        char *more = realloc(m->gathered, (size_t)count);
        if (!more) {
            return reeli_mpi_fail(m, REEL_ERR_MEMORY, "table: out of memory for others' parts");
        }
        m->gathered = more;
        m->gathered_bytes = (size_t)count;
    }
    return true;
}

static bool gather(void *context, const void *mine, int64_t count, char **all,
                   const int64_t **counts)
{
    reel_mpi *m = context;
    int64_t total = 0;
    if (!reeli_mpi_agree(m, REELI_AT_TABLE, 0) ||
        !reeli_mpi_done(
            m, MPI_Allgather(&count, 1, MPI_INT64_T, m->part_bytes, 1, MPI_INT64_T, m->comm),
            "MPI_Allgather")) {
        return false;
    }
    for (int rank = 0; rank < m->size; rank++) {
        m->part_count[rank] = (int)m->part_bytes[rank];
        m->part_begin[rank] = (int)total;
        total += m->part_bytes[rank];
    }
    has_room(m, total); /* if not, all learn of it */
    if (!reeli_mpi_agree(m, REELI_AT_TABLE, 1) ||
        !reeli_mpi_done(m,
                        MPI_Allgatherv(mine, (int)count, MPI_BYTE, m->gathered, m->part_count,
                                       m->part_begin, MPI_BYTE, m->comm),
                        "MPI_Allgatherv")) {
        return false;
    }
    *all = m->gathered;
    *counts = m->part_bytes;
    return true;
}

/* The first process on this machine: a number that those on it share. */
static bool find_machine(reel_mpi *m, int64_t *number)
{
    char name[MPI_MAX_PROCESSOR_NAME] = "", *all;
    const int64_t *counts;
    int length = 0;
    if (!reeli_mpi_done(m, MPI_Get_processor_name(name, &length), "MPI_Get_processor_name") ||
        !gather(m, name, sizeof name, &all, &counts)) {
        return false;
    }
    for (*number = 0; strncmp(all, name, sizeof name) != 0; ++*number) {
        all += sizeof name;
    }
    return true;
}

const reel_table_team *reel_mpi_table_team(reel_mpi *m)
{
    if (!m || m->size == 1) {
        return NULL;
    }
    if (!m->part_bytes) {
        m->part_bytes = calloc((size_t)m->size, sizeof *m->part_bytes);
        m->part_count = calloc((size_t)m->size, sizeof *m->part_count);
        m->part_begin = calloc((size_t)m->size, sizeof *m->part_begin);
    }
    if (!reel_failed(m->r) && (!m->part_bytes || !m->part_count || !m->part_begin)) {
        reeli_mpi_fail(m, REEL_ERR_MEMORY, "table: out of memory for a team");
    }
    m->team = (reel_table_team){.rank = m->rank, .size = m->size, .gather = gather, .context = m};
    return reeli_mpi_agree(m, REELI_AT_TABLE, 2) && find_machine(m, &m->team.machine) ? &m->team
                                                                                      : NULL;
}

void reeli_mpi_free_team(reel_mpi *m)
{
    free(m->part_bytes);
    free(m->part_count);
    free(m->part_begin);
    free(m->gathered);
}
