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
 * where it is not. *flags: what flags the operands have. Strides may differ where a size is 1,
 * which matters to nobody. */
static inline const reel_tensor *whole_operand(int inputs, reel_tensor *const *in, int32_t *flags)
{
    const reel_tensor *whole = in[0];
    if (reeli_bad(whole)) {
        return NULL;
    }
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

static inline void set_row(reeli_node *n, const double *parameters, int dtype)
{
    reeli_row *row = reeli_row_of(n);
    if (parameters) {
        row->p[0] = parameters[0], row->p[1] = parameters[1], row->p[2] = parameters[2];
    }
    row->dtype = (uint8_t)dtype;
}

/* What an operation is asked for whose result is like `whole`. */
typedef struct request {
    const reeli_op *op;
    int inputs;
    reel_tensor *const *in;
    const double *parameters;
    const reel_tensor *whole;
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
    reeli_node *n = reeli_new_node(r, q->op, q->inputs, q->in);
    if (!n) {
        return r->poison;
    }
    set_row(n, q->parameters, y->dtype);
    n->out = y;
    return reeli_record(r, n);
}

/* Computes it, and makes a node only if it is to be recorded. */
static inline reel_tensor *quick(const request *q)
{
    reel *r = q->whole->r;
    const reeli_op *op = q->op;
    const int dtype = q->whole->dtype;
    reel_tensor *y = reeli_empty_like(q->whole, op->name, op->compares ? REEL_BOOL : dtype);
    if (reeli_bad(y)) {
        return y;
    }
    reeli_map map = reeli_value_map(op->formula, r->level, dtype);
    return reeli_run_map(r, map, dtype, y, op->compares, q->inputs, q->in, q->parameters)
               ? recorded(q, y)
               : r->poison;
}

/* Whether b is a sound operand that lies like a, which has one or two dims, or none. */
static inline bool lies_like(const reel_tensor *b, const reel_tensor *a)
{
    enum { SAME = REELI_LIVE | REELI_CONTIGUOUS | REELI_NUMBER };
    return b && !((b->flags ^ a->flags) & SAME) && b->r == a->r && b->dtype == a->dtype &&
           b->numel == a->numel && b->ndim == a->ndim &&
           (a->ndim <= 1 || (a->ndim == 2 && b->size[0] == a->size[0] && b->size[1] == a->size[1]));
}

/* Whether somebody wants to know what is computed, or where it is to lie. */
static inline bool is_watched(const reel *r) { return r->capture || r->destination || r->anomaly; }

/* Whether a and b, which are one where there is one input, are few floats that lie alike, and op
 * has loops for its gradients. */
REELI_INLINE bool is_usual(const reeli_op *op, const reel_tensor *a, const reel_tensor *b)
{
    return !reeli_bad(a) && is_plain(a) && reeli_is_float(a->dtype) && a->numel <= REELI_BLOCK &&
           (a == b || lies_like(b, a)) && !is_watched(a->r) && !reeli_is_outdated(a) &&
           !reeli_is_outdated(b) && op->formula->gradient;
}

/* A node's size with all that lies behind it, in whole steps of the arena. */
enum {
    NEEDED = sizeof(reeli_node) + 2 * sizeof(reeli_edge) + sizeof(reeli_row),
    NODE = (NEEDED + REELI_ALIGN - 1) / REELI_ALIGN * REELI_ALIGN
};

/* y, which is not there yet, as computed from a and, where there are two inputs, b. */
static inline void record(reeli_node *n, const reeli_op *op, int inputs, reel_tensor *a,
                          reel_tensor *b, reel_tensor *y, const double *parameters)
{
    n->op = op;
    n->inputs = inputs;
    reeli_tie(&n->in[0], a);
    if (inputs > 1) {
        reeli_tie(&n->in[1], b);
    }
    set_row(n, parameters, a->dtype);
    reeli_push(a->r, n, y, 0, true);
}

REELI_APART static reel_tensor *usual(const reeli_op *op, int inputs, reel_tensor *a,
                                      reel_tensor *b, const double *parameters)
{
    reel *r = a->r;
    const int recorded = r->grad_enabled ? (a->flags | b->flags) & REELI_REQUIRES_GRAD : 0;
    const size_t bytes = reeli_aligned((size_t)a->numel * reeli_element_size(a->dtype));
    reel_tensor *y;
    const size_t size = bytes + (recorded ? NODE : 0);
    char *data = reeli_take_at_hand(r, size, &y);
    if (!data) {
        return reeli_room_at_hand(r, size) ? usual(op, inputs, a, b, parameters)
                                           : reeli_no_memory(r, op->name);
    }
    reeli_node *n = recorded ? (reeli_node *)(void *)(data + bytes) : NULL;
    if (n) {
        record(n, op, inputs, a, b, y, parameters);
    }
    reeli_start(y, r, a->dtype, REELI_CONTIGUOUS | recorded);
    y->node = n;
    y->data = data;
    y->numel = a->numel;
    reeli_copy_shape(y, a);
    reeli_value_map(op->formula, r->level,
                    a->dtype)(a->numel, data, (const void *[]){a->data, b->data}, parameters);
    return y;
}

static bool only_numbers(int inputs, reel_tensor *const *in)
{
    bool only = true;
    for (int i = 0; i < inputs; i++) {
        only = only && (in[i]->flags & REELI_NUMBER);
    }
    return only;
}

/* Whether b is a number that lies in memory as often as a has elements. As nobody asks for its
 * gradient, that is all that a tensor like a would be asked for. */
static bool is_beside_number(const reeli_op *op, const reel_tensor *a, const reel_tensor *b)
{
    enum { REPEATED = REELI_LIVE | REELI_REPEATED };
    return is_usual(op, a, a) && a->numel <= REELI_FEW && b && (b->flags & REPEATED) == REPEATED &&
           b->r == a->r && b->dtype == a->dtype;
}

/* Whatever the operands are, and who looks on. */
REELI_APART static reel_tensor *general(const reeli_op *op, int inputs, reel_tensor *const *in,
                                        const double *parameters)
{
    if (inputs == 2 && is_beside_number(op, in[0], in[1])) {
        return usual(op, 2, in[0], in[1], parameters);
    }
    request q = {.op = op, .inputs = inputs, .in = in, .parameters = parameters};
    q.whole = whole_operand(inputs, in, &q.flags);
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
    set_row(n, parameters, dtype == REEL_BOOL ? REEL_I64 : dtype);
    reel_tensor *y = result(n, op->compares ? REEL_BOOL : dtype);
    if (number && !reeli_bad(y)) {
        y->flags |= REELI_NUMBER;
    }
    n->out = y;
    return reeli_apply(n);
}

reel_tensor *reeli_elementwise(const reeli_op *op, int inputs, reel_tensor *const *in,
                               const double *parameters)
{
    reel_tensor *const a = in[0], *const b = in[inputs - 1];
    return inputs <= 2 && is_usual(op, a, b) ? usual(op, inputs, a, b, parameters)
                                             : general(op, inputs, in, parameters);
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

/* The map reads g, the inputs and y, in any layout; g stands for what the formula does not use. */
static bool run_gradient_strided(reeli_node *n, int input, reel_tensor *g, reel_tensor *dx)
{
    const unsigned reads = reeli_reads(n->op, input);
    reel_tensor *x[5] = {g};
    for (int i = 0; i < n->inputs; i++) {
        x[i + 1] = reads >> i & 1 ? n->in[i].t : g;
    }
    x[n->inputs + 1] = reads & REELI_SAVES_RESULT ? n->out : g;
    return reeli_run_map(g->r,
                         reeli_gradient_map(n->op->formula, input, g->r->level, n->out->dtype),
                         n->out->dtype, dx, false, n->inputs + 2, x, reeli_row_of(n)->p);
}

/* A rare row has no map. */
reel_tensor *reeli_fused_gradient(reeli_node *n, int input, reel_tensor *g, const reel_tensor *like)
{
    if (!n->op->formula->gradient) {
        return reeli_formula_gradient(n, input, g);
    }
    reel_tensor *dx = reeli_empty_like(like, n->op->name, n->out->dtype);
    return reeli_bad(dx) || run_gradient_strided(n, input, g, dx) ? dx : g->r->poison;
}

/* Whether this gradient is computed where g is. A constant of a captured step is there for the next
 * one. */
static bool overwrites(const reeli_node *n, int input, const reel_tensor *g)
{
    return reeli_may_overwrite(n, input) && n->op->formula->gradient && !g->r->destination &&
           (g->flags & REELI_CONTIGUOUS) && g->dtype == n->out->dtype &&
           !(g->r->capture && reeli_is_constant(g));
}

reel_tensor *reeli_elementwise_gradient(reeli_node *n, int input, reel_tensor *g)
{
    if (n->op->pass >> input & 1) {
        return g;
    }
    if (REELI_RARELY(!n->op->recorded[input])) { /* it decides (a condition): no gradient passes */
        return reeli_zeros(g->r, n->op->name, g->dtype, g->ndim, g->size);
    }
    if (g->r->grad_enabled) {
        return reeli_formula_gradient(n, input, g);
    }
    if (overwrites(n, input, g)) {
        g->r->destination = g;
    }
    return reeli_fused_gradient(n, input, g, n->out);
}
