/* SPDX-License-Identifier: MIT */
/*
 * L-BFGS. A step works on copies of what is remembered and on spare vectors, and takes them over at
 * its end; so when the closure fails, all is as it was before.
 *
 * The history lies in `pair` from 0 on. A step adds pairs behind it and leaves those out that are
 * too old; what is left out becomes spare when the step is taken over.
 */
#include "lbfgs.h"

#include <math.h>
#include <string.h>

/* A step of the parameters s, and the change of the gradient y over it; ro = 1 / y·s. */
typedef struct pair {
    reel_tensor *y, *s;
    double ro;
} pair;

/* What is remembered between steps: PyTorch's names. */
typedef struct numbers {
    double n_iter, func_evals, history, t, H_diag, prev_loss;
} numbers;

typedef struct memory {
    numbers now;
    int dtype;
    int64_t n;
    reel_tensor *d[2], *prev_flat_grad[2]; /* the second is spare */
    reel_tensor *x, *work, *before, *gradient[REELI_GRADIENTS];
    size_t room;
    pair *pair;
    double *al; /* room for the loop over the pairs */
} memory;

static void free_vector(reel_tensor **t)
{
    reeli_let_go(*t);
    *t = NULL;
}

static void free_memory(reel_optimizer *o)
{
    memory *m = o->memory;
    for (int k = 0; k < 2; k++) {
        free_vector(&m->d[k]);
        free_vector(&m->prev_flat_grad[k]);
    }
    free_vector(&m->x);
    free_vector(&m->work);
    free_vector(&m->before);
    for (int k = 0; k < REELI_GRADIENTS; k++) {
        free_vector(&m->gradient[k]);
    }
    for (size_t k = 0; k < m->room; k++) {
        free_vector(&m->pair[k].y);
        free_vector(&m->pair[k].s);
    }
    reeli_free(o->owned.r, m->pair, m->room * sizeof *m->pair);
    reeli_free(o->owned.r, m->al, m->room * sizeof *m->al);
    reeli_free(o->owned.r, m, sizeof *m);
}

/* *t is a vector of zeros, if it is none yet. False, and an error: no memory. */
static bool vector(const reel_optimizer *o, reel_tensor **t)
{
    const memory *m = o->memory;
    if (!*t) {
        reel_tensor *made = reeli_create_part(o->owned.r, o->rule->name, m->dtype, 1, &m->n);
        if (reeli_bad(made)) {
            return false;
        }
        reeli_fill(made, 0);
        *t = made;
    }
    return true;
}

static bool make_vectors(reel_optimizer *o)
{
    memory *m = o->memory;
    bool made = vector(o, &m->x) && vector(o, &m->work) && vector(o, &m->before);
    for (int k = 0; k < 2; k++) {
        made = made && vector(o, &m->d[k]) && vector(o, &m->prev_flat_grad[k]);
    }
    for (int k = 0; k < REELI_GRADIENTS; k++) {
        made = made && vector(o, &m->gradient[k]);
    }
    return made;
}

/* Room for `room` pairs, whose vectors come when they are needed. */
static bool make_room(reel_optimizer *o, size_t room)
{
    memory *m = o->memory;
    reel *r = o->owned.r;
    if (room <= m->room) {
        return true;
    }
    pair *larger = reeli_malloc(r, room * sizeof *larger);
    double *al = larger ? reeli_malloc(r, room * sizeof *al) : NULL;
    if (!al) {
        reeli_free(r, larger, room * sizeof *larger);
        reeli_no_memory(r, o->rule->name);
        return false;
    }
    memset(larger, 0, room * sizeof *larger);
    if (m->room) {
        memcpy(larger, m->pair, m->room * sizeof *larger);
    }
    reeli_free(r, m->pair, m->room * sizeof *m->pair);
    reeli_free(r, m->al, m->room * sizeof *m->al);
    m->pair = larger;
    m->al = al;
    m->room = room;
    return true;
}

/* A step on its way: its own numbers, and the pairs [first, end). */
typedef struct run {
    reeli_flat flat;
    memory *m;
    const double *value;
    numbers now;
    double loss;
    size_t first, end;
    reel_tensor *prev_flat_grad;
} run;

