/* SPDX-License-Identifier: MIT */
/*
 * Operations that put their result into an operand's memory: y = op(…, x, …), then x is y.
 *
 * Recorded, x itself gets the new node, and the edge to its old value keeps the old one (`from`);
 * so history goes on through x without a copy. A copy of the old value is made only where a
 * gradient reads it. Every write raises the version of the memory, by which backward knows that
 * what another operation saved has changed since.
 */
#include "elementwise_checked.h"
#include "factory.h"
#include "ops.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/inplace.h>
#include <reel/views.h>

enum { OPERANDS = 3 };

/* One such change: input `self` is x. */
typedef struct change {
    const reeli_op *op;
    const double *parameters;
    int inputs, self, dtype;
    reel_tensor *in[OPERANDS];
    bool recorded;
} change;

static bool recording(const change *c)
{
    bool wanted = false;
    for (int i = 0; i < c->inputs; i++) {
        wanted = wanted || reeli_requires_grad(c->in[i]);
    }
    return wanted && c->in[0]->r->grad_enabled && reeli_is_float(c->in[c->self]->dtype);
}

/* Whether x may be written at all: no element stands for several, and the tape can follow. */
static bool writable(const change *c)
{
    const reel_tensor *x = c->in[c->self];
    for (int d = 0; d < x->ndim; d++) {
        if (x->size[d] > 1 && x->stride[d] == 0 && x->numel > 0) {
            reeli_error(x->r, REEL_ERR_VALUE,
                        "%s_: the tensor of shape %s repeats elements and cannot be changed in "
                        "place; clone it first",
                        c->op->name, REELI_SHAPE_OF(x));
            return false;
        }
    }
    if (c->recorded && x->base != x) {
        reeli_error(x->r, REEL_ERR_STATE,
                    "%s_: a view cannot be changed in place where gradients are wanted, its base "
                    "would not know; change a clone, or make the whole anew with reel_scatter, "
                    "reel_index_add, reel_where or reel_cat",
                    c->op->name);
        return false;
    }
    if (c->recorded && !x->node && reeli_requires_grad(x)) {
        reeli_error(
            x->r, REEL_ERR_STATE,
            "%s_: a leaf that requires grad cannot be changed in place while operations are "
            "recorded; use reel_set_grad_enabled",
            c->op->name);
        return false;
    }
    return true;
}

/* Whether the result fits x: its shape, and a dtype that loses no more than precision. */
static bool fits(const change *c, bool any_dtype)
{
    const reel_tensor *x = c->in[c->self];
    int64_t size[REEL_MAX_DIMS];
    int ndim = reeli_broadcast(x->r, c->op->name, c->inputs, c->in, size);
    bool same = ndim == x->ndim;
    for (int d = 0; d < ndim && same; d++) {
        same = size[d] == x->size[d];
    }
    if (ndim >= 0 && !same) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s_: the result's shape %s is not %s, the tensor's own",
                    c->op->name, reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, size),
                    REELI_SHAPE_OF(x));
    }
    if (ndim < 0 || !same) {
        return false;
    }
    if (!any_dtype && reeli_category(c->dtype) > reeli_category(x->dtype)) {
        reeli_error(x->r, REEL_ERR_DTYPE,
                    "%s_: the result is %s and cannot be kept in a tensor of %s", c->op->name,
                    reel_dtype_name((reel_dtype)c->dtype), reel_dtype_name((reel_dtype)x->dtype));
        return false;
    }
    return true;
}

static bool same_layout(const reel_tensor *a, const reel_tensor *b)
{
    bool same = a->data == b->data && reeli_same_shape(a, b);
    for (int d = 0; d < a->ndim && same; d++) {
        same = a->size[d] == 1 || a->stride[d] == b->stride[d];
    }
    return same;
}

/* An operand that lies in x's memory otherwise than x is read from a copy; so is x's old value
 * where a gradient will. False when memory is out. */
static bool set_apart(change *c)
{
    reel_tensor *x = c->in[c->self];
    unsigned reads = 0;
    for (int i = 0; i < c->inputs; i++) {
        reads |= reeli_requires_grad(c->in[i]) ? reeli_reads(c->op, i) : 0;
    }
    for (int i = 0; i < c->inputs; i++) {
        const bool overlaps = c->in[i]->base == x->base && !same_layout(c->in[i], x);
        if (overlaps || (i == c->self && c->recorded && (reads >> i & 1))) {
            c->in[i] = reel_clone(c->in[i]);
        }
        if (reeli_bad(c->in[i])) {
            return false;
        }
    }
    return true;
}

