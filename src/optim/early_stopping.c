/* SPDX-License-Identifier: MIT */
/* When a training is to end, and its best parameters. */
#include "optimizer.h"

#include <math.h>
#include <reel/early_stopping.h>

struct reel_early_stopping {
    reeli_owned owned;
    int64_t patience;
    double min_delta;
    double best;                   /* infinite before there is one */
    double steps, best_step, wait; /* losses so far; which was the best; those since */
    bool lost;                     /* whether one of the module's is gone */
    reeli_watch *watch;
    size_t count;
    reel_tensor **current, **kept; /* the module's, and copies of when it was best */
    reel_tensor *tensors[];        /* both */
};

static void free_copies(reeli_owned *it)
{
    const reel_early_stopping *s = (const reel_early_stopping *)(const void *)it;
    for (size_t i = 0; i < s->count; i++) {
        reeli_unwatch(&s->watch[i]);
        reeli_let_go(s->kept[i]);
    }
}

static bool options_in_range(reel *r, reel_early_stopping_options options)
{
    if (options.patience < 0) {
        reeli_error(r, REEL_ERR_VALUE, "early stopping: patience must not be negative, and is %lld",
                    (long long)options.patience);
        return false;
    }
    if (!(options.min_delta >= 0)) {
        reeli_error(r, REEL_ERR_VALUE,
                    "early stopping: min_delta must not be negative or NaN, and is %g",
                    options.min_delta);
        return false;
    }
    return true;
}

/* Room for copies of all that the module holds; false when memory is out. */
static bool make_copies(reel_early_stopping *s, const reel_named_tensors *all)
{
    for (; s->count < all->count; s->count++) {
        reel_tensor *t = all->entries[s->count].tensor;
        reel_tensor *copy =
            reeli_create_part(s->owned.r, "early stopping", t->dtype, t->ndim, t->size);
        if (!copy) {
            return false;
        }
        reeli_fill(copy, 0);
        reeli_watch_for(reeli_owned_of(t), &s->watch[s->count], &s->lost);
        s->current[s->count] = t;
        s->kept[s->count] = copy;
    }
    return all->entries != NULL;
}

reel_early_stopping *reel_early_stopping_new(reel_module *module,
                                             reel_early_stopping_options options)
{
    reel *r = reel_parameters(module).r;
    const size_t count = reel_state_count(module);
    if (!r || r->status != REEL_OK || !options_in_range(r, options)) {
        return NULL;
    }
    if (count == 0) {
        reeli_error(r, REEL_ERR_VALUE, "early stopping: the module has no parameters and buffers");
        return NULL;
    }
    reel_early_stopping *s = reeli_own(
        r, "early stopping", sizeof *s + count * (2 * sizeof(reel_tensor *) + sizeof(reeli_watch)),
        free_copies);
    if (!s) {
        reeli_no_memory(r, "early stopping");
        return NULL;
    }
    s->patience = options.patience ? options.patience : 10;
    s->min_delta = options.min_delta;
    s->best = (double)INFINITY;
    s->current = s->tensors;
    s->kept = s->tensors + count;
    s->watch = (reeli_watch *)(void *)(s->kept + count);
    reeli_mark mark = reeli_arena_mark(&r->arena);
    const reel_named_tensors all = reel_state_dict(module);
    const bool made = make_copies(s, &all);
    reeli_arena_release(&r->arena, &mark);
    if (!made) {
        reeli_disown(&s->owned);
        return NULL;
    }
    return s;
}

/* Whether it can be gone on with. */
static bool ready(const reel_early_stopping *s, const char *what)
{
    if (!REELI_ALIVE(s, what) || s->owned.r->status != REEL_OK) {
        return false;
    }
    if (s->lost) {
        reeli_error(s->owned.r, REEL_ERR_OWNER, "%s: what the module held has been freed", what);
    }
    return !s->lost;
}

