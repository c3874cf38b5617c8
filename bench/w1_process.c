/* SPDX-License-Identifier: MIT */
/* W1p: the L1 tutorial's whole process, 100 epochs: start, 101 lines printed, end. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Memory is the process's peak, told by the last run of each. */
static void report_memory(double reel_mb, double libtorch_mb)
{
    report(&(result){.workload = "W1p",
                     .config = "peak memory",
                     .unit = "MB",
                     .threads = 1,
                     .scale = 1,
                     .reel = {reel_mb, reel_mb, reel_mb},
                     .libtorch = {libtorch_mb, libtorch_mb, libtorch_mb}});
}

static contender timed_process(const char *name, const char *argument)
{
    char *program = strdup(program_beside(name));
    peer *p = access(program, X_OK) == 0
                  ? peer_start("bench_process", (const char *[]){program, argument, NULL}, 1)
                  : NULL;
    free(program);
    return p ? (contender){run_peer, p} : (contender){NULL, NULL};
}

void bench_w1_process(void)
{
    contender all[] = {timed_process("l1_tutorial", "0"),
                       timed_process("bench_libtorch", "tutorial")};
    timing time[2];
    double mb[2] = {0, 0};
    if (!all[0].run) {
        fprintf(stderr,
                "bench: W1p needs bench_process and l1_tutorial beside bench; build them\n");
        exit(1);
    }
    time_in_rounds(all, 2, 1, bench_seconds, time);
    report(&(result){.workload = "W1p",
                     .config = "whole process",
                     .unit = "ms",
                     .threads = 1,
                     .scale = 1e3,
                     .reel = time[0],
                     .libtorch = time[1]});
    for (int i = 0; i < 2; i++) {
        if (all[i].run) {
            mb[i] = all[i].run(all[i].state);
            peer_stop(all[i].state);
        }
    }
    report_memory(mb[0], mb[1]);
}
