/* SPDX-License-Identifier: MIT */
/*
 * An LSTM over the steps of a sequence. Of the gates i, f, g, o what comes of the inputs is there
 * for all steps at once; each step adds its product with h before, and is one loop.
 *
 *   L  steps    N  sequences    H  hidden    P  the size of h before, H where there are more steps
 */
#include "checks.h"
#include "factory.h"
#include "ops.h"
#include "pool.h"

#include <reel/activation.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/recurrent.h>
#include <reel/views.h>
#include <string.h>

enum { GATES, WEIGHT, KEPT, START_H, START_C, BIAS /* if there is one */, MOST };
enum { PARTS = 4, KEEPS = 6 /* the gates, c and tanh c of each step */ };

/* The steps in the order in which they are gone through, and what one step's arrays take. */
typedef struct walk {
    reel *r;
    reeli_lstm_step_loop *forward, *back;
    bool reverse;
    int dtype;
    int64_t steps, rows, hidden, before; /* L, or 0 where a step has no elements; N, H, P */
    int64_t h, gates, kept;              /* bytes of a step */
} walk;

static walk walk_of(const reeli_node *n)
{
    const reel_tensor *gates = n->in[GATES].t;
    const int64_t bytes = (int64_t)reeli_element_size(gates->dtype);
    const int64_t rows = gates->size[1], hidden = gates->size[2] / PARTS;
    reel *r = gates->r;
    return (walk){.r = r,
                  .forward = reeli_lstm_step_loops[r->level][gates->dtype],
                  .back = reeli_lstm_back_loops[r->level][gates->dtype],
                  .reverse = reeli_lstm_of(n)->reverse,
                  .dtype = gates->dtype,
                  .steps = gates->numel > 0 ? gates->size[0] : 0,
                  .rows = rows,
                  .hidden = hidden,
                  .before = n->in[WEIGHT].t->size[1],
                  .h = rows * hidden * bytes,
                  .gates = rows * hidden * PARTS * bytes,
                  .kept = rows * hidden * KEEPS * bytes};
}

/* Where step number `i` of the walk lies. */
static int64_t place(const walk *w, int64_t i) { return w->reverse ? w->steps - 1 - i : i; }

/* A step's rows in pieces. */
typedef struct shared_step {
    reeli_lstm_step_loop *loop;
    const reeli_lstm_step *step;
    int64_t rows, pieces;
} shared_step;

static void step_piece(int64_t piece, void *context)
{
    const shared_step *s = context;
    s->loop(s->step, piece * s->rows / s->pieces, (piece + 1) * s->rows / s->pieces);
}

static void run_step(const walk *w, reeli_lstm_step_loop *loop, const reeli_lstm_step *step)
{
    const int64_t work = w->rows * w->hidden * KEEPS;
    shared_step s = {loop, step, w->rows, 1};
    if (work >= REELI_SHARED_FROM) {
        s.pieces = work / REELI_PIECE < w->rows ? work / REELI_PIECE : w->rows;
    }
    reeli_parallel(w->r, s.pieces, step_piece, &s);
}

/* The c before step i, which lies among what the one before it kept, or where the walk starts. */
static void find_before(const walk *w, int64_t i, const void *start, const char *kept,
                        reeli_lstm_step *step)
{
    const int64_t bytes = (int64_t)reeli_element_size(w->dtype);
    step->before = i == 0 ? start : kept + place(w, i - 1) * w->kept + PARTS * w->hidden * bytes;
    step->before_row = i == 0 ? w->hidden : KEEPS * w->hidden;
}

