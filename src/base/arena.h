/* SPDX-License-Identifier: MIT */
/* A chain of blocks that is filled front to back and reset as a whole. The blocks stay, so a step
 * that asks for the same sizes in the same order as the step before needs no new memory. */
#ifndef REELI_ARENA_H
#define REELI_ARENA_H

#include "slots.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define REELI_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REELI_ASAN 1
#endif
#endif

#ifdef REELI_ASAN
#include <sanitizer/asan_interface.h>
#define REELI_HIDE(memory, size) ASAN_POISON_MEMORY_REGION(memory, size)
#define REELI_SHOW(memory, size) ASAN_UNPOISON_MEMORY_REGION(memory, size)
#else
#define REELI_HIDE(memory, size) ((void)0)
#define REELI_SHOW(memory, size) ((void)0)
#endif

enum { REELI_ALIGN = 16, REELI_LARGE_ALIGN = 64, REELI_LARGE = 1024 };

typedef struct reeli_block reeli_block;

/* A place in the arena, to which everything allocated later can be given back. */
typedef struct reeli_mark {
    reeli_block *block;
    char *at;
    reeli_slab *slab;
    char *slot;
    uint32_t callbacks;
} reeli_mark;

typedef struct reeli_arena {
    reeli_block *first;
    reeli_block *current;
    char *at;                  /* the next free byte of the current block */
    char *end;                 /* one past its last */
    const reeli_mark *watched; /* NULL, or since where the most is measured */
    size_t most;               /* bytes that it had gone on since there when it was released */
    reeli_slots slots;         /* the headers of tensors lie apart */
    uint32_t callbacks;        /* of the user's that have run */
} reeli_arena;

struct reel;

/* There are `size` bytes at hand, and a slot; false, without a message, when memory is out. */
bool reeli_room_at_hand(struct reel *r, size_t size);
/* At the end of a step; false, without a message, when memory for one like it is out. */
bool reeli_arena_reset(struct reel *r);
void reeli_arena_release(reeli_arena *arena, const reeli_mark *mark); /* a reel's own */
void reeli_arena_free(struct reel *r);
/* The same for the user, who has seen what has lain there. */
void reeli_arena_rewind_to(struct reel *r, const reeli_mark *mark);
/* Before that, and before a release where callbacks of the user's ran after the mark: the tape and
 * the tensors from before it forget what lies behind. It is the engine's, see autograd/marks.c. */
void reeli_forget_after(struct reel *r, const reeli_mark *mark);
/* The same of headers that are left, when the others are gone. */
void reeli_forget_noted(struct reel *r, const reeli_mark *mark);
/* Whether `memory` is not the arena's, or was allocated before the mark. */
bool reeli_arena_before(const reeli_arena *arena, const reeli_mark *mark, const void *memory);
/* Whether `memory` lies in it. */
bool reeli_arena_holds(const reeli_arena *arena, const void *memory);
/* How many bytes it went on since the mark, the ends of blocks included; slots not. */
size_t reeli_arena_since(const reeli_arena *arena, const reeli_mark *mark);

reeli_mark reeli_arena_mark(const reeli_arena *arena);

#endif
