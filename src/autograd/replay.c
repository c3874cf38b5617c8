/* SPDX-License-Identifier: MIT */
/* Capture and replay: a step begun, ended, and done again. tensor/capture.c writes it down. */
#include "tape.h"

#include <string.h>

enum { FORMULA_INPUTS = 3 };

/* Whether a formula's inputs are all constants of the step, and its result with them. */
static bool computes_constant(const reeli_node *n)
{
    reel_tensor *in[FORMULA_INPUTS] = {NULL};
    for (int i = 0; i < n->inputs && i < FORMULA_INPUTS; i++) {
        in[i] = n->in[i].t;
    }
    return n->op->formula && n->inputs <= FORMULA_INPUTS &&
           reeli_became_constant(n->out, n->inputs, in);
}

bool reeli_capture_forward(reeli_node *n)
{
    reel *r = n->out->r;
    for (int i = 0; i < n->inputs; i++) {
        if (!reeli_capture_tensor(n->in[i].t)) {
            return false;
        }
    }
    if (!reeli_capture_tensor(n->out) || !reeli_capture_change(n->out)) {
        return false;
    }
    reeli_pause pause;
    reeli_start_call(r, &pause);
    const bool done = n->op->forward(n);
    reeli_end_call(r, &pause);
    if (!done || computes_constant(n)) {
        return done;
    }
    reeli_capture_entry *e = reeli_new_entry(r, REELI_CAPTURED_FORWARD);
    if (e) {
        e->forward = n->op->forward;
        e->node = n;
    }
    return e != NULL;
}

/* Frees nothing of the reel's: the graph's arena is its own, or, while a step is captured, holds
 * the reel's in its place. */
static void free_graph(reeli_owned *it)
{
    reel_graph *g = (reel_graph *)(void *)it;
    reel *r = it->r;
    const reeli_arena current = r->arena;
    for (reel_graph **at = &r->graphs; *at; at = &(*at)->next) {
        if (*at == g) {
            *at = g->next;
            break;
        }
    }
    for (reeli_need *need = g->needs; need; need = need->next) {
        reeli_unwatch(&need->watch);
    }
    r->arena = g->arena;
    reeli_arena_free(r);
    r->arena = current;
    reeli_sweep(r); /* views of what the step returned */
    reeli_buffer_free(r, &g->entries);
    reeli_buffer_free(r, &g->leaves);
}

reel_status reel_capture_begin(reel *r)
{
    if (!r || r->status != REEL_OK) {
        return reel_error_status(r);
    }
    const char *why = r->capture                ? "a step is being captured already"
                      : r->visits || r->walking ? "it cannot be called from a callback"
                      : r->anomaly              ? "anomaly mode is on; call "
                                                  "reel_set_anomaly_mode(r, false) first"
                      : r->tape || r->unsettled ? "operations are recorded; call reel_rewind first"
                                                : NULL;
    if (why) {
        return reeli_error(r, REEL_ERR_STATE, "capture_begin: %s", why);
    }
    reel_graph *g = reeli_own(r, "captured step", sizeof *g, free_graph);
    if (!g) {
        reeli_no_memory(r, "capture_begin");
        return r->status;
    }
    g->owned.alive = false; /* nobody has it yet: whoever knows the address knows an older one */
    g->arena = r->arena;
    r->arena = (reeli_arena){.slots.graph = g};
    g->next = r->graphs;
    r->graphs = r->capture = g;
    r->failed_since = false;
    return REEL_OK;
}

/* A gradient that was recorded goes to its leaf's buffer, as reel_rewind brings it there. */
static void settle(reel *r)
{
    for (reel_tensor *t = r->unsettled; t; t = t->leaf->next_unsettled) {
        if (!t->node && t->leaf->grad && t->leaf->grad != t->leaf->buffer) {
            reeli_put(t->leaf->buffer, t->leaf->grad);
            reeli_set_grad(t, t->leaf->buffer);
        }
    }
    reeli_settle_gradients(r);
}

/* What the step returned has no history from now on. */
static void cut_history(reel *r)
{
    for (reeli_node *n = r->tape; n; n = n->previous) {
        if (!(n->out->flags & REELI_PERSISTENT)) {
            n->out->node = NULL;
            n->out->flags &= ~(REELI_REQUIRES_GRAD | REELI_RETAIN_GRAD);
        }
    }
    r->tape = NULL;
    r->retained_grads = false;
}

/* Memory and slots for what any call needs for a while, so that a replay finds them; and for what
 * they lose by alignment where they come to lie otherwise: less than 64 bytes for each 1,024. */
static void reserve_scratch(reel *r, size_t bytes, size_t slots)
{
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool enough = !bytes || reeli_arena_alloc(r, bytes + bytes / (REELI_LARGE / REELI_LARGE_ALIGN));
    for (size_t i = 0; i < slots && enough; i++) {
        enough = reeli_take_slot(r) != NULL;
    }
    if (!enough) {
        reeli_no_memory(r, "capture_end");
    }
    reeli_arena_release(&r->arena, &mark);
}

