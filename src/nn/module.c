/* SPDX-License-Identifier: MIT */
/* How a module is made, gets its parameters, is called, switched between modes and freed. */
#include "module.h"
#include "counted.h"
#include "random.h"

#include <reel/autograd.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 16 }; /* members, from which on their names are looked up in a set */

/* A member goes; what belongs to no other module goes with it, unless a callback may be using
 * it. */
static void free_member(reel *r, reeli_member *e, bool with_it)
{
    if (e->tensor && with_it) {
        reeli_let_go(e->tensor);
    } else if (e->tensor) {
        e->tensor->leaf->owners--;
    }
    if (e->child && e->child->owned.alive && --e->child->owners == 0 && with_it &&
        e->child->owned.born > r->in_callback_since) {
        reeli_disown(&e->child->owned);
    }
    reeli_free(r, e, sizeof *e);
}

static void free_members(reeli_owned *it)
{
    reel_module *m = (reel_module *)(void *)it;
    for (reeli_member *e = m->members, *next; e; e = next) {
        next = e->next;
        free_member(it->r, e, true);
    }
    reeli_text_set_free(it->r, &m->names);
    if (m->list && m->list->owned.alive) {
        reeli_disown(&m->list->owned);
    }
}

void reeli_drop_members(reel_module *m, reeli_member *after)
{
    for (reeli_member *e = after ? after->next : m->members, *next; e; e = next) {
        next = e->next;
        m->count--;
        m->children -= e->child != NULL;
        free_member(m->owned.r, e, false);
    }
    *(after ? &after->next : &m->members) = NULL;
    m->last = after;
}

reel_module *reeli_module_new(reel *r, const char *name, int inputs, reeli_compute compute)
{
    if (!r || REELI_REFUSE(r, name, "a module cannot be made")) {
        return NULL;
    }
    reel_module *m = reeli_own(r, "module", sizeof *m, free_members);
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

/* Makes m->names the set of all its members' names, of which most often the last one's is missing;
 * false when memory is out. */
static bool collect_names(reel_module *m)
{
    reel *r = m->owned.r;
    if (reeli_text_count(&m->names) > (size_t)m->count) { /* some were dropped */
        reeli_text_set_free(r, &m->names);
    }
    size_t known = reeli_text_count(&m->names), i = 0;
    const reeli_member *e = m->members;
    if (known + 1 == (size_t)m->count) {
        e = m->last;
        i = known;
    }
    for (; e; e = e->next, i++) {
        if (i >= known && !reeli_text_set_add(r, &m->names, e->name, strlen(e->name))) {
            return false;
        }
    }
    return true;
}

bool reeli_has_member(reel_module *m, const char *name)
{
    if (m->count >= MANY && collect_names(m)) {
        return reeli_text_set_find(&m->names, name, strlen(name)) >= 0;
    }
    const reeli_member *e = m->members;
    while (e && strcmp(e->name, name) != 0) {
        e = e->next;
    }
    return e != NULL;
}

bool reeli_add_member(reel_module *m, reeli_member_kind kind, const char *name, reel_tensor *tensor,
                      reel_module *child)
{
    const size_t more = child ? child->parameters : kind == PARAMETER;
    reeli_member *e = NULL;
    if (more && !reeli_make_room(m, m->parameters + more)) {
        return false;
    }
    e = reeli_malloc(m->owned.r, sizeof *e);
    if (!e) {
        reeli_no_memory(m->owned.r, m->name);
        return false;
    }
    *e = (reeli_member){.kind = kind, .tensor = tensor, .child = child};
    snprintf(e->name, sizeof e->name, "%s", name);
    *(m->last ? &m->last->next : &m->members) = e;
    m->last = e;
    m->count++;
    m->children += child != NULL;
    m->parameters += more;
    if (child) {
        child->owners++;
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
        reeli_release(draw);
        return NULL;
    }
    if (bound > 0) {
        reeli_fill_uniform(draw, -bound, bound);
    } else {
        reeli_fill(draw, value);
    }
    if (t != draw) {
        reeli_copy(t, draw);
        reeli_release(draw);
    }
    if (!reeli_add_member(m, kind, name, t, NULL)) {
        reeli_release(t);
        return NULL;
    }
    reel_set_name(t, name);
    return t;
}

reel_tensor *reeli_add_parameter(reel_module *m, const char *name, reel_dtype dtype, double value,
                                 double bound, int ndim, const int64_t *size)
{
    if ((unsigned)dtype > REEL_F64) {
        reeli_error(m->owned.r, REEL_ERR_DTYPE, "%s: parameters are float32 or float64, not %s",
                    m->name, reel_dtype_name(dtype));
        return NULL;
    }
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
    if (!REELI_ALIVE(module, "module_free")) {
        return;
    }
    if (module->owners) {
        reeli_error(module->owned.r, REEL_ERR_OWNER,
                    "module_free: the %s is part of another module, and is freed with that",
                    module->name);
        return;
    }
    reeli_free_handle(&module->owned, "module_free");
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

/* What does not let m be called with so many tensors is told; poison. */
REELI_RARE static reel_tensor *refuse_call(const reel_module *m, int inputs)
{
    static const char *const calls[] = {"", "reel_forward", "reel_loss (or reel_forward2)",
                                        "reel_loss3"};
    reel *r = m->owned.r;
    if (m->inputs == 0) {
        return reeli_fail(r, REEL_ERR_STATE, "%s: it has no forward; call its children", m->name);
    }
    return reeli_fail(r, REEL_ERR_VALUE, "%s: takes %s, and got %d; call %s", m->name,
                      REELI_COUNTED(m->inputs, "tensor"), inputs, calls[m->inputs]);
}

static reel_tensor *call(reel_module *m, const char *what, int inputs, reel_tensor *const *in)
{
    if (!REELI_ALIVE(m, what)) {
        return m ? m->owned.r->poison : unusable(what, in[0]);
    }
    if (REELI_RARELY(m->inputs != inputs)) {
        return refuse_call(m, inputs);
    }
    if (!reeli_usable_as(m->owned.r, m->name, reeli_role(0, inputs), in[0])) {
        return m->owned.r->poison;
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
