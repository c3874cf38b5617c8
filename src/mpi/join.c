/* SPDX-License-Identifier: MIT */
/* Joining and leaving, and how an error of one process becomes one of all. */
#include "joined.h"

#include <limits.h>
#include <reel/custom.h>
#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reel.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE = 512 };

typedef struct failure {
    reel_status status;
    char sentence[SENTENCE];
} failure;

/* The library around this one has no function that records an error; an operation that fails
 * does. */
static bool fail_by_operation(reel_call *call)
{
    const failure *f = call->context;
    return reel_call_fail(call, f->status, "%s", f->sentence);
}

static void record(reel_mpi *m, failure *f)
{
    if (m->gone) {
        return;
    }
    const reel_custom_op op = {.name = "mpi", .forward = fail_by_operation};
    reel_custom(&op, f, &m->one, 1);
}

bool reeli_mpi_fail(reel_mpi *m, reel_status status, const char *format, ...)
{
    failure f = {.status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f.sentence, sizeof f.sentence, format, arguments);
    va_end(arguments);
    record(m, &f);
    return false;
}

bool reeli_mpi_done(reel_mpi *m, int code, const char *function)
{
    if (code == MPI_SUCCESS) {
        return true;
    }
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    m->over = true;
    return reeli_mpi_fail(m, REEL_ERR_STATE, "%s: %s", function, text);
}

uint64_t reeli_mpi_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Process `failed` says what went wrong there. */
static bool learn_of(reel_mpi *m, int failed)
{
    failure f = {.status = REEL_ERR_STATE};
    if (failed == m->rank) {
        snprintf(f.sentence, sizeof f.sentence, "%s",
                 m->gone ? "it called MPI_Finalize without reel_mpi_leave"
                 : m->r  ? reel_error(m->r)
                         : "out of memory for a reel");
    }
    m->over = true;
    if (reeli_mpi_done(m, MPI_Bcast(f.sentence, SENTENCE, MPI_CHAR, failed, m->comm),
                       "MPI_Bcast") &&
        failed != m->rank) {
        f.sentence[SENTENCE - 1] = 0;
        reeli_mpi_fail(m, REEL_ERR_STATE, "process %d of %d failed: %.400s", failed, m->size,
                       f.sentence);
    }
    return false;
}

/* One reduction tells the first process that failed (the least of their numbers), and whether all
 * are at one place: then the least and the greatest of `at` are the same. */
bool reeli_mpi_agree(reel_mpi *m, int place, uint64_t detail)
{
    if (m->over) {
        return false;
    }
    const int64_t at = (int64_t)place << 56 | (int64_t)(reeli_mpi_mix(0, detail) >> 8);
    const int64_t mine[3] = {m->gone || reel_failed(m->r) ? m->rank : INT64_MAX, at, -at};
    int64_t all[3];
    if (!reeli_mpi_done(m, MPI_Allreduce(mine, all, 3, MPI_INT64_T, MPI_MIN, m->comm),
                        "MPI_Allreduce")) {
        return false;
    }
    if (all[0] != INT64_MAX) {
        return learn_of(m, (int)all[0]);
    }
    if (all[1] == -all[2]) {
        return true;
    }
    static const char *const names[] = {
        "reel_mpi_join",   "reel_mpi_leave", "reel_mpi_broadcast", "reel_mpi_average_gradients",
        "reel_mpi_gather", "reel_mpi_any",   "reel_table_read"};
    m->over = true;
    const int a = (int)(all[1] >> 56), b = (int)(-all[2] >> 56);
    if (a != b) {
        return reeli_mpi_fail(m, REEL_ERR_STATE,
                              "the processes do not do the same: one is at %s, another at %s",
                              names[a], names[b]);
    }
    return reeli_mpi_fail(m, REEL_ERR_STATE,
                          "%s: the processes' tensors, models or batches are not alike", names[a]);
}

/* The bits of what kernels for one CPU compute otherwise than for another: exponentials, and sums
 * of products. */
static uint64_t digits_of_kernels(reel *r)
{
    const uint64_t mark = reel_mark(r);
    const bool was = reel_set_grad_enabled(r, false);
    reel_tensor *x = reel_linspace(r, REEL_F32, -3, 3, 4096);
    reel_tensor *square = reel_view(x, REEL_SHAPE(64, 64));
    reel_tensor *parts[] = {reel_exp(x), reel_tanh(x),
                            reel_flatten(reel_matmul(square, square), 0, -1)};
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const float *data = reel_data_f32(parts[i]);
        for (int64_t k = 0; data && k < reel_numel(parts[i]); k++) {
            uint32_t bits;
            memcpy(&bits, &data[k], sizeof bits);
            hash = reeli_mpi_mix(hash, bits);
        }
    }
    reel_set_grad_enabled(r, was);
    reel_rewind_to(r, mark);
    reel_tensor_free(x);
    return hash >> 2;
}

static bool same_digits(reel_mpi *m, int64_t mine)
{
    const int64_t both[2] = {mine, -mine};
    int64_t all[2], first = mine;
    if (!reeli_mpi_done(m, MPI_Allreduce(both, all, 2, MPI_INT64_T, MPI_MIN, m->comm),
                        "MPI_Allreduce") ||
        !reeli_mpi_done(m, MPI_Bcast(&first, 1, MPI_INT64_T, 0, m->comm), "MPI_Bcast")) {
        return false;
    }
    if (all[0] == -all[1] || m->options.mixed_kernels) {
        return true;
    }
    const int other = first == mine ? INT_MAX : m->rank;
    int least = 0;
    if (!reeli_mpi_done(m, MPI_Allreduce(&other, &least, 1, MPI_INT, MPI_MIN, m->comm),
                        "MPI_Allreduce")) {
        return false;
    }
    m->over = true;
    return reeli_mpi_fail(m, REEL_ERR_STATE,
                          "process %d's kernels give other digits than process 0's, as on another "
                          "CPU: give all of them one level (mpirun -x REEL_CPU=avx2, or portable), "
                          "or set mixed_kernels",
                          least);
}

