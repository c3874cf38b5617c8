/* SPDX-License-Identifier: MIT */
/*
 * The backward pass: from the last recorded operation to the first, each one's gradient rule turns
 * dL/d(result) into dL/d(input). Recording order is a topological order, so a loop is enough.
 *
 * Leaves get their gradients only when all has gone well. A leaf without one has its buffer offered
 * as the place for the result of the rule, so that usually nothing is copied.
 */
#include "backward.h"
#include "map.h"

#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <stdio.h>
#include <string.h>

/* sum + g, or g if there is no sum yet. */
static reel_tensor *plus(reel_tensor *sum, reel_tensor *g) { return sum ? reel_add(sum, g) : g; }

/* Whether both lie alike. */
static inline bool lie_alike(const reel_tensor *a, const reel_tensor *b)
{
    return (a->flags & b->flags & REELI_CONTIGUOUS) && a->dtype == b->dtype && a->numel == b->numel;
}

/* Where a persistent leaf's gradient lives; made when the first one comes. */
static reel_tensor *buffer_of(reel_tensor *t)
{
    reeli_leaf *leaf = t->leaf;
    if (!leaf->buffer) {
        reel_tensor *buffer = reeli_create_part(t->r, "backward", t->dtype, t->ndim, t->size);
        if (!buffer) {
            return NULL;
        }
        buffer->flags &= ~REELI_CONSTANT;
        leaf->buffer = buffer;
    }
    return leaf->buffer;
}

/* Whether a leaf's next gradient may be computed straight into its buffer: nothing is there to add
 * to. */
static bool may_write_buffer(const reeli_backward *b, const reel_tensor *t)
{
    return (t->flags & (REELI_PERSISTENT | REELI_HOOKED)) == REELI_PERSISTENT &&
           !t->leaf->pending && !t->leaf->grad && !b->options->create_graph && !b->targets;
}

/* g into the leaf's buffer, unless it was computed there. g may be another layout of the buffer. */
static bool into_buffer(reel_tensor *buffer, reel_tensor *g)
{
    bool there = g->data == buffer->data;
    if (there && (g->flags & REELI_CONTIGUOUS) && reeli_same_shape(g, buffer)) {
        return true;
    }
    if (there) {
        reel_tensor *apart = reeli_empty_like(g, "backward", g->dtype);
        if (reeli_bad(apart)) {
            return false;
        }
        reeli_put(apart, g);
        g = apart;
    }
    reeli_put(buffer, g);
    return true;
}

/* The first gradient that reaches a leaf in this run: straight into the buffer, or added to what
 * the leaf has into a tensor that is ours, so that later ones can be added in place. */
static reel_tensor *first_gradient(reeli_backward *b, reel_tensor *t, reel_tensor *g)
{
    if ((t->flags & REELI_PERSISTENT) && !buffer_of(t)) {
        return NULL;
    }
    if (may_write_buffer(b, t)) {
        return into_buffer(t->leaf->buffer, g) ? t->leaf->buffer : NULL;
    }
    return t->leaf->grad ? reel_add(t->leaf->grad, g) : reel_clone(g);
}

static void enlist(reeli_backward *b, reel_tensor *t, reel_tensor *sum)
{
    t->leaf->next = b->leaves;
    t->leaf->pending = sum;
    b->leaves = t;
}

/* A leaf with hooks gathers this run's gradients apart; the last one brings the hooks' turn. */
static bool add_to_hooked(reeli_backward *b, reel_tensor *t, reel_tensor *g)
{
    reeli_leaf *leaf = t->leaf;
    const bool first = !leaf->pending;
    g = plus(leaf->pending, g);
    if (!reeli_bad(g) && --leaf->expected == 0) {
        b->shown = true;
        leaf->pending = NULL;
        g = reeli_call_hooks(t, NULL, g);
        g = reeli_bad(g) ? g : first_gradient(b, t, g);
    }
    if (first && !reeli_bad(g)) {
        enlist(b, t, g);
    }
    leaf->pending = reeli_bad(g) ? NULL : g;
    return !reeli_bad(g);
}

static bool add_to_leaf(reeli_backward *b, reel_tensor *t, reel_tensor *g)
{
    if (!reeli_sound(b->r, t) && !reeli_usable_as(b->r, "backward", "a leaf", t)) {
        return false;
    }
    reeli_leaf *leaf = t->leaf ? t->leaf : reeli_leaf_of(t);
    if (!leaf || t->flags & REELI_HOOKED) {
        return leaf && add_to_hooked(b, t, g);
    }
    reeli_note_leaf(t, true);
    reel_tensor *sum = leaf->pending ? reel_add(leaf->pending, g) : first_gradient(b, t, g);
    if (reeli_bad(sum)) {
        return false;
    }
    if (leaf->pending) {
        leaf->pending = sum;
    } else {
        enlist(b, t, sum);
    }
    return true;
}

