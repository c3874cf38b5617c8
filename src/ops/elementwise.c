/* SPDX-License-Identifier: MIT */
/* Elementwise operations: one way for all of elementwise.def's rows. */
#include "ops.h"

enum { OPERANDS = 6 };

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
 * where it is. *alike: none is single. Strides may differ where a size is 1, which matters to
 * nobody. */
static inline const reel_tensor *whole_operand(int inputs, reel_tensor *const *in, bool *alike)
{
    const reel_tensor *whole = in[0];
    if (reeli_bad(whole)) {
        return NULL;
    }
    *alike = true;
    for (int i = 1; i < inputs; i++) {
        const reel_tensor *t = in[i];
        if (!reeli_sound(whole->r, t) || t->dtype != whole->dtype) {
            return NULL;
        }
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

static inline bool any_requires_grad(int inputs, reel_tensor *const *in)
{
    int32_t flags = 0;
    for (int i = 0; i < inputs; i++) {
        flags |= in[i]->flags;
    }
    return flags & REELI_REQUIRES_GRAD;
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

/* Records an elementwise operation that has been computed. */
static inline reel_tensor *recorded(const reeli_op *op, int inputs, reel_tensor *const *in,
                                    const double *parameters, reel_tensor *y, bool alike)
{
    reel *r = y->r;
    if (r->anomaly && !reeli_sound_result(op, inputs, in, y)) {
        return r->poison;
    }
    if (!r->grad_enabled || !op->gradient || !any_requires_grad(inputs, in)) {
        return y;
    }
    reeli_node *n = reeli_new_node(r, op, inputs, in);
    if (!n) {
        return r->poison;
    }
    set_row(n, parameters, y->dtype, alike);
    n->out = y;
    return reeli_record(r, n);
}

/* An operation whose result is like `whole`: compute, and make a node only if it is to be
 * recorded. */
static inline reel_tensor *quick(const reeli_op *op, int inputs, reel_tensor *const *in,
                                 const double *parameters, const reel_tensor *whole, bool alike)
{
    reel *r = whole->r;
    const int dtype = whole->dtype;
    reel_tensor *y = reeli_result_like(r, whole, op->name, op->compares ? REEL_BOOL : dtype);
    if (reeli_bad(y)) {
        return y;
    }
    reeli_map map = reeli_value_map(op->formula, r->level, dtype);
    /* Of one element: then no operand has more either. */
    const bool done =
        alike || y->numel == 1
            ? reeli_run_map_alike(r, map, dtype, y, op->compares, inputs, in, parameters)
            : reeli_run_map(r, map, dtype, y, op->compares, inputs, in, parameters);
    if (!done) {
        return r->poison;
    }
    return recorded(op, inputs, in, parameters, y, alike);
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
    bool alike;
    const reel_tensor *whole = whole_operand(inputs, in, &alike);
    if (whole) {
        return quick(op, inputs, in, parameters, whole, alike);
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

/* The map reads g, the inputs and y; what the formula does not use is not even converted. A rare
 * row has no map. */
reel_tensor *reeli_fused_gradient(reeli_node *n, int input, reel_tensor *g, const reel_tensor *like)
{
    reel *r = g->r;
    const int dtype = n->out->dtype, inputs = n->inputs + 2;
    const unsigned reads = reeli_reads(n->op, input);
    if (!n->op->formula->gradient) {
        return reeli_formula_gradient(n, input, g);
    }
    reeli_map map = n->op->formula->gradient[r->level][dtype][input];
    reel_tensor *x[OPERANDS - 1];
    x[0] = g;
    for (int i = 0; i < n->inputs; i++) {
        x[i + 1] = reads >> i & 1 ? n->in[i].t : g;
    }
    x[inputs - 1] = reads & REELI_SAVES_RESULT ? n->out : g;
    const reeli_row *row = reeli_row_of(n);
    bool alike = row->alike && (g->flags & REELI_CONTIGUOUS) && g->numel == like->numel;
    reel_tensor *dx = alike ? reeli_result_like(r, like, n->op->name, dtype)
                            : reeli_empty_like(like, n->op->name, dtype);
    if (reeli_bad(dx)) {
        return dx;
    }
    const bool done = alike ? reeli_run_map_alike(r, map, dtype, dx, false, inputs, x, row->p)
                            : reeli_run_map(r, map, dtype, dx, false, inputs, x, row->p);
    return done ? dx : r->poison;
}

reel_tensor *reeli_elementwise_gradient(reeli_node *n, int input, reel_tensor *g)
{
    if (n->op->pass >> input & 1) {
        return g;
    }
    if (REELI_RARELY(!n->op->recorded[input])) { /* it decides (a condition): no gradient passes */
        return reeli_zeros(g->r, n->op->name, g->dtype, g->ndim, g->size);
    }
    return g->r->grad_enabled ? reeli_formula_gradient(n, input, g)
                              : reeli_fused_gradient(n, input, g, n->out);
}
