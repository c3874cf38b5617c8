/* SPDX-License-Identifier: MIT */
/* Elementwise operations: one way for all of elementwise.def's rows. */
#include "ops.h"

int reeli_formula_dtype(const reeli_op *op, int inputs, reel_tensor *const *in)
{
    const int first = op == &reeli_op_where; /* its condition decides nothing */
    int dtype = reeli_promote(inputs - first, in + first);
    for (int i = 0; op == &reeli_op_sub && i < inputs; i++) {
        dtype = in[i]->dtype == REEL_BOOL ? REEL_BOOL
                                          : dtype; /* true - 1 means not true to many: refused */
    }
    if ((op->domain == NUMERIC && dtype == REEL_BOOL) ||
        (op->domain == REAL && !reeli_is_float(dtype))) {
        reeli_error(in[0]->r, REEL_ERR_DTYPE,
                    "%s: %s tensors are not supported; convert with reel_to", op->name,
                    reel_dtype_name((reel_dtype)dtype));
        return -1;
    }
    return op->domain == FLOATING && !reeli_is_float(dtype) ? REEL_F32 : dtype;
}

/* Whether t lies in a row and is no number, which would yield to another dtype. */
static inline bool is_plain(const reel_tensor *t)
{
    return (t->flags & (REELI_CONTIGUOUS | REELI_NUMBER)) == REELI_CONTIGUOUS;
}

/* Whether t is one element that repeats along the whole. */
static inline bool is_single(const reel_tensor *t, const reel_tensor *whole)
{
    return t->numel == 1 && t->ndim <= whole->ndim;
}

/* Where all operands are sound floats of one dtype, and each is contiguous and of the result's
 * shape or else a single element: one that has that shape. Nothing is to be worked out then. NULL
 * where it is. *alike: none is single; *flags: what flags the operands have. Strides may differ
 * where a size is 1, which matters to nobody. */
static inline const reel_tensor *whole_operand(int inputs, reel_tensor *const *in, bool *alike,
                                               int32_t *flags)
{
    const reel_tensor *whole = in[0];
    if (reeli_bad(whole)) {
        return NULL;
    }
    *alike = true;
    *flags = whole->flags;
    for (int i = 1; i < inputs; i++) {
        const reel_tensor *t = in[i];
        if (!reeli_sound(whole->r, t) || t->dtype != whole->dtype) {
            return NULL;
        }
        *flags |= t->flags;
        if (is_plain(t) && reeli_same_shape(t, whole)) {
            continue;
        }
        *alike = false;
        if (is_single(whole, t) && (!is_single(t, whole) || (whole->flags & REELI_NUMBER))) {
            whole = t;
        } else if (!is_single(t, whole)) {
            return NULL;
        }
    }
    return is_plain(whole) && reeli_is_float(whole->dtype) ? whole : NULL;
}

static reel_tensor *result(reeli_node *n, int dtype)
{
    reel_tensor *t[3];
    int64_t size[REEL_MAX_DIMS];
    for (int i = 0; i < n->inputs; i++) {
        t[i] = n->in[i].t;
    }
    reel *r = n->in[0].t->r;
    int ndim = reeli_broadcast(r, n->op->name, n->inputs, t, size);
    return ndim < 0 ? r->poison : reeli_empty(r, n->op->name, dtype, ndim, size);
}

static inline void set_row(reeli_node *n, const double *parameters, int dtype, bool alike)
{
    reeli_row *row = reeli_row_of(n);
    if (parameters) {
        row->p[0] = parameters[0], row->p[1] = parameters[1], row->p[2] = parameters[2];
    }
    row->dtype = (uint8_t)dtype;
    row->alike = alike;
}

/* What an operation is asked for whose result is like `whole`. */
typedef struct request {
    const reeli_op *op;
    int inputs;
    reel_tensor *const *in;
    const double *parameters;
    const reel_tensor *whole;
    bool alike;
    int32_t flags;
} request;