/* Row L of the result is the last c, those before it h. */
bool reeli_lstm_forward(reeli_node *n)
{
    const walk w = walk_of(n);
    const char *name = n->op->name;
    const void *in[MOST] = {NULL};
    const reeli_mark mark = reeli_arena_mark(&w.r->arena);
    bool room = true;
    for (int i = 0; i < n->inputs; i++) {
        in[i] = reeli_dense(n->in[i].t, name, w.dtype);
        room = room && in[i];
    }
    char *products = reeli_arena_alloc(w.r, (size_t)w.gates);
    char *turned =
        reeli_arena_alloc(w.r, reeli_element_size(w.dtype) * (size_t)n->in[WEIGHT].t->numel);
    char *out = n->out->data, *kept = n->in[KEPT].t->data;
    room = room && products && turned;
    if (room) { /* each step multiplies by the weight's columns */
        reeli_transpose_loops[w.r->level](false, w.before, PARTS * w.hidden,
                                          reeli_element_size(w.dtype), turned, PARTS * w.hidden,
                                          in[WEIGHT], w.before);
    }
    for (int64_t i = 0; i < w.steps && room; i++) {
        const int64_t at = place(&w, i);
        const reeli_gemm p = {
            .dtype = w.dtype,
            .m = w.rows,
            .n = PARTS * w.hidden,
            .k = w.before,
            .a = {i == 0 ? in[START_H] : out + place(&w, i - 1) * w.h, {w.before, 1}},
            .b = {turned, {PARTS * w.hidden, 1}},
            .bias = in[BIAS],
            .c = products,
            .c_step = PARTS * w.hidden};
        reeli_lstm_step step = {.hidden = w.hidden,
                                .gates = (const char *)in[GATES] + at * w.gates,
                                .products = products,
                                .kept = kept + at * w.kept,
                                .h = out + at * w.h,
                                .c = out + w.steps * w.h};
        find_before(&w, i, in[START_C], kept, &step);
        room = reeli_product(w.r, &p);
        run_step(&w, w.forward, &step);
    }
    reeli_arena_release(&w.r->arena, &mark);
    if (!room && w.r->status == REEL_OK) {
        reeli_no_memory(w.r, name);
    }
    return room;
}

/* All gates' gradients into rows 0 to L - 1 of t[0], and into row L those of h and c before the
 * first step, side by side. t[1] is the result's. */
static bool walk_back(const reeli_args *a)
{
    const reeli_node *n = a->more;
    const walk w = walk_of(n);
    const reeli_mark mark = reeli_arena_mark(&w.r->arena);
    const void *weight = reeli_dense(n->in[WEIGHT].t, n->op->name, w.dtype);
    const void *start = reeli_dense(n->in[START_C].t, n->op->name, w.dtype);
    const int64_t bytes = (int64_t)reeli_element_size(w.dtype), last = w.rows * w.before * bytes;
    char *dh = reeli_arena_alloc(w.r, (size_t)(w.h > last ? w.h : last));
    char *dc = reeli_arena_alloc(w.r, (size_t)w.h), *back = a->t[0]->data;
    const char *g = a->t[1]->data, *kept = n->in[KEPT].t->data;
    bool room = weight && start && dh && dc;
    for (int64_t i = w.steps - 1; i >= 0 && room; i--) {
        const int64_t at = place(&w, i);
        const bool first = i == w.steps - 1;
        reeli_lstm_step step = {.hidden = w.hidden,
                                .gates = g + at * w.h,
                                .products = first ? NULL : dh,
                                .kept = (char *)(uintptr_t)kept + at * w.kept,
                                .h = back + at * w.gates,
                                .c = dc};
        if (first) {
            memcpy(dc, g + w.steps * w.h, (size_t)w.h);
        }
        find_before(&w, i, start, kept, &step);
        run_step(&w, w.back, &step);
        const reeli_gemm p = {.dtype = w.dtype,
                              .m = w.rows,
                              .n = w.before,
                              .k = PARTS * w.hidden,
                              .a = {step.h, {PARTS * w.hidden, 1}},
                              .b = {weight, {w.before, 1}},
                              .c = dh,
                              .c_step = w.before};
        room = reeli_product(w.r, &p);
    }
    if (room) {
        memcpy(back + w.steps * w.gates, dh, (size_t)last);
        memcpy(back + w.steps * w.gates + last, dc, (size_t)w.h);
    }
    reeli_arena_release(&w.r->arena, &mark);
    if (!room && w.r->status == REEL_OK) {
        reeli_no_memory(w.r, n->op->name);
    }
    return room;
}

/* The same in operations, which are recorded, one step after the other. */
typedef struct recorded {
    reel_tensor *i, *f, *g, *o, *before, *tanh_c;
} recorded;

static reel_tensor *part(reel_tensor *gates, int64_t number, int64_t size)
{
    return reel_narrow(gates, -1, number * size, size);
}

static recorded record_step(const reeli_node *n, reel_tensor *x, reel_tensor **h, reel_tensor **c)
{
    const int64_t hidden = x->ndim > 0 ? x->size[x->ndim - 1] / PARTS : 0;
    reel_tensor *bias = n->inputs > BIAS ? n->in[BIAS].t : NULL;
    reel_tensor *gates = reel_add(x, reel_linear(*h, n->in[WEIGHT].t, bias));
    recorded s = {reel_sigmoid(part(gates, 0, hidden)),
                  reel_sigmoid(part(gates, 1, hidden)),
                  reel_tanh(part(gates, 2, hidden)),
                  reel_sigmoid(part(gates, 3, hidden)),
                  *c,
                  NULL};
    *c = reel_add(reel_mul(s.f, *c), reel_mul(s.i, s.g));
    s.tanh_c = reel_tanh(*c);
    *h = reel_mul(s.o, s.tanh_c);
    return s;
}

