/* SPDX-License-Identifier: MIT */
/*
 * One tree for the sum of pieces, whoever has them. A node is 2^k pieces that begin at a multiple
 * of 2^k, the sum of its two halves; where the number of pieces is no power of two, what is left at
 * its end is added from the right. A process adds up the nodes that lie wholly in its part. Then
 * the numbers are dealt out: process p adds up share p of all processes' nodes, and gives it to
 * all. So each sends some 2 (N - 1) / N of its numbers, whatever N is, as in any good allreduce.
 */
#include "joined.h"

#include <stdlib.h>
#include <string.h>

int reeli_mpi_first_piece(const reel_mpi *m, int pieces, int rank)
{
    return (int)((int64_t)pieces * rank / m->size);
}

static bool are_halves(reeli_node a, reeli_node b)
{
    return a.size == b.size && a.first % (2 * a.size) == 0 && b.first == a.first + a.size;
}

/* a += b, n numbers. */
static void add(reel_dtype dtype, void *a, const void *b, int64_t n)
{
    if (dtype == REEL_F32) {
        float *x = a;
        const float *y = b;
        for (int64_t i = 0; i < n; i++) {
            x[i] += y[i];
        }
    } else {
        double *x = a;
        const double *y = b;
        for (int64_t i = 0; i < n; i++) {
            x[i] += y[i];
        }
    }
}

/* A piece as the last of *count nodes, which then become their sums; returns how many sums. */
static int add_piece(reeli_node *node, int *count, int piece)
{
    int merges = 0;
    node[(*count)++] = (reeli_node){piece, 1};
    for (; *count > 1 && are_halves(node[*count - 2], node[*count - 1]); merges++) {
        --*count;
        node[*count - 1].size *= 2;
    }
    return merges;
}

int reeli_mpi_add_leaf(reel_mpi *m, int piece) { return add_piece(m->node, &m->nodes, piece); }

/* The nodes that a process has at the end of its part; returns how many. */
static int nodes_of(const reel_mpi *m, int rank, reeli_node *node)
{
    const int end = reeli_mpi_first_piece(m, m->pieces, rank + 1);
    int count = 0;
    for (int piece = reeli_mpi_first_piece(m, m->pieces, rank); piece < end; piece++) {
        add_piece(node, &count, piece);
    }
    return count;
}

static int nodes_of_others(const reel_mpi *m)
{
    reeli_node node[REELI_MPI_DEPTH];
    int count = 0;
    for (int rank = 0; rank < m->size; rank++) {
        count += rank == m->rank ? 0 : nodes_of(m, rank, node);
    }
    return count;
}

static int64_t bucket_of(const reel_mpi *m, const reeli_flat *f)
{
    return f->count < m->options.bucket ? f->count : m->options.bucket;
}

bool reeli_mpi_room(reel_mpi *m, reeli_flat *f)
{
    const size_t share = (size_t)(bucket_of(m, f) / m->size + 1) * f->element;
    const size_t needed = share * (size_t)nodes_of_others(m);
    if (needed > f->arrived_bytes) {
        void *more = realloc(f->arrived, needed);
        if (!more) {
            return reeli_mpi_fail(m, REEL_ERR_MEMORY, "out of memory for others' gradients");
        }
        f->arrived = more;
        f->arrived_bytes = needed;
    }
    if (!m->requests) {
        const size_t most = (size_t)m->options.pieces + (size_t)m->size * REELI_MPI_DEPTH;
        m->requests = malloc(most * sizeof *m->requests);
        m->counts = malloc(2 * (size_t)m->size * sizeof *m->counts);
    }
    return (m->requests && m->counts) ||
           reeli_mpi_fail(m, REEL_ERR_MEMORY, "out of memory for messages");
}

/* Numbers from … from + count - 1 are under way, of which each process has a share. */
typedef struct bucket {
    int64_t from, count;
} bucket;

static int64_t share_begin(const reel_mpi *m, bucket b, int rank)
{
    return b.from + b.count * rank / m->size;
}

static char *place(const reeli_flat *f, int sum, int64_t at)
{
    return (char *)f->sums[sum] + (size_t)at * f->element;
}

