/* SPDX-License-Identifier: MIT */
/*
 * What lives until it is freed or the reel is: a ring through all of it, and the ways in which
 * others learn that something of it has gone.
 *
 * What is handed out (modules, optimizers, graphs, …) is a handle: after its end the memory of it
 * waits behind hundreds of others before it is another one's of its kind, so that a pointer to it
 * can be looked at and told. What refers to something that may go before it watches it.
 */
#ifndef REELI_OWNED_H
#define REELI_OWNED_H

#include "compiler.h"

#include <reel/base.h>

/* Somebody who is to know when a thing goes. */
typedef struct reeli_watch reeli_watch;
struct reeli_watch {
    reeli_watch *next, **link; /* NULL: it watches nothing */
    bool *lost;                /* becomes true */
};

/* The head of everything that is owned. */
typedef struct reeli_owned reeli_owned;
struct reeli_owned {
    reeli_owned *next, *previous;
    reel *r;
    size_t size; /* bytes of the allocation that starts with this head */
    /* Gives back what it holds beside its own allocation; NULL: nothing. */
    void (*destroy)(reeli_owned *it);
    const char *kind; /* of a handle: "module"; NULL: none */
    reeli_watch *watches;
    uint64_t born; /* counted in what was owned before it */
    bool alive;
};

/* Of one size, the oldest first. */
typedef struct reeli_queue {
    reeli_owned *first, *last;
    size_t count;
} reeli_queue;

enum { REELI_SIZE_STEP = 256, REELI_SIZE_STEPS = 8, REELI_SIZES = 40 };

/* Zeroed memory that starts with an owned head, linked into the reel; NULL when memory is out. */
void *reeli_own(reel *r, const char *kind, size_t size, void (*destroy)(reeli_owned *it));
/* Destroys and frees it, whoever may still refer to it. */
void reeli_disown(reeli_owned *it);
/* The same for what the user wants freed, in `what`'s name: an error, and nothing, where it may be
 * in use, as a callback runs that began when it was there already. */
void reeli_free_handle(reeli_owned *it, const char *what);
bool reeli_may_free(const reeli_owned *it, const char *what);

/* Whether there is such a handle, and it has not been freed; an error, in `what`'s name, if it has.
 * A missing one is none, as who made it was told why it is missing. */
#define REELI_ALIVE(handle, what)                                                                  \
    ((handle) && ((handle)->owned.alive || reeli_tell_freed(&(handle)->owned, (what))))
/* That error; false. */
bool reeli_tell_freed(const reeli_owned *it, const char *what);

/* *lost becomes true when `it` goes. */
void reeli_watch_for(reeli_owned *it, reeli_watch *watch, bool *lost);
void reeli_unwatch(reeli_watch *watch);
/* Whether somebody watches `it` for that. */
bool reeli_is_watched(const reeli_owned *it, const bool *lost);

/* Frees all that waits. */
void reeli_free_queues(reel *r);

#endif
