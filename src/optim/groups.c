/* SPDX-License-Identifier: MIT */
/* Groups of parameters: what may go into one, and the settings that it has. */
#include "optimizer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum range {
    ANY_NUMBER,
    NOT_NEGATIVE,
    POSITIVE,
    BELOW_1,
    AT_MOST_1,
    INSIDE_0_1,
    ABOVE_1,
    AT_LEAST_1,
    AT_MOST_0,
    BELOW_100,
    FLAG
};

static const struct {
    const char *name;
    enum range range;
} settings[REELI_SETTINGS] = {
#define SETTING(name, range) {#name, range},
#include "settings.def"
#undef SETTING
};

/* Why v is not in the range; NULL if it is. NaN is in none. */
static const char *outside(enum range range, double v)
{
    switch (range) {
    case NOT_NEGATIVE:
        return v >= 0 ? NULL : "must not be negative";
    case POSITIVE:
        return v > 0 ? NULL : "must be above 0";
    case BELOW_1:
        return v >= 0 && v < 1 ? NULL : "must be from 0 to less than 1";
    case AT_MOST_1:
        return v >= 0 && v <= 1 ? NULL : "must be from 0 to 1";
    case INSIDE_0_1:
        return v > 0 && v < 1 ? NULL : "must be between 0 and 1";
    case ABOVE_1:
        return v > 1 ? NULL : "must be above 1";
    case AT_LEAST_1:
        return v >= 1 ? NULL : "must be at least 1";
    case AT_MOST_0:
        return v <= 0 ? NULL : "must not be above 0";
    case BELOW_100:
        return v >= 0 && v < 100 ? NULL : "must be from 0 to less than 100";
    case FLAG:
        return v == 0 || v == 1 ? NULL : "must be 0 or 1";
    case ANY_NUMBER:
        break;
    }
    return isnan(v) ? "must be a number" : NULL;
}

/* Whether the rule takes these settings; an error if not. */
static bool sound(const reel_optimizer *o, const double *value)
{
    const reeli_rule *rule = o->rule;
    double blame = 0;
    for (int k = 0; k < REELI_SETTINGS; k++) {
        const char *problem =
            (rule->settings >> k) & 1 ? outside(settings[k].range, value[k]) : NULL;
        if (problem) {
            reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: %s %s, and is %g", rule->name,
                        settings[k].name, problem, value[k]);
            return false;
        }
    }
    const char *problem = rule->unsound ? rule->unsound(value, &blame) : NULL;
    if (problem) {
        reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: %s, and is %g", rule->name, problem, blame);
    }
    return !problem;
}

/* Whether it can be a parameter, and was none before, in this walk through a list, too. */
static bool is_parameter(const reel_optimizer *o, const reel_tensor *t, uint64_t walk)
{
    reel *r = o->owned.r;
    if (!reeli_usable_as(r, o->rule->name, "a parameter", t)) {
        return false;
    }
    if (t->node || !(t->flags & REELI_PERSISTENT) || !reeli_is_float(t->dtype)) {
        reeli_error(r, REEL_ERR_VALUE,
                    "%s: a %s tensor of shape %s is no parameter: only floating leaves are",
                    o->rule->name, reel_dtype_name((reel_dtype)t->dtype), REELI_SHAPE_OF(t));
        return false;
    }
    if (o->rule->matrices && t->ndim != 2) {
        reeli_error(r, REEL_ERR_SHAPE,
                    "%s: takes matrices alone, and a parameter has shape %s; leave others to AdamW",
                    o->rule->name, REELI_SHAPE_OF(t));
        return false;
    }
    if (t->leaf->seen == walk || reeli_is_watched(reeli_owned_of(t), &o->lost)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: a parameter of shape %s is given twice", o->rule->name,
                    REELI_SHAPE_OF(t));
        return false;
    }
    t->leaf->seen = walk;
    return true;
}

static bool may_add(const reel_optimizer *o, const reel_tensor_list *list, const double *value)
{
    if (!sound(o, value)) {
        return false;
    }
    if (list->count == 0 || !list->tensors) {
        reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: the list of parameters is %s", o->rule->name,
                    list->count == 0 ? "empty" : "NULL");
        return false;
    }
    const uint64_t walk = ++o->owned.r->walks;
    for (size_t i = 0; i < list->count; i++) {
        if (!is_parameter(o, list->tensors[i], walk)) {
            return false;
        }
    }
    return true;
}

