/* SPDX-License-Identifier: MIT */
#include "tape.h"

/* The reel of the first tensor that has one. */
static reel *find_reel(int inputs, reel_tensor *const *in)
{
    for (int i = 0; i < inputs; i++) {
        if (in[i]) {
            return reeli_reel_of(in[i]);
        }
    }
    return NULL;
}

reel_tensor *reeli_poison_for(int inputs, reel_tensor *const *in)
{
    reel *r = find_reel(inputs, in);
    return r ? r->poison : NULL;
}

reeli_node *reeli_begin(const reeli_op *op, int inputs, reel_tensor *const *in)
{
    reel *r = find_reel(inputs, in);
    if (!r) {
        return NULL;
    }
    for (int i = 0; i < inputs; i++) {
        if (!reeli_usable(r, op->name, in[i])) {
            return NULL;
        }
    }
    reeli_node *n = reeli_arena_alloc(r, sizeof *n + (size_t)inputs * sizeof(reeli_edge));
    if (!n) {
        reeli_no_memory(r, op->name);
        return NULL;
    }
    n->op = op;
    n->out = r->poison;
    n->inputs = inputs;
    for (int i = 0; i < inputs; i++) {
        n->in[i].t = in[i];
    }
    return n;
}

/* A view of memory that a recorded in-place operation changed has lost its history. */
static bool view_is_current(reel *r, const reeli_node *n, const reel_tensor *t)
{
    if (t->base == t || !t->node || t->version >= t->base->history) {
        return true;
    }
    reeli_error(r, REEL_ERR_STATE,
                "%s: a view of shape %s was made before its memory was changed in place; make the view again",
                n->op->name, REELI_SHAPE_OF(t));
    return false;
}

static bool wants_gradient(const reeli_node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        if (reeli_requires_grad(n->in[i].t)) {
            return n->op->gradient && reeli_is_float(n->out->dtype);
        }
    }
    return false;
}

static reel_tensor *record(reel *r, reeli_node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        reeli_edge *e = &n->in[i];
        if (!view_is_current(r, n, e->t)) {
            return r->poison;
        }
        e->from = e->t->node;
        e->version = e->t->base->version;
        e->wanted = reeli_requires_grad(e->t);
    }
    n->gradient = NULL;
    n->spent = false;
    n->version = n->out->base->version;
    n->out->node = n;
    n->out->flags |= REELI_REQUIRES_GRAD;
    n->previous = r->tape;
    r->tape = n;
    return n->out;
}

reel_tensor *reeli_apply(reeli_node *n)
{
    reel_tensor *out = n->out;
    reel *r = out->r;
    if (out->flags & REELI_POISON) {
        return out;
    }
    if (n->op->forward && !n->op->forward(n)) {
        return r->poison;
    }
    return r->grad_enabled && wants_gradient(n) ? record(r, n) : out;
}
