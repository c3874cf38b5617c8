/* SPDX-License-Identifier: MIT */
/* Matrix products: m rows, n columns, k the depth, b the batches. */
#include "map.h"
#include "one_pass.h"
#include "ops.h"

#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

/* The matrix in t's dims d and d + 1. */
static reeli_matrix matrix_at(const reel_tensor *t, int d)
{
    return (reeli_matrix){t->data, {t->stride[d], t->stride[d + 1]}};
}

static reeli_matrix transposed(reeli_matrix x)
{
    return (reeli_matrix){x.data, {x.stride[1], x.stride[0]}};
}

static inline bool product(reel *r, const reeli_op *op, const reeli_gemm *p)
{
    const bool done = reeli_product(r, p);
    if (!done) {
        reeli_no_memory(r, op->name);
    }
    return done;
}

/* A product as a captured step does it again: where its operands lie is known. */
typedef struct ready_product {
    reeli_gemm p;
    const reeli_node *n;
    reeli_small_product_loop *loop; /* that is all of it; else NULL */
} ready_product;

static bool run_ready(const reeli_args *a)
{
    const ready_product *it = a->more;
    if (it->loop) {
        it->loop(&it->p);
        return true;
    }
    return product(a->r, it->n->op, &it->p);
}

/* The product n that has just been written down: from now on as a ready one. False, and an error,
 * when memory is out. */
static bool make_ready(const reeli_node *n, const reeli_gemm *p)
{
    reel *r = n->out->r;
    reeli_capture_entry *e = reeli_entry_before(r, NULL);
    if (!e || e->kind != REELI_CAPTURED_FORWARD || e->node != n) {
        return true;
    }
    struct {
        reeli_args args;
        ready_product it;
    } *kept = reeli_arena_alloc(r, sizeof *kept);
    if (!kept) {
        reeli_no_memory(r, "capture");
        return false;
    }
    reeli_small_product_loop *loop = reeli_small_product_loops[r->level][p->dtype];
    kept->it = (ready_product){*p, n, reeli_is_one_loop(r, p) ? loop : NULL};
    kept->args = (reeli_args){.r = r, .more = &kept->it};
    e->kind = REELI_CAPTURED_CALL;
    e->run = run_ready;
    e->args = &kept->args;
    return true;
}

/* The product of mm, or of the first matrices of bmm: `rows` is the dim of the result's rows. */
static inline reeli_gemm gemm_of(const reel_tensor *a, const reel_tensor *b, const reel_tensor *c,
                                 const reeli_transposition *taken, int rows)
{
    const int columns = rows + 1;
    const reeli_matrix left = matrix_at(a, rows), right = matrix_at(b, rows);
    return (reeli_gemm){.dtype = c->dtype,
                        .m = c->size[rows],
                        .n = c->size[columns],
                        .k = a->size[taken->a ? rows : columns],
                        .a = taken->a ? transposed(left) : left,
                        .b = taken->b ? transposed(right) : right,
                        .gate = taken->gate,
                        .c = c->data,
                        .c_step = c->size[columns]};
}

static reeli_gemm gemm_of_node(const reeli_node *n, int rows)
{
    return gemm_of(n->in[0].t, n->in[1].t, n->out, reeli_transposition_of(n), rows);
}

/* Whether nobody will want to know how a result came about, as in a plain backward: then there need
 * be no node. */
static inline bool is_unwatched(const reel *r)
{
    return !r->grad_enabled && !r->capture && !r->anomaly;
}

/* mm and bmm: the checks, and a node with its result's shape. Either operand may be taken
 * transposed, which spares gradients a view: dims last - 1 and last are its rows and columns, or
 * the other way. With a gate, laid out as a result of mm, it is 0 where that is not above 0. */
