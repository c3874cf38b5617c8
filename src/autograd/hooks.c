/* SPDX-License-Identifier: MIT */
/* Hooks: functions of the user's that a tensor's gradient passes through on its way back. */
#include "tape.h"

#include <reel/hooks.h>
#include <stdio.h>
#include <string.h>

/* Hooks live as long as their tensor: from the allocator where it does, from the arena where that
 * is. */
static reeli_hook *new_hook(const reel_tensor *t)
{
    reeli_hook *hook = t->flags & REELI_PERSISTENT ? reeli_malloc(t->r, sizeof *hook)
                                                   : reeli_arena_alloc(t->r, sizeof *hook);
    if (!hook) {
        reeli_no_memory(t->r, "register_hook");
    }
    return hook;
}

/* Takes out the hook behind that one (NULL: the first). */
static void take_out(reel_tensor *t, reeli_hook *before)
{
    reeli_leaf *leaf = t->leaf;
    reeli_hook **at = before ? &before->next : &leaf->hooks, *hook = *at;
    *at = hook->next;
    leaf->last_hook = leaf->last_hook == hook ? before : leaf->last_hook;
    if (!leaf->hooks) {
        t->flags &= ~REELI_HOOKED;
    }
    if (t->flags & REELI_PERSISTENT) {
        reeli_free(t->r, hook, sizeof *hook);
    }
}

/* Takes out those that have been removed while one of them may have been running. */
static void sweep(reel_tensor *t)
{
    reeli_hook *before = NULL;
    while (before ? before->next : t->leaf->hooks) {
        reeli_hook *hook = before ? before->next : t->leaf->hooks;
        if (hook->handle) {
            before = hook;
        } else {
            take_out(t, before);
        }
    }
    t->leaf->removed_hooks = false;
}

uint64_t reel_register_hook(reel_tensor *t, reel_hook function, void *context)
{
    if (!reeli_usable("register_hook", t)) {
        return 0;
    }
    reel *r = t->r;
    if (!function || !reeli_requires_grad(t)) {
        reeli_error(r, function ? REEL_ERR_STATE : REEL_ERR_VALUE, "register_hook: %s",
                    function ? "the tensor requires no gradient" : "the hook is NULL");
        return 0;
    }
    reeli_leaf *leaf = reeli_leaf_of(t);
    reeli_hook *hook = leaf ? new_hook(t) : NULL;
    if (!hook) {
        return 0;
    }
    if (leaf->removed_hooks && !r->walking) {
        sweep(t);
    }
    *hook = (reeli_hook){NULL, t->node, ++r->last_handle, function, context};
    *(leaf->hooks ? &leaf->last_hook->next : &leaf->hooks) = hook;
    leaf->last_hook = hook;
    t->flags |= REELI_HOOKED;
    r->hooks = true;
    return hook->handle;
}

void reel_remove_hook(reel_tensor *t, uint64_t handle)
{
    if (!reeli_usable("remove_hook", t) || !t->leaf) {
        return;
    }
    reeli_hook *before = NULL, *hook = handle ? t->leaf->hooks : NULL;
    while (hook && hook->handle != handle) {
        before = hook;
        hook = hook->next;
    }
    if (hook && t->r->walking) {
        hook->handle = 0;
        t->leaf->removed_hooks = true;
    } else if (hook) {
        take_out(t, before);
    }
}

/* What a hook returned in place of g, if that can be. */
static reel_tensor *replacement(reel_tensor *t, reel_tensor *g, reel_tensor *other)
{
    reel *r = t->r;
    if (!reeli_usable_as(r, "hook", "what it returned", other)) {
        return r->status != REEL_OK ? r->poison
                                    : reeli_fail(r, REEL_ERR_STATE, "it returned poison");
    }
    if (!reeli_same_shape(g, other) || g->dtype != other->dtype) {
        return reeli_fail(r, REEL_ERR_SHAPE, "it returned %s %s for a gradient that is %s %s",
                          reel_dtype_name((reel_dtype)other->dtype), REELI_SHAPE_OF(other),
                          reel_dtype_name((reel_dtype)g->dtype), REELI_SHAPE_OF(g));
    }
    int64_t at;
    if (r->anomaly && !reeli_all_finite(other, &at) && reeli_all_finite(g, &at)) {
        return reeli_fail(r, REEL_ERR_VALUE, "it made a finite gradient NaN or infinite");
    }
    return other;
}

reel_tensor *reeli_call_hooks(reel_tensor *t, const reeli_node *node, reel_tensor *g)
{
    reel *r = t->r;
    if (REELI_REFUSE(r, "backward", "a hook cannot be called")) {
        return r->poison;
    }
    char head[REELI_SHAPE_TEXT + 64];
    reeli_visit visit;
    snprintf(head, sizeof head, "backward: a hook on %s of shape %s",
             t->leaf->name[0] ? t->leaf->name
             : node           ? node->op->name
                              : "a leaf",
             REELI_SHAPE_OF(t));
    reeli_enter_callback(r, &visit, head, false);
    for (const reeli_hook *hook = t->leaf->hooks; hook && !reeli_bad(g); hook = hook->next) {
        if (hook->handle && hook->node == node) {
            reel_tensor *other = hook->function(g, hook->context);
            g = r->status != REEL_OK ? r->poison : other ? replacement(t, g, other) : g;
        }
    }
    reeli_leave_callback(r, &visit);
    return g;
}

/* Marks the nodes that a backward will reach by a `gradient`, which is free until then; how many
 * they are. Leaves that have hooks are told to expect none. */
static size_t mark_reached(reeli_node *root)
{
    size_t open = 1, reached = 0;
    root->gradient = root->out;
    for (reeli_node *n = root; open; n = n->previous) {
        open -= n->gradient != NULL;
        reached += n->gradient != NULL;
        for (int i = 0; i < n->inputs && n->gradient; i++) {
            reeli_edge *e = &n->in[i];
            if (e->wanted && e->from && !e->from->gradient) {
                e->from->gradient = e->from->out;
                open++;
            } else if (e->wanted && !e->from && e->t->flags & REELI_HOOKED) {
                e->t->leaf->expected = 0;
            }
        }
    }
    return reached;
}

void reeli_expect_gradients(reel_tensor *root)
{
    if (!root->node) {
        if (root->flags & REELI_HOOKED) {
            root->leaf->expected = 1;
        }
        return;
    }
    size_t left = mark_reached(root->node);
    for (reeli_node *n = root->node; left; n = n->previous) {
        for (int i = 0; i < n->inputs && n->gradient; i++) {
            const reeli_edge *e = &n->in[i];
            if (e->wanted && !e->from && e->t->flags & REELI_HOOKED) {
                e->t->leaf->expected++;
            }
        }
        left -= n->gradient != NULL;
        n->gradient = NULL;
    }
}