/* x outlives the tape that it is now part of: reel_rewind has to know. */
static void remember(reel_tensor *x)
{
    x->r->graph_touched = x->r->graph_touched || reeli_is_of_graph(x);
    if ((x->flags & REELI_PERSISTENT) && !x->leaf->unsettled) {
        x->leaf->next_unsettled = x->r->unsettled;
        x->leaf->unsettled = true;
        x->r->unsettled = x;
    }
}

/* The node is put on the tape before the write, so that nothing has changed if that fails. */
static reel_tensor *record(change *c, reel_tensor *x)
{
    reel *r = x->r;
    reeli_node *n = reeli_new_node(r, c->op, c->inputs, c->in);
    if (!n) {
        return r->poison;
    }
    reeli_row *row = reeli_row_of(n);
    *row = (reeli_row){.dtype = (uint8_t)(c->dtype == REEL_BOOL ? REEL_I64 : c->dtype)};
    for (int i = 0; c->parameters && i < 3; i++) {
        row->p[i] = c->parameters[i];
    }
    n->out = x;
    if (reeli_bad(reeli_record(r, n))) {
        return r->poison;
    }
    x->base->history = n->version = x->base->version + 1;
    remember(x);
    return x;
}

/* The source into x, repeated where it broadcasts; quicker than the map, and of any dtype exact. */
static void put(reel_tensor *x, const reel_tensor *source)
{
    if (reeli_same_shape(source, x)) {
        reeli_copy(x, source);
        return;
    }
    int64_t stride[REEL_MAX_DIMS];
    reeli_broadcast_strides(source, x->ndim, stride);
    reeli_move_strided(x->r, x->ndim, x->size, (reeli_operand){x->data, x->stride, x->dtype},
                       (reeli_operand){source->data, stride, source->dtype});
}

/* Writes x; its memory's version goes on. */
static bool write(const change *c, reel_tensor *x)
{
    bool done = true;
    if (c->op == &reeli_op_where) {
        put(x, c->in[2]);
    } else {
        reel *r = x->r;
        const int dtype = c->dtype == REEL_BOOL ? REEL_I64 : c->dtype;
        done = reeli_run_map(r, reeli_value_map(c->op->formula, r->level, dtype), dtype, x, false,
                             c->inputs, c->in, c->parameters);
    }
    x->base->version++;
    return done;
}

static bool write_again(const reeli_args *a)
{
    change c = *(const change *)a->more;
    c.parameters = a->p;
    return write(&c, a->t[0]);
}

/* What a write that is captured goes by; NULL, and an error, when memory is out. */
static change *keep(const change *c, reeli_args *args)
{
    reel *r = c->in[0]->r;
    change *kept = reeli_arena_alloc(r, sizeof *kept);
    if (!kept) {
        reeli_no_memory(r, c->op->name);
        return NULL;
    }
    *kept = *c;
    args->more = kept;
    for (int i = 0; i < c->inputs; i++) {
        args->t[i + 1] = c->in[i];
    }
    for (int i = 0; i < 3 && c->parameters; i++) {
        args->p[i] = c->parameters[i];
    }
    return kept;
}

/* Records, and writes as a part of a captured step. If that fails x is as it was. */
static bool capture_change(change *c, reel_tensor *x)
{
    reel *r = x->r;
    reeli_args args = {.r = r, .t = {x}};
    reeli_node *const node = x->node, *const tape = r->tape;
    const int32_t flags = x->flags;
    const uint32_t history = x->base->history;
    if (!keep(c, &args) || (c->recorded && reeli_bad(record(c, x)))) {
        return false;
    }
    if (reeli_do(write_again, &args)) {
        return true;
    }
    x->node = node;
    x->flags = flags;
    x->base->history = history;
    r->tape = tape;
    return false;
}

static reel_tensor *change_in_place(change *c, bool any_dtype)
{
    if (!reeli_all_usable(c->op->name, c->inputs, c->in)) {
        return reeli_poison_for(c->inputs, c->in);
    }
    reel_tensor *x = c->in[c->self];
    reel *r = x->r;
    c->recorded = recording(c);
    c->dtype = writable(c) ? reeli_formula_dtype(c->op, c->inputs, c->in) : -1;
    if (c->dtype < 0 || !fits(c, any_dtype) || !set_apart(c)) {
        return r->poison;
    }
    const bool watched = r->anomaly && reeli_finite_inputs(c->inputs, c->in);
    if (r->capture ? !capture_change(c, x)
                   : (c->recorded && reeli_bad(record(c, x))) || !write(c, x)) {
        return r->poison;
    }
    return !watched || reeli_sound_change(c->op, x) ? x : r->poison;
}

static reel_tensor *run(const reeli_op *op, reel_tensor *x, reel_tensor *a, reel_tensor *b,
                        int inputs, const double *parameters)
{
    change c = {.op = op, .inputs = inputs, .parameters = parameters, .in = {x, a, b}};
    return change_in_place(&c, false);
}