bool reel_early_stopping_step(reel_early_stopping *s, double loss)
{
    if (!ready(s, "early_stopping_step") ||
        REELI_REFUSE(s->owned.r, "early stopping", "a loss cannot be looked at")) {
        return true;
    }
    const int64_t step = reeli_as_count(s->steps);
    s->steps = (double)(step + 1);
    if (loss < s->best - s->min_delta && isfinite(loss)) {
        for (size_t i = 0; i < s->count; i++) {
            reeli_copy(s->kept[i], s->current[i]);
        }
        s->best = loss;
        s->best_step = (double)step;
        s->wait = 0;
    } else {
        s->wait = (double)(reeli_as_count(s->wait) + 1);
    }
    return !isfinite(loss) || s->wait >= (double)s->patience;
}

reel_status reel_early_stopping_restore(reel_early_stopping *s)
{
    if (!ready(s, "early_stopping_restore")) {
        return s ? reeli_failure(s->owned.r) : REEL_ERR_OWNER;
    }
    reel *r = s->owned.r;
    if (REELI_REFUSE(r, "early stopping", "parameters cannot be brought back")) {
        return REEL_ERR_STATE;
    }
    if (r->status == REEL_OK && !isfinite(s->best)) {
        return reeli_error(r, REEL_ERR_STATE,
                           "early stopping: there was no finite loss to go back to");
    }
    for (size_t i = 0; i < s->count && r->status == REEL_OK; i++) {
        reeli_copy(s->current[i], s->kept[i]);
        s->current[i]->base->version++;
    }
    return r->status;
}

double reel_early_stopping_best(const reel_early_stopping *s)
{
    return REELI_ALIVE(s, "early_stopping_best") ? s->best : (double)INFINITY;
}

int64_t reel_early_stopping_best_step(const reel_early_stopping *s)
{
    return REELI_ALIVE(s, "early_stopping_best_step") && isfinite(s->best)
               ? reeli_as_count(s->best_step)
               : -1;
}

static reeli_items remember(reel_early_stopping *s)
{
    reeli_items items = {.r = s->owned.r, .what = "early stopping"};
    reeli_remember(&items, NULL, &s->best, "best");
    reeli_remember(&items, NULL, &s->best_step, "best_step");
    reeli_remember(&items, NULL, &s->steps, "steps");
    reeli_remember(&items, NULL, &s->wait, "wait");
    for (size_t i = 0; i < s->count; i++) {
        reeli_remember(&items, s->kept[i], NULL, "module.%zu", i);
    }
    return items;
}

reel_named_tensors reel_early_stopping_state_dict(reel_early_stopping *s)
{
    if (!REELI_ALIVE(s, "early_stopping_state_dict") || s->owned.r->status != REEL_OK) {
        return (reel_named_tensors){NULL, 0};
    }
    reeli_items items = remember(s);
    return reeli_state_dict(&items);
}

reel *reeli_early_stopping_reel(const reel_early_stopping *s) { return s->owned.r; }

bool reeli_early_stopping_prepare(reel_early_stopping *s, const reel_named_tensor *given,
                                  size_t count, reeli_items *items)
{
    if (!REELI_ALIVE(s, "early_stopping_load_state_dict") || s->owned.r->status != REEL_OK) {
        return false;
    }
    *items = remember(s);
    return reeli_check_state_dict(items, given, count);
}

reel_status reel_early_stopping_load_state_dict(reel_early_stopping *s,
                                                const reel_named_tensor *entries, size_t count)
{
    reeli_items items;
    if (!s) {
        return REEL_ERR_OWNER;
    }
    if (reeli_early_stopping_prepare(s, entries, count, &items)) {
        reeli_take_state_dict(&items);
    }
    return s->owned.r->status;
}

void reel_early_stopping_free(reel_early_stopping *s)
{
    if (REELI_ALIVE(s, "early_stopping_free")) {
        reeli_free_handle(&s->owned, "early_stopping_free");
    }
}
