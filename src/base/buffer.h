/* SPDX-License-Identifier: MIT */
/* The one array that grows: of bytes, of text, of items of any kind. */
#ifndef REELI_BUFFER_H
#define REELI_BUFFER_H

#include "state.h"

typedef struct reeli_buffer {
    void *data;
    size_t count; /* of the items in it, which its owner counts; how large they are it knows */
    size_t bytes; /* that there is room for */
} reeli_buffer;

/* Makes room for `bytes` bytes; false, with all as it was and no message, if memory is out. */
bool reeli_buffer_reserve(reel *r, reeli_buffer *b, size_t bytes);
/* The same with half as much again, so that growing by little pieces is no waste of time. */
bool reeli_buffer_grow(reel *r, reeli_buffer *b, size_t bytes);
/* Room for one more item of this size, after those that are counted, and counts it; NULL, with all
 * as it was and no message, if memory is out. */
void *reeli_buffer_add(reel *r, reeli_buffer *b, size_t size);
/* The same from the arena: it is not freed, and what it outgrows stays there until then. */
void *reeli_buffer_add_in_arena(reel *r, reeli_buffer *b, size_t size);
/* Gives back what is over `bytes`, where that can be had. */
void reeli_buffer_shrink(reel *r, reeli_buffer *b, size_t bytes);
void reeli_buffer_free(reel *r, reeli_buffer *b);

#endif
