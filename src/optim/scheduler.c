/* SPDX-License-Identifier: MIT */
/* A scheduler's life, step by step; and several of them, one after the other. */
#include "scheduler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool reeli_scheduler_check(const reel_optimizer *o, const char *name, bool sound,
                           const char *problem, double value)
{
    if (!sound) {
        reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: %s, and is %g", name, problem, value);
    }
    return sound;
}

bool reeli_may_schedule(const reel_optimizer *o) { return REELI_ALIVE(o, "scheduler"); }

reel_status reeli_scheduler_ready(const reel_scheduler *s)
{
    if (!REELI_ALIVE(s, "scheduler")) {
        return s ? reeli_failure(s->owned.r) : REEL_ERR_OWNER;
    }
    reel *r = s->owned.r;
    if (r->status == REEL_OK && s->lost) {
        return reeli_error(r, REEL_ERR_OWNER, "%s: %s has been freed", s->kind->name,
                           s->part ? "its optimizer, or a scheduler that it is made of,"
                                   : "its optimizer");
    }
    return r->status;
}

static void stop_watching(reeli_owned *it)
{
    reel_scheduler *s = (reel_scheduler *)(void *)it;
    for (size_t i = 0; i < s->watches; i++) {
        reeli_unwatch(&s->watch[i]);
    }
}

static void watch_for(reel_scheduler *s, reeli_owned *it)
{
    reeli_watch_for(it, &s->watch[s->watches++], &s->lost);
}

reel_scheduler *reeli_scheduler_new(const reeli_schedule *kind, reel_optimizer *optimizer,
                                    size_t milestones, const int64_t *milestone, size_t parts)
{
    const size_t groups = optimizer->groups;
    reel_scheduler *s =
        reeli_own(optimizer->owned.r, "scheduler",
                  sizeof *s + 3 * groups * sizeof *s->numbers + milestones * sizeof *s->milestone +
                      parts * sizeof(reel_scheduler *) + (1 + parts) * sizeof *s->watch,
                  stop_watching);
    if (!s) {
        reeli_no_memory(optimizer->owned.r, kind->name);
        return NULL;
    }
    s->kind = kind;
    s->o = optimizer;
    s->groups = groups;
    s->last_epoch = -1;
    s->end = (double)INFINITY;
    s->base_lr = s->numbers;
    s->low = s->base_lr + groups;
    s->high = s->low + groups;
    s->milestone = (int64_t *)(void *)(s->high + groups);
    s->milestones = milestones;
    s->part = parts ? (reel_scheduler **)(void *)(s->milestone + milestones) : NULL;
    s->parts = parts;
    s->watch =
        (reeli_watch *)(void *)((reel_scheduler **)(void *)(s->milestone + milestones) + parts);
    watch_for(s, &optimizer->owned);
    if (milestones) {
        memcpy(s->milestone, milestone, milestones * sizeof *milestone);
    }
    return s;
}

static void set_momentum(const reel_scheduler *s, size_t group, double momentum)
{
    double *value = s->o->group[group].value;
    value[s->o->rule->settings & REELI_BIT(beta1) ? REELI_beta1 : REELI_momentum] = momentum;
}

bool reeli_scheduler_advance(reel_scheduler *s, bool restart)
{
    const reeli_schedule *kind = s->kind;
    double (*rule)(const reel_scheduler *, size_t) =
        restart && kind->closed ? kind->closed : kind->lr;
    s->step_count++;
    if (kind->advance) {
        kind->advance(s, restart);
    } else {
        s->last_epoch = restart ? 0 : s->last_epoch + 1;
    }
    const size_t count = kind->chained ? s->o->groups : s->groups;
    for (size_t i = 0; i < count; i++) {
        const double lr = rule(s, i); /* which may call the user's function, and that move groups */
        s->o->group[i].value[REELI_lr] = lr;
        if (kind->momentum) {
            set_momentum(s, i, kind->momentum(s, i));
        }
    }
    return !kind->momentum || reeli_optimizer_provide(s->o, 0);
}

bool reeli_scheduler_first_step(reel_scheduler *s)
{
    s->o->steps = 0;
    s->step_count = 0;
    return reeli_scheduler_advance(s, false);
}

reel_scheduler *reeli_scheduler_begin(reel_scheduler *s)
{
    if (!s) {
        return NULL;
    }
    for (size_t i = 0; i < s->groups; i++) {
        double *value = s->o->group[i].value;
        value[REELI_initial_lr] =
            isnan(value[REELI_initial_lr]) ? value[REELI_lr] : value[REELI_initial_lr];
        s->base_lr[i] = value[REELI_initial_lr];
    }
    if (!reeli_scheduler_first_step(s)) {
        reel_scheduler_free(s);
        return NULL;
    }
    return s;
}

static const reeli_schedule sequential = {.name = "SequentialLR"};
static const reeli_schedule chained = {.name = "ChainedScheduler"};

/* The part of a sequence that the step with this number belongs to. */
static size_t part_of(const reel_scheduler *s, double epoch)
{
    size_t i = 0;
    while (i < s->milestones && (double)s->milestone[i] <= epoch) {
        i++;
    }
    return i;
}

