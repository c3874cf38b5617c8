/* SPDX-License-Identifier: MIT */
/* The program `reel` as one process; where it is to be one of several, reel-mpi takes its place. */
#include "together.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number of processes that mpirun has started, by what Open MPI, MPICH and Slurm say; 0: it has
 * not. */
static long started(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = getenv(names[i]);
        if (text && atol(text) > 0) {
            return atol(text);
        }
    }
    return getenv("PMIX_RANK") ? 1 : 0;
}

/* Whether somebody has asked for the arithmetic of several. */
static bool asks_for_pieces(int argc, char **argv)
{
    bool asks = false;
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        asks = asks || strcmp(argv[i], "--pieces") == 0 || strncmp(argv[i], "--pieces=", 9) == 0;
    }
    return asks;
}

static bool needs_others(int argc, char **argv)
{
    static const char *const commands[] = {"fit", "evaluate", "predict"};
    bool can = false;
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        can = can || strcmp(argv[1], commands[i]) == 0;
    }
    return can && (started() > 0 || asks_for_pieces(argc, argv));
}

/* The program beside this one, or else in PATH. */
static void become(char **argv)
{
    static const char name[] = "reel-mpi";
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    if (length > 0) {
        path[length] = '\0';
        char *slash = strrchr(path, '/');
        memcpy(slash ? slash + 1 : path, name, sizeof name);
        execv(path, argv);
    }
    execvp(name, argv);
}

bool together_start(int argc, char **argv)
{
    if (!needs_others(argc, argv)) {
        return true;
    }
    become(argv);
    fprintf(stderr,
            "reel: for several processes, and for --pieces, there has to be the program reel-mpi, "
            "which is made where MPI is: install the package reel-mpi, or build Reel with MPI\n");
    return false;
}

void together_options(options *o) { (void)o; }

together *together_join(session *s, const options *o)
{
    (void)s, (void)o;
    return NULL;
}

void together_leave(session *s, int status) { (void)s, (void)status; }

int64_t together_pieces(const session *s)
{
    (void)s;
    return 0;
}

bool together_any(session *s, bool here)
{
    (void)s;
    return here;
}

const reel_table_team *together_team(session *s)
{
    (void)s;
    return NULL;
}

bool together_same(session *s, const char *what, uint64_t number)
{
    (void)s, (void)what, (void)number;
    return true;
}

void together_part(const session *s, int64_t n, int64_t *first, int64_t *count)
{
    (void)s;
    *first = 0;
    *count = n;
}

/* As others have it. NOLINTNEXTLINE(readability-non-const-parameter) */
bool together_gather(session *s, double *all, int64_t n)
{
    (void)s, (void)all, (void)n;
    return true;
}

void together_train(session *s, reel_module *net, reel_optimizer *optimizer)
{
    (void)s, (void)net, (void)optimizer;
}

together_loader *together_loader_new(session *s, samples of, reel_loader_options how)
{
    (void)s, (void)of, (void)how;
    return NULL;
}

void together_loader_free(together_loader *it) { (void)it; }

bool together_next(together_loader *it, reel_tensor **piece)
{
    (void)it, (void)piece;
    return false;
}

bool together_average(session *s, reel_tensor **loss)
{
    (void)s, (void)loss;
    return false;
}
