/* SPDX-License-Identifier: MIT */
/* What all optimizers share: slots of state, a step, gradients cleared, settings changed. */
#include "optimizer.h"

#include "capture.h"

#include <math.h>
#include <string.h>

double reeli_or(double value, double otherwise)
{
    return value != 0 ? value : signbit(value) ? 0 : otherwise;
}

void reeli_free_optimizer_slot(reeli_slot *slot)
{
    reeli_unwatch(&slot->watch);
    for (int k = 0; k < REELI_STATES; k++) {
        reeli_let_go(slot->state[k]);
    }
}

reel_status reeli_tell_lost(const reel_optimizer *o)
{
    size_t i = 0;
    while (i + 1 < o->slots && o->slot[i].watch.link) {
        i++;
    }
    return reeli_error(
        o->owned.r, REEL_ERR_OWNER,
        "%s: parameter %zu of %zu has been freed; an optimizer goes before the module "
        "of its parameters",
        o->rule->name, i, o->slots);
}

/* Why it cannot step; REEL_OK if it can. */
static reel_status ready(const reel_optimizer *o, const char *what)
{
    if (!REELI_ALIVE(o, what)) {
        return o ? reeli_failure(o->owned.r) : REEL_ERR_OWNER;
    }
    const reel *r = o->owned.r;
    return REELI_RARELY(o->lost) && r->status == REEL_OK ? reeli_tell_lost(o) : r->status;
}

/* What it remembers goes with the optimizer; the parameters are their module's. */
static void free_memory(reeli_owned *it)
{
    reel_optimizer *o = (reel_optimizer *)(void *)it;
    for (size_t i = 0; i < o->slots; i++) {
        reeli_free_optimizer_slot(&o->slot[i]);
    }
    if (o->memory) {
        o->rule->free(o);
    }
    reeli_buffer_free(it->r, &o->slot_room);
    reeli_buffer_free(it->r, &o->group_room);
}

/* State k of a slot, all 0; true too where its parameter has none. */
static bool provide_state(const reel_optimizer *o, reeli_slot *slot, int k)
{
    const reel_tensor *p = slot->parameter;
    int64_t size[REEL_MAX_DIMS];
    int ndim = p->ndim;
    memcpy(size, p->size, sizeof size);
    if (o->rule->shape && (ndim = o->rule->shape(p, k, size)) < 0) {
        return true;
    }
    reel_tensor *state = reeli_create_part(o->owned.r, o->rule->name, p->dtype, ndim, size);
    if (!state) {
        return false;
    }
    reeli_fill(state, 0);
    slot->state[k] = state;
    return true;
}

REELI_RARE bool reeli_optimizer_provide(reel_optimizer *o, size_t from)
{
    size_t i = from ? o->group[from - 1].end : 0;
    if (o->lost) {
        reeli_tell_lost(o);
        return false;
    }
    for (size_t g = from; g < o->groups; g++) {
        const unsigned needs = o->rule->needs ? o->rule->needs(o->group[g].value) : ~0U;
        for (; i < o->group[g].end; i++) {
            reeli_slot *slot = &o->slot[i];
            for (int k = 0; k < REELI_STATES; k++) {
                if (!o->rule->state[k] || !(needs & (1U << k)) || slot->state[k]) {
                    continue;
                }
                if (!provide_state(o, slot, k)) {
                    return false;
                }
            }
        }
    }
    return true;
}

REELI_RARE reel_optimizer *reeli_optimizer_new(const reeli_rule *rule, reel_tensor_list parameters,
                                               const double *value)
{
    reel *r = parameters.r;
    if (!r || REELI_REFUSE(r, rule->name, "an optimizer cannot be made")) {
        return NULL;
    }
    reel_optimizer *o = reeli_own(r, "optimizer", sizeof *o, free_memory);
    if (!o) {
        reeli_no_memory(r, rule->name);
        return NULL;
    }
    o->rule = rule;
    memcpy(o->defaults, value, sizeof o->defaults);
    for (int k = REELI_initial_lr; k < REELI_SETTINGS; k++) {
        o->defaults[k] = (double)NAN;
    }
    if (!reeli_add_group(o, parameters, o->defaults)) {
        reel_optimizer_free(o);
        return NULL;
    }
    return o;
}

