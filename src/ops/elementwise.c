/* SPDX-License-Identifier: MIT */
/* Elementwise operations: one way for all of elementwise.def's rows. */
#include "elementwise_checked.h"
#include "ops.h"

#include <reel/elementwise.h>

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

/* Whether the tensors are sound, float, contiguous and of one shape and dtype: then there is
 * nothing to work out. Strides may differ where a size is 1, which matters to nobody. */
static inline bool all_alike(int inputs, reel_tensor *const *in)
{
    const reel_tensor *first = in[0];
    for (int i = 0; i < inputs; i++) {
        const reel_tensor *t = in[i];
        if (!first || !reeli_sound(reeli_reel_of(first), t) ||
            (t->flags & (REELI_CONTIGUOUS | REELI_NUMBER)) != REELI_CONTIGUOUS ||
            t->dtype != first->dtype || !reeli_same_shape(t, first)) {
            return false;
        }
    }
    return reeli_is_float(first->dtype);
}

static inline bool any_requires_grad(int inputs, reel_tensor *const *in)
{
    unsigned flags = 0;
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

/* An operation on tensors that are all alike: compute, and make a node only if it is to be
 * recorded. */
static reel_tensor *quick(const reeli_op *op, int inputs, reel_tensor *const *in,
                          const double *parameters)
{
    reel *r = in[0]->r;
    const int dtype = in[0]->dtype;
    reel_tensor *y = reeli_result_like(r, in[0], op->name, op->compares ? REEL_BOOL : dtype);
    if (reeli_bad(y)) {
        return y;
    }
    reeli_map map = r->kernels->of[dtype]->value[op->formula];
    reeli_run_map_alike(r, map, dtype, y, op->compares, inputs, in, parameters);
    return recorded(op, inputs, in, parameters, y, true);
}

/* Of two floats of one dtype, whether one is contiguous and the other a single element that
 * repeats: returns which is the whole one, or -1. */
static int whole_operand(int inputs, reel_tensor *const *in)
{
    if (inputs != 2 || !in[0] || !reeli_sound(reeli_reel_of(in[0]), in[0]) ||
        !reeli_sound(in[0]->r, in[1]) || in[0]->dtype != in[1]->dtype ||
        !reeli_is_float(in[0]->dtype)) {
        return -1;
    }
    int whole = in[0]->numel == 1 && in[0]->ndim <= in[1]->ndim && !(in[1]->flags & REELI_NUMBER);
    const reel_tensor *single = in[!whole], *t = in[whole];
    bool fits = single->numel == 1 && single->ndim <= t->ndim && (t->flags & REELI_CONTIGUOUS) &&
                !(t->flags & REELI_NUMBER);
    return fits ? whole : -1;
}

static reel_tensor *with_single(const reeli_op *op, int whole, reel_tensor *const *in,
                                const double *parameters)
{
    reel *r = in[0]->r;
    const int dtype = in[0]->dtype;
    reel_tensor *y = reeli_result_like(r, in[whole], op->name, op->compares ? REEL_BOOL : dtype);
    if (reeli_bad(y)) {
        return y;
    }
    reeli_map map = r->kernels->of[dtype]->value[op->formula];
    reeli_run_map(r, map, dtype, y, op->compares, 2, in, parameters);
    return recorded(op, 2, in, parameters, y, false);
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
    if (all_alike(inputs, in)) {
        return quick(op, inputs, in, parameters);
    }
    int whole = whole_operand(inputs, in);
    if (whole >= 0) {
        return with_single(op, whole, in, parameters);
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
    reeli_run_map(r, r->kernels->of[row->dtype]->value[n->op->formula], row->dtype, n->out,
                  n->op->compares, n->inputs, x, row->p);
    return true;
}

/* The map reads g, the inputs and y; what the formula does not use is not even converted. A rare
 * row has no map. */
reel_tensor *reeli_fused_gradient(reeli_node *n, int input, reel_tensor *g, const reel_tensor *like)
{
    reel *r = g->r;
    const int dtype = n->out->dtype, inputs = n->inputs + 2;
    const unsigned reads = reeli_reads(n->op, input);
    if (n->op->formula >= REELI_HOT_FORMULAS) {
        return reeli_formula_gradient(n, input, g);
    }
    reeli_map map = r->kernels->of[dtype]->gradient[n->op->formula][input];
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
    if (alike) {
        reeli_run_map_alike(r, map, dtype, dx, false, inputs, x, row->p);
    } else {
        reeli_run_map(r, map, dtype, dx, false, inputs, x, row->p);
    }
    return dx;
}

reel_tensor *reeli_elementwise_gradient(reeli_node *n, int input, reel_tensor *g)
{
    if (!(n->op->pass >> input & 1)) {
        g = g->r->grad_enabled ? reeli_formula_gradient(n, input, g)
                               : reeli_fused_gradient(n, input, g, n->out);
    }
    return g;
}

/* The public functions, one for each row, with the row's parameters after the tensors. */
#define SIGNATURE_P0
#define SIGNATURE_P1(first) , double first
#define SIGNATURE_P2(first, second) , double first, double second
#define SIGNATURE_P3(first, second, third) , double first, double second, double third
#define NUMBERS_P0 NULL
#define NUMBERS_P1(first)                                                                          \
    (double[3]) { first }
#define NUMBERS_P2(first, second)                                                                  \
    (double[3]) { first, second }
#define NUMBERS_P3(first, second, third)                                                           \
    (double[3]) { first, second, third }

#define UNARY(name, function, domain, parameters, ...)                                             \
    reel_tensor *function(reel_tensor *x SIGNATURE_##parameters)                                   \
    {                                                                                              \
        return reeli_elementwise(&reeli_op_##name, 1, &x, NUMBERS_##parameters);                   \
    }
#define BINARY(name, function, domain, parameters, ...)                                            \
    reel_tensor *function(reel_tensor *a, reel_tensor *b SIGNATURE_##parameters)                   \
    {                                                                                              \
        reel_tensor *in[] = {a, b};                                                                \
        return reeli_elementwise(&reeli_op_##name, 2, in, NUMBERS_##parameters);                   \
    }
#define TERNARY(name, function, domain, parameters, ...)                                           \
    reel_tensor *function(reel_tensor *a, reel_tensor *b, reel_tensor *c SIGNATURE_##parameters)   \
    {                                                                                              \
        reel_tensor *in[] = {a, b, c};                                                             \
        return reeli_elementwise(&reeli_op_##name, 3, in, NUMBERS_##parameters);                   \
    }
#define COMPARE(name, function, f) BINARY(name, function, , P0, )
#define PREDICATE(name, function, f) UNARY(name, function, , P0, )
#define SELECT(name, function, ...) TERNARY(name, function, , P0, )
#define LOSS(...)
#include "elementwise.def"