/* Records it when it has been computed. */
static inline reel_tensor *recorded(const request *q, reel_tensor *y)
{
    reel *r = y->r;
    if (r->anomaly && !reeli_sound_result(q->op, q->inputs, q->in, y)) {
        return r->poison;
    }
    if (!(q->flags & REELI_REQUIRES_GRAD) || !r->grad_enabled || !q->op->gradient) {
        return y;
    }
    const int inputs = q->inputs;
    reeli_node *n =
        reeli_arena_alloc(r, sizeof *n + (size_t)inputs * sizeof *n->in + sizeof(reeli_row));
    if (!n) {
        return reeli_no_memory(r, q->op->name);
    }
    n->op = q->op;
    n->inputs = inputs;
    int i = 0;
    do {
        if (reeli_is_outdated(q->in[i])) {
            return reeli_outdated_view(q->op, q->in[i]);
        }
        reeli_tie(&n->in[i], q->in[i]);
    } while (++i < inputs);
    set_row(n, q->parameters, y->dtype, q->alike);
    return reeli_onto_tape(r, n, y);
}

/* Where all lie alike, without a look at layouts. */
static inline bool run_alike(const request *q, reeli_map map, reel_tensor *y)
{
    const void *data[3];
    if (REELI_RARELY(y->r->capture != NULL) || y->numel > REELI_BLOCK) {
        return reeli_run_map(y->r, map, q->whole->dtype, y, q->op->compares, q->inputs, q->in,
                             q->parameters);
    }
    data[0] = q->in[0]->data;
    if (q->inputs > 1) {
        data[1] = q->in[1]->data;
        data[2] = q->in[q->inputs - 1]->data;
    }
    map(y->numel, y->data, data, q->parameters);
    return true;
}

/* Computes it, and makes a node only if it is to be recorded. */
static inline reel_tensor *quick(const request *q)
{
    reel *r = q->whole->r;
    const reeli_op *op = q->op;
    const int dtype = q->whole->dtype;
    reel_tensor *y = reeli_result_like(r, q->whole, op->name, op->compares ? REEL_BOOL : dtype);
    if (reeli_bad(y)) {
        return y;
    }
    reeli_map map = reeli_value_map(op->formula, r->level, dtype);
    /* Of one element: then no operand has more either. */
    const bool done = q->alike || y->numel == 1 ? run_alike(q, map, y)
                                                : reeli_run_map(r, map, dtype, y, op->compares,
                                                                q->inputs, q->in, q->parameters);
    return done ? recorded(q, y) : r->poison;
}

static bool only_numbers(int inputs, reel_tensor *const *in)
{
    bool only = true;
    for (int i = 0; i < inputs; i++) {
        only = only && (in[i]->flags & REELI_NUMBER);
    }
    return only;
}

reel_tensor *reeli_elementwise(const reeli_op *op, int inputs, reel_tensor *const *in,
                               const double *parameters)
{
    request q = {.op = op, .inputs = inputs, .in = in, .parameters = parameters};
    q.whole = whole_operand(inputs, in, &q.alike, &q.flags);
    if (q.whole) {
        return quick(&q);
    }
    reeli_node *n = reeli_begin(op, inputs, in);
    if (!n) {
        return reeli_poison_for(inputs, in);
    }
    int dtype = reeli_formula_dtype(op, inputs, in);
    if (dtype < 0) {
        return in[0]->r->poison;
    }
    const bool number =
        !op->compares && only_numbers(inputs, in); /* of numbers: one again, unrounded */
    dtype = number ? REEL_F64 : dtype;
    /* Bools are computed as whole numbers. */
    set_row(n, parameters, dtype == REEL_BOOL ? REEL_I64 : dtype, false);
    n->out = result(n, op->compares ? REEL_BOOL : dtype);
    n->out->flags |= number && !reeli_bad(n->out) ? REELI_NUMBER : 0;
    return reeli_apply(n);
}

bool reeli_elementwise_forward(reeli_node *n)
{
    reel *r = n->out->r;
    reel_tensor *x[3];
    for (int i = 0; i < n->inputs; i++) {
        x[i] = n->in[i].t;
    }
    const reeli_row *row = reeli_row_of(n);
    return reeli_run_map(r, reeli_value_map(n->op->formula, r->level, row->dtype), row->dtype,
                         n->out, n->op->compares, n->inputs, x, row->p);
}

