/* SPDX-License-Identifier: MIT */
/* Slabs and their queue: how slots are taken, given back and left. */
#include "state.h"

#include <string.h>

enum { FIRST_CHUNK = 2, LARGEST_CHUNK = 16 }; /* in slabs */

_Static_assert(sizeof(reeli_slab) <= REELI_SLAB_HEAD, "a slab's head has its place");
_Static_assert(REELI_SLAB_HEAD + (REELI_TURNS - 1) * REELI_WORD + REELI_SLAB_SLOTS * REELI_SLOT <=
                   REELI_SLAB,
               "all slots lie within the slab, however far they are moved on");

/* Slabs that were allocated together, behind this. */
typedef struct reeli_chunk reeli_chunk;
struct reeli_chunk {
    reeli_chunk *next;
    size_t size;
};

static char *first_slot(const reeli_slab *slab)
{
    return (char *)(uintptr_t)slab + REELI_SLAB_HEAD + slab->turn * REELI_WORD;
}

static char *end_of(const reeli_slab *slab)
{
    return first_slot(slab) + (size_t)REELI_SLAB_SLOTS * REELI_SLOT;
}

/* From here on pointers to the slots up to `end` are ones to what is dead. */
static inline void kill(char *slot, const char *end, reeli_fate fate)
{
    const int32_t mark = REELI_DEAD | (int32_t)fate;
    for (; slot + 4 * REELI_SLOT <= end; slot += 4 * REELI_SLOT) {
        *reeli_mark_of_slot(slot) = mark;
        *reeli_mark_of_slot(slot + REELI_SLOT) = mark;
        *reeli_mark_of_slot(slot + 2 * REELI_SLOT) = mark;
        *reeli_mark_of_slot(slot + 3 * REELI_SLOT) = mark;
    }
    for (; slot < end; slot += REELI_SLOT) {
        *reeli_mark_of_slot(slot) = mark;
    }
}

/* Marks the slots from `at` in `slab` to where the slots go on now. */
static inline void kill_from(const reeli_slots *slots, reeli_slab *slab, char *at, reeli_fate fate)
{
    for (; slab != slots->current; slab = slab->next, at = first_slot(slab)) {
        kill(at, end_of(slab), fate);
    }
    kill(at, slots->at, fate);
}

static void queue(reeli_slabs *all, reeli_slab *slab)
{
    slab->next = NULL;
    if (all->count) {
        all->last->next = slab;
    } else {
        all->first = slab;
    }
    all->last = slab;
    all->count++;
}

/* Puts the slabs from `slab` up to `end` behind the others. */
static size_t queue_all(reeli_slabs *all, reeli_slab *slab, const reeli_slab *end)
{
    size_t count = 0;
    for (reeli_slab *next; slab != end; slab = next, count++) {
        next = slab->next;
        queue(all, slab);
    }
    return count;
}

/* Adds slabs, to be used before those that wait; false when memory is out. */
static bool add_chunk(reel *r, size_t count)
{
    const size_t size = sizeof(reeli_chunk) + (count + 1) * REELI_SLAB;
    reeli_chunk *chunk = reeli_malloc(r, size);
    if (!chunk) {
        return false;
    }
    *chunk = (reeli_chunk){r->slabs.chunks, size};
    r->slabs.chunks = chunk;
    r->slabs.total += count;
    char *at = (char *)reeli_slab_of((char *)(chunk + 1) + REELI_SLAB - 1);
    for (size_t i = 0; i < count; i++, at += REELI_SLAB) {
        reeli_slab *slab = (reeli_slab *)(void *)at;
        *slab = (reeli_slab){.r = r, .next = r->slabs.first};
        r->slabs.last = r->slabs.count ? r->slabs.last : slab;
        r->slabs.first = slab;
        r->slabs.count++;
    }
    return true;
}

/* The slab that has been dead the longest, if the last step did not leave it; else a new one. */
static reeli_slab *take_slab(reel *r)
{
    reeli_slabs *all = &r->slabs;
    const size_t more = all->total < FIRST_CHUNK     ? FIRST_CHUNK
                        : all->total > LARGEST_CHUNK ? LARGEST_CHUNK
                                                     : all->total;
    if (all->count <= all->waiting && !add_chunk(r, more)) {
        return NULL;
    }
    reeli_slab *slab = all->first;
    all->first = slab->next;
    all->count--;
    slab->next = NULL;
    return slab;
}

/* Its slots move on by a word, or by two: so that steps of one length do not come back to the same
 * addresses after the same number of steps. */
static void enter(reel *r, reeli_slots *slots, reeli_slab *slab)
{
    if (!slab->used) {
        memset((char *)slab + REELI_SLAB_HEAD, 0, REELI_SLAB - REELI_SLAB_HEAD);
        slab->used = true;
    }
    r->slabs.chance = r->slabs.chance * 1664525 + 1013904223;
    slab->turn = (slab->turn + 1 + (r->slabs.chance >> 31)) % REELI_TURNS;
    slab->graph = slots->graph;
    slots->current = slab;
    slots->at = first_slot(slab);
    slots->end = end_of(slab);
}

void *reeli_slot_more(reel *r)
{
    reeli_slots *slots = &r->arena.slots;
    reeli_slab *current = slots->current, *next = current ? current->next : NULL;
    if (!next) {
        next = take_slab(r);
        if (!next) {
            return NULL;
        }
        if (current) {
            current->next = next;
        }
    }
    enter(r, slots, next);
    if (!current) {
        slots->first = next;
        slots->start = slots->at;
    }
    slots->at += REELI_SLOT;
    return slots->at - REELI_SLOT;
}

