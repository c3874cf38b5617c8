/* SPDX-License-Identifier: MIT */
/* The life of a reel: made with its poison, rewound at the end of a step, freed with all it
 * owns. */
#include "capture.h"
#include "kernels.h"
#include "tensor.h"

#include <math.h>

/* Poison holds NaN, so that reading it anyway says so: where the strides of the dims are that it
 * has not. It is no result, as it must exist before one can fail, and it never was alive. */
static reel_tensor *make_poison(reel *r)
{
    reel_tensor *t = reeli_kept_slot(r);
    if (t) {
        reeli_start(t, r, REEL_F32, 0);
        t->flags = REELI_DEAD | REELI_POISONED;
        t->ndim = 0;
        t->numel = 1;
        t->data = t->stride;
        *(float *)t->data = NAN;
    }
    return t;
}

reel *reel_new(void) { return reel_new_with(NULL); }

static reel *make_reel(const reel_options *options)
{
    reel *r = reeli_state_new(options);
    if (!r) {
        return NULL;
    }
    r->level = reeli_level_of_this_cpu();
    r->first_cache = reeli_first_cache_of_this_cpu();
    r->second_cache = reeli_second_cache_of_this_cpu();
    r->poison = make_poison(r);
    if (!r->poison) {
        reeli_state_free(r);
        return NULL;
    }
    return r;
}

reel *reel_new_with(const reel_options *options)
{
    const bool fixed = options && options->memory;
    if (fixed && options->allocator) {
        reeli_no_reel(options, "reel_new_with: a reel has memory or an allocator, not both");
        return NULL;
    }
    reel *r = make_reel(options);
    if (fixed && !r) {
        reeli_no_reel(options, "reel_new_with: memory_size is too small for a reel");
    }
    return r;
}

void reel_free(reel *r)
{
    if (r && r->callbacks) {
        reeli_error(r, REEL_ERR_STATE, "free: it cannot be called from a callback");
    } else if (r) {
        reeli_state_free(r);
    }
}

void reeli_forget_history(reel_tensor *t)
{
    t->node = NULL;
    t->flags &= ~(REELI_REQUIRES_GRAD | REELI_RETAIN_GRAD);
    reeli_drop_grad(t->leaf);
    for (reeli_hook *hook = t->leaf->hooks; hook; hook = hook->next) {
        hook->handle = hook->node ? 0 : hook->handle; /* its value is gone */
        t->leaf->removed_hooks = true;
    }
}

/* A gradient that was recorded (create_graph) lies in the arena: bring its values to safety. Its
 * buffer was made when it was recorded, so this cannot fail. A tensor that was changed in place on
 * the tape outlives it, and keeps its values. */
void reeli_settle_gradients(reel *r)
{
    for (reel_tensor *t = r->unsettled; t; t = t->leaf->next_unsettled) {
        reeli_leaf *leaf = t->leaf;
        leaf->unsettled = false;
        if (t->node) {
            reeli_forget_history(t);
        } else if (leaf->grad && leaf->grad != leaf->buffer) {
            reeli_copy(leaf->buffer, leaf->grad);
            leaf->grad = leaf->buffer;
        }
    }
    r->unsettled = NULL;
}

/* What the arena holds of a captured step's result is gone with this step. */
static void forget_step(void *slot, const void *context)
{
    (void)context;
    reel_tensor *t = slot;
    if (t->flags >= 0) {
        return;
    }
    if (t->node && reeli_arena_holds(&t->r->arena, t->node)) {
        t->node = NULL;
        t->flags &= ~(REELI_REQUIRES_GRAD | REELI_RETAIN_GRAD);
    }
    if (t->leaf && reeli_arena_holds(&t->r->arena, t->leaf)) {
        t->leaf = NULL;
        t->flags &= ~(REELI_REQUIRES_GRAD | REELI_RETAIN_GRAD | REELI_HOOKED);
    } else if (t->leaf && t->leaf->grad && reeli_arena_holds(&t->r->arena, t->leaf->grad->data)) {
        reeli_drop_grad(t->leaf);
    }
}

void reeli_forget_in_graphs(reel *r)
{
    for (reel_graph *g = r->graphs; g; g = g->next) {
        reeli_visit_slots(&g->arena.slots, forget_step, NULL);
    }
}

void reel_rewind(reel *r)
{
    if (r && r->visits) {
        reeli_error(r, REEL_ERR_STATE, "rewind: it cannot be called from a callback");
    } else if (r && !REELI_REFUSE(r, "rewind", "it cannot be called")) {
        reeli_settle_gradients(r);
        if (r->graph_touched) {
            reeli_forget_in_graphs(r);
        }
        r->graph_touched = false;
        r->tape = NULL;
        r->marks = NULL;
        r->backwards = 0;
        r->retained_grads = false;
        r->first_arrival = r->last_arrival = NULL;
        const bool room = reeli_arena_reset(r);
        if (r->made || r->made_before || !r->rewound) {
            reeli_end_young(r);
        }
        if (!room) { /* told when all is done: an error's handler may record */
            reeli_no_memory(r, "rewind");
        }
    }
}