static inline reeli_map gradient_map(const reeli_node *n, int level, int input)
{
    return n->op->formula->gradient[level][n->out->dtype][input];
}

/* The map reads g, the inputs and y, which all lie alike; g stands for what the formula does not
 * use. */
static inline void run_gradient(const reeli_node *n, int input, const reel_tensor *g,
                                const reel_tensor *dx)
{
    const unsigned reads = reeli_reads(n->op, input);
    const void *const y = (reads & REELI_SAVES_RESULT ? n->out : g)->data;
    const void *data[5] = {g->data, (reads & 1 ? n->in[0].t : g)->data, y};
    if (n->inputs > 1) {
        data[2] = (reads & 2 ? n->in[1].t : g)->data;
        data[3] = y;
        if (n->inputs > 2) {
            data[3] = (reads & 4 ? n->in[2].t : g)->data;
            data[4] = y;
        }
    }
    gradient_map(n, g->r->level, input)(dx->numel, dx->data, data, reeli_row_of(n)->p);
}

/* The same in any layout; what the formula does not use is not even converted. */
static bool run_gradient_strided(reeli_node *n, int input, reel_tensor *g, reel_tensor *dx)
{
    const unsigned reads = reeli_reads(n->op, input);
    reel_tensor *x[5] = {g};
    for (int i = 0; i < n->inputs; i++) {
        x[i + 1] = reads >> i & 1 ? n->in[i].t : g;
    }
    x[n->inputs + 1] = reads & REELI_SAVES_RESULT ? n->out : g;
    return reeli_run_map(g->r, gradient_map(n, g->r->level, input), n->out->dtype, dx, false,
                         n->inputs + 2, x, reeli_row_of(n)->p);
}

/* Whether g lies like the operands, and they are few. */
static inline bool is_quick(const reeli_node *n, const reel_tensor *g, const reel_tensor *like)
{
    return reeli_row_of(n)->alike && (g->flags & REELI_CONTIGUOUS) && g->numel == like->numel &&
           g->numel <= REELI_BLOCK && !g->r->capture;
}

/* A rare row has no map. */
reel_tensor *reeli_fused_gradient(reeli_node *n, int input, reel_tensor *g, const reel_tensor *like)
{
    reel *r = g->r;
    if (!n->op->formula->gradient) {
        return reeli_formula_gradient(n, input, g);
    }
    const bool quick = is_quick(n, g, like);
    reel_tensor *dx = quick ? reeli_result_like(r, like, n->op->name, n->out->dtype)
                            : reeli_empty_like(like, n->op->name, n->out->dtype);
    if (reeli_bad(dx)) {
        return dx;
    }
    if (quick) {
        run_gradient(n, input, g, dx);
        return dx;
    }
    return run_gradient_strided(n, input, g, dx) ? dx : r->poison;
}

/* Whether the gradient for an input may be computed where g is: it is nobody else's, nothing more
 * is to be computed of it, and no leaf waits for it in its own memory. */
static inline bool may_overwrite(const reeli_node *n, int input, const reel_tensor *g)
{
    const int next = input + 1;
    return n->own && !n->op->pass && !g->r->destination && is_quick(n, g, n->out) &&
           (next == n->inputs || (next + 1 == n->inputs && !n->in[next].wanted)) &&
           n->op->formula->gradient;
}

reel_tensor *reeli_elementwise_gradient(reeli_node *n, int input, reel_tensor *g)
{
    if (n->op->pass >> input & 1) {
        return g;
    }
    if (may_overwrite(n, input, g)) {
        run_gradient(n, input, g, g);
        return g;
    }
    if (REELI_RARELY(!n->op->recorded[input])) { /* it decides (a condition): no gradient passes */
        return reeli_zeros(g->r, n->op->name, g->dtype, g->ndim, g->size);
    }
    return g->r->grad_enabled ? reeli_formula_gradient(n, input, g)
                              : reeli_fused_gradient(n, input, g, n->out);
}
