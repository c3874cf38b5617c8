/* SPDX-License-Identifier: MIT */
/* An expression with its inputs: computed, gone back through, and proven by nudging. */
#include "program.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <string.h>

enum { PROVEN = 64 /* elements of an input */, DRAWS = 100 };

static void silent(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

reel *lab_reel(void) { return reel_new_with(&(reel_options){.handler = silent}); }

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

/* The result with element i moved, of the values that the last run held; NaN where it cannot be
 * computed. */
static double nudged(lab_program *p, reel_tensor *x, int64_t i, double by)
{
    int64_t index[REEL_MAX_DIMS];
    for (int d = reel_ndim(x) - 1; d >= 0; d--) {
        index[d] = i % reel_size(x, d);
        i /= reel_size(x, d);
    }
    const bool recorded = reel_set_grad_enabled(p->r, false);
    const double was = reel_get(x, index);
    const uint64_t mark = reel_mark(p->r);
    p->held.again = true;
    reel_set(x, index, was + by);
    reel_tensor *y = lab_run_program(p);
    const double value = y ? reel_item(y) : (double)NAN;
    reel_set(x, index, was);
    p->held.again = false;
    reel_clear_error(p->r);
    reel_rewind_to(p->r, mark);
    reel_set_grad_enabled(p->r, recorded);
    return value;
}

double lab_slope(lab_program *p, reel_tensor *x, int64_t i)
{
    const double h = lab_step_of_slope(p), below = nudged(p, x, i, -h);
    return (nudged(p, x, i, h) - below) / (2 * h);
}

void lab_nudges(lab_program *p, const char *name, void (*each)(const lab_nudge *it, void *context),
                void *context)
{
    static const double sizes[] = {1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12, 1e-14};
    reel_tensor *x = lab_look_up(&p->inputs, name, strlen(name)), *grad = x ? reel_grad(x) : NULL;
    if (!grad) {
        return;
    }
    const double here = nudged(p, x, 0, 0), gradient = reel_get(grad, (int64_t[REEL_MAX_DIMS]){0});
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const double h = sizes[k], below = nudged(p, x, 0, -h), above = nudged(p, x, 0, h);
        const double both = (above - below) / (2 * h);
        each(&(lab_nudge){h, (above - here) / h, both, fabs(both - gradient)}, context);
    }
}

void lab_updates(lab_program *p, void (*each)(const lab_update *it, void *context), void *context)
{
    const bool recorded = reel_set_grad_enabled(p->r, false);
    const uint64_t mark = reel_mark(p->r);
    for (int k = 0; p->update > 0 && k < p->inputs.count; k++) {
        reel_tensor *x = p->inputs.value[k], *grad = reel_grad(x);
        lab_update it = {p->inputs.name[k], x, grad, x, x, x};
        if (grad) {
            reel_tensor *step = reel_mul_scalar(grad, p->update);
            it.after = reel_sub(x, step);
            it.added = reel_add(x, step);
            it.whole = reel_sub(x, grad);
        }
        if (reel_requires_grad(x)) {
            each(&it, context);
        }
    }
    reel_rewind_to(p->r, mark);
    reel_set_grad_enabled(p->r, recorded);
}

void lab_prove(lab_program *p, void (*each)(const lab_proof *it, void *context), void *context)
{
    for (int k = 0; k < p->inputs.count; k++) {
        reel_tensor *x = p->inputs.value[k], *grad = reel_grad(x);
        const int64_t n = reel_requires_grad(x) ? reel_numel(x) : 0;
        double all[PROVEN];
        const bool has = grad && n <= PROVEN && reel_to_f64(grad, all, n) == REEL_OK;
        for (int64_t i = 0; i < n && n <= PROVEN; i++) {
            each(&(lab_proof){.name = p->inputs.name[k],
                              .element = reel_ndim(x) ? i : -1,
                              .has_gradient = has,
                              .gradient = has ? all[i] : 0,
                              .nudged = lab_slope(p, x, i)},
                 context);
        }
    }
}

/* Whether all is finite; else the name that has no value yet, or "". */
static bool holds(const char *const *pieces, int count, const char *constants,
                  char missing[LAB_NAME])
{
    reel *r = lab_reel();
    lab_program p = {
        .r = r, .dtype = REEL_F64, .pieces = pieces, .count = count, .constants = constants};
    reel_tensor *root = lab_read_inputs(&p) ? lab_run_program(&p) : NULL;
    bool finite =
        root && lab_go_back(&p, root) && reel_numel(root) == 1 && isfinite(reel_item(root));
    snprintf(missing, LAB_NAME, "%s", root ? "" : p.why.missing);
    for (int i = 0; finite && i < p.inputs.count; i++) {
        reel_tensor *grad = reel_grad(p.inputs.value[i]);
        finite = !grad || isfinite(reel_item(reel_sum(grad)));
    }
    reel_free(r);
    return finite;
}

int lab_draw_values(const char **pieces, int count, int room, char drawn[][LAB_NAME + 8],
                    const char *constants, uint64_t seed)
{
    static const int from[] = {-5, -4, -3, -2, 2, 3, 4, 5};
    reel *r = lab_reel();
    char missing[LAB_NAME];
    bool fine = false;
    int total = count;
    reel_manual_seed(r, seed);
    for (int i = 0; !fine && i < DRAWS && (i == 0 || total > count); i++) {
        total = count;
        while (!(fine = holds(pieces, total, constants, missing)) && *missing && total < room) {
            reel_tensor *which = reel_randint(r, REEL_I64, 0, 8, REEL_SHAPE(1));
            snprintf(drawn[total - count], LAB_NAME + 8, "%s=%d", missing,
                     from[(int)reel_item(which)]);
            pieces[total] = drawn[total - count];
            total++;
        }
    }
    reel_free(r);
    return total;
}
