/* SPDX-License-Identifier: MIT */
/* The blocks of the arena: more of them when one is full, all of them kept when it is reset. */
#include "fixed_memory.h"
#include "state.h"
#include "thresholds.h"

struct reeli_block {
    reeli_block *next;
    size_t size; /* of the whole allocation */
};

static char *block_start(reeli_block *b)
{
    uintptr_t address = (uintptr_t)(b + 1);
    return (char *)b + (((address + REELI_LARGE_ALIGN - 1) & ~(uintptr_t)(REELI_LARGE_ALIGN - 1)) -
                        (uintptr_t)b);
}

static char *block_end(reeli_block *b) { return (char *)b + b->size; }

static void enter(reeli_arena *arena, reeli_block *b)
{
    arena->current = b;
    arena->at = b ? block_start(b) : NULL;
    arena->end = b ? block_end(b) : NULL;
}

/* The free part of the current block, aligned for `size`; NULL where it does not hold that much. */
static char *take(reeli_arena *arena, size_t size)
{
    uintptr_t align = size >= REELI_LARGE ? REELI_LARGE_ALIGN : REELI_ALIGN;
    size_t skip = (size_t)(-(uintptr_t)arena->at & (align - 1));
    size_t room = (size_t)(arena->end - arena->at);
    if (!arena->current || skip > room || size > room - skip) {
        return NULL;
    }
    char *start = arena->at + skip;
    arena->at = start + size;
    REELI_SHOW(start, size);
    return start;
}

/* Appends a block that holds `size` after the current one. Blocks double, up to a limit. */
static reeli_block *grow(reel *r, size_t size)
{
    reeli_block *current = r->arena.current;
    size_t wanted = r->allocator == reeli_fixed_allocator ? REELI_FIXED_BLOCK
                    : current                             ? current->size * 2
                                                          : REELI_FIRST_BLOCK;
    wanted = wanted > REELI_LARGEST_BLOCK ? REELI_LARGEST_BLOCK : wanted;
    size_t least = size + sizeof(reeli_block) + 2 * (size_t)REELI_LARGE_ALIGN;
    size_t bytes = wanted > least ? wanted : least;
    reeli_block *b = reeli_malloc(r, bytes);
    if (!b) {
        return NULL;
    }
    b->size = bytes;
    b->next = current ? current->next : r->arena.first;
    if (current) {
        current->next = b;
    } else {
        r->arena.first = b;
    }
    REELI_HIDE(b + 1, bytes - sizeof *b);
    return b;
}

static void *find_room(reel *r, size_t size)
{
    reeli_arena *arena = &r->arena;
    if (size > SIZE_MAX / 4) {
        return NULL;
    }
    size = (size + REELI_ALIGN - 1) & ~(size_t)(REELI_ALIGN - 1);
    for (;;) {
        char *memory = take(arena, size);
        if (memory) {
            return memory;
        }
        reeli_block *next = arena->current ? arena->current->next : arena->first;
        next = next ? next : grow(r, size);
        if (!next) {
            return NULL;
        }
        enter(arena, next);
    }
}

void *reeli_arena_alloc(reel *r, size_t size)
{
    size_t rounded = reeli_aligned(size);
    char *at = r->arena.at;
    if (rounded - 1 >= REELI_LARGE - 1 || /* 0, and what overflowed to 0, go the long way too */
        rounded > (size_t)(r->arena.end - at)) {
        return find_room(r, size);
    }
    REELI_ASSUME(at != NULL); /* or there would be no room */
    REELI_SHOW(at, rounded);
    r->arena.at = at + rounded;
    return at;
}

bool reeli_room_at_hand(reel *r, size_t size)
{
    reeli_slots *slots = &r->arena.slots;
    char *memory = find_room(r, size);
    char *slot = memory && slots->at == slots->end ? reeli_slot_more(r) : slots->at;
    if (!memory || !slot) {
        return false;
    }
    r->arena.at = memory;
    slots->at = slot;
    return true;
}

reeli_mark reeli_arena_mark(const reeli_arena *arena)
{
    return (reeli_mark){arena->current, arena->at, arena->slots.current, arena->slots.at,
                        arena->callbacks};
}

/* Gives back bytes alone. */
static void release_blocks(reeli_arena *arena, const reeli_mark *mark)
{
    if (arena->watched) {
        const size_t bytes = reeli_arena_since(arena, arena->watched);
        arena->most = bytes > arena->most ? bytes : arena->most;
    }
    reeli_block *b = mark->block ? mark->block : arena->first;
    if (!b) {
        return;
    }
    char *at = mark->block ? mark->at : block_start(b);
    REELI_HIDE(at, (size_t)(block_end(b) - at));
#ifdef REELI_ASAN
    for (reeli_block *after = b->next; after; after = after->next) {
        REELI_HIDE(after + 1, after->size - sizeof *after);
    }
#endif
    enter(arena, b);
    arena->at = at;
}

void reeli_arena_release(reeli_arena *arena, const reeli_mark *mark)
{
    const bool seen = mark->callbacks != arena->callbacks;
    if (REELI_RARELY(seen)) {
        reeli_forget_after((reel *)(void *)arena, mark);
    }
    reeli_release_slots(&arena->slots, mark->slab, mark->slot, seen, REELI_TAKEN_BACK);
    if (REELI_RARELY(seen)) {
        reeli_forget_noted((reel *)(void *)arena, mark);
    }
    release_blocks(arena, mark);
}

void reeli_arena_rewind_to(reel *r, const reeli_mark *mark)
{
    reeli_forget_after(r, mark);
    reeli_release_slots(&r->arena.slots, mark->slab, mark->slot, true, REELI_REWOUND);
    reeli_forget_noted(r, mark);
    release_blocks(&r->arena, mark);
}

bool reeli_arena_before(const reeli_arena *arena, const reeli_mark *mark, const void *memory)
{
    for (reeli_block *b = mark->block ? mark->block : arena->first; b; b = b->next) {
        const char *from = b == mark->block ? mark->at : (const char *)b;
        if ((uintptr_t)memory >= (uintptr_t)from && (uintptr_t)memory < (uintptr_t)block_end(b)) {
            return false;
        }
    }
    return true;
}

bool reeli_arena_reset(reel *r)
{
    const bool room = reeli_end_slots(r);
    release_blocks(&r->arena, &(reeli_mark){.block = NULL});
    return room;
}

bool reeli_arena_holds(const reeli_arena *arena, const void *memory)
{
    for (const reeli_block *b = arena->first; b; b = b->next) {
        if ((uintptr_t)memory - (uintptr_t)b < b->size) {
            return true;
        }
    }
    return false;
}

size_t reeli_arena_since(const reeli_arena *arena, const reeli_mark *mark)
{
    if (mark->block == arena->current) {
        return (size_t)(arena->at - mark->at);
    }
    size_t bytes = 0;
    for (reeli_block *b = mark->block ? mark->block : arena->first; b && b != arena->current;
         b = b->next) {
        bytes += b->size;
    }
    return bytes + (size_t)(arena->at - (char *)arena->current);
}

void reeli_arena_free(reel *r)
{
    reeli_block *b = r->arena.first;
    while (b) {
        reeli_block *next = b->next;
        REELI_SHOW(b, b->size);
        reeli_free(r, b, b->size);
        b = next;
    }
    reeli_retire_slots(r, &r->arena.slots);
    r->arena = (reeli_arena){.first = NULL};
}
