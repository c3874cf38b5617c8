/* SPDX-License-Identifier: MIT */
/* Which tensors want gradients, and whether operations are recorded. */
#include "tape.h"

#include <stdio.h>

reel_tensor *reel_requires_grad_(reel_tensor *t, bool requires_grad)
{
    if (!reeli_usable("requires_grad_", t)) {
        return reeli_poison_for(1, &t);
    }
    if (requires_grad && !reeli_is_float(t->dtype)) {
        return reeli_fail(
            t->r, REEL_ERR_DTYPE,
            "requires_grad_: only floating tensors have gradients, and this one is %s",
            reel_dtype_name(t->dtype));
    }
    if (t->node) {
        return reeli_fail(
            t->r, REEL_ERR_STATE,
            "requires_grad_: the tensor is the result of %s; only leaves can be changed: "
            "use reel_detach",
            t->node->op->name);
    }
    t->flags = requires_grad ? t->flags | REELI_REQUIRES_GRAD : t->flags & ~REELI_REQUIRES_GRAD;
    return t;
}

bool reel_requires_grad(const reel_tensor *t)
{
    return reeli_usable("requires_grad", t) && reeli_requires_grad(t);
}

bool reel_is_leaf(const reel_tensor *t) { return reeli_usable("is_leaf", t) && !t->node; }

reel_tensor *reel_grad(const reel_tensor *t)
{
    if (!reeli_usable("grad", t)) {
        return NULL;
    }
    if (t->leaf) {
        reeli_note_leaf(t, true);
    }
    return reeli_grad(t);
}

void reel_zero_grad_of(reel_tensor *t)
{
    if (reeli_usable("zero_grad", t) && t->leaf) {
        reeli_note_leaf(t, false);
        reeli_set_grad(t, NULL);
    }
}

void reel_retain_grad(reel_tensor *t)
{
    if (reeli_usable("retain_grad", t) && t->node) {
        t->flags |= REELI_RETAIN_GRAD;
        t->r->retained_grads = true;
    }
}

void reel_retain_all_grads(reel *r, bool retain)
{
    if (r) {
        r->retain_all_grads = retain;
    }
}

reel_tensor *reel_detach(reel_tensor *t)
{
    return reeli_usable("detach", t) ? reeli_view(t, "detach", t->ndim, t->size, t->stride, 0)
                                     : reeli_poison_for(1, &t);
}

bool reel_set_grad_enabled(reel *r, bool enabled)
{
    bool was = r && r->grad_enabled;
    if (r) {
        r->grad_enabled = enabled;
    }
    return was;
}

bool reel_grad_enabled(const reel *r) { return r && r->grad_enabled; }

reel_tensor *reel_set_name(reel_tensor *t, const char *name)
{
    if (!reeli_usable("set_name", t)) {
        return reeli_poison_for(1, &t);
    }
    reeli_leaf *leaf = reeli_leaf_of(t);
    if (!leaf) {
        return reeli_poison_for(1, &t);
    }
    snprintf(leaf->name, sizeof leaf->name, "%s", name ? name : "");
    return t;
}
