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
        const reeli_member *last = reeli_rectified_linear(e, &x);
        last = last ? last : reeli_fused_convolution(e, &x);
        x = last || !e->child ? x : reel_forward(e->child, x);
        e = last ? last : e;
    }
    return x;
}

/* A name for a module's number i. */
static const char *number_name(char name[REELI_NAME_SIZE], int i)
{
    snprintf(name, REELI_NAME_SIZE, "%d", i);
    return name;
}

/* A module of `count` modules, numbered where there are no names. If it cannot be made, what was
 * given is the caller's as before. */
static reel_module *container(reel *r, const char *kind, reeli_compute compute,
                              const char *const *names, reel_module *const *modules, int count)
{
    if (r && (count < 0 || (count > 0 && !modules))) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %s", kind,
                    count < 0 ? "the number of modules is negative"
                              : "the array of modules is NULL");
        return NULL;
    }
    reel_module *m = reeli_module_new(r, kind, compute ? 1 : 0, compute);
    bool sound = m != NULL;
    for (int i = 0; sound && i < count; i++) {
        char name[REELI_NAME_SIZE];
        sound = reeli_add_child(m, names ? names[i] : number_name(name, i), modules[i]);
    }
    if (m && !sound) {
        reeli_drop_members(m, NULL);
    }
    return reeli_finished(m, sound);
}

reel_module *reel_nn_sequential(reel *r, reel_module *const *modules, int count)
{
    return container(r, "Sequential", sequential, NULL, modules, count);
}

reel_module *reel_nn_module_list(reel *r, reel_module *const *modules, int count)
{
    return container(r, "ModuleList", NULL, NULL, modules, count);
}

reel_module *reel_nn_module_dict(reel *r, const char *const *names, reel_module *const *modules,
                                 int count)
{
    if (r && count > 0 && !names) {
        reeli_error(r, REEL_ERR_VALUE, "ModuleDict: the array of names is NULL");
        return NULL;
    }
    return container(r, "ModuleDict", NULL, names, modules, count);
}

reel_status reel_module_append(reel_module *module, reel_module *child)
{
    if (!REELI_ALIVE(module, "module_append")) {
        return REEL_ERR_OWNER;
    }
    char name[REELI_NAME_SIZE];
    const bool done = reeli_add_child(module, number_name(name, module->children), child);
    return done ? REEL_OK : reeli_failure(module->owned.r);
}

reel_module *reel_module_at(const reel_module *module, int i)
{
    int at = 0;
    const reeli_member *e = REELI_ALIVE(module, "module_at") ? module->members : NULL;
    for (; e && (!e->child || at < i); e = e->next) {
        at += e->child != NULL;
    }
    return e && i >= 0 ? e->child : NULL;
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
    reel *r = m->owned.r;
    reeli_visit visit;
    reeli_enter_callback(r, &visit, NULL, false);
    reel_tensor *y = m->user_forward(m, in[0], m->context);
    reeli_leave_callback(r, &visit);
    if (!y) {
        return reeli_fail(r, REEL_ERR_VALUE, "%s: its forward returned NULL", m->name);
    }
    return reeli_usable_as(r, m->name, "what its forward returned", y) ? y : r->poison;
}

reel_module *reel_nn_module(reel *r, const char *name, reel_module_forward forward, void *context)
{
    reel_module *m = reeli_module_new(r, name ? name : "module", 1, user);
    if (m) {
        snprintf(m->own_name, sizeof m->own_name, "%s", m->name);
        m->name = m->own_name;
    }
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

/* Why m cannot have a member of this name; NULL if it can. */
static const char *unfit_name(reel_module *m, const char *name)
{
    if (!name || !*name) {
        return "a name must not be empty";
    }
    if (strchr(name, '.') || strlen(name) >= REELI_NAME_SIZE) {
        return "a name has no dot, and at most 31 characters";
    }
    return reeli_has_member(m, name) ? "there is a member of that name already" : NULL;
}

static bool refuse_member(const reel_module *m, const char *name, const char *why)
{
    reeli_error(m->owned.r, REEL_ERR_VALUE, "%s: '%s' cannot be added: %s", m->name,
                name ? name : "(NULL)", why);
    return false;
}

bool reeli_add_child(reel_module *m, const char *name, reel_module *child)
{
    reel *r = m->owned.r;
    if (!child) { /* one that is missing for an error was reported then */
        return r->status == REEL_OK && refuse_member(m, name, "the module is NULL");
    }
    if (!REELI_ALIVE(child, m->name)) {
        return false;
    }
    const char *why =
        child->owned.r != r ? "the module belongs to another reel" : unfit_name(m, name);
    why = why ? why : reeli_make_child(m, child);
    if (why) {
        return refuse_member(m, name, why);
    }
    return reeli_add_member(m, CHILD, name, NULL, child);
}

static reel_status add_tensor(reel_module *m, reeli_member_kind kind, const char *name,
                              reel_tensor *t)
{
    reel *r = m->owned.r;
    if (!reeli_usable_as(r, m->name, name ? name : "the tensor", t)) {
        return reeli_failure(r);
    }
    const char *why = unfit_name(m, name) ? unfit_name(m, name)
                      : t->node || !(t->flags & REELI_PERSISTENT)
                          ? "it is a result; give a tensor that you created or kept"
                      : kind == PARAMETER && !reeli_is_float(t->dtype) ? "parameters are floating"
                                                                       : NULL;
    if (why) {
        refuse_member(m, name, why);
        return REEL_ERR_VALUE;
    }
    if (!reeli_add_member(m, kind, name, t, NULL)) {
        return REEL_ERR_MEMORY;
    }
    if (kind == PARAMETER) {
        reel_requires_grad_(t, true);
    }
    if (!t->leaf->name[0]) {
        reel_set_name(t, name);
    }
    return REEL_OK;
}

reel_status reel_module_add_parameter(reel_module *module, const char *name, reel_tensor *parameter)
{
    return REELI_ALIVE(module, "module_add_parameter")
               ? add_tensor(module, PARAMETER, name, parameter)
               : REEL_ERR_OWNER;
}

reel_status reel_module_add_buffer(reel_module *module, const char *name, reel_tensor *buffer)
{
    return REELI_ALIVE(module, "module_add_buffer") ? add_tensor(module, BUFFER, name, buffer)
                                                    : REEL_ERR_OWNER;
}

reel_status reel_module_add_child(reel_module *module, const char *name, reel_module *child)
{
    if (!REELI_ALIVE(module, "module_add_child")) {
        return REEL_ERR_OWNER;
    }
    return reeli_add_child(module, name, child) ? REEL_OK : reeli_failure(module->owned.r);
}

reel_module *reel_module_child(const reel_module *module, const char *name)
{
    const reeli_member *e = REELI_ALIVE(module, "module_child") && name ? module->members : NULL;
    while (e && (!e->child || strcmp(e->name, name) != 0)) {
        e = e->next;
    }
    return e ? e->child : NULL;
}
