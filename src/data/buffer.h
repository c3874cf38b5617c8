/* SPDX-License-Identifier: MIT */
/* Memory that grows. */
#ifndef REELI_BUFFER_H
#define REELI_BUFFER_H

#include "state.h"

typedef struct reeli_buffer {
    void *data;
    size_t bytes; /* that there is room for */
} reeli_buffer;

/* Makes room for `bytes` bytes; false, with all as it was and no message, if memory is out. */
bool reeli_buffer_reserve(reel *r, reeli_buffer *b, size_t bytes);
/* The same with half as much again, so that growing by little pieces is no waste of time. */
bool reeli_buffer_grow(reel *r, reeli_buffer *b, size_t bytes);
/* Gives back what is over `bytes`, where that can be had. */
void reeli_buffer_shrink(reel *r, reeli_buffer *b, size_t bytes);
void reeli_buffer_free(reel *r, reeli_buffer *b);

#endif
