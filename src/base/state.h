/* SPDX-License-Identifier: MIT */
/* struct reel: all that would be a global elsewhere, and what every layer asks of it. */
#ifndef REELI_STATE_H
#define REELI_STATE_H

#include "arena.h"
#include "arithmetic.h"
#include "compiler.h"
#include "mt19937.h"
#include "owned.h"
#include "pool.h"

#include <reel/base.h>
#include <stdarg.h>

enum { REELI_MESSAGE_SIZE = 512 };

/* A mark within a step, in the arena. */
typedef struct reeli_step_mark {
    struct reeli_step_mark *outer; /* the one before it */
    uint64_t number;
    reeli_mark arena; /* behind this */
} reeli_step_mark;

/* OpenBLAS's two products, once they have been looked for; NULL where it is not used. */
typedef struct reeli_blas {
    int callers; /* threads that there was room for; 0: it was not looked for yet */
    void (*sgemm)(void);
    void (*dgemm)(void);
    char about[416]; /* which it is, or why there is none */
} reeli_blas;

struct reel {
    /* What every operation touches. */
    reeli_arena arena;
    struct reeli_node *tape; /* the last recorded operation */
    int level;               /* of this machine's CPU: an enum reeli_level */
    int first_cache;         /* of the same: its bytes */
    int second_cache;
    reel_tensor *poison;      /* what a failed operation returns */
    reel_tensor *destination; /* a hint: where a result of this numel and dtype may go */
    bool grad_enabled;        /* whether operations are recorded */
    bool anomaly;             /* whether results are looked through for NaN and infinities */
    bool walking;             /* whether a backward is under way */
    bool gating;              /* and whether gradients on its way are seen by nobody else */
    bool hooks;           /* whether a tensor ever got one: backward must then count leaves' uses */
    bool elements_hidden; /* a recorded gradient of the user's runs: no reading past the tape */
    bool retain_all_grads; /* whether backward leaves gradients in all intermediate tensors */
    bool retained_grads;   /* whether some intermediate tensor asked for it since the last rewind */
    bool failed_since;     /* whether an error came since a capture began */
    struct reel_graph *capture; /* where operations are written down; NULL: they are not */
    struct reel_graph *graphs;  /* all captured steps */

    int callbacks; /* of the user's that are running, */
    int visits;    /* and those among them in which nothing may be rewound: all but closures */
    bool telling;  /* whether the handler of messages runs */
    uint64_t in_callback_since; /* what was born later may be freed; 0: no callback runs */
    const char *within;         /* whose callback runs, to head messages; NULL: nobody's */
    uint64_t last_handle;       /* of a hook */
    bool tracing;               /* whether backward notes what comes along each edge, here: */
    struct reeli_arrival *first_arrival, *last_arrival;
    reel_tensor *unsettled; /* leaves whose gradient lies in the arena until the next rewind */
    reeli_owned owned;      /* the ring's anchor */
    uint64_t births;        /* of what was ever in the ring */
    uint64_t step_born, last_step_born; /* births before this step, and before the last one */
    uint32_t made, made_before;         /* tensors by factories in this step, and in the last */
    reeli_step_mark *marks;             /* of this step, the last one; NULL: none */
    uint64_t last_mark;                 /* the last one's number */
    uint32_t backwards;                 /* since the last rewind */
    bool graph_touched; /* whether something was noted of a captured step's result in this one */
    bool told_to_rewind;
    bool scales_losses; /* whether a backward began with another gradient of a large loss than 1 */
    bool rewound;       /* whether there was a step before this one */
    uint64_t walks;     /* through modules */
    int64_t low_rank, high_rank;   /* between which all modules' are */
    reeli_queue dead[REELI_SIZES]; /* handles that have been freed */
    reeli_slots kept;              /* headers that live until they are freed */
    reeli_slabs slabs;             /* all that headers lie in */
    reeli_mt19937 random;
    reeli_blas blas;
    int threads;             /* that work may be shared among; 1: it never is */
    struct reeli_pool *pool; /* of the others; NULL until the first work for them */

    reel_allocator allocator;
    void *allocator_context;
    reel_message_handler handler;
    void *handler_context;
    uint64_t told, repeats; /* the last message that the default handler got, and how often again */
    reel_status status;
    char message[REELI_MESSAGE_SIZE];
};
_Static_assert(offsetof(reel, arena) == 0, "a reel begins with its arena: arena.c");

