/* SPDX-License-Identifier: MIT */
/*
 * bench_process PROGRAM [ARGUMENT]...: for each number that it reads, runs the program so often,
 * its output thrown away, and answers with the seconds that all took and the last one's peak
 * memory in MB. A process's peak counts what was before its exec, so its parent must be small:
 * this program, which loads nothing.
 */
#define _GNU_SOURCE /* wait4, vfork */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The peak in MB; negative if it failed. */
static double run(char **argv, int nowhere)
{
    struct rusage used;
    int status;
    pid_t child = vfork();
    if (child == 0) {
        dup2(nowhere, 1);
        execv(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0 || status != 0) {
        fprintf(stderr, "bench_process: %s did not run\n", argv[0]);
        return -1;
    }
    return (double)used.ru_maxrss / 1024;
}

int main(int argc, char **argv)
{
    int repeats, nowhere = open("/dev/null", O_WRONLY);
    if (argc < 2 || nowhere < 0) {
        return 2;
    }
    while (scanf("%d", &repeats) == 1) {
        double peak = 0, start = now();
        for (int i = 0; i < repeats && peak >= 0; i++) {
            peak = run(argv + 1, nowhere);
        }
        if (peak < 0) {
            return 1;
        }
        printf("%.9g %.9g\n", now() - start, peak);
        fflush(stdout);
    }
    return 0;
}
