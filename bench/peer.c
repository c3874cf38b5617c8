/* SPDX-License-Identifier: MIT */
/*
 * Contenders in processes of their own. libtorch brings its own threads, its own BLAS's and 170 MB;
 * none of that is to lie beside what is measured here. A peer waits in a read while others are
 * timed. It is sent a number of repeats, a line, and answers with a line: seconds, and a value.
 */
#define _GNU_SOURCE /* memrchr */
#include "bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_ARGUMENTS = 14 };

struct peer {
    const char *program;
    pid_t process;
    FILE *to, *from;
};

const char *program_beside(const char *name)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);
    char *slash = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    snprintf(slash ? slash + 1 : path, 64, "%s", name);
    return path;
}

static void fail(const peer *p, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", p->program, what);
    exit(1);
}

/* Starts path with its standard input and output on the two pipes; libraries read the number of
 * their threads while they are loaded. */
static bool spawn(peer *p, const char *path, char *const *argv, const int *in, const int *out)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    int failed = posix_spawn(&p->process, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return !failed;
}

/* A pipe whose ends no further peer inherits, so that each sees when this program ends. */
static bool open_pipe(int *ends)
{
    return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

peer *peer_start(const char *program, const char *const *arguments, int threads)
{
    const char *path = program_beside(program);
    if (access(path, X_OK) != 0) {
        return NULL;
    }
    char *argv[MOST_ARGUMENTS + 2] = {strdup(program)}, count[16];
    for (int i = 0; i < MOST_ARGUMENTS && arguments[i]; i++) {
        argv[i + 1] = strdup(arguments[i]);
    }
    snprintf(count, sizeof count, "%d", threads);
    setenv("OPENBLAS_NUM_THREADS", count, 1);
    setenv("OMP_NUM_THREADS", count, 1);
    setenv("OMP_WAIT_POLICY", "passive", 1); /* or OpenBLAS's threads and OpenMP's spin at once */
    int in[2], out[2];
    peer *p = malloc(sizeof *p);
    if (!p || !open_pipe(in) || !open_pipe(out) || !spawn(p, path, argv, in, out)) {
        fprintf(stderr, "bench: %s could not be started\n", path);
        exit(1);
    }
    unsetenv("OPENBLAS_NUM_THREADS");
    unsetenv("OMP_NUM_THREADS");
    unsetenv("OMP_WAIT_POLICY");
    close(in[0]);
    close(out[1]);
    *p = (peer){program, p->process, fdopen(in[1], "w"), fdopen(out[0], "r")};
    for (int i = 0; argv[i]; i++) {
        free(argv[i]);
    }
    return p;
}

double peer_seconds(peer *p, int repeats, double *value)
{
    double seconds = 0;
    if (fprintf(p->to, "%d\n", repeats) < 0 || fflush(p->to) != 0 ||
        fscanf(p->from, "%lf %lf", &seconds, value) != 2) {
        fail(p, "ended before its work was done");
    }
    return seconds;
}

double run_peer(void *state)
{
    double value;
    peer_seconds(state, 1, &value);
    return value;
}

void peer_stop(peer *p)
{
    int status;
    fclose(p->to); /* it reads the end of its input */
    if (waitpid(p->process, &status, 0) < 0 || status != 0) {
        fail(p, "did not end as it should");
    }
    fclose(p->from);
    free(p);
}

contender libtorch_contender(const char *workload, const char *config, int threads)
{
    char count[16];
    snprintf(count, sizeof count, "%d", threads);
    peer *p = peer_start("bench_libtorch",
                         (const char *[]){workload, config ? config : "", count, NULL}, threads);
    return p ? (contender){run_peer, p} : (contender){NULL, NULL};
}
