/* SPDX-License-Identifier: MIT */
/* Files that gzip or zstd has compressed, by their own libraries, which are loaded when the first
 * is met. A build without their headers says so. */
#ifndef REELI_CSV_UNPACK_H
#define REELI_CSV_UNPACK_H

#include "state.h"

typedef enum reeli_packing { REELI_UNPACKED, REELI_GZIP, REELI_ZSTD } reeli_packing;

typedef struct reeli_unpacker {
    reeli_packing packing;
    void *state;      /* of zlib or zstd, with its functions */
    char *packed;     /* a piece of the file */
    size_t at, count; /* what of it comes next, and where it ends */
    bool within;      /* whether what has been read so far ends amid a stream */
} reeli_unpacker;

struct reeli_csv_source;

/* How a file is packed, by its first bytes. */
reeli_packing reeli_packing_of(const char *bytes, size_t count);
/* Takes the source's piece for the packed file's first; false, and an error, if that cannot be. */
bool reeli_unpack_begin(struct reeli_csv_source *source, reeli_packing packing);
/* As many bytes as there is room for unless they end; false, and an error. */
bool reeli_unpack(struct reeli_csv_source *source, char *to, size_t room, size_t *got);
void reeli_unpack_end(struct reeli_csv_source *source);

#endif