/* Sends each process its share of this one's nodes, and receives this one's of theirs. */
static bool exchange(reel_mpi *m, reeli_flat *f, bucket b)
{
    const MPI_Datatype type = f->dtype == REEL_F32 ? MPI_FLOAT : MPI_DOUBLE;
    const int64_t mine = share_begin(m, b, m->rank + 1) - share_begin(m, b, m->rank);
    reeli_node node[REELI_MPI_DEPTH];
    char *to = f->arrived;
    int requests = 0, code = MPI_SUCCESS;
    for (int rank = 0; rank < m->size; rank++) {
        const int count = rank == m->rank ? 0 : nodes_of(m, rank, node);
        for (int i = 0; i < count && code == MPI_SUCCESS; i++) {
            code = MPI_Irecv(to, (int)mine, type, rank, REELI_MPI_TAG, m->comm,
                             &m->requests[requests++]);
            to += (size_t)mine * f->element;
        }
    }
    for (int turn = 1; turn < m->size; turn++) { /* not all to the same one first */
        const int rank = (m->rank + turn) % m->size;
        const int64_t from = share_begin(m, b, rank);
        for (int i = 0; i < m->nodes && code == MPI_SUCCESS; i++) {
            code = MPI_Isend(place(f, i, from), (int)(share_begin(m, b, rank + 1) - from), type,
                             rank, REELI_MPI_TAG, m->comm, &m->requests[requests++]);
        }
    }
    if (code == MPI_SUCCESS) {
        code = MPI_Waitall(requests, m->requests, MPI_STATUSES_IGNORE);
    }
    return reeli_mpi_done(m, code, "MPI_Waitall");
}

/* Sums on the way to the root, from left to right. */
typedef struct stack {
    reeli_node node[2 * REELI_MPI_DEPTH];
    char *data[2 * REELI_MPI_DEPTH];
    int count;
} stack;

static void push(stack *s, const reeli_flat *f, reeli_node node, char *data, int64_t n)
{
    s->node[s->count] = node;
    s->data[s->count++] = data;
    while (s->count > 1 && are_halves(s->node[s->count - 2], s->node[s->count - 1])) {
        s->count--;
        add(f->dtype, s->data[s->count - 1], s->data[s->count], n);
        s->node[s->count - 1].size *= 2;
    }
}

/* The root of this process's share, into its place in sums[0]. */
static void climb(reel_mpi *m, const reeli_flat *f, bucket b)
{
    const int64_t from = share_begin(m, b, m->rank), n = share_begin(m, b, m->rank + 1) - from;
    stack s = {.count = 0};
    char *arrived = f->arrived;
    for (int rank = 0; rank < m->size; rank++) {
        reeli_node node[REELI_MPI_DEPTH];
        const int count = nodes_of(m, rank, node);
        for (int i = 0; i < count; i++) {
            const bool own = rank == m->rank;
            push(&s, f, node[i], own ? place(f, i, from) : arrived, n);
            arrived += own ? 0 : (size_t)n * f->element;
        }
    }
    for (; s.count > 1; s.count--) {
        add(f->dtype, s.data[s.count - 2], s.data[s.count - 1], n);
    }
    if (s.count && s.data[0] != place(f, 0, from)) {
        memcpy(place(f, 0, from), s.data[0], (size_t)n * f->element);
    }
}

/* All shares to all. */
static bool share_out(reel_mpi *m, const reeli_flat *f, bucket b)
{
    const MPI_Datatype type = f->dtype == REEL_F32 ? MPI_FLOAT : MPI_DOUBLE;
    int *counts = m->counts, *begins = m->counts + m->size;
    for (int rank = 0; rank < m->size; rank++) {
        begins[rank] = (int)(share_begin(m, b, rank) - b.from);
        counts[rank] = (int)(share_begin(m, b, rank + 1) - b.from) - begins[rank];
    }
    return m->size == 1 || reeli_mpi_done(m,
                                          MPI_Allgatherv(MPI_IN_PLACE, 0, type, place(f, 0, b.from),
                                                         counts, begins, type, m->comm),
                                          "MPI_Allgatherv");
}

static bool plain_allreduce(reel_mpi *m, const reeli_flat *f, bucket b)
{
    const MPI_Datatype type = f->dtype == REEL_F32 ? MPI_FLOAT : MPI_DOUBLE;
    return reeli_mpi_done(
        m, MPI_Allreduce(MPI_IN_PLACE, place(f, 0, b.from), (int)b.count, type, MPI_SUM, m->comm),
        "MPI_Allreduce");
}

bool reeli_mpi_join_sums(reel_mpi *m, reeli_flat *f)
{
    if (m->options.allreduce && m->nodes == 0) {
        memset(f->sums[0], 0, (size_t)f->count * f->element);
    }
    const int64_t most = bucket_of(m, f);
    for (bucket b = {0, most}; b.from < f->count; b.from += most) {
        b.count = f->count - b.from < most ? f->count - b.from : most;
        if (m->options.allreduce) {
            if (!plain_allreduce(m, f, b)) {
                return false;
            }
            continue;
        }
        if (!exchange(m, f, b)) {
            return false;
        }
        climb(m, f, b);
        if (!share_out(m, f, b)) {
            return false;
        }
    }
    return true;
}