/* A reel with its defaults, no poison yet; NULL when memory is out. */
reel *reeli_state_new(const reel_options *options);
/* Tells the handler, which there is before there is a reel, why there is none. */
void reeli_no_reel(const reel_options *options, const char *why);
/* Frees the arena, everything owned, and the reel. */
void reeli_state_free(reel *r);

/* Records the first error and hands each one to the handler; returns the status. A sentence
 * without a full stop that starts with the operation: "matmul: …". Allocates nothing. */
reel_status reeli_error(reel *r, reel_status status, const char *format, ...) REELI_PRINTF(3, 4);
/* As `reeli_error`; returns the reel's poison. */
reel_tensor *reeli_fail(reel *r, reel_status status, const char *format, ...) REELI_PRINTF(3, 4);
void reeli_warn(reel *r, const char *format, ...) REELI_PRINTF(2, 3);
/* What a status function answers after something failed: poison outlives an error that was cleared,
 * so there may be none on record. */
reel_status reeli_failure(const reel *r);
/* Out of memory while `what` (an operation's name) ran. */
reel_tensor *reeli_no_memory(reel *r, const char *what);

/* How often the default handler's last message came again, if it did. */
void reeli_tell_repeats(reel *r);

/* The reel's allocator. */
void *reeli_malloc(reel *r, size_t size);
void reeli_free(reel *r, void *block, size_t size);

/* What is put back after a callback of the user's. */
typedef struct reeli_visit {
    uint64_t last_mark;
    const char *within;
    int visits;
    uint64_t since;
    reel_tensor *destination;
} reeli_visit;

/* Such a callback is about to be called; `head`, unless it is NULL, begins its messages. Until it
 * has been left nothing is freed that is there now, and nothing rewound unless it `may_rewind`. */
void reeli_enter_callback(reel *r, reeli_visit *v, const char *head, bool may_rewind);
void reeli_leave_callback(reel *r, const reeli_visit *v);

/* Whether a step is being captured, and what `what` does cannot be part of one: the error then, a
 * sentence that goes on with `why`. */
#define REELI_REFUSE(r, what, why)                                                                 \
    (REELI_RARELY((r)->capture != NULL) &&                                                         \
     reeli_error(r, REEL_ERR_STATE, "%s: " why " while a step is being captured", what) !=         \
         REEL_OK)

static inline size_t reeli_aligned(size_t size)
{
    return (size + REELI_ALIGN - 1) & ~(size_t)(REELI_ALIGN - 1);
}

/* `size` bytes of the arena, aligned to 16 and, from 1,024 on, to 64. NULL when memory is out. */
void *reeli_arena_alloc(reel *r, size_t size);

/* A slot for the header of a result; NULL when memory is out. */
static inline void *reeli_take_slot(reel *r)
{
    reeli_slots *slots = &r->arena.slots;
    char *const at = slots->at;
    if (REELI_RARELY(at == slots->end)) {
        return reeli_slot_more(r);
    }
    REELI_ASSUME(at != NULL);
    slots->at = at + REELI_SLOT;
    return at;
}

/* `size` bytes, a multiple of REELI_ALIGN, and a slot where both are at hand, as they nearly always
 * are; NULL where they are not, and nothing is taken. */
static inline char *reeli_take_at_hand(reel *r, size_t size, void *slot)
{
    reeli_arena *arena = &r->arena;
    char *const header = arena->slots.at;
    const uintptr_t from = (uintptr_t)arena->at;
    const size_t skip = REELI_RARELY(size >= REELI_LARGE) ? -from & (REELI_LARGE_ALIGN - 1) : 0;
    if (REELI_RARELY(from + skip + size - 1 >= (uintptr_t)arena->end ||
                     header == arena->slots.end)) {
        return NULL;
    }
    REELI_ASSUME(arena->at != NULL); /* or there would be no room */
    char *const at = arena->at + skip;
    REELI_SHOW(at, size);
    arena->at = at + size;
    arena->slots.at = header + REELI_SLOT;
    *(void **)slot = header;
    return at;
}

#endif