static reel_tensor *multiply_gated(const reeli_op *op, reel_tensor *a, bool a_transposed,
                                   reel_tensor *b, bool b_transposed, const void *gate)
{
    const int ndim = op == &reeli_op_bmm ? 3 : 2, rows = ndim - 2, columns = ndim - 1;
    reel_tensor *in[] = {a, b};
    if (!(reeli_all_sound(2, in) || reeli_all_usable(op->name, 2, in)) ||
        !reeli_one_dtype(op->name, 2, in)) {
        return reeli_poison_for(2, in);
    }
    if (a->ndim != ndim || b->ndim != ndim || (ndim == 3 && a->size[0] != b->size[0]) ||
        a->size[a_transposed ? rows : columns] != b->size[b_transposed ? columns : rows]) {
        return reeli_no_product(op->name, a, b);
    }
    int64_t size[3] = {a->size[0]};
    size[rows] = a->size[a_transposed ? columns : rows];
    size[columns] = b->size[b_transposed ? rows : columns];
    reel *r = a->r;
    const reeli_transposition taken = {gate, a_transposed, b_transposed};
    reel_tensor *c = reeli_empty(r, op->name, a->dtype, ndim, size);
    if (is_unwatched(r) && ndim == 2 && !reeli_bad(c)) {
        const reeli_gemm p = gemm_of(a, b, c, &taken, 0);
        return product(r, op, &p) ? c : r->poison;
    }
    reeli_node *n = reeli_bad(c) ? NULL : reeli_new_node(r, op, 2, in);
    if (!n) {
        return r->poison;
    }
    *reeli_transposition_of(n) = taken;
    n->out = c;
    c = reeli_apply(n);
    if (REELI_RARELY(r->capture != NULL) && ndim == 2 && !reeli_bad(c)) {
        const reeli_gemm p = gemm_of_node(n, 0);
        return make_ready(n, &p) ? c : r->poison;
    }
    return c;
}

static reel_tensor *multiply(const reeli_op *op, reel_tensor *a, bool a_transposed, reel_tensor *b,
                             bool b_transposed)
{
    return multiply_gated(op, a, a_transposed, b, b_transposed, NULL);
}

/* Of C = A B, with A and B as they are taken: dA = G Bᵀ and dB = Aᵀ G; or dAᵀ = B Gᵀ, dBᵀ = Gᵀ
 * A. */
static reel_tensor *product_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const bool ta = reeli_transposition_of(n)->a, tb = reeli_transposition_of(n)->b;
    reel_tensor *a = n->in[0].t, *b = n->in[1].t;
    if (input == 0) {
        return ta ? multiply(n->op, b, tb, g, true) : multiply(n->op, g, false, b, !tb);
    }
    return tb ? multiply(n->op, g, true, a, ta) : multiply(n->op, a, !ta, g, false);
}

/* C[m,n] = A[m,k] B[k,n]. */
reel_tensor *reel_mm(reel_tensor *a, reel_tensor *b)
{
    return multiply(&reeli_op_mm, a, false, b, false);
}

bool reeli_mm_forward(reeli_node *n)
{
    const reeli_gemm p = gemm_of_node(n, 0);
    return product(n->out->r, n->op, &p);
}

reel_tensor *reeli_mm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return product_gradient(n, input, g);
}

/* C[b,m,n] = A[b,m,k] B[b,k,n], a product for each b. */
reel_tensor *reel_bmm(reel_tensor *a, reel_tensor *b)
{
    return multiply(&reeli_op_bmm, a, false, b, false);
}

bool reeli_bmm_forward(reeli_node *n)
{
    const reel_tensor *a = n->in[0].t, *b = n->in[1].t, *c = n->out;
    const int64_t bytes = (int64_t)reeli_element_size(c->dtype);
    reeli_gemm p = gemm_of_node(n, 1);
    const bool plain = p.m < REELI_PLAIN_PRODUCT && p.n < REELI_PLAIN_PRODUCT &&
                       p.k < REELI_PLAIN_PRODUCT && p.m * p.n * p.k < REELI_PLAIN_PRODUCT;
    for (int64_t i = 0; c->numel > 0 && i < c->size[0]; i++) {
        p.a.data = (const char *)a->data + i * a->stride[0] * bytes;
        p.b.data = (const char *)b->data + i * b->stride[0] * bytes;
        p.c = (char *)c->data + i * p.m * p.n * bytes;
        if (plain) {
            reeli_plain_product_loops[c->r->level][c->dtype](&p);
        } else if (!product(c->r, n->op, &p)) {
            return false;
        }
    }
    return true;
}

