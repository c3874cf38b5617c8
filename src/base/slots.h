/* SPDX-License-Identifier: MIT */
/*
 * Where the headers of tensors lie: in slots of one size, twenty to a slab, whose memory is given
 * back with the reel and not before. So a pointer that was ever handed out leads into a slab for as
 * long as the reel lives, and a slab, which is aligned to its size, says whose it is.
 *
 * A slab is filled from front to back. When all in it is dead it queues behind those that died
 * before it, and is filled anew in its turn, each time one or two words further on. So an address
 * is handed out again only after twelve such turns, and then by chance. Until then a pointer to
 * what is gone leads to a dead header, or amid another one. Both are told from a live one by one
 * look: the mark of a live header is negative, and no other word in a slab is.
 */
#ifndef REELI_SLOTS_H
#define REELI_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reel;
struct reel_graph;

/* Where pointers are half a word, or carry tags, words other than marks may be negative. */
#if UINTPTR_MAX > UINT32_MAX && !defined(__ANDROID__) && !defined(__SANITIZE_HWADDRESS__)
#define REELI_TURNS 24
#else
#define REELI_TURNS 1
#endif

enum {
    REELI_SLAB = 4096,
    REELI_SLAB_HEAD = 64,
    REELI_SLOT = 192,
    REELI_SLAB_SLOTS = 20,
    REELI_WORD = 8
};

/* A slot's mark: the upper half of its first word. Negative: alive. Else its own upper half says
 * what the header is, and the lower half, of a dead one, why. */
enum {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    REELI_MARK_AT = 0,
#else
    REELI_MARK_AT = 4,
#endif
    REELI_LIVE = INT32_MIN,
    REELI_DEAD = 0x1dea0000
};

/* What became of a dead header. */
typedef enum reeli_fate {
    REELI_POISONED = 1, /* it never was more than the mark of an error */
    REELI_REWOUND,      /* by reel_rewind */
    REELI_TAKEN_BACK,   /* at the end of a callback, or of the check that it was made for */
    REELI_FREED,
    REELI_REPLACED,   /* by what the next step made in the same way */
    REELI_BASE_FREED, /* a view of what has been freed */
    REELI_GRAPH_FREED /* a result of a captured step that has been freed */
} reeli_fate;

typedef struct reeli_slab reeli_slab;
struct reeli_slab {
    struct reel *r;
    const struct reel_graph *graph; /* whose step fills it; NULL: not that of a captured one */
    reeli_slab *next;
    uint32_t turn; /* of REELI_TURNS: by how many words its slots are moved on */
    uint32_t live; /* of headers that are freed one by one: how many are alive */
    bool used;     /* whether its memory has been cleared */
};

/* Slots that are taken one after the other, and given back together. */
typedef struct reeli_slots {
    char *at, *end;      /* the next free slot of the current slab, and one past its last */
    reeli_slab *current; /* NULL: there is none yet. What follows it is spare */
    reeli_slab *first;   /* where this step began, */
    char *start;         /* and at which slot */
    const struct reel_graph *graph;
} reeli_slots;

/* All slabs of a reel. */
typedef struct reeli_slabs {
    reeli_slab *first, *last; /* the queue of the dead, the oldest first */
    size_t count;             /* its length, */
    size_t waiting;           /* and how many of it are what the last step left */
    size_t planned;           /* how many slabs a step was seen to take */
    reeli_slab *cooling;      /* dead, but the tape may still lead there */
    struct reeli_chunk *chunks;
    size_t total;
    uint32_t chance;
} reeli_slabs;

/* The slab that a pointer to a header, alive or not, leads into. */
static inline reeli_slab *reeli_slab_of(const void *header)
{
    return (reeli_slab *)((uintptr_t)header & ~(uintptr_t)(REELI_SLAB - 1));
}

/* A slot where the current slab has no more; NULL when memory is out. Whoever takes a slot starts
 * it at once. */
void *reeli_slot_more(struct reel *r);
/* A slot for a header that is freed by itself; NULL when memory is out. */
void *reeli_kept_slot(struct reel *r);
/* Its header is dead from now on. */
void reeli_free_slot(struct reel *r, void *slot, reeli_fate fate);

/* The slots from `at` in `slab` on are dead, for this reason, and are the next to be used; or, if
 * somebody may have seen where they are (`seen`), are not used again for a while. */
void reeli_release_slots(reeli_slots *slots, reeli_slab *slab, char *at, bool seen,
                         reeli_fate fate);
/* The step's slots are dead, and the next step begins behind them. False, without a message, when
 * memory for one like it is out. */
bool reeli_end_slots(struct reel *r);
/* All slots of a captured step are dead. */
void reeli_retire_slots(struct reel *r, reeli_slots *slots);

/* How many slots were taken since the slab was at `at`. */
size_t reeli_slots_since(const reeli_slots *slots, const reeli_slab *slab, const char *at);
/* Calls `visit` for each slot that this step has taken. */
void reeli_visit_slots(const reeli_slots *slots, void (*visit)(void *slot, const void *context),
                       const void *context);
/* Whether the header of which this is the address is still what its slab holds there. */
bool reeli_is_slot(const void *header);

/* Gives the memory back: all pointers to tensors are void now. */
void reeli_free_slabs(struct reel *r);

static inline int32_t *reeli_mark_of_slot(void *slot)
{
    return (int32_t *)(void *)((char *)slot + REELI_MARK_AT);
}

#endif
