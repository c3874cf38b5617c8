/* SPDX-License-Identifier: MIT */
/* Counts the memory that a reel has, and has had at most. */
#ifndef COUNTED_MEMORY_H
#define COUNTED_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

typedef struct counted {
    size_t now, most; /* bytes */
} counted;

/* An allocator of that context, for reel_options. */
static void *count_bytes(void *context, void *block, size_t old_size, size_t new_size)
{
    counted *it = context;
    if (new_size == 0) {
        free(block);
        it->now -= old_size;
        return NULL;
    }
    void *fresh = realloc(block, new_size);
    if (fresh) {
        it->now += new_size - (block ? old_size : 0);
        it->most = it->now > it->most ? it->now : it->most;
    }
    return fresh;
}

#endif