/* What the next step of s is a step of, and whether that starts with it. */
static reel_scheduler *next_of(reel_scheduler *s, bool *restart)
{
    const size_t i = part_of(s, s->last_epoch + 1);
    *restart = i > 0 && (double)s->milestone[i - 1] == s->last_epoch + 1;
    return s->part[i];
}

/* Whether the optimizer has not moved since s was made, which it is to do before the rate
 * changes. */
static void warn_of_order(const reel_scheduler *s)
{
    if (s->step_count == 1 && s->o->steps == 0) {
        reeli_warn(
            s->owned.r,
            "%s: the scheduler's step came before the optimizer's, so the first rate is skipped",
            s->kind->name);
    }
}

static bool has_next(const reel_scheduler *s, bool restart)
{
    if (!s->kind->lr) {
        reeli_error(s->owned.r, REEL_ERR_STATE,
                    "%s: a step needs a metric: call reel_scheduler_step_metric", s->kind->name);
        return false;
    }
    if (!restart && s->last_epoch + 1 > s->end) {
        reeli_error(s->owned.r, REEL_ERR_STATE, "%s: step %g is past its end at %g", s->kind->name,
                    s->last_epoch + 1, s->end);
        return false;
    }
    return true;
}

/* All parts of a chain, each from the rates that the one before has set. */
static bool step_chain(reel_scheduler *s)
{
    bool done = true;
    for (size_t i = 0; done && i < s->parts; i++) {
        done = has_next(s->part[i], false);
    }
    if (done) {
        warn_of_order(s->part[0]);
    }
    for (size_t i = 0; done && i < s->parts; i++) {
        done = reeli_scheduler_advance(s->part[i], false);
    }
    return done;
}

/* The part of a sequence whose turn it is; or a scheduler by itself. */
static bool step_one(reel_scheduler *s)
{
    bool restart = false;
    s = s->part ? next_of(s, &restart) : s;
    if (!has_next(s, restart)) {
        return false;
    }
    warn_of_order(s);
    return reeli_scheduler_advance(s, restart);
}

reel_status reel_scheduler_step(reel_scheduler *scheduler)
{
    reel_scheduler *s = scheduler;
    const reel_status status = reeli_scheduler_ready(s);
    if (status != REEL_OK || REELI_REFUSE(s->owned.r, s->kind->name, "a schedule cannot step")) {
        return status != REEL_OK ? status : s->owned.r->status;
    }
    if (!(s->kind == &chained ? step_chain(s) : step_one(s))) {
        return s->owned.r->status;
    }
    s->last_epoch += s->part != NULL;
    return REEL_OK;
}

int64_t reeli_epoch(const reel_scheduler *s)
{
    return s->last_epoch >= -0x1p63 && s->last_epoch < 0x1p63 ? (int64_t)s->last_epoch : 0;
}

int64_t reel_scheduler_last_epoch(const reel_scheduler *scheduler)
{
    return REELI_ALIVE(scheduler, "scheduler_last_epoch") ? reeli_epoch(scheduler) : 0;
}

void reel_scheduler_free(reel_scheduler *scheduler)
{
    if (REELI_ALIVE(scheduler, "scheduler_free")) {
        reeli_free_handle(&scheduler->owned, "scheduler_free");
    }
}

static void remember_settings(reel_scheduler *s, reeli_items *items, const char *head)
{
    for (const reeli_schedule_setting *it = s->kind->setting; it && it->name; it++) {
        void *place = (char *)s + it->offset;
        if (it->whole) {
            reeli_remember_whole(items, place, "%s%s", head, it->name);
        } else {
            reeli_remember(items, NULL, place, "%s%s", head, it->name);
        }
    }
    for (size_t i = 0; i < s->milestones; i++) {
        reeli_remember_whole(items, &s->milestone[i], "%smilestones.%zu", head, i);
    }
    for (size_t i = 0; s->kind->low && i < s->groups; i++) {
        reeli_remember(items, NULL, &s->low[i], "%s%s.%zu", head, s->kind->low, i);
    }
    for (size_t i = 0; s->kind->high && i < s->groups; i++) {
        reeli_remember(items, NULL, &s->high[i], "%s%s.%zu", head, s->kind->high, i);
    }
}

/* Its numbers and those of its parts, under names that begin with `head`. */
static void remember(reel_scheduler *s, reeli_items *items, const char *head)
{
    remember_settings(s, items, head);
    reeli_remember(items, NULL, &s->last_epoch, "%slast_epoch", head);
    reeli_remember(items, NULL, &s->step_count, "%s_step_count", head);
    for (int k = 0; k < REELI_SCHEDULE_NUMBERS && s->kind->number[k]; k++) {
        reeli_remember(items, NULL, &s->number[k], "%s%s", head, s->kind->number[k]);
    }
    for (size_t i = 0; i < s->groups && s->kind->lr; i++) {
        reeli_remember(items, NULL, &s->base_lr[i], "%sbase_lrs.%zu", head, i);
    }
    for (size_t i = 0; i < s->parts; i++) {
        char name[48];
        snprintf(name, sizeof name, "_schedulers.%zu.", i);
        remember(s->part[i], items, name);
    }
}