/* Adds what the last move has taught. False, and an error: no memory. */
static bool learn(run *w)
{
    memory *m = w->m;
    reel_optimizer *o = w->flat.o;
    if (w->end == m->room && !make_room(o, 2 * m->room + 8)) {
        return false;
    }
    pair *p = &m->pair[w->end];
    if (!vector(o, &p->y) || !vector(o, &p->s)) {
        return false;
    }
    reeli_copy(p->y, w->flat.gradient[w->flat.current]);
    reeli_flat_add(&w->flat, p->y, -1, w->prev_flat_grad);
    reeli_flat_scale(&w->flat, p->s, w->now.t, w->flat.d);
    const double ys = reeli_flat_dot(&w->flat, p->y, p->s);
    if (ys > 1e-10) {
        p->ro = reeli_flat_round(&w->flat, 1 / ys);
        w->end++;
        w->first += (double)(w->end - w->first) > w->value[REELI_history_size];
        w->now.H_diag = reeli_flat_round(&w->flat, ys / reeli_flat_dot(&w->flat, p->y, p->y));
    }
    return true;
}

/* d = -H g, H being the inverse Hessian as the pairs know it. */
static void point(run *w)
{
    const memory *m = w->m;
    const reeli_flat *f = &w->flat;
    reel_tensor *d = w->flat.d = m->d[1];
    reeli_flat_scale(f, d, -1, f->gradient[f->current]);
    for (size_t k = w->end; k-- > w->first;) {
        m->al[k] = reeli_flat_round(f, reeli_flat_dot(f, m->pair[k].s, d) * m->pair[k].ro);
        reeli_flat_add(f, d, -m->al[k], m->pair[k].y);
    }
    if (w->now.n_iter > 1) {
        reeli_flat_scale(f, d, w->now.H_diag, d);
    }
    for (size_t k = w->first; k < w->end; k++) {
        const double be = reeli_flat_round(f, reeli_flat_dot(f, m->pair[k].y, d) * m->pair[k].ro);
        reeli_flat_add(f, d, m->al[k] - be, m->pair[k].s);
    }
}

/* The first step along a direction that nothing is known of: at most lr, and short where g is
 * large. */
static reeli_search_number first_length(const run *w)
{
    const double lr = w->value[REELI_lr];
    if (w->now.n_iter > 1) {
        return (reeli_search_number){lr, false};
    }
    const double inverse = reeli_flat_round(
        &w->flat, 1 / reeli_flat_sum_of_magnitudes(&w->flat, w->flat.gradient[w->flat.current]));
    const double length = reeli_flat_round(&w->flat, inverse * reeli_flat_round(&w->flat, lr));
    return inverse < 1 ? (reeli_search_number){length, true} : (reeli_search_number){lr, false};
}

/* Reads the parameters into x. */
static void gather(run *w)
{
    int64_t i = 0;
    for (size_t k = 0; k < w->flat.o->slots; k++) {
        const reel_tensor *p = w->flat.o->slot[k].parameter;
        reeli_move(p->numel,
                   (char *)w->flat.x->data + (size_t)i * reeli_element_size(w->flat.dtype),
                   w->flat.dtype, 1, p->data, p->dtype, 1);
        i += p->numel;
    }
}

/* Moves along d by t, or as far as a line search of at most `most` trials says, and evaluates there
 * unless it is the last iteration. How often the closure was called; -1 if it failed. */
static int move(run *w, reeli_search_number t, double slope, int64_t most, bool last)
{
    reeli_flat *f = &w->flat;
    gather(w);
    if (w->value[REELI_strong_wolfe] == 0) {
        reeli_flat_move(f, w->now.t);
        return last ? 0 : reeli_flat_evaluate(f, f->current, &w->loss) ? 1 : -1;
    }
    const reeli_point start = {{0, false}, w->loss, slope, f->current};
    reeli_point found;
    const int calls =
        reeli_strong_wolfe(f, &start, t, most, w->value[REELI_tolerance_change], &found);
    if (calls >= 0) {
        reeli_flat_move(f, found.t.value);
        w->now.t = found.t.value;
        w->loss = found.loss;
        f->current = found.gradient;
    }
    return calls;
}

