// SPDX-License-Identifier: MIT
// bench_libtorch WORKLOAD CONFIG THREADS: for each number that it reads, does the work so often and
// answers with the seconds that it took and the last loss.
// bench_libtorch tutorial: the L1 tutorial.
#include "workload.h"

#include <ATen/Parallel.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>

static double now()
{
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

static void answer(const Workload &work)
{
    int repeats;
    while (std::scanf("%d", &repeats) == 1) {
        double loss = 0;
        const double start = now();
        for (int i = 0; i < repeats; i++) {
            loss = work();
        }
        std::printf("%.9g %.9g\n", now() - start, loss);
        std::fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && std::string(argv[1]) == "tutorial") {
        run_tutorial();
        return 0;
    }
    if (argc != 4) {
        std::fprintf(stderr, "usage: bench_libtorch WORKLOAD CONFIG THREADS\n");
        return 2;
    }
    // Large buffers are kept from step to step: faulting them in again took most of W4's time.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    at::set_num_threads(std::atoi(argv[3]));
    const Workload work = make_workload(argv[1], argv[2]);
    if (!work) {
        std::fprintf(stderr, "bench_libtorch: there is no workload '%s'\n", argv[1]);
        return 2;
    }
    answer(work);
    return 0;
}
