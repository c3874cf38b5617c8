/* SPDX-License-Identifier: MIT */
/* A step being written down. */
#include "capture.h"
#include "map.h"

#include <string.h>

/* Room for one more item; NULL, and an error, when memory is out. */
static void *append(reel *r, reeli_buffer *items, size_t size)
{
    void *item = reeli_buffer_add(r, items, size);
    if (!item) {
        reeli_no_memory(r, "capture");
    }
    return item;
}

bool reeli_capture_use(reel *r, reeli_owned *it)
{
    reel_graph *g = r->capture;
    if (reeli_is_watched(it, &g->broken)) {
        return true;
    }
    reeli_need *need = reeli_arena_alloc(r, sizeof *need);
    if (!need) {
        reeli_no_memory(r, "capture");
        return false;
    }
    need->next = g->needs;
    g->needs = need;
    reeli_watch_for(it, &need->watch, &g->broken);
    return true;
}

/* Whether memory lasts as long as the graph does, or its end can be noticed. */
static bool lasts(const reel *r, const reel_tensor *t)
{
    return t->flags & REELI_PERSISTENT || reeli_slab_of(t)->graph == r->arena.slots.graph;
}

/* Its end will be noticed. */
static bool watch_end(reel *r, const reel_tensor *t)
{
    return !(t->flags & REELI_PERSISTENT) || reeli_capture_use(r, reeli_owned_of(t));
}

bool reeli_capture_tensor(const reel_tensor *t)
{
    reel *r = t->r;
    if (!lasts(r, t) || !lasts(r, t->base)) {
        reeli_error(r, REEL_ERR_STATE,
                    "capture: a tensor of shape %s was returned before reel_capture_begin; make it "
                    "within the step, or keep it with reel_keep",
                    REELI_SHAPE_OF(t));
        return false;
    }
    return watch_end(r, t) && watch_end(r, t->base);
}

/* Whether the step that is being captured has made t. */
static bool is_of_step(const reel_tensor *t)
{
    return !(t->flags & REELI_PERSISTENT) || t->leaf->graph == t->r->capture;
}

bool reeli_capture_change(const reel_tensor *t)
{
    reel_tensor *base = t->base;
    reel *r = t->r;
    if (!r->capture || !(base->flags & REELI_CONSTANT) || !is_of_step(base)) {
        return true;
    }
    const size_t bytes = (size_t)base->numel * reeli_element_size(base->dtype);
    reeli_restored *it = reeli_arena_alloc(r, sizeof *it + bytes);
    if (!it) {
        reeli_no_memory(r, "capture");
        return false;
    }
    *it = (reeli_restored){r->capture->restored, base->data, it + 1, bytes};
    memcpy(it + 1, base->data, bytes);
    r->capture->restored = it;
    base->flags &= ~REELI_CONSTANT;
    return true;
}

reeli_capture_entry *reeli_new_entry(reel *r, int kind)
{
    reeli_capture_entry *e = append(r, &r->capture->entries, sizeof *e);
    if (e) {
        e->kind = kind;
    }
    return e;
}

void reeli_start_call(reel *r, reeli_pause *pause)
{
    *pause = (reeli_pause){r->capture, reeli_arena_mark(&r->arena)};
    r->capture = NULL;
    r->arena.watched = &pause->mark;
    r->arena.most = 0;
}

void reeli_end_call(reel *r, const reeli_pause *pause)
{
    const size_t left = reeli_arena_since(&r->arena, &pause->mark);
    const size_t scratch = left > r->arena.most ? left : r->arena.most;
    r->arena.watched = NULL;
    r->capture = pause->graph;
    r->capture->scratch = scratch > r->capture->scratch ? scratch : r->capture->scratch;
    const size_t slots = reeli_slots_since(&r->arena.slots, pause->mark.slab, pause->mark.slot);
    r->capture->slots = slots > r->capture->slots ? slots : r->capture->slots;
}