/* Room for one more group and `count` more slots, those all zero; false when memory is out. */
static bool make_room(reel_optimizer *o, size_t count)
{
    reel *r = o->owned.r;
    if (!reeli_buffer_grow(r, &o->group_room, (o->groups + 1) * sizeof *o->group)) {
        return false;
    }
    o->group = o->group_room.data;
    const size_t bytes = (o->slots + count) * sizeof *o->slot;
    const bool moves = bytes > o->slot_room.bytes;
    for (size_t i = 0; moves && i < o->slots; i++) {
        reeli_unwatch(&o->slot[i].watch);
    }
    const bool grown = reeli_buffer_grow(r, &o->slot_room, bytes);
    o->slot = o->slot_room.data;
    for (size_t i = 0; moves && i < o->slots; i++) {
        reeli_watch_for(reeli_owned_of(o->slot[i].parameter), &o->slot[i].watch, &o->lost);
    }
    if (!grown) {
        return false;
    }
    memset(o->slot + o->slots, 0, count * sizeof *o->slot);
    return true;
}

/* Takes a group that was added last out again, because its states found no memory. */
static void drop_group(reel_optimizer *o)
{
    const size_t slots = o->groups > 1 ? o->group[o->groups - 2].end : 0;
    for (size_t i = slots; i < o->slots; i++) {
        reeli_free_optimizer_slot(&o->slot[i]);
    }
    o->slots = slots;
    o->groups--;
}

bool reeli_add_group(reel_optimizer *o, reel_tensor_list list, const double *value)
{
    if (!may_add(o, &list, value)) {
        return false;
    }
    if (!make_room(o, list.count)) {
        reeli_no_memory(o->owned.r, o->rule->name);
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        reeli_slot *slot = &o->slot[o->slots + i];
        slot->parameter = list.tensors[i];
        reeli_watch_for(reeli_owned_of(slot->parameter), &slot->watch, &o->lost);
    }
    o->slots += list.count;
    reeli_group *group = &o->group[o->groups++];
    memcpy(group->value, value, sizeof group->value);
    group->end = o->slots;
    if (reeli_optimizer_provide(o, o->groups - 1)) {
        return true;
    }
    drop_group(o);
    return false;
}

/* The setting of this name that the optimizer has, or -1 and an error. */
static int setting_named(const reel_optimizer *o, const char *name)
{
    for (int k = 0; name && k < REELI_initial_lr; k++) {
        if ((o->rule->settings >> k) & 1 && strcmp(settings[k].name, name) == 0) {
            return k;
        }
    }
    reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: there is no setting '%s'", o->rule->name,
                name ? name : "(NULL)");
    return -1;
}

reel_status reel_add_param_group(reel_optimizer *optimizer, reel_tensor_list parameters,
                                 const reel_setting *given, size_t count)
{
    if (!REELI_ALIVE(optimizer, "add_param_group")) {
        return optimizer ? reeli_failure(optimizer->owned.r) : REEL_ERR_OWNER;
    }
    reel *r = optimizer->owned.r;
    if (r->status != REEL_OK ||
        REELI_REFUSE(r, optimizer->rule->name, "parameters cannot be added")) {
        return r->status;
    }
    if (optimizer->rule->step) {
        return reeli_error(r, REEL_ERR_STATE, "%s: takes one group of parameters",
                           optimizer->rule->name);
    }
    if (count && !given) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: the array of settings is NULL",
                           optimizer->rule->name);
    }
    if (optimizer->lost) {
        return reeli_tell_lost(optimizer);
    }
    double value[REELI_SETTINGS];
    memcpy(value, optimizer->defaults, sizeof value);
    for (size_t i = 0; i < count; i++) {
        const int k = setting_named(optimizer, given[i].name);
        if (k < 0) {
            return r->status;
        }
        value[k] = given[i].value;
    }
    return reeli_add_group(optimizer, parameters, value) ? REEL_OK : r->status;
}

size_t reel_param_groups(const reel_optimizer *optimizer)
{
    return REELI_ALIVE(optimizer, "param_groups") ? optimizer->groups : 0;
}

