/* SPDX-License-Identifier: MIT */
/*
 * Free memory is a list of holes in the order of their addresses, each of which begins with its own
 * entry; two that touch are one. A block has no header, for its size comes back with it. The first
 * hole that is large enough is taken, so a run in less memory does the same as long as it fits:
 * what was the most is what is needed.
 */
#include "fixed_memory.h"

#include <stdint.h>
#include <string.h>

enum { GRAIN = 16 }; /* sizes are multiples of it, and addresses: as malloc aligns */

typedef struct hole hole;
struct hole {
    hole *next;
    size_t size;
};

struct reeli_fixed_memory {
    hole *first;
    char *given;  /* where the caller's memory begins */
    char *in_use; /* one past the last byte that ever was */
};

static size_t rounded(size_t size) { return (size + GRAIN - 1) & ~(size_t)(GRAIN - 1); }

reeli_fixed_memory *reeli_fixed_memory_new(void *memory, size_t size)
{
    const size_t skip = (size_t)(-(uintptr_t)memory & (GRAIN - 1));
    const size_t head = skip + rounded(sizeof(reeli_fixed_memory));
    if (size > PTRDIFF_MAX || size < head + GRAIN) {
        return NULL;
    }
    hole *all = (hole *)(void *)((char *)memory + head);
    *all = (hole){NULL, (size - head) & ~(size_t)(GRAIN - 1)};
    reeli_fixed_memory *m = (reeli_fixed_memory *)(void *)((char *)memory + skip);
    *m = (reeli_fixed_memory){all, memory, (char *)all};
    return m;
}

static void *take(reeli_fixed_memory *m, size_t size)
{
    hole **link = &m->first;
    while (*link && (*link)->size < size) {
        link = &(*link)->next;
    }
    hole *found = *link;
    if (!found) {
        return NULL;
    }
    char *end = (char *)found + size;
    if (found->size > size) {
        hole *rest = (hole *)(void *)end;
        *rest = (hole){found->next, found->size - size};
        *link = rest;
    } else {
        *link = found->next;
    }
    m->in_use = end > m->in_use ? end : m->in_use;
    return found;
}

/* Makes one hole of two that touch. */
static void join(hole *before, const hole *after)
{
    if (after && (const char *)before + before->size == (const char *)after) {
        before->size += after->size;
        before->next = after->next;
    }
}

static void give_back(reeli_fixed_memory *m, void *block, size_t size)
{
    hole *before = NULL, *after = m->first;
    while (after && (char *)after < (char *)block) {
        before = after;
        after = after->next;
    }
    hole *freed = block;
    *freed = (hole){after, size};
    join(freed, after);
    if (before) {
        before->next = freed;
        join(before, freed);
    } else {
        m->first = freed;
    }
}

static void *move(reeli_fixed_memory *m, void *block, size_t old_size, size_t new_size)
{
    void *larger = take(m, new_size);
    if (larger) {
        memcpy(larger, block, old_size);
        give_back(m, block, old_size);
    }
    return larger;
}

void *reeli_fixed_allocator(void *context, void *block, size_t old_size, size_t new_size)
{
    reeli_fixed_memory *m = context;
    if (!m || new_size > PTRDIFF_MAX) {
        return NULL;
    }
    old_size = rounded(old_size);
    new_size = rounded(new_size);
    if (!block) {
        return take(m, new_size);
    }
    if (new_size > old_size) {
        return move(m, block, old_size, new_size);
    }
    if (new_size < old_size) {
        give_back(m, (char *)block + new_size, old_size - new_size);
    }
    return new_size ? block : NULL;
}

size_t reeli_fixed_peak(const reeli_fixed_memory *m) { return (size_t)(m->in_use - m->given); }