void reel_optimizer_free(reel_optimizer *optimizer)
{
    if (REELI_ALIVE(optimizer, "optimizer_free")) {
        reeli_free_handle(&optimizer->owned, "optimizer_free");
    }
}

const char *reel_optimizer_name(const reel_optimizer *optimizer)
{
    return REELI_ALIVE(optimizer, "optimizer_name") ? optimizer->rule->name : "";
}

/* What a captured step needs of it. */
static void note_parameters(reel_optimizer *o, bool depends)
{
    reel *r = o->owned.r;
    if (r->capture) {
        reeli_capture_use(r, &o->owned);
        for (size_t i = 0; i < o->slots; i++) {
            reeli_note_leaf(o->slot[i].parameter, depends);
        }
    }
}

static bool zero_all(const reeli_args *a)
{
    const reel_optimizer *o = a->more;
    for (size_t i = 0; i < o->slots; i++) {
        reel_tensor *p = o->slot[i].parameter;
        if (p->leaf) {
            reeli_drop_grad(p->leaf);
        }
    }
    return true;
}

void reel_zero_grad(reel_optimizer *optimizer)
{
    if (REELI_ALIVE(optimizer, "zero_grad") && (!optimizer->lost || !reeli_tell_lost(optimizer))) {
        note_parameters(optimizer, false);
        reeli_do(zero_all,
                 &(reeli_args){.r = optimizer->owned.r, .more = optimizer, .settles = true});
    }
}

/* Under create_graph a gradient may have any layout; then its buffer, which is there, takes a
 * copy. */
const void *reeli_gradient_data(const reel_tensor *parameter)
{
    const reel_tensor *g = reeli_grad(parameter);
    if (g && !(g->flags & REELI_CONTIGUOUS)) {
        reeli_copy(parameter->leaf->buffer, g);
        g = parameter->leaf->buffer;
    }
    return g ? g->data : NULL;
}

/* One parameter's pass. */
typedef struct pass {
    reeli_update *update;
    char *parameter;
    const char *gradient;
    void *state[REELI_STATES]; /* NULL where there is none */
    const reeli_step *step;
    size_t element;
    int64_t n;
} pass;

static void pass_piece(int64_t piece, void *context)
{
    const pass *p = context;
    const int64_t from = piece * REELI_PIECE, rest = p->n - from;
    const size_t at = (size_t)from * p->element;
    void *state[REELI_STATES];
    for (int k = 0; k < REELI_STATES; k++) {
        state[k] = p->state[k] ? (char *)p->state[k] + at : NULL;
    }
    p->update(rest < REELI_PIECE ? rest : REELI_PIECE, p->parameter + at, p->gradient + at, state,
              p->step);
}

/* The numbers of a group's parameters that are alike before a step, and after it: then what the
 * pass goes by is prepared once. Most often these are all of its parameters. */
typedef struct prepared {
    bool any;
    double before[REELI_NUMBERS], after[REELI_NUMBERS];
} prepared;

static inline bool same_numbers(const double *a, const double *b)
{
    bool same = true;
    REELI_UNROLL(4)
    for (int k = 0; k < REELI_NUMBERS; k++) {
        same &= a[k] == b[k];
    }
    return same;
}

/* What the optimizer's step holds of a rule that does not set it stays 0. */
static inline void prepare(reel_optimizer *o, prepared *all, const double *value, double *number)
{
    if (all->any && same_numbers(all->before, number)) {
        memcpy(number, all->after, sizeof all->after);
        return;
    }
    memcpy(all->before, number, sizeof all->before);
    o->step.lr = value[REELI_lr];
    o->step.weight_decay = value[REELI_weight_decay];
    o->step.eps = value[REELI_eps];
    o->step.maximize = value[REELI_maximize] != 0;
    o->rule->prepare(value, number, &o->step);
    memcpy(all->after, number, sizeof all->after);
    all->any = true;
}

