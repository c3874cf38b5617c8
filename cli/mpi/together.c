/* SPDX-License-Identifier: MIT */
/* The program reel-mpi: `reel` as one of several processes. */
#include "together.h"
#include "commands.h"

#include <inttypes.h>
#include <reel/mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECES = 8, MOST = 1 << 20 };

struct together {
    reel_mpi *mpi;
    int64_t pieces;
    char failure[512]; /* what was complained of last */
};

static void end(void)
{
    int is_over = 0;
    MPI_Finalized(&is_over);
    if (!is_over) {
        MPI_Finalize();
    }
}

/* The first process speaks for all: others' errors come to it. */
bool together_start(int argc, char **argv)
{
    int rank = 0;
    if (MPI_Init(&argc, &argv) != MPI_SUCCESS) {
        fprintf(stderr, "reel: MPI could not be started\n");
        return false;
    }
    atexit(end);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank > 0 && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))) {
        return false;
    }
    return true;
}

void together_options(options *o)
{
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank > 0) {
        o->no_save = true;
        o->out = o->plot = o->plot_predictions = o->report = NULL;
    }
}

/* How many of the processes are on this machine, and share its memory. */
static int neighbours(void)
{
    int count = 1;
    MPI_Comm here;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here) ==
        MPI_SUCCESS) {
        MPI_Comm_size(here, &count);
        MPI_Comm_free(&here);
    }
    return count;
}

together *together_join(session *s, const options *o)
{
    together *it = calloc(1, sizeof *it);
    if (!it) {
        complain(s, "there is no memory to begin with");
        return NULL;
    }
    if (!o->memory) {
        s->memory /= neighbours();
    }
    it->pieces = o->pieces ? o->pieces : PIECES;
    it->mpi =
        reel_mpi_join(s->r, MPI_COMM_WORLD,
                      (reel_mpi_options){.pieces = (int)(it->pieces < MOST ? it->pieces : MOST)});
    return it;
}

/* An error of the program's becomes one of the reel's, which the others learn of. */
static bool fail(reel_call *call)
{
    const char *sentence = call->context;
    return reel_call_fail(call, REEL_ERR_STATE, "%s", sentence);
}

void together_leave(session *s, int status)
{
    together *it = s->together;
    if (!it) {
        return;
    }
    if (status != 0 && status != INTERRUPTED && !reel_failed(s->r)) {
        const reel_custom_op op = {.name = "reel", .forward = fail};
        reel_tensor *one = reel_ones(s->r, REEL_F32, 1, (int64_t[]){1});
        s->silent = true; /* it was said */
        reel_custom(&op, s->complaint, &one, 1);
        s->silent = false;
    }
    reel_mpi_leave(it->mpi);
    free(it);
    s->together = NULL;
}

int64_t together_pieces(const session *s) { return s->together ? s->together->pieces : 0; }

bool together_any(session *s, bool here)
{
    return s->together ? reel_mpi_any(s->together->mpi, here) : here;
}

const reel_table_team *together_team(session *s) { return reel_mpi_table_team(s->together->mpi); }

bool together_same(session *s, const char *what, uint64_t number)
{
    reel_mpi *mpi = s->together->mpi;
    int64_t mine = (int64_t)number;
    reel_tensor *all = reel_mpi_gather(mpi, reel_from_i64(s->r, &mine, 1, (int64_t[]){1}));
    for (int i = 0; i < reel_mpi_size(mpi) && !reel_failed(s->r); i++) {
        if (reel_data_i64(all)[i] != reel_data_i64(all)[0]) {
            return complain(s, "%s is another one for process %d than for process 0", what, i);
        }
    }
    reel_rewind(s->r);
    return !reel_failed(s->r);
}

void together_part(const session *s, int64_t n, int64_t *first, int64_t *count)
{
    reel_mpi_part(s->together->mpi, n, first, count);
}

bool together_gather(session *s, double *all, int64_t n)
{
    int64_t first, count;
    together_part(s, n, &first, &count);
    reel_tensor *mine = reel_from_f64(s->r, all + first, 1, &count);
    reel_tensor *gathered = reel_mpi_gather(s->together->mpi, mine);
    bool done = reel_to_f64(gathered, all, n) == REEL_OK;
    reel_rewind(s->r);
    return done;
}

void together_train(session *s, reel_module *net, reel_optimizer *optimizer)
{
    reel_mpi_broadcast(s->together->mpi, net, optimizer);
}

together_loader *together_loader_new(session *s, samples of, reel_loader_options how)
{
    reel_mpi *mpi = s->together->mpi;
    reel_tensor *both[] = {of.x->all, of.y->all};
    return (together_loader *)(void *)(both[0] ? reel_mpi_loader_new(mpi, both, 2, how)
                                               : reel_mpi_row_file_loader(mpi, of.x->store->file,
                                                                          NULL, 0, how));
}

static reel_mpi_loader *loader_of(together_loader *it) { return (reel_mpi_loader *)(void *)it; }

void together_loader_free(together_loader *it) { reel_mpi_loader_free(loader_of(it)); }

bool together_next(together_loader *it, reel_tensor **piece)
{
    return reel_mpi_loader_next(loader_of(it), piece);
}

bool together_average(session *s, reel_tensor **loss)
{
    return reel_mpi_average_gradients(s->together->mpi, loss);
}
