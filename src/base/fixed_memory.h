/* SPDX-License-Identifier: MIT */
/* An allocator within one piece of memory that the caller gave: no other is asked for. */
#ifndef REELI_FIXED_MEMORY_H
#define REELI_FIXED_MEMORY_H

#include <stddef.h>

typedef struct reeli_fixed_memory reeli_fixed_memory;

/* Makes `size` bytes at `memory` the allocator's, which keeps what it knows at their start; NULL
 * where they do not even hold that. */
reeli_fixed_memory *reeli_fixed_memory_new(void *memory, size_t size);

/* A reel_allocator, whose context is a reeli_fixed_memory; one that is NULL is full. */
void *reeli_fixed_allocator(void *context, void *block, size_t old_size, size_t new_size);

/* How many bytes, from the first one given, were the most that was ever in use. */
size_t reeli_fixed_peak(const reeli_fixed_memory *m);

#endif