static uint64_t how_to_train(const reel_mpi_options *o)
{
    const uint64_t flags = (uint64_t)o->reduction * 4 + o->allreduce * 2u + o->mixed_kernels;
    return reeli_mpi_mix(reeli_mpi_mix((uint64_t)o->pieces, (uint64_t)o->bucket), flags);
}

/* MPI_Finalize begins with this: who waits for a process that did not leave learns that it has
 * gone. */
static int tell_at_the_end(MPI_Comm comm, int key, void *value, void *extra)
{
    (void)comm, (void)key, (void)extra;
    reel_mpi *m = value;
    if (!m->over) {
        m->gone = true;
        reeli_mpi_agree(m, REELI_AT_LEAVE, 0);
        m->key = MPI_KEYVAL_INVALID;
    }
    return MPI_SUCCESS;
}

static bool watch_for_the_end(reel_mpi *m)
{
    return reeli_mpi_done(
               m, MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, tell_at_the_end, &m->key, NULL),
               "MPI_Comm_create_keyval") &&
           reeli_mpi_done(m, MPI_Comm_set_attr(MPI_COMM_SELF, m->key, m), "MPI_Comm_set_attr");
}

/* As many numbers as stay in a cache, and as a message of each process is worth sending. */
static void choose_bucket(reel_mpi *m)
{
    enum { IN_CACHE = 1 << 18, MESSAGE = 1 << 14 };
    const int64_t messages = (int64_t)m->size * MESSAGE;
    if (m->options.bucket == 0) {
        m->options.bucket = messages > IN_CACHE ? messages : IN_CACHE;
    }
}

static bool check(reel_mpi *m)
{
    int is_there = 0;
    MPI_Initialized(&is_there);
    if (!is_there) {
        m->over = true;
        return reeli_mpi_fail(m, REEL_ERR_STATE, "join: MPI_Init has not been called");
    }
    if (m->options.pieces < 0 || m->options.bucket < 0 ||
        (m->options.reduction != REEL_MEAN && m->options.reduction != REEL_SUM)) {
        m->over = true;
        return reeli_mpi_fail(m, REEL_ERR_VALUE,
                              "join: pieces and bucket are positive, and the reduction is a mean "
                              "or a sum; they are %d, %lld and %d",
                              m->options.pieces, (long long)m->options.bucket,
                              (int)m->options.reduction);
    }
    m->options.pieces = m->options.pieces ? m->options.pieces : 8;
    const int64_t digits = (int64_t)digits_of_kernels(m->r);
    if (!reeli_mpi_done(m, MPI_Comm_rank(m->comm, &m->rank), "MPI_Comm_rank") ||
        !reeli_mpi_done(m, MPI_Comm_size(m->comm, &m->size), "MPI_Comm_size")) {
        return false;
    }
    choose_bucket(m);
    return reeli_mpi_agree(m, REELI_AT_JOIN, how_to_train(&m->options)) && same_digits(m, digits) &&
           watch_for_the_end(m);
}

static void release(reel_mpi *m)
{
    if (m->key != MPI_KEYVAL_INVALID) {
        m->over = true;
        MPI_Comm_delete_attr(MPI_COMM_SELF, m->key);
        MPI_Comm_free_keyval(&m->key);
    }
    reeli_mpi_free_flat(m);
    reel_tensor_free(m->one);
    reel_tensor_free(m->rng);
    free(m->requests);
    free(m->counts);
    reeli_mpi_free_team(m);
    free(m);
}

reel_mpi *reel_mpi_join(reel *r, MPI_Comm comm, reel_mpi_options options)
{
    reel_mpi *m = calloc(1, sizeof *m);
    if (!m) {
        return NULL;
    }
    *m = (reel_mpi){.r = r, .comm = comm, .options = options, .size = 1, .key = MPI_KEYVAL_INVALID};
    m->flat[0] = (reeli_flat){.dtype = REEL_F32, .element = sizeof(float)};
    m->flat[1] = (reeli_flat){.dtype = REEL_F64, .element = sizeof(double)};
    m->one = reel_keep(reel_scalar(r, REEL_F32, 1));
    m->rng = reel_keep(reel_get_rng_state(r));
    if (!check(m)) {
        release(m);
        return NULL;
    }
    return m;
}

bool reel_mpi_any(reel_mpi *m, bool here)
{
    int any = here;
    return !m ? here
              : reeli_mpi_agree(m, REELI_AT_ANY, 0) &&
                    reeli_mpi_done(m,
                                   MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, m->comm),
                                   "MPI_Allreduce") &&
                    any;
}

int reel_mpi_rank(const reel_mpi *m) { return m ? m->rank : 0; }

int reel_mpi_size(const reel_mpi *m) { return m ? m->size : 1; }

reel_status reel_mpi_leave(reel_mpi *m)
{
    if (!m) {
        return REEL_OK;
    }
    reeli_mpi_agree(m, REELI_AT_LEAVE, 0);
    const reel_status status = reel_error_status(m->r);
    release(m);
    return status;
}
