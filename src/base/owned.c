/* SPDX-License-Identifier: MIT */
/* The ring of what is owned, the queues of handles that are dead, and who watches whom. */
#include "state.h"

#include <string.h>

enum { WAITING = 250 }; /* so many die later than a handle whose memory is used again */

/* Sizes are rounded up to steps, and large ones to powers of two: each has a queue of its own. */
static size_t rounded(size_t size)
{
    size_t power = REELI_SIZE_STEP * REELI_SIZE_STEPS;
    if (size <= power) {
        return (size + REELI_SIZE_STEP - 1) / REELI_SIZE_STEP * REELI_SIZE_STEP;
    }
    while (power < size) {
        power *= 2;
    }
    return power;
}

static reeli_queue *queue_of(reel *r, size_t size)
{
    size_t i = size / REELI_SIZE_STEP - 1;
    if (i >= REELI_SIZE_STEPS) {
        i = REELI_SIZE_STEPS - 1;
        for (size_t k = REELI_SIZE_STEP * REELI_SIZE_STEPS; k < size; k *= 2) {
            i++;
        }
    }
    return &r->dead[i < REELI_SIZES ? i : REELI_SIZES - 1];
}

static bool is_like(const reeli_owned *it, const reeli_owned *other)
{
    return it->size == other->size && it->destroy == other->destroy &&
           strcmp(it->kind, other->kind) == 0;
}

/* Memory of the handle of that size and kind that has been dead the longest, if `waiting` others
 * are dead for less; else NULL. Of that kind, so that a pointer to what was freed long ago leads,
 * if to anything, to what it is a pointer to. */
static reeli_owned *take_dead(reel *r, const reeli_owned *like, size_t waiting)
{
    reeli_queue *q = queue_of(r, like->size);
    reeli_owned *before = NULL, *it = q->first;
    for (size_t left = q->count; left > waiting; left--, before = it, it = it->next) {
        if (is_like(it, like)) {
            *(before ? &before->next : &q->first) = it->next;
            q->last = it->next ? q->last : before;
            q->count--;
            return it;
        }
    }
    return NULL;
}

static void put_dead(reeli_owned *it)
{
    reeli_queue *q = queue_of(it->r, it->size);
    it->next = NULL;
    *(q->count ? &q->last->next : &q->first) = it;
    q->last = it;
    q->count++;
}

void reeli_free_queues(reel *r)
{
    for (int i = 0; i < REELI_SIZES; i++) {
        for (reeli_owned *it = r->dead[i].first, *next; it; it = next) {
            next = it->next;
            reeli_free(r, it, it->size);
        }
    }
}

void *reeli_own(reel *r, const char *kind, size_t size, void (*destroy)(reeli_owned *it))
{
    const reeli_owned head = {.next = &r->owned,
                              .previous = r->owned.previous,
                              .r = r,
                              .size = kind ? rounded(size) : size,
                              .destroy = destroy,
                              .kind = kind,
                              .born = r->births + 1,
                              .alive = true};
    reeli_owned *it = kind ? take_dead(r, &head, WAITING) : NULL;
    it = it ? it : reeli_malloc(r, head.size);
    it = it || !kind ? it : take_dead(r, &head, 0); /* rather than none */
    if (!it) {
        return NULL;
    }
    memset(it, 0, head.size);
    *it = head;
    r->births++;
    it->previous->next = it;
    r->owned.previous = it;
    return it;
}

void reeli_disown(reeli_owned *it)
{
    it->previous->next = it->next;
    it->next->previous = it->previous;
    it->alive = false;
    for (reeli_watch *w = it->watches; w; w = w->next) {
        *w->lost = true;
        w->link = NULL;
    }
    it->watches = NULL;
    if (it->destroy) {
        it->destroy(it);
    }
    if (it->kind) {
        put_dead(it);
    } else {
        reeli_free(it->r, it, it->size);
    }
}

bool reeli_may_free(const reeli_owned *it, const char *what)
{
    const bool may = it->born > it->r->in_callback_since;
    if (!may) {
        reeli_error(it->r, REEL_ERR_STATE,
                    "%s: a callback cannot free what was there before it was called", what);
    }
    return may;
}

void reeli_free_handle(reeli_owned *it, const char *what)
{
    if (reeli_may_free(it, what)) {
        reeli_disown(it);
    }
}

bool reeli_tell_freed(const reeli_owned *it, const char *what)
{
    reeli_error(it->r, REEL_ERR_OWNER, "%s: the %s has been freed", what, it->kind);
    return false;
}

/* Who frees it writes to the flag.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
void reeli_watch_for(reeli_owned *it, reeli_watch *watch, bool *lost)
{
    *watch = (reeli_watch){it->watches, &it->watches, lost};
    if (it->watches) {
        it->watches->link = &watch->next;
    }
    it->watches = watch;
}

bool reeli_is_watched(const reeli_owned *it, const bool *lost)
{
    const reeli_watch *w = it->watches;
    while (w && w->lost != lost) {
        w = w->next;
    }
    return w != NULL;
}

void reeli_unwatch(reeli_watch *watch)
{
    if (watch->link) {
        *watch->link = watch->next;
        if (watch->next) {
            watch->next->link = watch->link;
        }
        watch->link = NULL;
    }
}
