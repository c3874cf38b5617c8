/* SPDX-License-Identifier: MIT */
#include "optimizer.h"

/* The states go with the optimizer; the parameters are their module's. */
static void free_states(reeli_owned *it)
{
    reel_optimizer *o = (reel_optimizer *)(void *)it;
    for (size_t i = 0; i < o->count; i++) {
        if (o->slots[i].state) {
            reel_tensor_free(o->slots[i].state);
        }
    }
}

static bool is_parameter(reel *r, const char *name, reel_tensor *t)
{
    if (!reeli_usable(r, name, t)) {
        return false;
    }
    if (t->node || !(t->flags & REELI_PERSISTENT) || !reeli_is_float(t->dtype)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: a %s tensor of shape %s is no parameter: only floating leaves are",
                    name, reel_dtype_name(t->dtype), REELI_SHAPE_OF(t));
        return false;
    }
    return true;
}

static bool add_slot(reel_optimizer *o, reel_tensor *parameter, bool state)
{
    reeli_slot *s = &o->slots[o->count];
    s->parameter = parameter;
    if (state) {
        s->state = reeli_create(o->owned.r, o->name, parameter->dtype, parameter->ndim, parameter->size);
        if (reeli_bad(s->state)) {
            s->state = NULL;
            return false;
        }
        reeli_fill(s->state, 0);
    }
    o->count++;
    return true;
}

reel_optimizer *reeli_optimizer_new(const char *name, reel_tensor_list parameters, bool states)
{
    reel *r = parameters.r;
    if (!r) {
        return NULL;
    }
    if (parameters.count == 0) {
        reeli_error(r, REEL_ERR_VALUE, "%s: the list of parameters is empty", name);
        return NULL;
    }
    for (size_t i = 0; i < parameters.count; i++) {
        if (!is_parameter(r, name, parameters.tensors[i])) {
            return NULL;
        }
    }
    reel_optimizer *o = reeli_own(r, sizeof *o + parameters.count * sizeof *o->slots, free_states);
    if (!o) {
        reeli_no_memory(r, name);
        return NULL;
    }
    o->name = name;
    for (size_t i = 0; i < parameters.count; i++) {
        if (!add_slot(o, parameters.tensors[i], states)) {
            reel_optimizer_free(o);
            return NULL;
        }
    }
    return o;
}

void reel_optimizer_free(reel_optimizer *optimizer)
{
    if (optimizer) {
        reeli_disown(&optimizer->owned);
    }
}

void reel_zero_grad(reel_optimizer *optimizer)
{
    for (size_t i = 0; optimizer && i < optimizer->count; i++) {
        optimizer->slots[i].parameter->leaf->grad = NULL;
    }
}

/* Everything that can fail is checked before the first parameter moves. */
reel_status reel_step(reel_optimizer *optimizer)
{
    if (!optimizer) {
        return REEL_ERR_OWNER;
    }
    reel *r = optimizer->owned.r;
    if (r->status != REEL_OK) {
        return r->status;
    }
    for (size_t i = 0; i < optimizer->count; i++) {
        reeli_slot *s = &optimizer->slots[i];
        if (reeli_grad(s->parameter)) {
            optimizer->update(optimizer, s);
            s->parameter->version++;
            s->steps++;
        }
    }
    return REEL_OK;
}
