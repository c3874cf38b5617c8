/* SPDX-License-Identifier: MIT */
/* Files that a workload makes for itself. */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H

#include <stdint.h>

/*
 * Writes a CSV of numbers with this many rows and columns, named c0, c1, …, to a new file in TMPDIR
 * or /tmp, which is removed when the program ends. Returns its path, and its size in *size. Ends
 * the program if that fails.
 */
const char *write_csv(const float *x, int64_t rows, int64_t columns, int64_t *size);

#endif
