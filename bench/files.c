/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *create_file(char path[FILE_PATH_SIZE])
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, FILE_PATH_SIZE, "%s/reel-bench-XXXXXX", folder && *folder ? folder : "/tmp");
    int descriptor = mkstemp(path);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (!file) {
        fprintf(stderr, "bench: %s could not be written\n", path);
        exit(1);
    }
    return file;
}

int64_t write_csv(char path[FILE_PATH_SIZE], const float *x, int64_t rows, int64_t columns)
{
    FILE *file = create_file(path);
    for (int64_t k = 0; k < columns; k++) {
        fprintf(file, "%sc%d", k ? "," : "", (int)k);
    }
    for (int64_t i = 0; i < rows * columns; i++) {
        fprintf(file, "%c%.6g", i % columns ? ',' : '\n', (double)x[i]);
    }
    fputc('\n', file);
    int64_t size = ftell(file);
    if (ferror(file) | fclose(file)) {
        unlink(path);
        fprintf(stderr, "bench: %s could not be written\n", path);
        exit(1);
    }
    return size;
}