reeli_group *reeli_group_of(reel_optimizer *o, size_t group)
{
    if (group >= o->groups) {
        reeli_error(o->owned.r, REEL_ERR_VALUE, "%s: there is no group %zu of %zu", o->rule->name,
                    group, o->groups);
        return NULL;
    }
    return &o->group[group];
}

double reel_group_setting(reel_optimizer *optimizer, size_t group, const char *name)
{
    const reeli_group *g =
        REELI_ALIVE(optimizer, "group_setting") ? reeli_group_of(optimizer, group) : NULL;
    const int k = g ? setting_named(optimizer, name) : -1;
    return k < 0 ? (double)NAN : g->value[k];
}

reel_status reel_set_group_setting(reel_optimizer *optimizer, size_t group, const char *name,
                                   double value)
{
    reeli_group *g =
        REELI_ALIVE(optimizer, "set_group_setting") ? reeli_group_of(optimizer, group) : NULL;
    const int k = g ? setting_named(optimizer, name) : -1;
    if (k < 0 ||
        REELI_REFUSE(optimizer->owned.r, optimizer->rule->name, "a setting cannot be changed")) {
        return optimizer ? reeli_failure(optimizer->owned.r) : REEL_ERR_OWNER;
    }
    const double was = g->value[k];
    g->value[k] = value;
    if (!sound(optimizer, g->value) || !reeli_optimizer_provide(optimizer, 0)) {
        g->value[k] = was;
        return optimizer->owned.r->status;
    }
    return REEL_OK;
}

double reel_lr(reel_optimizer *optimizer, size_t group)
{
    return reel_group_setting(optimizer, group, "lr");
}

reel_status reel_set_lr(reel_optimizer *optimizer, size_t group, double lr)
{
    return reel_set_group_setting(optimizer, group, "lr", lr);
}

/* The states that a group with these settings needs and the slot does not have; 0 if there are
 * none. */
static unsigned lacks(const reel_optimizer *o, const double *value, const reeli_slot *slot)
{
    unsigned needs = o->rule->needs ? o->rule->needs(value) : 0;
    for (int k = 0; k < REELI_STATES; k++) {
        needs &= slot->state[k] ? ~(1U << k) : ~0U;
    }
    return needs;
}

/* The groups as they would be with what the items are to take over, in the arena; NULL, and an
 * error, when memory is out. An item that is a setting points into its group. */
static reeli_group *groups_given(const reel_optimizer *o, const reeli_items *items)
{
    const size_t bytes = o->groups * sizeof *o->group;
    reeli_group *to = reeli_arena_alloc(o->owned.r, bytes);
    if (!to) {
        reeli_no_memory(o->owned.r, o->rule->name);
        return NULL;
    }
    memcpy(to, o->group, bytes);
    for (size_t i = 0; i < items->list.count; i++) {
        const reeli_item_of_state *item = reeli_item_at(items, i);
        const size_t at = (uintptr_t)item->number - (uintptr_t)o->group;
        if (item->number && at < bytes) {
            *(double *)(void *)((char *)to + at) = reeli_load(item->given, 0);
        }
    }
    return to;
}

bool reeli_may_load_settings(const reel_optimizer *o, const reeli_items *items)
{
    const reeli_group *given = groups_given(o, items);
    size_t first = 0;
    for (size_t g = 0; given && g < o->groups; first = o->group[g++].end) {
        if (!sound(o, given[g].value)) {
            return false;
        }
        if (lacks(o, given[g].value, &o->slot[first])) {
            reeli_error(o->owned.r, REEL_ERR_VALUE,
                        "%s: load_state_dict: param_groups.%zu needs a state that is not there",
                        o->rule->name, g);
            return false;
        }
    }
    return given != NULL;
}

void reeli_remember_settings(reel_optimizer *o, size_t group, reeli_items *items)
{
    for (int k = 0; k < REELI_SETTINGS; k++) {
        if ((o->rule->settings >> k) & 1 || k >= REELI_initial_lr) {
            reeli_remember(items, NULL, &o->group[group].value[k], "param_groups.%zu.%s", group,
                           settings[k].name);
        }
    }
}