static reel_tensor *one_minus(reel_tensor *x) { return reel_add_scalar(reel_neg(x), 1); }

/* dL/d(gates) of a step, of dh and dc behind it; *dc becomes the one before it. */
static reel_tensor *record_step_back(const recorded *s, reel_tensor *dh, reel_tensor **dc)
{
    reel_tensor *through = reel_mul(reel_mul(dh, s->o), one_minus(reel_square(s->tanh_c)));
    reel_tensor *d = reel_add(*dc, through);
    *dc = reel_mul(d, s->f);
    reel_tensor *parts[] = {reel_mul(reel_mul(d, s->g), reel_mul(s->i, one_minus(s->i))),
                            reel_mul(reel_mul(d, s->before), reel_mul(s->f, one_minus(s->f))),
                            reel_mul(reel_mul(d, s->i), one_minus(reel_square(s->g))),
                            reel_mul(reel_mul(dh, s->tanh_c), reel_mul(s->o, one_minus(s->o)))};
    return reel_cat(parts, PARTS, -1);
}

static bool record_back(reeli_node *n, reel_tensor *g, reeli_lstm *all)
{
    const walk w = walk_of(n);
    reel_tensor *h = n->in[START_H].t, *c = n->in[START_C].t;
    recorded *steps = reeli_arena_alloc(w.r, (size_t)w.steps * sizeof *steps);
    reel_tensor **d = reeli_arena_alloc(w.r, (size_t)w.steps * sizeof(reel_tensor *));
    if (!steps || !d) {
        reeli_no_memory(w.r, n->op->name);
        return false;
    }
    for (int64_t i = 0; i < w.steps; i++) {
        steps[i] = record_step(n, reel_select(n->in[GATES].t, 0, place(&w, i)), &h, &c);
    }
    all->dc = reel_select(g, 0, w.steps);
    for (int64_t i = w.steps - 1; i >= 0; i--) {
        const int64_t at = place(&w, i);
        reel_tensor *dh = reel_select(g, 0, at);
        dh = i < w.steps - 1 ? reel_add(dh, all->dh) : dh;
        d[at] = record_step_back(&steps[i], dh, &all->dc);
        all->dh = reel_matmul(d[at], n->in[WEIGHT].t);
    }
    all->gates = reel_stack(d, (int)w.steps, 0);
    return !reeli_bad(all->gates) && !reeli_bad(all->dh);
}

static bool compute_back(reeli_node *n, reel_tensor *g, reeli_lstm *all)
{
    const walk w = walk_of(n);
    const reel_tensor *like = n->in[GATES].t;
    const int64_t elements = like->numel + w.rows * (w.before + w.hidden);
    reel_tensor *back = reeli_empty(w.r, n->op->name, like->dtype, 1, &elements);
    g = reel_contiguous(g);
    const reeli_args args = {.r = w.r, .t = {back, g}, .more = n};
    if (reeli_bad(g) || reeli_bad(back) || !reeli_do(walk_back, &args)) {
        return false;
    }
    reel_tensor *h = reel_narrow(back, 0, like->numel, w.rows * w.before);
    reel_tensor *c = reel_narrow(back, 0, like->numel + w.rows * w.before, w.rows * w.hidden);
    all->gates = reel_reshape(reel_narrow(back, 0, 0, like->numel), like->ndim, like->size);
    all->dh = reeli_reshape_like(h, n->in[START_H].t);
    all->dc = reeli_reshape_like(c, n->in[START_C].t);
    return !reeli_bad(all->gates) && !reeli_bad(all->dh) && !reeli_bad(all->dc);
}

/* h before each step, in their order in the result. */
static reel_tensor *h_before(reeli_node *n)
{
    const int64_t steps = n->in[GATES].t->size[0];
    const bool reverse = reeli_lstm_of(n)->reverse;
    reel_tensor *start = reel_unsqueeze(n->in[START_H].t, 0);
    if (steps == 1) {
        return start;
    }
    reel_tensor *others = reel_narrow(n->out, 0, reverse, steps - 1);
    return reel_cat(reverse ? (reel_tensor *[]){others, start} : (reel_tensor *[]){start, others},
                    2, 0);
}