/* What this run has brought to the leaf t already, where more can be added to it in place; else
 * NULL. */
static inline reel_tensor *sum_of(const reeli_backward *b, const reel_tensor *t)
{
    enum { ASKED = REELI_LIVE | REELI_REQUIRES_GRAD };
    const bool adds = t->leaf && t->leaf->pending && b->plain && !b->targets &&
                      (t->flags & (ASKED | REELI_HOOKED)) == ASKED;
    return adds ? t->leaf->pending : NULL;
}

static bool deliver(reeli_backward *b, reeli_edge *e, reel_tensor *g)
{
    if (e->from) {
        e->from->own = b->plain && e->from->gradient;
        e->from->gated = false; /* not what comes beside it */
        e->from->gradient = plus(e->from->gradient, g);
        return !reeli_bad(e->from->gradient);
    }
    if (!b->targets) { /* a leaf may have changed its mind since */
        return !reeli_bad(e->t) && !reeli_requires_grad(e->t) ? true : add_to_leaf(b, e->t, g);
    }
    reel_tensor **result = reeli_result_of(b, e->t);
    return !result || !reeli_bad(*result = plus(*result, g));
}

static bool changed_since(const reeli_node *n, const reel_tensor *t, uint32_t version,
                          const char *which)
{
    if (reeli_bad(t)) {
        char role[96];
        snprintf(role, sizeof role, "what %s saved as its %s", n->op->name, which);
        return reeli_tell(t->r, "backward", role, t);
    }
    reeli_error(t->r, REEL_ERR_STATE,
                "backward: %s saved its %s of shape %s, which has been changed in place since "
                "(version %lu, saved at %lu); change a copy instead",
                n->op->name, which, REELI_SHAPE_OF(t), (unsigned long)t->base->version,
                (unsigned long)version);
    return false;
}

static inline bool unchanged(const reeli_node *n, const reel_tensor *t, uint32_t version,
                             const char *which)
{
    return (t->base->version == version && !reeli_bad(t)) || changed_since(n, t, version, which);
}

static bool what_it_reads_is_sound(const reeli_node *n)
{
    unsigned saved = 0;
    for (int i = 0; i < n->inputs; i++) {
        saved |= reeli_reads(n->op, i) & -(unsigned)n->in[i].wanted;
    }
    if (saved && n->spent) {
        reeli_error(n->out->r, REEL_ERR_STATE,
                    "backward: the graph has been used already (at %s); pass retain_graph to the "
                    "first backward",
                    n->op->name);
        return false;
    }
    for (int i = 0; i < n->inputs; i++) {
        if ((saved >> i & 1) && !unchanged(n, n->in[i].t, n->in[i].version, "input")) {
            return false;
        }
    }
    return !(saved & REELI_SAVES_RESULT) || unchanged(n, n->out, n->version, "result");
}

static inline uint32_t moved_since(const reel_tensor *t, uint32_t version)
{
    return (t->base->version ^ version) | (t->flags >= 0);
}

/* The few things that most gradients may read are most often as they were. */
static inline bool saved_is_sound(const reeli_node *n)
{
    enum { A = 1, B = 2 };
    const unsigned saved = n->op->saved;
    uint32_t moved = n->spent | (saved & ~(unsigned)(A | B | REELI_SAVES_RESULT));
    if (saved & A) {
        moved |= moved_since(n->in[0].t, n->in[0].version);
    }
    if (saved & B) {
        moved |= moved_since(n->in[1].t, n->in[1].version);
    }
    if (saved & REELI_SAVES_RESULT) {
        moved |= moved_since(n->out, n->version);
    }
    return moved == 0 || what_it_reads_is_sound(n);
}

/* What the user asked for at a non-leaf: its gradient as it comes, then hooks, then what they made
 * of it in `grad`. */