static bool call_now(reeli_capture_entry *e, reeli_run run, const reeli_args *args)
{
    reeli_pause pause;
    e->run = run;
    e->args = args;
    reeli_start_call(args->r, &pause);
    const bool done = run(args);
    reeli_end_call(args->r, &pause);
    return done;
}

bool reeli_capture_run(reeli_run run, const reeli_args *args)
{
    reel *r = args->r;
    for (size_t i = 0; i < sizeof args->t / sizeof *args->t; i++) {
        if (args->t[i] && !reeli_capture_tensor(args->t[i])) {
            return false;
        }
    }
    if (args->t[0] && !reeli_capture_change(args->t[0])) {
        return false;
    }
    reeli_args *kept = reeli_arena_alloc(r, sizeof *kept);
    reeli_capture_entry *e =
        kept ? reeli_new_entry(r, args->settles ? REELI_CAPTURED_SETTLEMENT : REELI_CAPTURED_CALL)
             : NULL;
    if (!e) {
        reeli_no_memory(r, "capture");
        return false;
    }
    *kept = *args;
    return call_now(e, run, kept);
}

reeli_capture_entry *reeli_entry_before(const reel *r, const reeli_capture_entry *e)
{
    reeli_capture_entry *first = r->capture->entries.data;
    size_t count = e ? (size_t)(e - first) : r->capture->entries.count;
    while (count > 0 && first[count - 1].kind == REELI_CAPTURED_SETTLEMENT) {
        count--;
    }
    return count > 0 ? &first[count - 1] : NULL;
}

bool reeli_capture_instead(reeli_capture_entry *e, reeli_run run, const reeli_args *args)
{
    reeli_args *kept = reeli_arena_alloc(args->r, sizeof *kept);
    if (!kept) {
        reeli_no_memory(args->r, "capture");
        return false;
    }
    *kept = *args;
    e->kind = REELI_CAPTURED_CALL;
    return call_now(e, run, kept);
}

void reeli_capture_leaf(const reel_tensor *t, bool depends)
{
    reel *r = t->r;
    const uint64_t step = r->capture->owned.born;
    if (!(t->flags & REELI_PERSISTENT) || t->leaf->captured == step) {
        return; /* a new one in every step, or known */
    }
    reeli_leaf_use *use = append(r, &r->capture->leaves, sizeof *use);
    if (use) {
        t->leaf->captured = step;
        *use = (reeli_leaf_use){t, t->leaf->grad, depends};
        reeli_capture_use(r, reeli_owned_of(t));
    }
}

static bool set_grad(const reeli_args *a)
{
    reeli_drop_grad(a->t[1]->leaf);
    a->t[1]->leaf->grad = a->t[2];
    return true;
}