reel_tensor *reeli_lstm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reeli_lstm *all = reeli_lstm_of(n);
    if (reeli_is_first_wanted(n, input) &&
        !(g->r->grad_enabled && n->in[GATES].t->numel > 0 ? record_back : compute_back)(n, g,
                                                                                        all)) {
        return g->r->poison;
    }
    switch (input) {
    case GATES:
        return all->gates;
    case START_H:
        return all->dh;
    case START_C:
        return all->dc;
    case BIAS:
        return reeli_sum_dims(all->gates, 3, false);
    default: { /* the weight */
        reel_tensor *flat = reel_flatten(all->gates, 0, 1), *h = reel_flatten(h_before(n), 0, 1);
        return reel_matmul(reel_transpose(flat, 0, 1), h);
    }
    }
}

/* gates (L, N, 4H), weight (4H, P), bias (4H,), h (N, P), c (N, H); P = H if L > 1. */
static bool shapes_fit(const reel_tensor *gates, const reel_tensor *weight, const reel_tensor *bias,
                       const reel_tensor *h, const reel_tensor *c)
{
    bool fits = gates->ndim == 3 && weight->ndim == 2 && h->ndim == 2 && c->ndim == 2;
    fits = fits && gates->size[0] > 0 && gates->size[2] == weight->size[0] &&
           gates->size[2] == PARTS * c->size[1] && gates->size[1] == h->size[0] &&
           gates->size[1] == c->size[0] && weight->size[1] == h->size[1] &&
           (gates->size[0] == 1 || h->size[1] == c->size[1]) &&
           (!bias || (bias->ndim == 1 && bias->size[0] == gates->size[2]));
    if (!fits) {
        reeli_error(gates->r, REEL_ERR_SHAPE,
                    "lstm_steps: gates %s, weight_hh %s, bias_hh %s, h %s and c %s; they must be "
                    "(L, N, 4H), (4H, H), (4H,), (N, H) and (N, H)",
                    REELI_SHAPE_OF(gates), REELI_SHAPE_OF(weight),
                    bias ? REELI_SHAPE_OF(bias) : "none", REELI_SHAPE_OF(h), REELI_SHAPE_OF(c));
    }
    return fits;
}

reel_rnn_result reel_lstm_steps(reel_tensor *gates, reel_tensor *weight_hh, reel_tensor *bias_hh,
                                reel_rnn_state start, bool reverse)
{
    reel_tensor *given[] = {gates, weight_hh, start.h, start.c, bias_hh};
    const int count = bias_hh ? 5 : 4;
    reel_tensor *bad = NULL;
    if (!reeli_all_usable("lstm_steps", count, given) ||
        !reeli_one_dtype("lstm_steps", count, given) ||
        !reeli_floating("lstm_steps", "gates", gates) ||
        !shapes_fit(gates, weight_hh, bias_hh, start.h, start.c)) {
        bad = reeli_poison_for(count, given);
        return (reel_rnn_result){bad, {bad, bad}};
    }
    const int64_t steps = gates->size[0], rows = gates->size[1], hidden = gates->size[2] / PARTS;
    reel *r = gates->r;
    reel_tensor *kept =
        reeli_empty(r, "lstm_steps", gates->dtype, 3, (int64_t[]){steps, rows, KEEPS * hidden});
    reel_tensor *in[MOST] = {gates, weight_hh, kept, start.h, start.c, bias_hh};
    reeli_node *n = reeli_begin(&reeli_op_lstm, count + 1, in);
    if (!n) {
        return (reel_rnn_result){r->poison, {r->poison, r->poison}};
    }
    *reeli_lstm_of(n) = (reeli_lstm){.reverse = reverse};
    n->out = reeli_empty(r, "lstm_steps", gates->dtype, 3, (int64_t[]){steps + 1, rows, hidden});
    reel_tensor *y = reeli_apply(n);
    reel_tensor *h = reel_clone(reel_select(y, 0, reverse ? 0 : steps - 1));
    reel_tensor *c = reel_clone(reel_select(y, 0, steps));
    y = reeli_as_result(reel_narrow(y, 0, 0, steps));
    bad = reeli_bad(y) || reeli_bad(h) || reeli_bad(c) ? r->poison : NULL; /* then all are */
    return bad ? (reel_rnn_result){bad, {bad, bad}} : (reel_rnn_result){y, {h, c}};
}