static bool note_gradient(reeli_backward *b, reeli_node *n, reel_tensor **g)
{
    reel_tensor **result = b->targets ? reeli_result_of(b, n->out) : NULL;
    if (result && n->out->node == n) {
        *result = *g;
    }
    if (n->out->flags & REELI_HOOKED) {
        b->shown = true;
        *g = reeli_call_hooks(n->out, n, *g);
    }
    if (!reeli_bad(*g) && !b->targets && n->out->node == n &&
        (b->r->retain_all_grads || (n->out->flags & REELI_RETAIN_GRAD))) {
        reeli_leaf *leaf = reeli_leaf_of(n->out);
        leaf = leaf && !reeli_bad(leaf->grad = plus(leaf->grad, *g)) ? leaf : NULL;
        return leaf != NULL;
    }
    return !reeli_bad(*g);
}

REELI_RARE static reel_tensor *refitted(reel_tensor *dx, const reel_tensor *x)
{
    int64_t dims[REEL_MAX_DIMS];
    int count = 0;
    for (int d = 0; d < dx->ndim; d++) {
        const int own = d - (dx->ndim - x->ndim);
        if (own < 0 || (x->size[own] == 1 && dx->size[d] != 1)) {
            dims[count++] = d;
        }
    }
    if (count > 0) {
        dx = reel_reshape(reel_sum_dim(dx, dims, count, true), x->ndim, x->size);
    }
    return reel_to(dx, (reel_dtype)x->dtype);
}

/* What a rule returned, summed over the dims in which x was broadcast, and in x's dtype: once here,
 * and so in no rule. */
static inline reel_tensor *fitted(reel_tensor *dx, const reel_tensor *x)
{
    if (reeli_bad(dx) || (dx->numel == x->numel && dx->ndim == x->ndim && dx->dtype == x->dtype &&
                          dx->numel)) { /* no dim can then have been broadcast */
        return dx;
    }
    return refitted(dx, x);
}

/* What has come to the edge's end so far in this run, and before it to a leaf. */
static reel_tensor *arrived(const reeli_backward *b, const reeli_edge *e)
{
    if (e->from) {
        return e->from->gradient;
    }
    if (b->targets) {
        reel_tensor *const *result = reeli_result_of(b, e->t);
        return result ? *result : NULL;
    }
    const reeli_leaf *leaf = e->t->leaf;
    return !leaf ? NULL : leaf->pending ? leaf->pending : leaf->grad;
}

/* dx goes along n's edge, and what comes to its end is noted. */
REELI_RARE static bool deliver_traced(reeli_backward *b, reeli_node *n, int input, reel_tensor *g,
                                      reel_tensor *dx)
{
    reeli_edge *e = &n->in[input];
    reeli_arrival it = {.upstream = reeli_trace_copy(g),
                        .amount = reeli_trace_copy(dx),
                        .before = reeli_trace_copy(arrived(b, e))};
    b->open += e->from && !e->from->gradient;
    if (!deliver(b, e, dx)) {
        return false;
    }
    it.after = reeli_trace_copy(arrived(b, e)); /* NULL: a leaf's that nobody asks for */
    return !it.after || reeli_trace(n, input, &it);
}

/* A part's gradient straight into the whole's: n parts of one tensor take n steps, not n². */
static inline bool adds_part(const reeli_backward *b, reeli_node *n, const reeli_node *whole,
                             reel_tensor *g)
{
    return whole->gradient && whole->own && !b->r->anomaly && reeli_add_part(n, whole->gradient, g);
}

/* Whether g is nobody else's after n's rule for an input has overwritten it, or passed it on: to
 * one node, and at most to a leaf that keeps a copy. */
static inline bool stays_own(const reeli_backward *b, const reeli_node *n, int input)
{
    if (!n->own || !n->op->pass) {
        return n->own;
    }
    const reeli_edge *other = &n->in[1 - (input & 1)];
    return n->inputs == 2 && !b->targets &&
           (!other->wanted || !(other->from || other->t->flags & REELI_HOOKED));
}

/* n's rule for an input, whose result may be put where the gradient of a leaf will stay. */
static reel_tensor *apply_rule(reeli_backward *b, reeli_node *n, int input, reel_tensor *g)
{
    reel *r = b->r;
    reel_tensor *x = n->in[input].t;
    const bool lends = !n->in[input].from && may_write_buffer(b, x);
    if (lends && !(r->destination = buffer_of(x))) {
        return NULL;
    }
    reel_tensor *dx =
        r->anomaly ? reeli_watched_gradient(n, input, g) : n->op->gradient(n, input, g);
    r->destination = NULL;
    if (lends) {
        x->leaf->ahead = NULL;
    }
    return fitted(dx, x);
}

