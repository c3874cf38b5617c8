/* SPDX-License-Identifier: MIT */
/* struct reel_safetensors: an open file whose header has been checked. */
#ifndef REELI_SAFETENSORS_FILE_H
#define REELI_SAFETENSORS_FILE_H

#include "safetensors.h"

#include <stdio.h>

/* What the header says of a tensor. */
typedef struct reeli_entry {
    const char *name; /* the header's */
    const reeli_file_dtype *dtype;
    int ndim;
    int64_t size[REEL_MAX_DIMS];
    int64_t begin, end; /* bytes from `data` on */
} reeli_entry;

struct reel_safetensors {
    reeli_owned owned;
    FILE *stream;
    json_t *header;   /* holds the names and the metadata */
    json_t *metadata; /* a part of it; NULL if there is none */
    reeli_entry *entries;
    size_t count;    /* of entries, sorted by name once the file is open */
    size_t capacity; /* their memory in bytes */
    int64_t data;    /* where the elements start */
    char path[];
};

/* Records an error that names the file. */
void reeli_refuse(reel_safetensors *f, reel_status status, const char *format, ...)
    REELI_PRINTF(3, 4);

#endif
