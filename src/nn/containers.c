/* SPDX-License-Identifier: MIT */
/* Modules made of modules, and those of the user's. */
#include "module.h"

#include <reel/autograd.h>
#include <reel/views.h>
#include <stdio.h>
#include <string.h>

static reel_tensor *sequential(reel_module *m, reel_tensor *const *in)
{
    reel_tensor *x = in[0];
    for (const reeli_member *e = m->members; e; e = e->next) {
        x = e->child ? reel_forward(e->child, x) : x;
    }
    return x;
}

/* Whether `child` can become part of m: of the same reel, part of nothing yet, and not m itself. */
static bool may_add(const reel_module *m, const reel_module *child)
{
    if (child && child->owned.r == m->owned.r && !child->parent && child != m) {
        return true;
    }
    if (child ||
        m->owned.r->status == REEL_OK) { /* a module that is NULL for an error was reported then */
        reeli_error(m->owned.r, REEL_ERR_VALUE, "%s: %s", m->name,
                    !child                         ? "a module is NULL"
                    : child->owned.r != m->owned.r ? "a module belongs to another reel"
                    : child == m                   ? "a module cannot be part of itself"
                                                   : "a module is part of another one already");
    }
    return false;
}

reel_module *reel_nn_sequential(reel *r, reel_module *const *modules, int count)
{
    reel_module *m = reeli_module_new(r, "Sequential", 1, sequential);
    bool sound = m != NULL;
    for (int i = 0; sound && i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        sound = may_add(m, modules[i]) && reeli_add_member(m, CHILD, name, NULL, modules[i]);
    }
    return reeli_finished(m, sound);
}

static reel_tensor *identity(reel_module *m, reel_tensor *const *in)
{
    (void)m;
    return in[0];
}

reel_module *reel_nn_identity(reel *r) { return reeli_module_new(r, "Identity", 1, identity); }

static reel_tensor *flatten(reel_module *m, reel_tensor *const *in)
{
    return reel_flatten(in[0], m->i[0], m->i[1]);
}

reel_module *reel_nn_flatten(reel *r, int64_t start_dim, int64_t end_dim)
{
    reel_module *m = reeli_module_new(r, "Flatten", 1, flatten);
    if (m) {
        m->i[0] = start_dim;
        m->i[1] = end_dim;
    }
    return m;
}

static reel_tensor *user(reel_module *m, reel_tensor *const *in)
{
    m->owned.r->arena.callbacks++;
    reel_tensor *y = m->user_forward(m, in[0], m->context);
    return y ? y : reeli_fail(m->owned.r, REEL_ERR_VALUE, "%s: its forward returned NULL", m->name);
}

reel_module *reel_nn_module(reel *r, const char *name, reel_module_forward forward, void *context)
{
    reel_module *m = reeli_module_new(r, name ? name : "module", 1, user);
    if (m && !forward) {
        reeli_error(r, REEL_ERR_VALUE, "%s: a module needs a forward function", m->name);
        return reeli_finished(m, false);
    }
    if (m) {
        m->user_forward = forward;
        m->context = context;
    }
    return m;
}

static reel_status add_tensor(reel_module *m, reeli_member_kind kind, const char *name,
                              reel_tensor *t)
{
    if (!m) {
        return REEL_ERR_OWNER;
    }
    reel *r = m->owned.r;
    if (!reeli_usable_as(r, m->name, "the tensor", t)) {
        return reel_error_status(r);
    }
    if (!name || !*name || reel_state_named(m, name) || t->node || !(t->flags & REELI_PERSISTENT) ||
        (kind == PARAMETER && !reeli_is_float(t->dtype))) {
        return reeli_error(r, REEL_ERR_VALUE,
                           "%s: '%s' cannot be added: names are unique and not empty, tensors are "
                           "created (not results), "
                           "parameters floating",
                           m->name, name ? name : "");
    }
    if (!reeli_add_member(m, kind, name, t, NULL)) {
        return REEL_ERR_MEMORY;
    }
    if (kind == PARAMETER) {
        reel_requires_grad_(t, true);
    }
    reel_set_name(t, name);
    return REEL_OK;
}

reel_status reel_module_add_parameter(reel_module *module, const char *name, reel_tensor *parameter)
{
    return add_tensor(module, PARAMETER, name, parameter);
}

reel_status reel_module_add_buffer(reel_module *module, const char *name, reel_tensor *buffer)
{
    return add_tensor(module, BUFFER, name, buffer);
}

reel_status reel_module_add_child(reel_module *module, const char *name, reel_module *child)
{
    if (!module || !name) {
        return REEL_ERR_OWNER;
    }
    if (!may_add(module, child)) {
        return reel_error_status(module->owned.r);
    }
    return reeli_add_member(module, CHILD, name, NULL, child) ? REEL_OK : REEL_ERR_MEMORY;
}

reel_module *reel_module_child(const reel_module *module, const char *name)
{
    for (const reeli_member *e = module && name ? module->members : NULL; e; e = e->next) {
        if (e->child && strcmp(e->name, name) == 0) {
            return e->child;
        }
    }
    return NULL;
}