reel_tensor *reeli_bmm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return product_gradient(n, input, g);
}

/* A matrix operand as a batch of the given shape. */
static reel_tensor *as_batch(reel_tensor *x, int ndim, const int64_t *batch, int64_t count)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < ndim; d++) {
        size[d] = batch[d];
    }
    size[ndim] = x->size[x->ndim - 2];
    size[ndim + 1] = x->size[x->ndim - 1];
    reel_tensor *wide = reel_expand(x, ndim + 2, size);
    return reel_reshape(wide, 3, (int64_t[]){count, size[ndim], size[ndim + 1]});
}

/* Both operands have at least 2 dims: the batch dims broadcast. */
static reel_tensor *matmul_batches(reel_tensor *a, reel_tensor *b)
{
    int64_t size[REEL_MAX_DIMS], count = 1;
    const int ndim =
        reeli_broadcast_shapes(a->r, "matmul", a->ndim - 2, a->size, b->ndim - 2, b->size, size);
    if (ndim < 0) {
        return a->r->poison;
    }
    for (int d = 0; d < ndim; d++) {
        count *= size[d];
    }
    reel_tensor *c = reel_bmm(as_batch(a, ndim, size, count), as_batch(b, ndim, size, count));
    size[ndim] = a->size[a->ndim - 2];
    size[ndim + 1] = b->size[b->ndim - 1];
    return reeli_as_result(reel_reshape(c, ndim + 2, size));
}

/* x's rows, counted, for without columns there are no elements to divide. */
static inline int64_t rows_counted(const reel_tensor *x)
{
    int64_t rows = 1;
    for (int d = 0; d < x->ndim - 1; d++) {
        rows *= x->size[d];
    }
    return rows;
}

/* x as a matrix of rows: all dims but the last become one. */
static inline reel_tensor *rows_of(reel_tensor *x)
{
    return x->ndim == 2 ? x
                        : reel_reshape(x, 2, (int64_t[]){rows_counted(x), x->size[x->ndim - 1]});
}

/* Many matrices by one: their rows are the rows of a single product. */
static reel_tensor *matmul_rows(reel_tensor *a, reel_tensor *b)
{
    int64_t size[REEL_MAX_DIMS];
    memcpy(size, a->size, sizeof size);
    size[a->ndim - 1] = b->size[1];
    reel_tensor *rows =
        reel_reshape(a, 2, (int64_t[]){a->numel / a->size[a->ndim - 1], a->size[a->ndim - 1]});
    return reeli_as_result(reel_reshape(reel_mm(rows, b), a->ndim, size));
}

static reel_tensor *multiply_matrices(reel_tensor *a, reel_tensor *b)
{
    if (reeli_bad(a) || reeli_bad(b)) {
        return reeli_poison_for(2, (reel_tensor *[]){a, b});
    }
    if (a->ndim == 2 && b->ndim == 2) {
        return reel_mm(a, b);
    }
    return b->ndim == 2 && a->numel > 0 ? matmul_rows(a, b) : matmul_batches(a, b);
}

reel_tensor *reel_matmul(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    if (!reeli_all_usable("matmul", 2, in) || !reeli_one_dtype("matmul", 2, in)) {
        return reeli_poison_for(2, in);
    }
    bool row = a->ndim == 1, column = b->ndim == 1;
    if (a->ndim == 0 || b->ndim == 0 || a->size[a->ndim - 1] != b->size[column ? 0 : b->ndim - 2]) {
        return reeli_no_product("matmul", a, b);
    }
    reel_tensor *c =
        multiply_matrices(row ? reel_unsqueeze(a, 0) : a, column ? reel_unsqueeze(b, 1) : b);
    c = column ? reel_squeeze(c, -1) : c;
    c = row ? reel_squeeze(c, column ? -1 : -2) : c;
    return row || column ? reeli_as_result(c) : c;
}

