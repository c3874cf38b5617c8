/* SPDX-License-Identifier: MIT */
/* Files that a workload makes for itself, and removes. */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H

#include <stdint.h>

/*
 * Writes a CSV of numbers with this many rows and columns, named c0, c1, …, to a new file in TMPDIR
 * or /tmp, and its path to `path`; returns its size. Ends the program if that fails.
 */
enum { FILE_PATH_SIZE = 512 };
int64_t write_csv(char path[FILE_PATH_SIZE], const float *x, int64_t rows, int64_t columns);

#endif
