/* SPDX-License-Identifier: MIT */
/* What a process knows of those it trains with, and of the batch that is under way. */
#ifndef REELI_MPI_JOINED_H
#define REELI_MPI_JOINED_H

#include <reel/mpi.h>

enum {
    REELI_MPI_TAG = 5219,
    REELI_MPI_DEPTH = 34, /* of a tree of fewer than 2^31 pieces, and one more */
    REELI_MPI_RNG = 627   /* elements of the reel's random numbers */
};

/* The sum of pieces first … first + size - 1. */
typedef struct reeli_node {
    int first, size;
} reeli_node;

/* A stretch of numbers that lie end to end: a parameter's gradient, a buffer, or (tensor NULL) what
 * comes first. */
typedef struct reeli_stretch {
    reel_tensor *tensor;
    int64_t begin, count;
    bool is_buffer;
    const void *from; /* this piece's; NULL: zeros */
    void *to;         /* where the batch's go; NULL: nowhere */
} reeli_stretch;

/* Numbers of one dtype laid end to end: for each parameter whether it has a gradient (1 or 0), the
 * loss, gradients, buffers. `sums` are the nodes of the tree that this process has so far, from
 * left to right, but for its last one, which is never there as a whole: when a batch ends, each
 * bucket of it is summed, sent, received and put back while the cache has it, in `root`. */
typedef struct reeli_flat {
    reel_dtype dtype;
    size_t element;
    int64_t count, parameters;
    reeli_stretch *stretch; /* in their order */
    size_t stretches;
    void *head; /* the first stretch */
    void *sums[REELI_MPI_DEPTH];
    void *root;
    void *arrived; /* other processes' nodes, of this process's share of a bucket */
    size_t arrived_bytes;
} reeli_flat;

/* Numbers from … from + count - 1 are under way, of which each process has a share. */
typedef struct reeli_bucket {
    int64_t from, count;
} reeli_bucket;

/* A buffer as it was before the batch: each piece begins from that. */
typedef struct reeli_kept {
    reel_tensor *tensor;
    void *before;
    size_t bytes;
} reeli_kept;

struct reel_mpi {
    reel *r;
    MPI_Comm comm;
    int rank, size;
    reel_mpi_options options;
    int key;   /* of an attribute that MPI_Finalize deletes: so it is noticed that nobody left */
    bool gone; /* MPI ends, and the reel may have ended */
    bool over; /* an error is known to all: nobody sends or waits any more */
    reel_tensor *one;
    reel_module *model;
    reeli_flat flat[2]; /* float32, float64 */
    reeli_kept *kept;
    size_t kept_count;
    /* The batch. */
    int64_t rows;
    int pieces, first, end, next; /* its pieces, this process's, the one that was handed out last */
    bool idle;                    /* this process has none, and computes one for nothing */
    reeli_node node[REELI_MPI_DEPTH];
    int nodes;
    reel_tensor *rng; /* the random numbers before the batch */
    uint64_t batch_seed;
    MPI_Request *requests;
    int *counts;
    /* Tables. */
    reel_table_team team;
    int64_t *part_bytes; /* of what each process has */
    int *part_count, *part_begin;
    char *gathered; /* what all have */
    size_t gathered_bytes;
};

/* Records an error, and returns false. */
bool reeli_mpi_fail(reel_mpi *m, reel_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether MPI's function has done its work; else an error. */
bool reeli_mpi_done(reel_mpi *m, int code, const char *function);

/* What the processes have to agree on that they do. */
enum {
    REELI_AT_JOIN,
    REELI_AT_LEAVE,
    REELI_AT_BROADCAST,
    REELI_AT_AVERAGE,
    REELI_AT_GATHER,
    REELI_AT_ANY,
    REELI_AT_TABLE
};
/* Whether all processes are at the same place with the same `detail`, and none has failed; else all
 * have an error from then on. */
bool reeli_mpi_agree(reel_mpi *m, int place, uint64_t detail);

/* A tensor's elements, whatever they are, and how many bytes each has; NULL, and an error, if they
 * do not lie row by row. */
void *reeli_mpi_elements(reel_tensor *t);
size_t reeli_mpi_element_size(reel_dtype dtype);
uint64_t reeli_mpi_mix(uint64_t hash, uint64_t value);

/* The first of the pieces that a process has. */
int reeli_mpi_first_piece(const reel_mpi *m, int pieces, int rank);

/* Makes room for the model's gradients and buffers; false, and an error, when memory is out. */
bool reeli_mpi_lay_out(reel_mpi *m);
void reeli_mpi_free_flat(reel_mpi *m);
/* Which pieces this process has of a batch of so many rows. */
void reeli_mpi_choose_pieces(reel_mpi *m, int64_t rows);
/* Begins a batch of so many rows, the epoch's number `batch`: chooses this process's pieces, keeps
 * what each starts from. */
bool reeli_mpi_begin_batch(reel_mpi *m, int64_t rows, int64_t batch);
/* The random numbers go on from where they were before the batch. */
void reeli_mpi_end_batch(reel_mpi *m);

/* Takes a piece into the tree, as leaf number `nodes`, and returns to how many of the sums before
 * it it is to be added, one after the other from the right. */
int reeli_mpi_add_leaf(reel_mpi *m, int piece);
/* Memory for so many numbers, in whole lines of the cache; NULL without. */
void *reeli_mpi_numbers(const reeli_flat *f, int64_t count);
void reeli_mpi_free_team(reel_mpi *m);

/* Room for buckets, and for what other processes send; before they are told to. */
bool reeli_mpi_room(reel_mpi *m, reeli_flat *f);
/* The bucket after b, or the first one after an empty one; one without numbers ends them. */
reeli_bucket reeli_mpi_next_bucket(const reel_mpi *m, const reeli_flat *f, reeli_bucket b);
/* All processes' nodes of a bucket become one sum, in root, everywhere. */
bool reeli_mpi_join_sums(reel_mpi *m, reeli_flat *f, reeli_bucket b);

#endif
