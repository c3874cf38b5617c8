/* SPDX-License-Identifier: MIT */
/* The benchmark: usage below. Each workload is timed beside the limit that was written by hand for
 * it, and beside libtorch. */
#include "bench.h"

#include <cblas.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *what;
    void (*run)(void);
    bool is_comparison; /* which --levels and --count can make */
} workloads[] = {
    {"W1", "the L1 tutorial, one epoch", bench_w1_tutorial, true},
    {"W1p", "the L1 tutorial, the whole process", bench_w1_process, false},
    {"W2", "MLP 13-64-64-1, batch 32 of 20,000 shuffled rows, L1, SGD and Adam", bench_w2_mlp,
     true},
    {"W3", "MLP 512-1024-1024-1, batch 256, MSE, SGD", bench_w3_wide_mlp, true},
    {"W4", "L1 loss of 10,000,000 values, forward and backward", bench_w4_l1_loss, true},
    {"W4h", "the same with the Huber loss", bench_w4_huber_loss, true},
    {"W5", "linear regression, 1,000,000 rows of 100, L1, SGD", bench_w5_linear_regression, true},
    {"W6", "a chain of 1,000 mul, add, tanh", bench_w6_chain, true},
    {"W7", "a convolutional net on 32 images of 28 x 28, cross entropy, Adam",
     bench_w7_convolutional, true},
    {"W8", "a U-Net on 8 images of 3 x 64 x 64, L1, Adam", bench_w8_unet, true},
    {"W9", "an LSTM of 64 over 50 steps, batch 32, MSE, Adam", bench_w9_lstm, true},
    {"elementwise", "activations and their like of 4,096 floats", bench_elementwise, true},
    {"fit", "an epoch of reel fit at W2's size, and its share inside the training step", bench_fit,
     false},
#ifdef BENCH_CSV
    {"csv", "a table of 50 MB into floats, beside the bare parser", bench_csv, false},
#endif
    {"bandwidth", "operations on 10,000,000 floats beside a copy of the same bytes",
     bench_bandwidth, false},
    {"optimizers", "steps over 10,000,000 parameters beside such a copy", bench_optimizers, false},
};
enum { WORKLOADS = sizeof workloads / sizeof workloads[0] };

double bench_seconds = 2;
static int threads_wanted; /* 0: 1, and 2 where the workload knows how */

void for_each_thread_count(void (*run)(int threads))
{
    if (threads_wanted > 0) {
        run(threads_wanted);
        return;
    }
    run(1);
    run(2);
}

static void usage(FILE *to)
{
    fprintf(to,
            "usage: bench [WORKLOAD]... [--threads N] [--seconds S] [--baseline FILE]\n"
            "             [--json | --markdown | --levels | --count]\n\n"
            "Times each workload in interleaved rounds beside the hand-written limit, and beside "
            "libtorch where\n"
            "bench_libtorch was built. Losses are compared first. Workloads, all if none is "
            "named:\n");
    for (int i = 0; i < WORKLOADS; i++) {
        fprintf(to, "  %-11s %s\n", workloads[i].name, workloads[i].what);
    }
    fprintf(to, "\n"
                "  --threads N   of W3, W4, W5, W7, W8 and the last two; otherwise 1, and then 2\n"
                "  --seconds S   for each comparison; 2. 0 is a trial, whose figures mean nothing\n"
                "  --json        an object a line\n"
                "  --markdown    the table of docs/performance-*.md\n"
                "  --levels      each with the kernels of every level of CPU, as multiples of the "
                "first's time\n"
                "  --count       times nothing; each way of ours does 100 steps in the function "
                "counted_steps,\n"
                "                whose instructions scripts/instructions.sh counts\n"
                "  --baseline F  the JSON of an earlier run: says what moved beyond its spread; "
                "status 1 if\n"
                "                something became slower\n"
                "  --help        this\n\n"
                "The figures are medians, with the middle half beside them. OPENBLAS_CORETYPE is "
                "unset first: it may\n"
                "name a slower core than this machine has. REEL_CPU (portable, avx2, avx512) "
                "chooses Reel's kernels;\n"
                "of avx2 OpenBLAS and libtorch have that too, and limits where "
                "REEL_BENCH_LIMIT_OPTIONS says so.\n");
}

/* The core that OpenBLAS has to be told, or NULL: with AVX2's kernels AVX2's, for then the other
 * sides have AVX2 alone, too. A CPU that is newer than it, OpenBLAS takes for one of 2004. */