/* While there is a tape its edges may lead to what has been freed. */
static void cool(reel *r, reeli_slab *slab)
{
    if (r->tape) {
        slab->next = r->slabs.cooling;
        r->slabs.cooling = slab;
    } else {
        queue(&r->slabs, slab);
    }
}

void *reeli_kept_slot(reel *r)
{
    reeli_slots *kept = &r->kept;
    if (kept->at == kept->end) {
        reeli_slab *slab = take_slab(r), *full = kept->current;
        if (!slab) {
            return NULL;
        }
        enter(r, kept, slab);
        slab->live = 0;
        if (full && full->live == 0) {
            cool(r, full);
        }
    }
    kept->current->live++;
    kept->at += REELI_SLOT;
    return kept->at - REELI_SLOT;
}

void reeli_free_slot(reel *r, void *slot, reeli_fate fate)
{
    reeli_slab *slab = reeli_slab_of(slot);
    *reeli_mark_of_slot(slot) = REELI_DEAD | (int32_t)fate;
    if (--slab->live == 0 && slab != r->kept.current) {
        cool(r, slab);
    }
}

/* The same where somebody may have seen the addresses: what is full queues up, and the rest of the
 * slab is left alone. */
REELI_RARE static void set_aside(reeli_slots *slots, reeli_slab *slab)
{
    if (slab != slots->current) {
        reeli_slab *const spare = slots->current->next;
        queue_all(&slab->r->slabs, slab->next, spare);
        slab->next = spare;
    }
    slots->current = slab;
    slots->at = slots->end = end_of(slab);
}

void reeli_release_slots(reeli_slots *slots, reeli_slab *slab, char *at, bool seen, reeli_fate fate)
{
    if (!slots->current || at == slots->at) {
        return;
    }
    if (!slab) { /* from before the first slab */
        slab = slots->first;
        at = slots->start;
    }
    kill_from(slots, slab, at, fate);
    if (REELI_RARELY(seen)) {
        set_aside(slots, slab);
        return;
    }
    if (slab != slots->current) {
        slots->current = slab;
        slots->end = end_of(slab);
    }
    slots->at = at;
}

/* What a step like the one that ends now will want, wherever in a slab it begins: so many slabs
 * beside as many that this one left, and one more for what is taken and given back in between.
 * False when memory is out. */
static bool provide(reel *r, size_t slabs)
{
    if (slabs <= r->slabs.planned) {
        return true;
    }
    r->slabs.planned = slabs;
    return r->slabs.count >= 2 * slabs + 1 || add_chunk(r, 2 * slabs + 1 - r->slabs.count);
}

/* The slabs that this step has filled queue up. */
REELI_RARE static bool leave_slabs(reel *r, reeli_slots *slots)
{
    const ptrdiff_t before = slots->start - first_slot(slots->first);
    const size_t left = queue_all(&r->slabs, slots->first, slots->current);
    const ptrdiff_t taken = slots->at - first_slot(slots->current) - before;
    r->slabs.waiting = left;
    return provide(r, left + (taken > 0));
}

bool reeli_end_slots(reel *r)
{
    reeli_slots *slots = &r->arena.slots;
    bool room = true;
    if (r->slabs.cooling) {
        queue_all(&r->slabs, r->slabs.cooling, NULL);
        r->slabs.cooling = NULL;
    }
    if (slots->current) {
        kill_from(slots, slots->first, slots->start, REELI_REWOUND);
        if (slots->first != slots->current || !r->slabs.planned) {
            room = leave_slabs(r, slots);
        }
        slots->first = slots->current;
        slots->start = slots->at;
    }
    return room;
}

void reeli_retire_slots(reel *r, reeli_slots *slots)
{
    if (slots->current) {
        kill_from(slots, slots->first, slots->start, REELI_GRAPH_FREED);
        for (reeli_slab *slab = slots->first, *next; slab; slab = next) {
            next = slab->next;
            cool(r, slab);
        }
    }
    *slots = (reeli_slots){.at = NULL};
}

size_t reeli_slots_since(const reeli_slots *slots, const reeli_slab *slab, const char *at)
{
    size_t bytes = 0;
    if (!slots->current || at == slots->at) {
        return 0;
    }
    if (!slab) {
        slab = slots->first;
        at = slots->start;
    }
    for (; slab != slots->current; slab = slab->next, at = first_slot(slab)) {
        bytes += (size_t)(end_of(slab) - at);
    }
    return (bytes + (size_t)(slots->at - at)) / REELI_SLOT;
}

void reeli_visit_slots(const reeli_slots *slots, void (*visit)(void *slot, const void *context),
                       const void *context)
{
    char *at = slots->start;
    for (reeli_slab *slab = slots->first; slab;
         slab = slab->next, at = slab ? first_slot(slab) : at) {
        char *const end = slab == slots->current ? slots->at : end_of(slab);
        for (; at < end; at += REELI_SLOT) {
            visit(at, context);
        }
        if (slab == slots->current) {
            break;
        }
    }
}

bool reeli_is_slot(const void *header)
{
    const char *const first = first_slot(reeli_slab_of(header));
    return (uintptr_t)header >= (uintptr_t)first &&
           ((uintptr_t)header - (uintptr_t)first) % REELI_SLOT == 0;
}

void reeli_free_slabs(reel *r)
{
    for (reeli_chunk *chunk = r->slabs.chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        reeli_free(r, chunk, chunk->size);
    }
}