reel_graph *reel_capture_end(reel *r)
{
    reel_graph *g = r ? r->capture : NULL;
    if (!g || r->visits || r->walking) {
        if (r) {
            reeli_error(r, REEL_ERR_STATE, "capture_end: %s",
                        g ? "it cannot be called from a callback" : "no step is being captured");
        }
        return NULL;
    }
    settle(r);
    cut_history(r);
    reeli_forget_in_graphs(r); /* and so does what was there before, which g holds for so long */
    reeli_join_maps(r);
    reserve_scratch(r, g->scratch, g->slots);
    if (g->broken) {
        reeli_error(r, REEL_ERR_STATE,
                    "capture_end: a tensor, module or optimizer that the step uses has been freed "
                    "in it");
    } else if (r->failed_since && r->status == REEL_OK) {
        reeli_error(r, REEL_ERR_STATE,
                    "capture_end: something failed since reel_capture_begin; that the error was "
                    "cleared does not make it a step");
    }
    const reeli_arena own = r->arena;
    r->arena = g->arena;
    g->arena = own;
    r->capture = NULL;
    if (r->failed_since) {
        reeli_disown(&g->owned);
        return NULL;
    }
    g->owned.alive = true;
    return g;
}

void reel_graph_free(reel_graph *graph)
{
    if (REELI_ALIVE(graph, "graph_free")) {
        reeli_free_handle(&graph->owned, "graph_free");
    }
}

/* Whether the leaves have gradients where they had some. */
static bool gradients_fit(const reel_graph *g)
{
    const reeli_leaf_use *use = g->leaves.data;
    for (size_t i = 0; i < g->leaves.count; i++) {
        if (use[i].depends && use[i].t->leaf->grad != use[i].grad) {
            reeli_error(
                g->owned.r, REEL_ERR_STATE,
                "replay: a leaf of shape %s had %s gradient when the step was captured, and "
                "has %s now; call reel_zero_grad within the step",
                REELI_SHAPE_OF(use[i].t), use[i].grad ? "a" : "no",
                use[i].t->leaf->grad ? "one" : "none");
            return false;
        }
    }
    return true;
}

static bool may_replay(const reel_graph *g)
{
    reel *r = g->owned.r;
    const char *why = r->capture                ? "a step is being captured"
                      : r->visits || r->walking ? "it cannot be called from a callback"
                      : g->broken
                          ? "a tensor, module or optimizer that the step uses has been freed"
                          : NULL;
    if (why) {
        reeli_error(r, REEL_ERR_STATE, "replay: %s", why);
    }
    return !why && gradients_fit(g);
}

/* What a call took of the arena for itself it needs no longer. */
static inline void give_back(reel *r, const reeli_mark *mark)
{
    if (REELI_RARELY(r->arena.at != mark->at || r->arena.slots.at != mark->slot)) {
        reeli_arena_release(&r->arena, mark);
    }
}

static inline void run_map(const reeli_capture_entry *e) { e->map(e->n, e->y, e->x, e->p); }

/* The maps from e on: by fours, for where each has a call of its own the CPU foresees more often
 * where it goes. */
static inline const reeli_capture_entry *run_maps(const reeli_capture_entry *e,
                                                  const reeli_capture_entry *end)
{
    while (end - e >= 4 && (e[0].kind | e[1].kind | e[2].kind | e[3].kind) == REELI_CAPTURED_MAP) {
        run_map(&e[0]);
        run_map(&e[1]);
        run_map(&e[2]);
        run_map(&e[3]);
        e += 4;
    }
    for (; e < end && e->kind == REELI_CAPTURED_MAP; e++) {
        run_map(e);
    }
    return e;
}

static bool run_entries(reel *r, const reel_graph *g)
{
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const reeli_capture_entry *e = g->entries.data, *const end = e ? e + g->entries.count : NULL;
    while (e < end) {
        if (e->kind == REELI_CAPTURED_MAP) {
            e = run_maps(e, end);
            continue;
        }
        const bool done = e->kind == REELI_CAPTURED_FORWARD ? e->forward(e->node) : e->run(e->args);
        give_back(r, &mark);
        if (!done) {
            return false;
        }
        e++;
    }
    return true;
}

/* What calls need for a while is there, reserved. */
static void run_in_its_arena(reel *r, reel_graph *g)
{
    const reeli_arena arena = r->arena;
    r->arena = g->arena;
    run_entries(r, g);
    g->arena = r->arena;
    r->arena = arena;
}

reel_status reel_replay(reel_graph *graph)
{
    reel *r = REELI_ALIVE(graph, "replay") ? graph->owned.r : NULL;
    if (!r || r->status != REEL_OK) {
        return r ? r->status : REEL_ERR_OWNER;
    }
    if (!may_replay(graph)) {
        return r->status;
    }
    const bool grad_enabled = r->grad_enabled;
    for (const reeli_restored *it = graph->restored; it; it = it->next) {
        memcpy(it->to, it->from, it->bytes);
    }
    r->grad_enabled = false;
    if (graph->scratch || graph->slots) {
        run_in_its_arena(r, graph);
    } else {
        run_entries(r, graph);
    }
    r->grad_enabled = grad_enabled;
    return r->status;
}