/* One fused pass over a parameter. */
static inline void update(reel_optimizer *o, const reeli_slot *slot, const void *gradient)
{
    reel *r = o->owned.r;
    const reel_tensor *p = slot->parameter;
    pass one;
    one.update = o->rule->update[r->level][p->dtype];
    REELI_UNROLL(4)
    for (int k = 0; k < REELI_STATES; k++) {
        one.state[k] = slot->state[k] ? slot->state[k]->data : NULL;
    }
    if (p->numel < REELI_SHARED_FROM) {
        one.update(p->numel, p->data, gradient, one.state, &o->step);
        return;
    }
    one.parameter = p->data;
    one.gradient = gradient;
    one.step = &o->step;
    one.element = reeli_element_size(p->dtype);
    one.n = p->numel;
    reeli_parallel(r, (p->numel - 1) / REELI_PIECE + 1, pass_piece, &one);
}

/* Nothing here can fail: memory was had when the optimizer was made, and the status was looked
 * at. */
static inline void step_slot(reel_optimizer *o, const double *value, reeli_slot *slot,
                             prepared *all, void *room)
{
    reel_tensor *p = slot->parameter;
    const reel_tensor *g = reeli_grad(p);
    if (!g) {
        return;
    }
    const void *gradient = g->flags & REELI_CONTIGUOUS ? g->data : reeli_gradient_data(p);
    if (o->rule->move) {
        o->rule->move(o->owned.r, slot, gradient, value, room);
    } else {
        prepare(o, all, value, slot->number);
        update(o, slot, gradient);
    }
    p->version++;
}

static void step_slots(reel_optimizer *o, void *room)
{
    size_t i = 0;
    for (size_t g = 0; g < o->groups; g++) {
        const reeli_group *group = &o->group[g];
        prepared all;
        all.any = false;
        for (; i < group->end; i++) {
            step_slot(o, group->value, &o->slot[i], &all, room);
        }
    }
    o->steps++;
}

/* A rule whose step takes room: as much as any one parameter's. False, and an error, when memory
 * is out. */
static bool step_in_room(reel_optimizer *o)
{
    reel *r = o->owned.r;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    size_t most = 0;
    for (size_t i = 0; i < o->slots; i++) {
        const size_t bytes = o->rule->work(o->slot[i].parameter);
        most = bytes > most ? bytes : most;
    }
    void *room = most ? reeli_arena_alloc(r, most) : NULL;
    if (most && !room) {
        reeli_no_memory(r, o->rule->name);
        return false;
    }
    step_slots(o, room);
    reeli_arena_release(&r->arena, &mark);
    return true;
}

static bool step_all(const reeli_args *a)
{
    reel_optimizer *o = a->more;
    if (o->rule->work) {
        return step_in_room(o);
    }
    step_slots(o, NULL);
    return true;
}

reel_status reel_step(reel_optimizer *optimizer)
{
    const reel_status status = ready(optimizer, "step");
    if (status != REEL_OK) {
        return status;
    }
    reel *r = optimizer->owned.r;
    if (optimizer->rule->step) {
        return reeli_error(r, REEL_ERR_STATE, "%s: a step needs a closure: call reel_step_with",
                           optimizer->rule->name);
    }
    note_parameters(optimizer, true);
    reeli_do(step_all, &(reeli_args){.r = r, .more = optimizer});
    return r->status;
}

reel_tensor *reeli_call(const reel_optimizer *o, reel_closure closure, void *context, bool record)
{
    reel *r = o->owned.r;
    const bool was_enabled = r->grad_enabled;
    r->grad_enabled = record;
    reeli_visit visit;
    reeli_enter_callback(r, &visit, NULL, true);
    reel_tensor *result = closure(context);
    reeli_leave_callback(r, &visit);
    r->grad_enabled = was_enabled;
    if (r->status != REEL_OK) {
        return NULL;
    }
    if (!result) {
        reeli_error(r, REEL_ERR_OWNER, "%s: the closure returned NULL", o->rule->name);
        return NULL;
    }
    if (!reeli_usable_as(r, o->rule->name, "what the closure returned", result)) {
        if (r->status == REEL_OK) { /* the closure forgot the error, but not the poison */
            reeli_error(r, REEL_ERR_STATE, "%s: the closure returned poison", o->rule->name);
        }
        return NULL;
    }
    return result;
}