#define UNARY(function, name)                                                                      \
    reel_tensor *function(reel_tensor *x) { return run(&reeli_op_##name, x, NULL, NULL, 1, NULL); }
UNARY(reel_neg_, neg)
UNARY(reel_abs_, abs)
UNARY(reel_square_, square)
UNARY(reel_sqrt_, sqrt)
UNARY(reel_rsqrt_, rsqrt)
UNARY(reel_reciprocal_, reciprocal)
UNARY(reel_exp_, exp)
UNARY(reel_log_, log)
UNARY(reel_tanh_, tanh)
UNARY(reel_sigmoid_, sigmoid)
UNARY(reel_relu_, relu)

/* With a tensor, and with a number. */
#define BINARY(function, scalar_function, name)                                                    \
    reel_tensor *function(reel_tensor *x, reel_tensor *other)                                      \
    {                                                                                              \
        return run(&reeli_op_##name, x, other, NULL, 2, NULL);                                     \
    }                                                                                              \
    reel_tensor *scalar_function(reel_tensor *x, double value)                                     \
    {                                                                                              \
        return reeli_usable(#name, x) ? function(x, reeli_number_for(x, value))                    \
                                      : reeli_poison_for(1, &x);                                   \
    }
BINARY(reel_add_, reel_add_scalar_, add)
BINARY(reel_sub_, reel_sub_scalar_, sub)
BINARY(reel_mul_, reel_mul_scalar_, mul)
BINARY(reel_div_, reel_div_scalar_, div)

/* Of an integer or bool tensor. */
static bool is_integer(const char *what, reel_tensor *x)
{
    return reeli_usable(what, x) && !reeli_is_float(x->dtype);
}

reel_tensor *reel_add_alpha_(reel_tensor *x, reel_tensor *other, double alpha)
{
    if (is_integer("add", x)) {
        if (!reeli_whole_number(x->r, "add_", "alpha", alpha, "integers")) {
            return x->r->poison;
        }
        alpha = x->dtype == REEL_BOOL ? alpha != 0 : alpha;
    }
    return run(&reeli_op_add_alpha, x, other, NULL, 2, (double[3]){alpha});
}

reel_tensor *reel_sub_alpha_(reel_tensor *x, reel_tensor *other, double alpha)
{
    return is_integer("sub", x) && x->dtype == REEL_BOOL ? reel_sub_(x, other)
                                                         : reel_add_alpha_(x, other, -alpha);
}

reel_tensor *reel_addcmul_(reel_tensor *x, reel_tensor *a, reel_tensor *b, double value)
{
    return run(&reeli_op_addcmul, x, a, b, 3, (double[3]){value});
}

reel_tensor *reel_addcdiv_(reel_tensor *x, reel_tensor *a, reel_tensor *b, double value)
{
    return run(&reeli_op_addcdiv, x, a, b, 3, (double[3]){value});
}

reel_tensor *reel_lerp_(reel_tensor *x, reel_tensor *end, reel_tensor *weight)
{
    return run(&reeli_op_lerp, x, end, weight, 3, NULL);
}

reel_tensor *reel_clamp_(reel_tensor *x, double min, double max)
{
    if (is_integer("clamp", x) &&
        ((isfinite(min) && min != trunc(min)) || (isfinite(max) && max != trunc(max)))) {
        return reeli_fail(x->r, REEL_ERR_DTYPE,
                          "clamp_: the bounds %g and %g are no integers, and the tensor is %s", min,
                          max, reel_dtype_name((reel_dtype)x->dtype));
    }
    return run(&reeli_op_clamp, x, NULL, NULL, 1, (double[3]){min, max});
}

/* x = where(false, x, source): to the tape x's old value is an input whose gradient is 0. */
static reel_tensor *replace(reel_tensor *x, reel_tensor *source)
{
    reel *r = x ? reeli_reel_of(x) : NULL;
    change c = {.op = &reeli_op_where,
                .inputs = 3,
                .self = 1,
                .in = {r ? reeli_number(r, 0) : NULL, x, source}};
    return r ? change_in_place(&c, true) : NULL;
}

reel_tensor *reel_copy_(reel_tensor *x, reel_tensor *source) { return replace(x, source); }

reel_tensor *reel_fill_(reel_tensor *x, double value)
{
    if (!reeli_usable("fill", x) || !reeli_check_value(x->r, "fill_", x->dtype, value)) {
        return reeli_poison_for(1, &x);
    }
    return replace(x, reeli_number(x->r, value));
}

reel_tensor *reel_zero_(reel_tensor *x) { return reel_fill_(x, 0); }
