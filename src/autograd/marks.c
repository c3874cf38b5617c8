/* SPDX-License-Identifier: MIT */
/* Marks within a step, to which it can be rewound: what came after them is gone, and what was there
 * before forgets what it has of that. */
#include "tape.h"

uint64_t reel_mark(reel *r)
{
    if (!r || r->status != REEL_OK || REELI_REFUSE(r, "mark", "it cannot be called")) {
        return 0;
    }
    reeli_step_mark *mark = reeli_arena_alloc(r, sizeof *mark);
    if (!mark) {
        reeli_no_memory(r, "mark");
        return 0;
    }
    *mark = (reeli_step_mark){r->marks, ++r->last_mark, reeli_arena_mark(&r->arena)};
    r->marks = mark;
    return mark->number;
}

static reel_tensor *plain(reeli_leaf *leaf)
{
    reeli_copy(leaf->buffer, leaf->grad);
    return leaf->buffer;
}

/* A leaf's gradient that was recorded after the mark becomes a plain value; a leaf that was changed
 * in place after it keeps what it holds, without a history. One that was changed before it is a
 * result, whose gradient goes with the mark. */
static void settle(reel *r, const reeli_mark *mark)
{
    for (reel_tensor *t = r->unsettled; t; t = t->leaf->next_unsettled) {
        reeli_leaf *leaf = t->leaf;
        if (t->node && !reeli_arena_before(&r->arena, mark, t->node)) {
            reeli_forget_history(t);
        }
        if (leaf->grad && leaf->grad != leaf->buffer &&
            !reeli_arena_before(&r->arena, mark, leaf->grad->data)) {
            leaf->grad = t->node ? NULL : plain(leaf);
        }
    }
}

/* The same of a result; and what was noted of it after the mark is gone. */
static void forget_later(void *slot, const void *context)
{
    reel_tensor *t = slot;
    if (t->flags >= 0) {
        return;
    }
    const reel *r = t->r;
    const reeli_mark *mark = context;
    if (t->node && !reeli_arena_before(&r->arena, mark, t->node)) {
        t->node = NULL;
        t->flags &= ~(REELI_REQUIRES_GRAD | REELI_RETAIN_GRAD);
    }
    if (t->leaf && !reeli_arena_before(&r->arena, mark, t->leaf)) {
        t->leaf = NULL;
        t->flags &= ~(REELI_RETAIN_GRAD | REELI_HOOKED);
    } else if (t->leaf && t->leaf->grad &&
               !reeli_arena_before(&r->arena, mark, t->leaf->grad->data)) {
        reeli_drop_grad(t->leaf);
    }
}

void reeli_forget_after(reel *r, const reeli_mark *mark)
{
    settle(r, mark);
    while (r->tape && !reeli_arena_before(&r->arena, mark, r->tape)) {
        r->tape = r->tape->previous;
    }
    if (r->last_arrival && !reeli_arena_before(&r->arena, mark, r->last_arrival)) {
        r->first_arrival = r->last_arrival = NULL;
    }
}

void reeli_forget_noted(reel *r, const reeli_mark *mark)
{
    reeli_visit_slots(&r->arena.slots, forget_later, mark);
}

void reel_rewind_to(reel *r, uint64_t mark)
{
    if (!r || REELI_REFUSE(r, "rewind_to", "it cannot be called")) {
        return;
    }
    reeli_step_mark *at = r->marks;
    while (at && at->number != mark) {
        at = at->outer;
    }
    if (r->visits || !at) {
        reeli_error(r, REEL_ERR_STATE, "rewind_to: %s",
                    r->visits ? "it cannot be called from a callback"
                              : "there is no such mark: what it was in has been rewound");
        return;
    }
    r->marks = at;
    reeli_arena_rewind_to(r, &at->arena);
}