/* dx at a node, where it is the first or one beside others; `own`: it is nobody else's. */
static inline bool arrive(reeli_backward *b, reeli_node *at, reeli_edge *e, reel_tensor *dx,
                          bool own)
{
    if (at->gradient) {
        return deliver(b, e, dx);
    }
    at->gradient = dx;
    at->own = own;
    b->open++;
    return true;
}

static bool send(reeli_backward *b, reeli_node *n, int input, reel_tensor *g)
{
    reeli_edge *e = &n->in[input];
    if (e->from && adds_part(b, n, e->from, g)) {
        return true;
    }
    reel_tensor *dx = apply_rule(b, n, input, g);
    if (reeli_bad(dx)) {
        return false;
    }
    if (REELI_RARELY(b->traced)) {
        return deliver_traced(b, n, input, g, dx);
    }
    reel_tensor *sum = e->from ? NULL : sum_of(b, e->t);
    if (sum && lie_alike(sum, dx)) {
        return reeli_run_map(b->r, reeli_value_map(&reeli_formula_add, b->r->level, sum->dtype),
                             sum->dtype, sum, false, 2, (reel_tensor *[]){sum, dx}, NULL);
    }
    return e->from ? arrive(b, e->from, e, dx,
                            b->plain && n->op->fresh && dx->base == dx &&
                                (dx != g || stays_own(b, n, input)))
                   : deliver(b, e, dx);
}

/* The same of an elementwise operation on what lies alike, where nobody looks on, to a node or to
 * what a leaf has got already. The gradient is g, or computed where g is if that is nobody else's
 * and nothing more is to be computed of it, or new. */
static inline bool send_quickly(reeli_backward *b, reeli_node *n, int input, reel_tensor *g,
                                reel_tensor *sum)
{
    reeli_edge *e = &n->in[input];
    reel_tensor *dx = g;
    if (!(n->op->pass >> input & 1)) {
        if (!reeli_may_overwrite(n, input)) {
            dx = reeli_result_like(b->r, g, n->op->name, g->dtype);
            if (reeli_bad(dx)) {
                return false;
            }
        }
        reeli_run_gradient(n, input, g, dx);
    }
    if (!e->from) {
        reeli_add_little(sum, dx);
        return true;
    }
    return arrive(b, e->from, e, dx, dx != g || stays_own(b, n, input));
}

static bool step_back(reeli_backward *b, reeli_node *n)
{
    reel_tensor *g = n->gradient;
    n->gradient = NULL;
    if (b->watched || (n->out->flags & (REELI_RETAIN_GRAD | REELI_HOOKED))) {
        n->own = false;
        if (!note_gradient(b, n, &g)) {
            return false;
        }
    }
    if (n->op->saved && !saved_is_sound(n)) {
        return false;
    }
    const bool quick = n->alike && b->quick && !b->r->anomaly && (g->flags & REELI_CONTIGUOUS);
    for (int i = 0; i < n->inputs; i++) {
        const reeli_edge *e = &n->in[i];
        if (!e->wanted) {
            continue;
        }
        reel_tensor *sum = quick && !e->from ? sum_of(b, e->t) : NULL;
        if (!(quick && (e->from || (sum && lie_alike(sum, g))) ? send_quickly(b, n, i, g, sum)
                                                               : send(b, n, i, g))) {
            return false;
        }
    }
    n->spent = b->once;
    return true;
}

/* From the root's gradient to the leaves' pending ones. */
static bool walk(reeli_backward *b, reel_tensor *root, reel_tensor *g)
{
    if (!root->node) {
        reeli_edge self = {.t = root, .wanted = true};
        return deliver(b, &self, g);
    }
    root->node->gradient = g;
    root->node->own = false;
    b->open = 1;
    for (reeli_node *n = root->node; b->open; n = n->previous) {
        if (!n->gradient) {
            continue;
        }
        if (!step_back(b, n)) {
            for (; n; n = n->previous) {
                n->gradient = NULL;
                n->gated = false;
            }
            return false;
        }
        b->open--;
    }
    return true;
}

/* All went well: the pending gradients become the leaves'. This cannot fail. */
static void commit(reeli_backward *b)
{
    reel *r = b->r;
    for (reel_tensor *t = b->leaves, *next; t; t = next) {
        reeli_leaf *leaf = t->leaf;
        next = leaf->next;
        leaf->grad = leaf->pending;
        leaf->pending = NULL;
        if (!(t->flags & REELI_PERSISTENT)) {
            r->retained_grads = true;
        } else if (b->options->create_graph) {
            if (!leaf->unsettled) {
                leaf->next_unsettled = r->unsettled;
                leaf->unsettled = true;
                r->unsettled = t;
            }
        } else if (leaf->grad != leaf->buffer) {
            reeli_put(leaf->buffer, leaf->grad);
            leaf->grad = leaf->buffer;
        }
        if (REELI_RARELY(r->capture != NULL)) {
            reeli_set_grad(t, leaf->grad);
        }
    }
}