static bool small_gradient(const run *w)
{
    return reeli_flat_largest(&w->flat, w->flat.gradient[w->flat.current]) <=
           w->value[REELI_tolerance_grad];
}

/* Iterations until one of PyTorch's reasons to stop. False: the closure or an allocation failed. */
static bool iterate(run *w)
{
    const double *value = w->value;
    reeli_flat *f = &w->flat;
    double calls = 1;
    const int64_t most = reeli_as_count(value[REELI_max_iter]);
    for (int64_t i = 1; i <= most; i++) {
        w->now.n_iter++;
        if (w->now.n_iter == 1) {
            w->first = w->end = 0;
            w->now.H_diag = 1;
        } else if (!learn(w)) {
            return false;
        }
        point(w);
        w->prev_flat_grad = w->m->prev_flat_grad[1];
        reeli_copy(w->prev_flat_grad, f->gradient[f->current]);
        const double was = w->now.prev_loss = w->loss;
        const reeli_search_number t = first_length(w);
        w->now.t = t.value;
        const double slope = reeli_flat_dot(f, f->gradient[f->current], f->d);
        if (slope > -value[REELI_tolerance_change]) {
            return true;
        }
        const int64_t left = reeli_as_count(value[REELI_max_eval] - calls);
        const int more = move(w, t, slope, left, i == most);
        if (more < 0) {
            return false;
        }
        calls += more;
        w->now.func_evals += more;
        if (calls >= value[REELI_max_eval] || small_gradient(w) ||
            reeli_flat_largest(f, f->d) * fabs(w->now.t) <= value[REELI_tolerance_change] ||
            fabs(w->loss - was) < value[REELI_tolerance_change]) {
            return true;
        }
    }
    return true;
}

/* Takes over what the step has made of things: the history comes to the front. */
static void commit(run *w)
{
    memory *m = w->m;
    for (size_t k = w->first; k < w->end && w->first > 0; k++) {
        const pair spare = m->pair[k - w->first];
        m->pair[k - w->first] = m->pair[k];
        m->pair[k] = spare;
    }
    w->now.history = (double)(w->end - w->first);
    if (w->flat.d == m->d[1]) {
        m->d[1] = m->d[0];
        m->d[0] = w->flat.d;
    }
    if (w->prev_flat_grad == m->prev_flat_grad[1]) {
        m->prev_flat_grad[1] = m->prev_flat_grad[0];
        m->prev_flat_grad[0] = w->prev_flat_grad;
    }
    m->now = w->now;
}

/* Puts the parameters back where `before` says. */
static void restore(run *w, reel_tensor *before)
{
    w->flat.x = before;
    reeli_flat_move(&w->flat, 0);
}

static run begin(reel_optimizer *o, reel_closure closure, void *context)
{
    memory *m = o->memory;
    run w = {.flat = {.o = o,
                      .closure = closure,
                      .context = context,
                      .dtype = m->dtype,
                      .n = m->n,
                      .x = m->x,
                      .work = m->work,
                      .d = m->d[0]},
             .m = m,
             .value = o->group[0].value,
             .now = m->now,
             .end = (size_t)m->now.history,
             .prev_flat_grad = m->prev_flat_grad[0]};
    memcpy(w.flat.gradient, m->gradient, sizeof m->gradient);
    return w;
}

static reel_status step(reel_optimizer *o, reel_closure closure, void *context, double *loss)
{
    reel *r = o->owned.r;
    memory *m = o->memory;
    if (!make_vectors(o)) {
        return r->status;
    }
    run w = begin(o, closure, context);
    if (!reeli_flat_evaluate(&w.flat, 0, &w.loss)) {
        return r->status;
    }
    const double first_loss = w.loss;
    w.now.func_evals++;
    if (!small_gradient(&w)) {
        gather(&w);
        reeli_copy(m->before, m->x);
        if (!iterate(&w)) {
            restore(&w, m->before);
            return r->status;
        }
        commit(&w);
    } else {
        m->now.func_evals = w.now.func_evals;
    }
    *loss = first_loss;
    return REEL_OK;
}

