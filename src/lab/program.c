/* SPDX-License-Identifier: MIT */
/* An expression with its inputs: computed, gone back through, and proven by nudging. */
#include "program.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <string.h>

static bool is_constant(const lab_program *p, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = p->constants; at && *at;) {
        const size_t part = strcspn(at, ",");
        if (part == length && strncmp(at, name, length) == 0) {
            return true;
        }
        at += part + (at[part] == ',');
    }
    return false;
}

/* What a list gave is gone at the end of a step; a leaf stays. */
static reel_tensor *leaf_like(lab_program *p, reel_tensor *t)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < reel_ndim(t); d++) {
        size[d] = reel_size(t, d);
    }
    return reel_copy_(reel_full(p->r, p->dtype, 0, reel_ndim(t), size), t);
}

static bool fails(lab_program *p, int piece, const char *text)
{
    p->at = piece;
    if (text) {
        p->why.at = 0;
        snprintf(p->why.text, sizeof p->why.text, "%s", text);
    }
    return false;
}

bool lab_read_inputs(lab_program *p)
{
    for (int i = 0; i < p->count; i++) {
        lab_scope made = {0};
        if (!lab_gives_number(p->pieces[i])) {
            continue;
        }
        reel_tensor *t = lab_run_expression(p->r, p->dtype, p->pieces[i], &made, &p->why);
        if (!t) {
            return fails(p, i, NULL);
        }
        if (p->inputs.count == LAB_NAMES) {
            return fails(p, i, "these are too many names");
        }
        reel_tensor *own = leaf_like(p, t);
        reel_requires_grad_(reel_set_name(own, made.name[0]), !is_constant(p, made.name[0]));
        snprintf(p->inputs.name[p->inputs.count], LAB_NAME, "%s", made.name[0]);
        p->inputs.value[p->inputs.count++] = own;
    }
    return !reel_failed(p->r) || fails(p, -1, reel_error(p->r));
}

reel_tensor *lab_run_program(lab_program *p)
{
    reel_tensor *last = NULL;
    bool any = false;
    p->names = p->inputs;
    p->names.held = &p->held;
    p->held.next = 0;
    p->held.count = p->held.again ? p->held.count : 0;
    for (int i = 0; i < p->count; i++) {
        if (lab_gives_number(p->pieces[i])) {
            continue;
        }
        any = true;
        last = lab_run_expression(p->r, p->dtype, p->pieces[i], &p->names, &p->why);
        if (!last) {
            fails(p, i, NULL);
            return NULL;
        }
    }
    if (!any) {
        fails(p, -1, "there are numbers and no expression");
    }
    return last;
}

bool lab_go_back(lab_program *p, reel_tensor *root)
{
    if (!reel_requires_grad(root) || reel_backward(root) == REEL_OK) {
        return true;
    }
    char text[LAB_SENTENCE];
    snprintf(text, sizeof text, "%s%s", reel_error(p->r),
             reel_numel(root) != 1 ? ": let the expression end with sum(...) or mean(...)" : "");
    return fails(p, -1, text);
}

double lab_step_of_slope(const lab_program *p) { return p->dtype == REEL_F32 ? 1e-2 : 1e-6; }

/* The result with an element moved; NaN where it cannot be computed. */
static double nudged(lab_program *p, reel_tensor *x, const int64_t *index, double by)
{
    const double was = reel_get(x, index);
    const uint64_t mark = reel_mark(p->r);
    reel_set(x, index, was + by);
    reel_tensor *y = lab_run_program(p);
    const double value = y ? reel_item(y) : (double)NAN;
    reel_set(x, index, was);
    reel_clear_error(p->r);
    reel_rewind_to(p->r, mark);
    return value;
}

double lab_slope(lab_program *p, reel_tensor *x, int64_t i)
{
    int64_t index[REEL_MAX_DIMS];
    const double h = lab_step_of_slope(p);
    for (int d = reel_ndim(x) - 1; d >= 0; d--) {
        index[d] = i % reel_size(x, d);
        i /= reel_size(x, d);
    }
    const bool was = reel_set_grad_enabled(p->r, false);
    p->held.again = true;
    const double slope = (nudged(p, x, index, h) - nudged(p, x, index, -h)) / (2 * h);
    p->held.again = false;
    reel_set_grad_enabled(p->r, was);
    return slope;
}