static void abandon(reeli_backward *b)
{
    for (reel_tensor *t = b->leaves; t; t = t->leaf->next) {
        t->leaf->pending = NULL;
    }
}

static reel_tensor *start_gradient(reel_tensor *root, const reel_backward_options *options)
{
    reel *r = root->r;
    reel_tensor *g = options->gradient;
    if (!reeli_requires_grad(root)) {
        return reeli_fail(
            r, REEL_ERR_STATE,
            "backward: the tensor of shape %s requires no gradient: none of its inputs does",
            REELI_SHAPE_OF(root));
    }
    if (!g) {
        if (root->numel != 1) {
            return reeli_fail(
                r, REEL_ERR_SHAPE,
                "backward: a tensor of shape %s needs a gradient to start from; only for one "
                "element is it 1",
                REELI_SHAPE_OF(root));
        }
        g = reeli_empty_like(root, "backward", root->dtype);
        if (!reeli_bad(g)) {
            reeli_store(g, 0, 1);
            g->flags |= r->capture ? REELI_CONSTANT : 0;
        }
        return g;
    }
    if (!reeli_usable_as(r, "backward", "the gradient", g)) {
        return r->poison;
    }
    const bool same_shape = reeli_same_shape(g, root);
    if (!same_shape || g->dtype != root->dtype) {
        return reeli_fail(r, same_shape ? REEL_ERR_DTYPE : REEL_ERR_SHAPE,
                          "backward: the gradient is %s %s, the tensor %s %s",
                          reel_dtype_name(g->dtype), REELI_SHAPE_OF(g),
                          reel_dtype_name(root->dtype), REELI_SHAPE_OF(root));
    }
    return g;
}

enum { MANY_BACKWARDS = 1000 }; /* more than any step has */

/* What backward allocated is given back, unless something of it is still to be looked at. */
static bool keeps_memory(const reeli_backward *b)
{
    return b->watched || b->shown || b->r->tracing || b->options->create_graph ||
           b->r->retained_grads || b->r->capture;
}

reel_status reeli_run_backward(reeli_backward *b, reel_tensor *root)
{
    static const reel_backward_options none = {NULL, false, false};
    reel *r = b->r = root ? reeli_reel_of(root) : NULL;
    if (!r || r->status != REEL_OK || !reeli_usable("backward", root)) {
        return reeli_failure(r);
    }
    if (r->walking) {
        return reeli_error(r, REEL_ERR_STATE,
                           "backward: it cannot be called while a backward is under way");
    }
    b->options = b->options ? b->options : &none;
    reeli_mark mark = reeli_arena_mark(&r->arena);
    const bool was_enabled = r->grad_enabled;
    b->watched = b->targets || r->retain_all_grads;
    b->once = !b->options->retain_graph && !b->options->create_graph;
    b->traced = r->tracing && !r->capture;
    b->plain = !b->traced && !r->anomaly && !b->options->create_graph;
    b->quick = b->plain && !r->capture;
    r->grad_enabled = b->options->create_graph;
    reel_tensor *g = start_gradient(root, b->options);
    r->walking = true;
    r->gating = b->plain && !b->watched;
    if (r->hooks) {
        reeli_expect_gradients(root);
    }
    bool done = !reeli_bad(g) && walk(b, root, g) && r->status == REEL_OK;
    r->walking = false;
    r->grad_enabled = was_enabled;
    if (done && !b->targets && !b->options->retain_graph && ++r->backwards == MANY_BACKWARDS &&
        !r->told_to_rewind) {
        r->told_to_rewind = true;
        reeli_warn(r,
                   "backward: the %dth without a reel_rewind; a loop that never calls it takes "
                   "more memory with every step",
                   (int)MANY_BACKWARDS);
    }
    (done ? commit : abandon)(b);
    if (!keeps_memory(b)) {
        reeli_arena_release(&r->arena, &mark);
    }
    return done ? REEL_OK : reeli_failure(r);
}

reel_status reel_backward(reel_tensor *loss) { return reel_backward_with(loss, NULL); }

reel_status reel_backward_with(reel_tensor *tensor, const reel_backward_options *options)
{
    reeli_backward b = {.options = options};
    return reeli_run_backward(&b, tensor);
}
