/* SPDX-License-Identifier: MIT */
/* struct reel_safetensors: an open file whose header has been checked. */
#ifndef REELI_SAFETENSORS_FILE_H
#define REELI_SAFETENSORS_FILE_H

#include "safetensors.h"
#include "text_set.h"

#include <stdio.h>

/* What the header says of a tensor. */
typedef struct reeli_entry {
    const char *name;
    const reeli_file_dtype *dtype;
    int ndim;
    int64_t size[REEL_MAX_DIMS];
    int64_t begin, end; /* bytes from `data` on */
} reeli_entry;

struct reel_safetensors {
    reeli_owned owned;
    FILE *stream;
    reeli_text_set names;  /* of the tensors, in the header's order */
    reeli_buffer entries;  /* reeli_entry, sorted by name once the file is open */
    reeli_text_set keys;   /* of the metadata */
    reeli_buffer values;   /* char: theirs, one after the other, each with its NUL */
    reeli_buffer value_at; /* size_t: where each starts */
    int64_t data;          /* where the elements start */
    char path[];
};

static inline reeli_entry *reeli_entry_at(const reel_safetensors *f, size_t i)
{
    return (reeli_entry *)f->entries.data + i;
}

/* Records an error that names the file. */
void reeli_refuse(reel_safetensors *f, reel_status status, const char *format, ...)
    REELI_PRINTF(3, 4);

#endif
