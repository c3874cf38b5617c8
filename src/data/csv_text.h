/* SPDX-License-Identifier: MIT */
/* A file that is read piece by piece, and CSV in it. */
#ifndef REELI_CSV_TEXT_H
#define REELI_CSV_TEXT_H

#include "table.h"

enum { REELI_CSV_PIECE = 1 << 16 };

typedef struct reeli_csv_file {
    int descriptor;
    int64_t size; /* in bytes; -1 if it is not known */
    char *bytes;  /* the piece that was read last, of up to REELI_CSV_PIECE bytes */
    size_t count; /* of them; 0 at the end */
    size_t skip;  /* bytes at the piece's start that are no text */
} reeli_csv_file;

/* Reads the next piece, full unless it is the last; false, and an error, if that cannot be. */
bool reeli_csv_next(reel_table *t, reeli_csv_file *file);

/* Reads the table from the first piece, which is there, to the end; false, and an error. */
bool reeli_csv_read(reel_table *t, const reel_table_options *options, char separator,
                    reeli_csv_file *file);

#endif