bool reeli_call_closure(const reel_optimizer *o, reel_closure closure, void *context, double *loss)
{
    const reel_tensor *result = reeli_call(o, closure, context, true);
    if (result) {
        *loss = reel_item(result);
    }
    return o->owned.r->status == REEL_OK;
}

reel_status reel_step_with(reel_optimizer *optimizer, reel_closure closure, void *context,
                           double *loss)
{
    double ignored;
    loss = loss ? loss : &ignored;
    *loss = (double)NAN;
    const reel_status status = ready(optimizer, "step_with");
    if (status != REEL_OK) {
        return status;
    }
    reel *r = optimizer->owned.r;
    if (REELI_REFUSE(r, optimizer->rule->name, "a closure cannot be called")) {
        return r->status;
    }
    if (!closure) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: the closure is NULL", optimizer->rule->name);
    }
    if (optimizer->rule->step) {
        const reel_status done = optimizer->rule->step(optimizer, closure, context, loss);
        optimizer->steps += done == REEL_OK;
        return done;
    }
    return reeli_call_closure(optimizer, closure, context, loss) ? reel_step(optimizer) : r->status;
}

/* The names of what is remembered, and the places. */
static void remember(reel_optimizer *o, reeli_items *items)
{
    size_t i = 0;
    for (size_t g = 0; g < o->groups; g++) {
        for (; i < o->group[g].end; i++) {
            reeli_slot *slot = &o->slot[i];
            for (int k = 0; k < REELI_NUMBERS && o->rule->number[k]; k++) {
                reeli_remember(items, NULL, &slot->number[k], "state.%zu.%s", i,
                               o->rule->number[k]);
            }
            for (int k = 0; k < REELI_STATES; k++) {
                if (slot->state[k]) {
                    reeli_remember(items, slot->state[k], NULL, "state.%zu.%s", i,
                                   o->rule->state[k]);
                }
            }
        }
        reeli_remember_settings(o, g, items);
    }
}

reel_named_tensors reel_optimizer_state_dict(reel_optimizer *optimizer)
{
    if (ready(optimizer, "optimizer_state_dict") != REEL_OK) {
        return (reel_named_tensors){NULL, 0};
    }
    reeli_items items = {.r = optimizer->owned.r, .what = optimizer->rule->name};
    remember(optimizer, &items);
    if (optimizer->rule->remember && !optimizer->rule->remember(optimizer, &items, NULL, 0)) {
        return (reel_named_tensors){NULL, 0};
    }
    return reeli_state_dict(&items);
}

reel *reeli_optimizer_reel(const reel_optimizer *o) { return o->owned.r; }

bool reeli_optimizer_prepare(reel_optimizer *o, const reel_named_tensor *given, size_t count,
                             reeli_items *items)
{
    *items = (reeli_items){.r = o->owned.r, .what = o->rule->name};
    if (ready(o, "optimizer_load_state_dict") != REEL_OK) {
        return false;
    }
    remember(o, items);
    return (!o->rule->remember || o->rule->remember(o, items, given, count)) &&
           reeli_check_state_dict(items, given, count) && reeli_may_load_settings(o, items);
}

reel_status reel_optimizer_load_state_dict(reel_optimizer *optimizer,
                                           const reel_named_tensor *entries, size_t count)
{
    reeli_items items;
    if (!optimizer) {
        return REEL_ERR_OWNER;
    }
    if (reeli_optimizer_prepare(optimizer, entries, count, &items)) {
        reeli_take_state_dict(&items);
    }
    return optimizer->owned.r->status;
}
