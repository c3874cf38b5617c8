/* SPDX-License-Identifier: MIT */
/*
 * One tree for the sum of pieces, whoever has them. A node is 2^k pieces that begin at a multiple
 * of 2^k, the sum of its two halves; where the number of pieces is no power of two, what is left at
 * its end is added from the right. A process adds up the nodes that lie wholly in its part. Then
 * the tree is climbed by halves, or, where its levels are not those of processes, the numbers are
 * dealt out: process p adds up share p of all processes' nodes, and gives it to all. So each sends
 * some 2 (N - 1) / N of its numbers, whatever N is, as in any good allreduce. That is done bucket
 * by bucket, each of which is in the cache from its sum to its being put back.
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

/* a + b of n numbers, in the place of one of the two. */
#define ADD(T)                                                                                     \
    T *x = a, *y = b;                                                                              \
    for (int64_t i = 0; !into_b && i < n; i++) {                                                   \
        x[i] = x[i] + y[i];                                                                        \
    }                                                                                              \
    for (int64_t i = 0; into_b && i < n; i++) {                                                    \
        y[i] = x[i] + y[i];                                                                        \
    }

static void add(reel_dtype dtype, void *a, void *b, int64_t n, bool into_b)
{
    if (dtype == REEL_F32) {
        ADD(float)
    } else {
        ADD(double)
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

/* Whether each process has one node, and these are the leaves of a whole tree. */
static bool is_whole_tree(const reel_mpi *m)
{
    return (m->size & (m->size - 1)) == 0 && (m->pieces & (m->pieces - 1)) == 0 &&
           m->pieces >= m->size;
}

bool reeli_mpi_room(reel_mpi *m, reeli_flat *f)
{
    const int64_t most = bucket_of(m, f);
    const size_t half = (size_t)(most + 1) / 2, share = (size_t)(most / m->size + 1);
    const size_t needed =
        (is_whole_tree(m) ? half : share * (size_t)nodes_of_others(m)) * f->element;
    if (!f->root) {
        f->root = reeli_mpi_numbers(f, most);
    }
    if (needed > f->arrived_bytes) {
        void *more = realloc(f->arrived, needed);
        if (!more) {
            return reeli_mpi_fail(m, REEL_ERR_MEMORY, "out of memory for others' gradients");
        }
        f->arrived = more;
        f->arrived_bytes = needed;
    }
    if (!m->requests) {
        const size_t messages = (size_t)m->options.pieces + (size_t)m->size * REELI_MPI_DEPTH;
        m->requests = malloc(messages * sizeof *m->requests);
        m->counts = malloc(2 * (size_t)m->size * sizeof *m->counts);
    }
    return (f->root && m->requests && m->counts) ||
           reeli_mpi_fail(m, REEL_ERR_MEMORY, "out of memory for messages");
}

static int64_t share_begin(const reel_mpi *m, reeli_bucket b, int rank)
{
    return b.from + b.count * rank / m->size;
}

/* Where number `at` of a bucket lies in this process's node i. */
static char *place(const reel_mpi *m, const reeli_flat *f, reeli_bucket b, int i, int64_t at)
{
    return i == m->nodes - 1 ? (char *)f->root + (size_t)(at - b.from) * f->element
                             : (char *)f->sums[i] + (size_t)at * f->element;
}

/* Sends each process its share of this one's nodes, and receives this one's of theirs. */
static bool exchange(reel_mpi *m, reeli_flat *f, reeli_bucket b)
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
            code = MPI_Isend(place(m, f, b, i, from), (int)(share_begin(m, b, rank + 1) - from),
                             type, rank, REELI_MPI_TAG, m->comm, &m->requests[requests++]);
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
    char *root; /* where it is to be */
} stack;

/* The last two become one, in the place where the root is to be, if one of them has that. */
static void merge(stack *s, reel_dtype dtype, int64_t n)
{
    char *left = s->data[s->count - 2], *right = s->data[s->count - 1];
    const bool into_right = right == s->root;
    add(dtype, left, right, n, into_right);
    s->count--;
    s->data[s->count - 1] = into_right ? right : left;
}

static void push(stack *s, reel_dtype dtype, reeli_node node, char *data, int64_t n)
{
    s->node[s->count] = node;
    s->data[s->count++] = data;
    while (s->count > 1 && are_halves(s->node[s->count - 2], s->node[s->count - 1])) {
        merge(s, dtype, n);
        s->node[s->count - 1].size *= 2;
    }
}

/* The root of this process's share, into its place in `root`. */
static void climb(reel_mpi *m, const reeli_flat *f, reeli_bucket b)
{
    const int64_t from = share_begin(m, b, m->rank), n = share_begin(m, b, m->rank + 1) - from;
    stack s = {.root = (char *)f->root + (size_t)(from - b.from) * f->element};
    char *arrived = f->arrived;
    for (int rank = 0; rank < m->size; rank++) {
        reeli_node node[REELI_MPI_DEPTH];
        const int count = nodes_of(m, rank, node);
        for (int i = 0; i < count; i++) {
            const bool own = rank == m->rank;
            push(&s, f->dtype, node[i], own ? place(m, f, b, i, from) : arrived, n);
            arrived += own ? 0 : (size_t)n * f->element;
        }
    }
    while (s.count > 1) {
        merge(&s, f->dtype, n);
    }
    if (s.count && s.data[0] != s.root) {
        memcpy(s.root, s.data[0], (size_t)n * f->element);
    }
}

/* All shares to all. */
static bool share_out(reel_mpi *m, const reeli_flat *f, reeli_bucket b)
{
    const MPI_Datatype type = f->dtype == REEL_F32 ? MPI_FLOAT : MPI_DOUBLE;
    int *counts = m->counts, *begins = m->counts + m->size;
    for (int rank = 0; rank < m->size; rank++) {
        begins[rank] = (int)(share_begin(m, b, rank) - b.from);
        counts[rank] = (int)(share_begin(m, b, rank + 1) - b.from) - begins[rank];
    }
    return m->size == 1 ||
           reeli_mpi_done(
               m, MPI_Allgatherv(MPI_IN_PLACE, 0, type, f->root, counts, begins, type, m->comm),
               "MPI_Allgatherv");
}

/* What a process has in common with others of a subtree. */
typedef struct span {
    int64_t from, count;
} span;

static bool swap(reel_mpi *m, const reeli_flat *f, int other, const void *mine, int64_t count,
                 void *theirs, int64_t their_count)
{
    const MPI_Datatype type = f->dtype == REEL_F32 ? MPI_FLOAT : MPI_DOUBLE;
    return reeli_mpi_done(m,
                          MPI_Sendrecv(mine, (int)count, type, other, REELI_MPI_TAG, theirs,
                                       (int)their_count, type, other, REELI_MPI_TAG, m->comm,
                                       MPI_STATUS_IGNORE),
                          "MPI_Sendrecv");
}

/* The same in log₂ N messages to and fro, where the tree is whole: at each of its levels the two
 * halves of a subtree meet, process with process, and each keeps half of what both have; then
 * back. */
static bool climb_by_halves(reel_mpi *m, const reeli_flat *f, reeli_bucket b)
{
    char *root = f->root;
    span had[REELI_MPI_DEPTH] = {{0, b.count}};
    int level = 0;
    for (int bit = 1; bit < m->size; bit *= 2, level++) {
        const bool right = m->rank & bit;
        const span all = had[level], low = {all.from, all.count / 2};
        const span high = {low.from + low.count, all.count - low.count};
        const span mine = right ? high : low, theirs = right ? low : high;
        char *sum = root + (size_t)mine.from * f->element;
        if (!swap(m, f, m->rank ^ bit, root + (size_t)theirs.from * f->element, theirs.count,
                  f->arrived, mine.count)) {
            return false;
        }
        add(f->dtype, right ? f->arrived : sum, right ? sum : f->arrived, mine.count, right);
        had[level + 1] = mine;
    }
    while (level-- > 0) {
        const span all = had[level], mine = had[level + 1];
        const int64_t from = mine.from == all.from ? mine.from + mine.count : all.from;
        if (!swap(m, f, m->rank ^ 1 << level, root + (size_t)mine.from * f->element, mine.count,
                  root + (size_t)from * f->element, all.count - mine.count)) {
            return false;
        }
    }
    return true;
}

static bool plain_allreduce(reel_mpi *m, const reeli_flat *f, reeli_bucket b)
{
    if (m->nodes == 0) {
        memset(f->root, 0, (size_t)b.count * f->element);
    }
    const MPI_Datatype type = f->dtype == REEL_F32 ? MPI_FLOAT : MPI_DOUBLE;
    return reeli_mpi_done(
        m, MPI_Allreduce(MPI_IN_PLACE, f->root, (int)b.count, type, MPI_SUM, m->comm),
        "MPI_Allreduce");
}

reeli_bucket reeli_mpi_next_bucket(const reel_mpi *m, const reeli_flat *f, reeli_bucket b)
{
    const int64_t most = bucket_of(m, f), from = b.from + b.count, left = f->count - from;
    return (reeli_bucket){from, left < most ? left : most};
}

bool reeli_mpi_join_sums(reel_mpi *m, reeli_flat *f, reeli_bucket b)
{
    if (m->options.allreduce) {
        return plain_allreduce(m, f, b);
    }
    if (is_whole_tree(m)) {
        return climb_by_halves(m, f, b);
    }
    if (!exchange(m, f, b)) {
        return false;
    }
    climb(m, f, b);
    return share_out(m, f, b);
}
