/* SPDX-License-Identifier: MIT */
/* How a module is made, gets its parameters, is called, switched between modes and freed. */
#include "module.h"
#include "random.h"

#include <reel/autograd.h>
#include <stdio.h>
#include <string.h>

static void forget_child(reel_module *parent, const reel_module *child)
{
    for (reeli_member *e = parent->members; e; e = e->next) {
        e->child = e->child == child ? NULL : e->child;
    }
}

/* What belongs to a module goes with it: parameters, buffers and children. */
static void free_members(reeli_owned *it)
{
    reel_module *m = (reel_module *)(void *)it;
    if (m->parent) {
        forget_child(m->parent, m);
    }
    for (reeli_member *e = m->members, *next; e; e = next) {
        next = e->next;
        if (e->tensor && !reeli_bad(e->tensor) && --e->tensor->leaf->owners == 0) {
            reeli_release(e->tensor);
        }
        if (e->child) {
            e->child->parent = NULL;
            reel_module_free(e->child);
        }
        reeli_free(m->owned.r, e, sizeof *e);
    }
    reeli_free(m->owned.r, m->list, m->room * sizeof(reel_tensor *));
}

reel_module *reeli_module_new(reel *r, const char *name, int inputs, reeli_compute compute)
{
    if (!r || REELI_REFUSE(r, name, "a module cannot be made")) {
        return NULL;
    }
    reel_module *m = reeli_own(r, sizeof *m, free_members);
    if (!m) {
        reeli_no_memory(r, name);
        return NULL;
    }
    m->name = name;
    m->inputs = inputs;
    m->compute = compute;
    m->training = true;
    return m;
}

bool reeli_add_member(reel_module *m, reeli_member_kind kind, const char *name, reel_tensor *tensor,
                      reel_module *child)
{
    reeli_member *e = reeli_malloc(m->owned.r, sizeof *e);
    if (!e) {
        reeli_no_memory(m->owned.r, m->name);
        return false;
    }
    *e = (reeli_member){.kind = kind, .tensor = tensor, .child = child};
    snprintf(e->name, sizeof e->name, "%s", name);
    reeli_member **last = &m->members;
    while (*last) {
        last = &(*last)->next;
    }
    *last = e;
    for (reel_module *above = m; above; above = above->parent) {
        if (!reeli_make_room(above)) {
            *last = NULL;
            reeli_free(m->owned.r, e, sizeof *e);
            return false;
        }
    }
    if (child) {
        child->parent = m;
    }
    if (tensor) {
        tensor->leaf->owners++;
    }
    return true;
}

/* A tensor filled with `value` or drawn, that becomes the module's. */
static reel_tensor *add_tensor(reel_module *m, reeli_member_kind kind, const char *name,
                               reel_dtype dtype, double value, double bound, int ndim,
                               const int64_t *size)
{
    reel *r = m->owned.r;
    reel_tensor *draw = reeli_create(r, m->name, bound > 0 ? REEL_F32 : (int)dtype, ndim, size);
    reel_tensor *t = draw->dtype == dtype ? draw : reeli_create(r, m->name, (int)dtype, ndim, size);
    if (reeli_bad(draw) || reeli_bad(t)) {
        reel_tensor_free(draw);
        return NULL;
    }
    if (bound > 0) {
        reeli_fill_uniform(draw, -bound, bound);
    } else {
        reeli_fill(draw, value);
    }
    if (t != draw) {
        reeli_copy(t, draw);
        reel_tensor_free(draw);
    }
    if (!reeli_add_member(m, kind, name, t, NULL)) {
        reel_tensor_free(t);
        return NULL;
    }
    reel_set_name(t, name);
    return t;
}

reel_tensor *reeli_add_parameter(reel_module *m, const char *name, reel_dtype dtype, double value,
                                 double bound, int ndim, const int64_t *size)
{
    reel_tensor *t = add_tensor(m, PARAMETER, name, dtype, value, bound, ndim, size);
    return t ? reel_requires_grad_(t, true) : NULL;
}

reel_tensor *reeli_add_buffer(reel_module *m, const char *name, reel_dtype dtype, double value,
                              int ndim, const int64_t *size)
{
    return add_tensor(m, BUFFER, name, dtype, value, 0, ndim, size);
}

reel_module *reeli_finished(reel_module *m, bool sound)
{
    if (m && !sound) {
        reel_module_free(m);
        return NULL;
    }
    return m;
}

void reel_module_free(reel_module *module)
{
    if (module) {
        reeli_disown(&module->owned);
    }
}

/* A missing module is only news where nothing else is recorded, as a module that could not be made
 * was an error already. */
static reel_tensor *unusable(const char *what, reel_tensor *t)
{
    reel *r = t ? reeli_reel_of(t) : NULL;
    if (r && r->status == REEL_OK) {
        reeli_error(r, REEL_ERR_OWNER, "%s: the module is NULL", what);
    }
    return r ? r->poison : NULL;
}

static reel_tensor *call(reel_module *m, const char *what, int inputs, reel_tensor *const *in)
{
    if (!m || !reeli_usable_as(m->owned.r, m->name, reeli_role(0, inputs), in[0])) {
        return m ? m->owned.r->poison : unusable(what, in[0]);
    }
    if (m->inputs != inputs) {
        static const char *const calls[] = {"", "reel_forward", "reel_loss (or reel_forward2)",
                                            "reel_loss3"};
        return reeli_fail(m->owned.r, REEL_ERR_VALUE, "%s: takes %d tensor%s, and got %d; call %s",
                          m->name, m->inputs, m->inputs == 1 ? "" : "s", inputs, calls[m->inputs]);
    }
    return m->compute(m, in);
}

reel_tensor *reel_forward(reel_module *module, reel_tensor *x)
{
    return call(module, "forward", 1, &x);
}

reel_tensor *reel_forward2(reel_module *module, reel_tensor *x1, reel_tensor *x2)
{
    return call(module, "forward2", 2, (reel_tensor *[]){x1, x2});
}

reel_tensor *reel_loss(reel_module *loss, reel_tensor *input, reel_tensor *target)
{
    return call(loss, "loss", 2, (reel_tensor *[]){input, target});
}

reel_tensor *reel_loss3(reel_module *loss, reel_tensor *a, reel_tensor *b, reel_tensor *c)
{
    return call(loss, "loss3", 3, (reel_tensor *[]){a, b, c});
}