static bool linear_fits(const reel_tensor *x, const reel_tensor *w, const reel_tensor *bias)
{
    if (w->ndim != 2 || x->ndim < 1 || x->size[x->ndim - 1] != w->size[1]) {
        reeli_error(
            x->r, REEL_ERR_SHAPE,
            "linear: input %s does not fit weight %s: its last size must be the weight's last",
            REELI_SHAPE_OF(x), REELI_SHAPE_OF(w));
        return false;
    }
    if (bias && (bias->ndim != 1 || bias->size[0] != w->size[0])) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "linear: bias %s does not fit weight %s: it must be (%lld,)",
                    REELI_SHAPE_OF(bias), REELI_SHAPE_OF(w), (long long)w->size[0]);
        return false;
    }
    return true;
}

/* x's rows: all its dims but the last are seen as one, in a copy where its strides do not allow it.
 * Data of NULL: no memory. */
static reeli_matrix rows_at(const reel_tensor *x)
{
    const int last = x->ndim - 1;
    if (x->ndim <= 2 || (x->flags & REELI_CONTIGUOUS)) {
        return (reeli_matrix){x->data, {last ? x->stride[last - 1] : x->numel, x->stride[last]}};
    }
    return (reeli_matrix){reeli_dense(x, "linear", x->dtype), {x->size[last], 1}};
}

static inline reeli_gemm linear_gemm(const reeli_node *n)
{
    const reel_tensor *x = n->in[0].t, *w = n->in[1].t, *bias = n->inputs == 3 ? n->in[2].t : NULL;
    const int64_t out = w->size[0], in = w->size[1];
    return (reeli_gemm){.dtype = x->dtype,
                        .m = rows_counted(n->out),
                        .n = out,
                        .k = in,
                        .a = rows_at(x),
                        .b = transposed(matrix_at(w, 0)),
                        .bias = bias ? reeli_dense(bias, "linear", bias->dtype) : NULL,
                        .rectify = n->op == &reeli_op_linear_relu,
                        .c = n->out->data,
                        .c_step = out};
}

/* Not one of a single output that may yet be joined with its loss, nor one of copies. */
static bool make_linear_ready(const reeli_node *n)
{
    const reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    if ((x->flags & w->flags & (n->inputs == 3 ? n->in[2].t->flags : ~0)) & REELI_CONTIGUOUS) {
        const reeli_gemm p = linear_gemm(n);
        return (p.n == 1 && !reeli_is_small_product(&p)) || make_ready(n, &p);
    }
    return true;
}

/* A linear, or one with its relu. */
static reel_tensor *apply_linear(const reeli_op *op, reel_tensor *x, reel_tensor *weight,
                                 reel_tensor *bias)
{
    reel_tensor *in[] = {x, weight, bias};
    const int inputs = bias ? 3 : 2;
    reeli_node *n = reeli_begin(op, inputs, in);
    if (n && !bias && weight->ndim == 1) {
        reel_tensor *y = reel_matmul(x, weight);
        return op == &reeli_op_linear ? y : reel_relu(y);
    }
    if (!n || !linear_fits(x, weight, bias) || !reeli_one_dtype("linear", inputs, in)) {
        return reeli_poison_for(inputs, in);
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = x->size[d];
    }
    size[x->ndim - 1] = weight->size[0];
    n->out = reeli_empty(x->r, "linear", x->dtype, x->ndim, size);
    reel_tensor *y = reeli_apply(n);
    if (REELI_RARELY(x->r->capture != NULL) && !reeli_bad(y) && !make_linear_ready(n)) {
        return x->r->poison;
    }
    return y;
}

/* Y[r,o] = X[r,i] W[o,i]ᵀ + bias[o]. With G = dL/dY: dX = G W, dW = Gᵀ X, dbias = Σ over rows of
 * G. */
