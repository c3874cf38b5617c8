/* SPDX-License-Identifier: MIT */
/* Anomaly mode: which operation made the first NaN or infinity out of finite numbers. */
#include "tape.h"

#include <math.h>
#include <reel/hooks.h>

bool reel_set_anomaly_mode(reel *r, bool enabled)
{
    const bool was = r && r->anomaly;
    if (r && !(enabled && REELI_REFUSE(r, "anomaly", "the mode cannot be turned on"))) {
        r->anomaly = enabled;
    }
    return was;
}

/* Among the elements of a view that repeats them, each once. */
REELI_RARE static bool all_finite_once(const reel_tensor *t, int64_t *element)
{
    int64_t at[REEL_MAX_DIMS] = {0};
    for (bool more = t->numel > 0; more;) {
        int64_t offset = 0, i = 0, step = 1;
        for (int d = t->ndim - 1; d >= 0; step *= t->size[d--]) {
            offset += at[d] * t->stride[d];
            i += at[d] * step;
        }
        if (!isfinite(reeli_load(t, offset))) {
            *element = i;
            return false;
        }
        more = false;
        for (int d = t->ndim - 1; d >= 0 && !more; d--) {
            const int64_t size = t->stride[d] ? t->size[d] : 1;
            more = ++at[d] < size;
            at[d] = more ? at[d] : 0;
        }
    }
    return true;
}

bool reeli_all_finite(const reel_tensor *t, int64_t *element)
{
    const bool rows = t->flags & REELI_CONTIGUOUS;
    if (!rows && reeli_is_float(t->dtype)) {
        return all_finite_once(t, element);
    }
    for (int64_t i = 0; reeli_is_float(t->dtype) && i < t->numel; i++) {
        if (!isfinite(reeli_load(t, i))) {
            *element = i;
            return false;
        }
    }
    return true;
}

/* "element (1, 2) of shape (4, 3) is nan" */
enum { PLACE_TEXT = 2 * REELI_SHAPE_TEXT + 64 };

static const char *place(char text[PLACE_TEXT], const reel_tensor *t, int64_t i)
{
    int64_t index[REEL_MAX_DIMS];
    const double value = reeli_load(t, reeli_element_offset(t, i));
    for (int d = t->ndim - 1; d >= 0; d--) {
        index[d] = i % t->size[d];
        i /= t->size[d];
    }
    snprintf(text, PLACE_TEXT, "element %s of shape %s is %s",
             reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, t->ndim, index), REELI_SHAPE_OF(t),
             isnan(value) ? "nan"
             : value > 0  ? "inf"
                          : "-inf");
    return text;
}

/* `step` is the one that the operation has, or would have, on the tape; 0: none. */
static bool blame(const char *name, const char *suffix, const reel_tensor *y, int64_t element,
                  size_t step)
{
    char text[PLACE_TEXT], where[48] = "";
    if (step > 0) {
        snprintf(where, sizeof where, " in step %zu of the tape", step);
    }
    reeli_error(y->r, REEL_ERR_VALUE, "%s%s: %s%s, though all inputs are finite", name, suffix,
                place(text, y, element), where);
    return false;
}

static size_t step_of(const reeli_node *n)
{
    reeli_number_tape(n->out->r);
    return n->step;
}

/* One input at a time: false if it explains what is wrong with the result. */
static bool finite_input(const reeli_op *op, const reel_tensor *in, bool *recorded)
{
    int64_t at;
    *recorded = *recorded || (op->gradient && reeli_requires_grad(in) && in->r->grad_enabled);
    return reeli_all_finite(in, &at);
}

bool reeli_sound_result(const reeli_op *op, int inputs, reel_tensor *const *in,
                        const reel_tensor *y)
{
    int64_t element;
    bool recorded = false, sound = reeli_all_finite(y, &element);
    for (int i = 0; i < inputs && !sound; i++) {
        sound = !finite_input(op, in[i], &recorded);
    }
    return sound || blame(op->name, "", y, element, recorded ? reel_tape_length(y->r) + 1 : 0);
}

bool reeli_sound_node(const reeli_node *n)
{
    int64_t element;
    bool recorded = false, sound = reeli_all_finite(n->out, &element);
    for (int i = 0; i < n->inputs && !sound; i++) {
        sound = !finite_input(n->op, n->in[i].t, &recorded);
    }
    return sound ||
           blame(n->op->name, "", n->out, element, recorded ? reel_tape_length(n->out->r) + 1 : 0);
}

bool reeli_finite_inputs(int inputs, reel_tensor *const *in)
{
    int64_t at;
    bool finite = true;
    for (int i = 0; i < inputs && finite; i++) {
        finite = reeli_all_finite(in[i], &at);
    }
    return finite;
}

bool reeli_sound_change(const reeli_op *op, const reel_tensor *x)
{
    int64_t element;
    return reeli_all_finite(x, &element) ||
           blame(op->name, "_", x, element, x->node ? step_of(x->node) : 0);
}

/* Inside, a rule may divide by zero what it then masks: only what comes out counts. */
reel_tensor *reeli_watched_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel *r = g->r;
    int64_t at, element;
    r->anomaly = n->own = false; /* g is looked at afterwards */
    reel_tensor *dx = n->op->gradient(n, input, g);
    r->anomaly = true;
    if (reeli_bad(dx) || reeli_all_finite(dx, &element) || !reeli_all_finite(g, &at) ||
        !reeli_all_finite(n->out, &at)) {
        return dx;
    }
    for (int i = 0; i < n->inputs; i++) {
        if (!reeli_all_finite(n->in[i].t, &at)) {
            return dx;
        }
    }
    char text[PLACE_TEXT];
    return reeli_fail(
        r, REEL_ERR_VALUE,
        "backward: %s (step %zu of the tape): in its gradient for input %d, %s, though "
        "what it came from is finite",
        n->op->name, step_of(n), input, place(text, dx, element));
}
