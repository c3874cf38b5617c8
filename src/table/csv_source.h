/* SPDX-License-Identifier: MIT */
/* The text of a table, piece by piece, from a file or a pipe, whatever it is packed and written
 * in. */
#ifndef REELI_CSV_SOURCE_H
#define REELI_CSV_SOURCE_H

#include "csv_recode.h"
#include "csv_unpack.h"
#include "table.h"

enum { REELI_CSV_PIECE = 1 << 16 };

typedef struct reeli_csv_source reeli_csv_source;

struct reeli_csv_source {
    reel *r;
    const char *name; /* as messages have it */
    int descriptor;
    bool opened;  /* and is to be closed: standard input is not */
    bool regular; /* it can be read again */
    bool ended;   /* nothing more comes */
    int64_t size; /* in bytes; -1 if it is not known */
    char *bytes;  /* the piece that was read last, of up to REELI_CSV_PIECE bytes */
    size_t count; /* of them; 0 at the end */
    reeli_unpacker unpacker;
    reeli_recoder recoder;
};

/* Opens what there is of the path ("-": standard input), and reads the first piece; false, and an
 * error, if that cannot be. It is to be closed either way. `encoding` NULL: as it looks. */
bool reeli_csv_open(reel *r, const char *path, const char *encoding, reeli_csv_source *source);
/* Reads the next piece, full unless it is the last; false, and an error, if that cannot be. */
bool reeli_csv_next(reeli_csv_source *source);
void reeli_csv_close(reeli_csv_source *source);

/* For what unpacks and recodes: the bytes of the file itself, as many as there is room for unless
 * they end; and what is unpacked of them. */
bool reeli_csv_raw(reeli_csv_source *source, char *to, size_t room, size_t *got);
bool reeli_csv_unpacked(reeli_csv_source *source, char *to, size_t room, size_t *got);
/* Records an error of the file's; returns false. */
bool reeli_csv_unreadable(const reeli_csv_source *source, reel_status status, const char *why);

#endif