/* How many pairs what is given has; as many as there are if it does not say. */
static double given_history(const memory *m, const reel_named_tensor *given, size_t count)
{
    for (size_t i = 0; given && i < count; i++) {
        const reel_tensor *t = given[i].tensor;
        if (given[i].name && strcmp(given[i].name, "state.0.history") == 0 && t && !reeli_bad(t) &&
            t->numel == 1) {
            return reeli_load(t, 0);
        }
    }
    return m->now.history;
}

/* The history's length may be another than that of what is given; spare pairs then take it. */
static bool remember(reel_optimizer *o, reeli_items *items, const reel_named_tensor *given,
                     size_t count)
{
    memory *m = o->memory;
    double history = given_history(m, given, count);
    if (!(history >= 0 && history == floor(history) && (!given || 3 * history <= (double)count))) {
        reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: load_state_dict: a history of %g pairs",
                    o->rule->name, history);
        return false;
    }
    if (!make_vectors(o) || !make_room(o, (size_t)history)) {
        return false;
    }
    struct {
        const char *name;
        double *number;
    } each[] = {{"n_iter", &m->now.n_iter},   {"func_evals", &m->now.func_evals},
                {"history", &m->now.history}, {"t", &m->now.t},
                {"H_diag", &m->now.H_diag},   {"prev_loss", &m->now.prev_loss}};
    for (size_t k = 0; k < sizeof each / sizeof *each; k++) {
        reeli_remember(items, NULL, each[k].number, "state.0.%s", each[k].name);
    }
    reeli_remember(items, m->d[0], NULL, "state.0.d");
    reeli_remember(items, m->prev_flat_grad[0], NULL, "state.0.prev_flat_grad");
    for (size_t k = 0; k < (size_t)history; k++) {
        pair *p = &m->pair[k];
        if (!vector(o, &p->y) || !vector(o, &p->s)) {
            return false;
        }
        reeli_remember(items, p->y, NULL, "state.0.old_dirs.%zu", k);
        reeli_remember(items, p->s, NULL, "state.0.old_stps.%zu", k);
        reeli_remember(items, NULL, &p->ro, "state.0.ro.%zu", k);
    }
    return true;
}

static const reeli_rule rule = {
    .name = "LBFGS",
    .settings = REELI_BIT(lr) | REELI_BIT(max_iter) | REELI_BIT(max_eval) |
                REELI_BIT(tolerance_grad) | REELI_BIT(tolerance_change) | REELI_BIT(history_size) |
                REELI_BIT(strong_wolfe),
    .step = step,
    .remember = remember,
    .free = free_memory,
};

/* One dtype for all: float64 if a parameter is. */
static bool make_memory(reel_optimizer *o)
{
    memory *m = o->memory = reeli_malloc(o->owned.r, sizeof *m);
    if (!m) {
        reeli_no_memory(o->owned.r, o->rule->name);
        return false;
    }
    memset(m, 0, sizeof *m);
    for (size_t k = 0; k < o->slots; k++) {
        const reel_tensor *p = o->slot[k].parameter;
        m->n += p->numel;
        m->dtype = p->dtype > m->dtype ? p->dtype : m->dtype;
    }
    return true;
}

reel_optimizer *reel_optim_lbfgs(reel_tensor_list parameters, reel_lbfgs_options options)
{
    const double max_iter = options.max_iter != 0 ? (double)options.max_iter : 20;
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1),
        [REELI_max_iter] = max_iter,
        [REELI_max_eval] =
            options.max_eval != 0 ? (double)options.max_eval : floor(max_iter * 5 / 4),
        [REELI_tolerance_grad] = reeli_or(options.tolerance_grad, 1e-7),
        [REELI_tolerance_change] = reeli_or(options.tolerance_change, 1e-9),
        [REELI_history_size] = options.history_size != 0 ? (double)options.history_size : 100,
        [REELI_strong_wolfe] = options.line_search_fn == REEL_STRONG_WOLFE,
    };
    reel_optimizer *o = reeli_optimizer_new(&rule, parameters, value);
    if (o && !make_memory(o)) {
        reel_optimizer_free(o);
        return NULL;
    }
    return o;
}
