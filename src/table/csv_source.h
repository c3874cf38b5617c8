/* SPDX-License-Identifier: MIT */
/* The bytes of a table, piece by piece, from a file or a pipe. */
#ifndef REELI_CSV_SOURCE_H
#define REELI_CSV_SOURCE_H

#include "table.h"

enum { REELI_CSV_PIECE = 1 << 16 };

typedef struct reeli_csv_source {
    int descriptor;
    bool opened;  /* and is to be closed: standard input is not */
    int64_t size; /* in bytes; -1 if it is not known */
    char *bytes;  /* the piece that was read last, of up to REELI_CSV_PIECE bytes */
    size_t count; /* of them; 0 at the end */
} reeli_csv_source;

/* Opens what there is of the path ("-": standard input), and reads the first piece; false, and an
 * error, if that cannot be. It is to be closed either way. */
bool reeli_csv_open(reel_table *t, const char *path, reeli_csv_source *source);
/* Reads the next piece, full unless it is the last; false, and an error, if that cannot be. */
bool reeli_csv_next(reel_table *t, reeli_csv_source *source);
void reeli_csv_close(reel *r, reeli_csv_source *source);

#endif