reel_tensor *reel_linear(reel_tensor *x, reel_tensor *weight, reel_tensor *bias)
{
    return apply_linear(&reeli_op_linear, x, weight, bias);
}

/* The same of G where Y is above 0, else of 0. */
reel_tensor *reel_linear_relu(reel_tensor *x, reel_tensor *weight, reel_tensor *bias)
{
    return apply_linear(&reeli_op_linear_relu, x, weight, bias);
}

reeli_gemm reeli_linear_gemm(const reeli_node *n) { return linear_gemm(n); }

bool reeli_linear_forward(reeli_node *n)
{
    const reel_tensor *bias = n->inputs == 3 ? n->in[2].t : NULL;
    const reeli_gemm p = linear_gemm(n);
    return p.a.data && (!bias || p.bias) && product(n->out->r, n->op, &p);
}

bool reeli_linear_relu_forward(reeli_node *n) { return reeli_linear_forward(n); }

/* If n's input comes from a relu, and its gradient goes nowhere else: the relu's result, by which
 * the product that is that gradient computes what leaves the relu. NULL where that is not so. */
static const void *gate_of(const reeli_node *n)
{
    const reel_tensor *x = n->in[0].t;
    reeli_node *from = n->in[0].from;
    if (!from || from->op != &reeli_op_linear_relu || from->gradient || !x->r->gating ||
        !(x->flags & REELI_CONTIGUOUS) || x->flags & (REELI_RETAIN_GRAD | REELI_HOOKED)) {
        return NULL;
    }
    from->gated = true;
    return x->data;
}

/* The sum of g's rows. */
static reel_tensor *bias_gradient(reel_tensor *rows)
{
    reel *r = rows->r;
    if (!is_unwatched(r) || !(rows->flags & REELI_CONTIGUOUS) || !rows->numel) {
        return reeli_sum_dims(rows, 1, false);
    }
    reel_tensor *sums = reeli_empty(r, "linear", rows->dtype, 1, &rows->size[1]);
    if (!reeli_bad(sums)) {
        reeli_sum_lines(r, rows->dtype, 1, rows->size[0], rows->size[1], rows->data, sums->data);
    }
    return sums;
}

reel_tensor *reeli_linear_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    reel_tensor *rows = rows_of(g);
    if (reeli_bad(rows)) {
        return rows;
    }
    if (input == 0) {
        return reeli_reshape_like(multiply_gated(&reeli_op_mm, rows, false, w, false, gate_of(n)),
                                  x);
    }
    if (REELI_RARELY(g->r->capture != NULL) && input == 1) {
        reel_tensor *const early = reeli_gradient_beside_line(n, g);
        if (early) {
            return early;
        }
    }
    return input == 1 ? multiply(&reeli_op_mm, rows, true, rows_of(x), false) : bias_gradient(rows);
}

/* g through the relu: a tensor of its own, for all inputs' gradients are made of it. */
static reel_tensor *through_relu(reeli_node *n, reel_tensor *g)
{
    reel *r = g->r;
    if (r->grad_enabled) {
        return reeli_op_relu.recorded[0](g, NULL, NULL, NULL, n->out, NULL); /* of y alone */
    }
    reel_tensor *const destination = r->destination, *y = n->out;
    r->destination = NULL;
    reel_tensor *dx = reeli_empty_like(y, n->op->name, y->dtype);
    r->destination = destination;
    reeli_map map = reeli_gradient_map(&reeli_formula_relu, 0, r->level, y->dtype);
    reel_tensor *const in[] = {g, g, y}; /* the second is not read */
    return !reeli_bad(dx) && reeli_run_map(r, map, y->dtype, dx, false, 3, in, NULL) ? dx
                                                                                     : r->poison;
}

reel_tensor *reeli_linear_relu_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor **const own = reeli_gradient_of(n);
    if (reeli_is_first_wanted(n, input)) {
        *own = n->gated ? g : through_relu(n, g);
        n->gated = false;
    }
    return reeli_bad(*own) ? *own : reeli_linear_gradient(n, input, *own);
}