void reeli_set_grad(reel_tensor *t, reel_tensor *grad)
{
    reeli_do(set_grad, &(reeli_args){.r = t->r, .t = {NULL, t, grad}, .settles = true});
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

enum { OPERANDS = 5 };

/* A map over operands of any layout, as reeli_run_map takes it. */
typedef struct layout_map {
    reeli_map map;
    int dtype, inputs;
    bool compares;
    reel_tensor *y, *x[OPERANDS];
    double p[3];
} layout_map;

static bool run_layout_map(const reeli_args *a)
{
    const layout_map *m = a->more;
    reeli_run_map(a->r, m->map, m->dtype, m->y, m->compares, m->inputs, m->x, m->p);
    return true;
}

static bool all_last(reel_tensor *y, int inputs, reel_tensor *const *x)
{
    bool last = reeli_capture_tensor(y);
    for (int i = 0; i < inputs; i++) {
        last = last && reeli_capture_tensor(x[i]);
    }
    return last;
}

bool reeli_is_constant(const reel_tensor *t)
{
    return (t->base->flags & (REELI_CONSTANT | REELI_PERSISTENT)) == REELI_CONSTANT;
}

/* Whether y's elements are its own, in the graph's memory: not a leaf's buffer. */
static bool owns_elements(const reel_tensor *y)
{
    return y->base == y && reeli_arena_holds(&y->r->arena, y->data);
}

/* What is computed from constants of the step alone is a constant of the step. */
bool reeli_became_constant(reel_tensor *y, int inputs, reel_tensor *const *x)
{
    bool constant = owns_elements(y) && !(y->flags & REELI_PERSISTENT);
    for (int i = 0; i < inputs; i++) {
        constant = constant && reeli_is_constant(x[i]);
    }
    y->flags |= constant ? REELI_CONSTANT : 0;
    return constant;
}

/* x as an entry reads it: n elements in a row. One that repeats is written out if it never
 * changes; NULL if that cannot be. */
static const void *in_a_row(const reel_tensor *x, int dtype, int64_t n)
{
    if (x->dtype != dtype) {
        return NULL;
    }
    if (x->numel == n && (x->flags & REELI_CONTIGUOUS)) {
        return x->data;
    }
    if (x->numel != 1 || !reeli_is_constant(x)) {
        return NULL;
    }
    void *row = reeli_arena_alloc(x->r, (size_t)n * reeli_element_size(dtype));
    if (row) {
        reeli_move(n, row, dtype, 1, x->data, dtype, 0);
    }
    return row;
}

/* Finds the rows in which all operands lie; false if they do not. */
static bool all_in_rows(int dtype, const reel_tensor *y, int inputs, reel_tensor *const *x,
                        const void **rows)
{
    bool all =
        inputs <= REELI_CAPTURED_INPUTS && y->numel <= REELI_BLOCK && (y->flags & REELI_CONTIGUOUS);
    for (int i = 0; i < inputs && all; i++) {
        all = (rows[i] = in_a_row(x[i], dtype, y->numel)) != NULL;
    }
    return all;
}

/* A map whose operands all lie in rows. */
static bool add_rows_entry(reel *r, reeli_map map, const reel_tensor *y,
                           const void *const rows[REELI_CAPTURED_INPUTS], const double *p)
{
    double *kept = p ? reeli_arena_alloc(r, 3 * sizeof *kept) : NULL;
    reeli_capture_entry *e = kept || !p ? reeli_new_entry(r, REELI_CAPTURED_MAP) : NULL;
    if (!e) {
        return false;
    }
    e->map = map;
    e->n = (int32_t)y->numel;
    e->y = y->data;
    memcpy(e->x, rows, sizeof e->x);
    e->p = kept;
    for (int i = 0; i < 3 && p; i++) {
        kept[i] = p[i];
    }
    return true;
}

static bool add_layout_entry(reel *r, const layout_map *what)
{
    layout_map *m = reeli_arena_alloc(r, sizeof *m);
    reeli_args *args = m ? reeli_arena_alloc(r, sizeof *args) : NULL;
    reeli_capture_entry *e = args ? reeli_new_entry(r, REELI_CAPTURED_CALL) : NULL;
    if (!e) {
        return false;
    }
    *m = *what;
    *args = (reeli_args){.r = r, .more = m};
    e->run = run_layout_map;
    e->args = args;
    return true;
}

bool reeli_capture_map(reel *r, reeli_map map, int dtype, reel_tensor *y, bool compares, int inputs,
                       reel_tensor *const *x, const double *p)
{
    const void *rows[REELI_CAPTURED_INPUTS] = {NULL};
    const int result = compares ? REEL_BOOL : dtype;
    if (!all_last(y, inputs, x)) {
        return false;
    }
    if (reeli_became_constant(y, inputs, x)) {
        return true;
    }
    bool added;
    if (y->dtype == result && all_in_rows(dtype, y, inputs, x, rows)) {
        added = add_rows_entry(r, map, y, rows, p);
    } else {
        layout_map m = {.map = map, .dtype = dtype, .inputs = inputs, .compares = compares, .y = y};
        memcpy(m.x, x, (size_t)inputs * sizeof(reel_tensor *));
        if (p) {
            memcpy(m.p, p, sizeof m.p);
        }
        added = add_layout_entry(r, &m);
    }
    if (!added) {
        reeli_no_memory(r, "capture");
    }
    return added;
}
