/* SPDX-License-Identifier: MIT */
/* The trace of a backward pass: what came to each value along each edge, and what each operation's
 * own slope was. Hooks see sums only. */
#include "tape.h"

#include <reel/hooks.h>
#include <reel/views.h>

bool reel_set_trace(reel *r, bool enabled)
{
    const bool was = r && r->tracing;
    if (r && !(enabled && REELI_REFUSE(r, "trace", "it cannot be turned on"))) {
        r->tracing = enabled;
    }
    return was;
}

reel_tensor *reeli_trace_copy(reel_tensor *t)
{
    if (reeli_bad(t)) {
        return t;
    }
    const bool was = t->r->grad_enabled;
    t->r->grad_enabled = false;
    reel_tensor *copy = reel_clone(t);
    t->r->grad_enabled = was;
    return copy;
}

/* An operation that works element by element has a slope at each: what its gradient rule makes of
 * ones. Of others there is none that would be as large as the input. */
static reel_tensor *local_slope(reeli_node *n, int input)
{
    reel *r = n->out->r;
    const reel_tensor *x = n->in[input].t;
    if (!(n->op->formula && reeli_same_shape(x, n->out)) && (x->numel != 1 || n->out->numel != 1)) {
        return NULL;
    }
    const bool was = r->grad_enabled;
    r->grad_enabled = false;
    reel_tensor *ones = reeli_empty_like(n->out, "trace", n->out->dtype);
    if (!reeli_bad(ones)) {
        reeli_fill(ones, 1);
        ones = n->op->gradient(n, input, ones);
    }
    r->grad_enabled = was;
    return ones;
}

bool reeli_trace(reeli_node *n, int input, const reeli_arrival *what)
{
    reel *r = n->out->r;
    reeli_arrival *it = reeli_arena_alloc(r, sizeof *it);
    if (!it) {
        reeli_no_memory(r, "trace");
        return false;
    }
    *it = *what;
    it->n = n;
    it->input = input;
    it->local = local_slope(n, input);
    if (reeli_bad(it->upstream) || reeli_bad(it->amount) || reeli_bad(it->after) ||
        (it->before && reeli_bad(it->before)) || (it->local && reeli_bad(it->local))) {
        return false;
    }
    if (r->last_arrival) {
        r->last_arrival->next = it;
    } else {
        r->first_arrival = it;
    }
    r->last_arrival = it;
    return true;
}