static const char *core_to_name(void)
{
    const char *level = getenv("REEL_CPU");
    if (level && strcmp(level, "avx2") == 0) {
        setenv("ATEN_CPU_CAPABILITY", "avx2", 1); /* libtorch's */
        return "Haswell";
    }
#if defined(__x86_64__)
    if (!getenv("OPENBLAS_CORETYPE") && strcmp(openblas_get_corename(), "Prescott") == 0) {
        const bool wide = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
        return wide ? "SkylakeX" : __builtin_cpu_supports("avx2") ? "Haswell" : NULL;
    }
#endif
    return NULL;
}

/* OpenBLAS reads its variable while it is loaded, so the program starts once more where that is to
 * be another one, and again where what OpenBLAS then chooses by itself will not do. */
static void choose_core(char **argv)
{
    const char *core = getenv("OPENBLAS_CORETYPE"), *wanted = core_to_name();
    if (getenv("REEL_BENCH_CORE") || (wanted ? core && strcmp(core, wanted) == 0 : !core)) {
        return;
    }
    if (wanted) {
        setenv("OPENBLAS_CORETYPE", wanted, 1);
        setenv("REEL_BENCH_CORE", wanted, 1); /* what it was told stays */
    } else {
        unsetenv("OPENBLAS_CORETYPE");
    }
    execv("/proc/self/exe", argv);
    fprintf(stderr, "bench: unset OPENBLAS_CORETYPE and start again\n");
    exit(1);
}

static void refuse(const char *what, const char *argument)
{
    fprintf(stderr, "bench: %s '%s'; see bench --help\n", what, argument);
    exit(2);
}

static int find(const char *name)
{
    for (int i = 0; i < WORKLOADS; i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            return i;
        }
    }
    refuse(name[0] == '-' ? "there is no option" : "there is no workload", name);
    return 0;
}

/* The number after an option; the program ends unless it is one, from `least` to `most`. */
static double number(const char *option, const char *text, double least, double most)
{
    char *end = NULL;
    double value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end || !(value >= least && value <= most)) {
        fprintf(stderr, "bench: %s needs a number from %g to %g; see bench --help\n", option, least,
                most);
        exit(2);
    }
    return value;
}

/* Which workloads are named; false if none is, so that all are wanted. */
static bool read_arguments(char **argv, bool *wanted)
{
    bool any = false;
    for (int i = 1; argv[i]; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            exit(0);
        }
        if (strcmp(argv[i], "--json") == 0) {
            bench_format = FORMAT_JSON;
        } else if (strcmp(argv[i], "--markdown") == 0) {
            bench_format = FORMAT_MARKDOWN;
        } else if (strcmp(argv[i], "--levels") == 0) {
            bench_format = FORMAT_LEVELS;
        } else if (strcmp(argv[i], "--count") == 0) {
            bench_format = FORMAT_COUNTED;
        } else if (strcmp(argv[i], "--baseline") == 0) {
            read_baseline(argv[++i]);
        } else if (strcmp(argv[i], "--threads") == 0) {
            threads_wanted = (int)number(argv[i], argv[i + 1], 1, 1024);
            i++;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            bench_seconds = number(argv[i], argv[i + 1], 0, 3600);
            i++;
        } else {
            wanted[find(argv[i])] = any = true;
        }
    }
    return any;
}

static bool takes_comparisons_alone(void)
{
    return bench_format == FORMAT_LEVELS || bench_format == FORMAT_COUNTED;
}

static void run_workload(int i)
{
    if (takes_comparisons_alone() && !workloads[i].is_comparison) {
        refuse("--levels and --count know nothing of", workloads[i].name);
    }
    if (bench_format == FORMAT_LEVELS) {
        run_levels(workloads[i].run);
    } else {
        workloads[i].run();
    }
}

int main(int argc, char **argv)
{
    bool wanted[WORKLOADS] = {false};
    (void)argc;
    bool any = read_arguments(argv, wanted);
    choose_core(argv);
    signal(SIGPIPE, SIG_IGN); /* a peer that has died is a message of ours */
    openblas_set_num_threads(1);
    fprintf(stderr, "OpenBLAS core: %s\n", openblas_get_corename());
    if (access(program_beside("bench_libtorch"), X_OK) != 0) {
        fprintf(stderr, "libtorch: not measured; bench_libtorch was not built\n");
    }
    for (int i = 0; i < WORKLOADS; i++) {
        if (any ? wanted[i] : !takes_comparisons_alone() || workloads[i].is_comparison) {
            run_workload(i);
        }
    }
    return conclude_baseline() ? 0 : 1;
}
