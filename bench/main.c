/* SPDX-License-Identifier: MIT */
/* The benchmark: usage below. Each workload is timed beside the limit that was written by hand for
 * it. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char *openblas_get_corename(void);

static const struct {
    const char *name, *what;
    void (*run)(void);
} workloads[] = {
    {"W1", "the L1 tutorial, one epoch", bench_w1_tutorial},
    {"W1p", "the L1 tutorial, the whole process", bench_w1_process},
    {"W6", "a chain of 1,000 mul, add, tanh", bench_w6_chain},
    {"bandwidth", "operations on 10,000,000 floats beside a copy of the same bytes",
     bench_bandwidth},
    {"optimizers", "steps over 10,000,000 parameters beside such a copy", bench_optimizers},
};
enum { WORKLOADS = sizeof workloads / sizeof workloads[0] };

static void usage(FILE *to)
{
    fprintf(to, "usage: bench [WORKLOAD]... [--threads N] [--json]\n\n"
                "Times each workload in interleaved rounds beside the hand-written limit. "
                "Workloads, all if none\n"
                "is named:\n");
    for (int i = 0; i < WORKLOADS; i++) {
        fprintf(to, "  %-10s %s\n", workloads[i].name, workloads[i].what);
    }
    fprintf(
        to,
        "\nOPENBLAS_CORETYPE is unset first: it may name a slower core than this machine has.\n");
}

/* OpenBLAS reads the variable while it is loaded, so the program starts once more without it. */
static void start_without_coretype(char **argv)
{
    if (getenv("OPENBLAS_CORETYPE")) {
        unsetenv("OPENBLAS_CORETYPE");
        execv("/proc/self/exe", argv);
        fprintf(stderr, "bench: unset OPENBLAS_CORETYPE and start again\n");
        exit(1);
    }
}

static int find(const char *name)
{
    for (int i = 0; i < WORKLOADS; i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            return i;
        }
    }
    fprintf(stderr, "bench: there is no workload '%s'\n", name);
    usage(stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    bool wanted[WORKLOADS] = {false}, any = false;
    bench_threads = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--json") == 0) {
            bench_json = true;
        } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
            bench_threads = atoi(argv[++i]);
        } else {
            wanted[find(argv[i])] = any = true;
        }
    }
    start_without_coretype(argv);
    fprintf(stderr, "OpenBLAS core: %s\n", openblas_get_corename());
    for (int i = 0; i < WORKLOADS; i++) {
        if (wanted[i] || !any) {
            workloads[i].run();
        }
    }
    return 0;
}