reel_named_tensors reel_scheduler_state_dict(reel_scheduler *scheduler)
{
    if (reeli_scheduler_ready(scheduler) != REEL_OK) {
        return (reel_named_tensors){NULL, 0};
    }
    reeli_items items = {.r = scheduler->owned.r, .what = scheduler->kind->name};
    remember(scheduler, &items, "");
    return reeli_state_dict(&items);
}

reel *reeli_scheduler_reel(const reel_scheduler *s) { return s->owned.r; }

bool reeli_scheduler_prepare(reel_scheduler *s, const reel_named_tensor *given, size_t count,
                             reeli_items *items)
{
    *items = (reeli_items){.r = s->owned.r, .what = s->kind->name};
    if (reeli_scheduler_ready(s) != REEL_OK) {
        return false;
    }
    remember(s, items, "");
    return reeli_check_state_dict(items, given, count);
}

const char *reeli_scheduler_name(const reel_scheduler *s) { return s->kind->name; }

reel_status reel_scheduler_load_state_dict(reel_scheduler *scheduler,
                                           const reel_named_tensor *entries, size_t count)
{
    reeli_items items;
    if (!scheduler) {
        return REEL_ERR_OWNER;
    }
    if (reeli_scheduler_prepare(scheduler, entries, count, &items)) {
        reeli_take_state_dict(&items);
    }
    return scheduler->owned.r->status;
}

/* Whether these schedulers can be one's parts. */
static bool are_parts(const reel_optimizer *o, const char *name, reel_scheduler *const *part,
                      size_t count)
{
    for (size_t i = 0; part && i < count; i++) {
        if (part[i] && reeli_scheduler_ready(part[i]) != REEL_OK) {
            return false;
        }
        if (!part[i] || part[i]->o != o) {
            reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: scheduler %zu is %s", name, i,
                        part[i] ? "another optimizer's" : "NULL");
            return false;
        }
        if (!part[i]->kind->lr) {
            reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: a %s cannot be a part", name,
                        part[i]->kind->name);
            return false;
        }
    }
    return reeli_scheduler_check(o, name, part || count == 0, "the array of schedulers is NULL",
                                 0) &&
           reeli_scheduler_check(o, name, count > 0, "it needs a scheduler", (double)count);
}

static bool ascend(const reel_optimizer *o, const int64_t *milestones, size_t count)
{
    if (count > 0 && !milestones) {
        reeli_error(o->owned.r, REEL_ERR_VALUE, "SequentialLR: the array of milestones is NULL");
        return false;
    }
    for (size_t i = 1; i < count; i++) {
        if (milestones[i] < milestones[i - 1]) {
            reeli_error(o->owned.r, REEL_ERR_VALUE,
                        "SequentialLR: milestones must ascend, and %lld comes after %lld",
                        (long long)milestones[i], (long long)milestones[i - 1]);
            return false;
        }
    }
    return true;
}

static reel_scheduler *of_parts(const reeli_schedule *kind, reel_optimizer *optimizer,
                                reel_scheduler *const *part, size_t count,
                                const int64_t *milestones)
{
    reel_scheduler *s =
        reeli_scheduler_new(kind, optimizer, milestones ? count - 1 : 0, milestones, count);
    for (size_t i = 0; s && i < count; i++) {
        s->part[i] = part[i];
        watch_for(s, &part[i]->owned);
        s->last_epoch = 0;
    }
    return s;
}

reel_scheduler *reel_lr_chained(reel_optimizer *optimizer, reel_scheduler *const *schedulers,
                                size_t count)
{
    return reeli_may_schedule(optimizer) && are_parts(optimizer, chained.name, schedulers, count)
               ? of_parts(&chained, optimizer, schedulers, count, NULL)
               : NULL;
}

/* The parts have each set the first rate; all of that is undone, and the first begins. */
reel_scheduler *reel_lr_sequential(reel_optimizer *optimizer, reel_scheduler *const *schedulers,
                                   size_t count, const int64_t *milestones)
{
    if (!reeli_may_schedule(optimizer) ||
        !are_parts(optimizer, sequential.name, schedulers, count) ||
        !ascend(optimizer, milestones, count - 1)) {
        return NULL;
    }
    reel_scheduler *s = of_parts(&sequential, optimizer, schedulers, count, milestones);
    if (!s) {
        return NULL;
    }
    for (size_t i = 0; i < optimizer->groups; i++) {
        double *value = optimizer->group[i].value;
        value[REELI_lr] =
            isnan(value[REELI_initial_lr]) ? value[REELI_lr] : value[REELI_initial_lr];
    }
    for (size_t i = 0; i < count; i++) {
        s->part[i]->last_epoch--;
    }
    if (!reeli_scheduler_first_step(s->part[0])) {
        reel_scheduler_free(s);
        return NULL;
    }
    return s;
}
