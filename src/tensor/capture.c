/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <string.h>

void *reeli_append(reel *r, reeli_array *array, size_t size)
{
    if (array->count == array->room) {
        const size_t room = array->room ? 2 * array->room : 64;
        void *items =
            r->allocator(r->allocator_context, array->items, array->room * size, room * size);
        if (!items) {
            reeli_no_memory(r, "capture");
            return NULL;
        }
        array->items = items;
        array->room = room;
    }
    return (char *)array->items + size * array->count++;
}

void reeli_capture_use(reel *r, const void *memory)
{
    reeli_array *used = &r->capture->used;
    const void **at = used->items;
    for (size_t i = used->count; i > 0; i--) {
        if (at[i - 1] == memory) {
            return;
        }
    }
    at = reeli_append(r, used, sizeof *at);
    if (at) {
        *at = memory;
    }
}

/* Whether memory lasts as long as the graph does, or its end would be noticed. */
static bool lasts(reel *r, const reel_tensor *t)
{
    if (t->flags & REELI_PERSISTENT) {
        reeli_capture_use(r, t);
        return true;
    }
    return reeli_arena_holds(&r->arena, t);
}

bool reeli_capture_tensor(const reel_tensor *t)
{
    reel *r = t->r;
    if (lasts(r, t) && (t->base == t || lasts(r, t->base))) {
        return true;
    }
    reeli_error(r, REEL_ERR_STATE,
                "capture: a tensor of shape %s was returned before reel_capture_begin; make it "
                "within the step, or keep it with reel_keep",
                REELI_SHAPE_OF(t));
    return false;
}

/* Whether the step that is being captured has made t: of what is owned, what came after its graph
 * has. */
static bool is_of_step(const reel_tensor *t)
{
    const reel *r = t->r;
    bool found = !(t->flags & REELI_PERSISTENT);
    for (const reeli_owned *it = r->capture->owned.next; it != &r->owned && !found; it = it->next) {
        found = (uintptr_t)t - (uintptr_t)it < it->size;
    }
    return found;
}

void reeli_capture_change(const reel_tensor *t)
{
    reel_tensor *base = t->base;
    reel *r = t->r;
    if (!r->capture || !(base->flags & REELI_CONSTANT) || !is_of_step(base)) {
        return;
    }
    const size_t bytes = (size_t)base->numel * reeli_element_size(base->dtype);
    reeli_restored *it = reeli_arena_alloc(r, sizeof *it + bytes);
    if (!it) {
        reeli_no_memory(r, "capture");
        return;
    }
    *it = (reeli_restored){r->capture->restored, base->data, it + 1, bytes};
    memcpy(it + 1, base->data, bytes);
    r->capture->restored = it;
    base->flags &= (uint8_t)~REELI_CONSTANT;
}

reeli_capture_entry *reeli_new_entry(reel *r, int kind)
{
    reeli_capture_entry *e = reeli_append(r, &r->capture->entries, sizeof *e);
    if (e) {
        e->kind = kind;
    }
    return e;
}

void reeli_start_call(reel *r, reeli_pause *pause)
{
    *pause = (reeli_pause){r->capture, reeli_arena_mark(&r->arena)};
    r->capture = NULL;
}

void reeli_end_call(reel *r, const reeli_pause *pause)
{
    const size_t scratch = reeli_arena_since(&r->arena, pause->mark);
    r->capture = pause->graph;
    r->capture->scratch = scratch > r->capture->scratch ? scratch : r->capture->scratch;
}

bool reeli_capture_run(reeli_run run, const reeli_args *args)
{
    reel *r = args->r;
    for (size_t i = 0; i < sizeof args->t / sizeof *args->t; i++) {
        if (args->t[i] && !reeli_capture_tensor(args->t[i])) {
            return false;
        }
    }
    if (args->t[0]) {
        reeli_capture_change(args->t[0]);
    }
    reeli_args *kept = reeli_arena_alloc(r, sizeof *kept);
    reeli_capture_entry *e = kept ? reeli_new_entry(r, REELI_CAPTURED_CALL) : NULL;
    if (!e) {
        reeli_no_memory(r, "capture");
        return false;
    }
    *kept = *args;
    e->run = run;
    e->args = kept;
    reeli_pause pause;
    reeli_start_call(r, &pause);
    const bool done = run(kept);
    reeli_end_call(r, &pause);
    return done;
}

void reeli_capture_leaf(const reel_tensor *t, bool depends)
{
    reel *r = t->r;
    reeli_array *leaves = &r->capture->leaves;
    reeli_leaf_use *use = leaves->items;
    if (!(t->flags & REELI_PERSISTENT)) {
        return; /* a new one in every step */
    }
    for (size_t i = 0; i < leaves->count; i++) {
        if (use[i].t == t) {
            return;
        }
    }
    use = reeli_append(r, leaves, sizeof *use);
    if (use) {
        *use = (reeli_leaf_use){t, t->leaf->grad, depends};
        reeli_capture_use(r, t);
    }
}

static bool set_grad(const reeli_args *a)
{
    a->t[1]->leaf->grad = a->t[2];
    return true;
}

void reeli_set_grad(reel_tensor *t, reel_tensor *grad)
{
    reeli_do(set_grad, &(reeli_args){.r = t->r, .t = {NULL, t, grad}});
}

static bool copy(const reeli_args *a)
{
    reeli_copy(a->t[0], a->t[1]);
    return true;
}

void reeli_put(reel_tensor *to, reel_tensor *from)
{
    reeli_do(copy, &(reeli_args){.r = to->r, .t = {to, from}});
}
