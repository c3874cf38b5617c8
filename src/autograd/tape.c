/* SPDX-License-Identifier: MIT */
/* Nodes: how an operation begins, is computed, and comes onto the tape. */
#include "tape.h"

size_t reel_tape_length(const reel *r)
{
    size_t length = 0;
    for (const reeli_node *n = r ? r->tape : NULL; n; n = n->previous) {
        length++;
    }
    return length;
}

void reeli_number_tape(const reel *r)
{
    uint32_t step = (uint32_t)reel_tape_length(r);
    for (reeli_node *n = r->tape; n; n = n->previous) {
        n->step = step--;
    }
}

reeli_node *reeli_begin(const reeli_op *op, int inputs, reel_tensor *const *in)
{
    const bool usable = reeli_all_sound(inputs, in) || reeli_all_usable(op->name, inputs, in);
    return usable ? reeli_new_node(in[0]->r, op, inputs, in) : NULL;
}

/* The error about t, an input of op's that is a view whose memory a recorded in-place operation has
 * changed: it has lost its history. */
REELI_RARE static reel_tensor *outdated_view(const reeli_op *op, const reel_tensor *t)
{
    return reeli_fail(t->r, REEL_ERR_STATE,
                      "%s: a view of shape %s was made before its memory was changed in place; "
                      "make the view again",
                      op->name, REELI_SHAPE_OF(t));
}

static bool wants_gradient(const reeli_node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        if (reeli_requires_grad(n->in[i].t)) {
            return n->op->gradient && reeli_is_float(n->out->dtype);
        }
    }
    return false;
}

reel_tensor *reeli_record(reel *r, reeli_node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        if (reeli_is_outdated(n->in[i].t)) {
            return outdated_view(n->op, n->in[i].t);
        }
        reeli_tie(&n->in[i], n->in[i].t);
    }
    return reeli_onto_tape(r, n, n->out);
}

reel_tensor *reeli_apply(reeli_node *n)
{
    reel_tensor *out = n->out;
    reel *r = out->r;
    if (reeli_bad(out)) {
        return out;
    }
    if (n->op->forward &&
        !(REELI_RARELY(r->capture != NULL) ? reeli_capture_forward(n) : n->op->forward(n))) {
        return r->poison;
    }
    if (r->anomaly && !reeli_sound_node(n)) {
        return r->poison;
    }
    return r->grad_enabled && wants_gradient(n) ? reeli_record(r, n) : out;
}
