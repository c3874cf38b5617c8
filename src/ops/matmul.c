/* SPDX-License-Identifier: MIT */
/* Matrix products: m rows, n columns, k the depth, b the batches. */
#include "ops.h"

#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

enum {
    PLAIN = 400 /* multiply-adds below which PyTorch does a product of a batch in a plain loop */
};

static void *scratch(void *r, size_t size) { return reeli_arena_alloc(r, size); }

/* C = A B (+ bias), given the strides of A's rows and columns, then B's. */
static bool product(reel *r, const char *what, int dtype, const int64_t *mnk, const void *a,
                    const int64_t *a_stride, const void *b, const int64_t *b_stride,
                    const void *bias, void *c)
{
    if (reeli_product(r, dtype, mnk[0], mnk[1], mnk[2], a, a_stride, b, b_stride, bias, c, scratch,
                      r)) {
        return true;
    }
    reeli_no_memory(r, what);
    return false;
}

/* mm and bmm: the checks, and a node with its result's shape. */
static reel_tensor *multiply(const reeli_op *op, int ndim, reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    reeli_node *n = reeli_begin(op, 2, in);
    if (!n || !reeli_one_dtype(op->name, 2, in)) {
        return reeli_poison_for(2, in);
    }
    if (a->ndim != ndim || b->ndim != ndim || a->size[ndim - 1] != b->size[ndim - 2] ||
        (ndim == 3 && a->size[0] != b->size[0])) {
        return reeli_no_product(op->name, a, b);
    }
    int64_t size[3] = {a->size[0], a->size[1], b->size[ndim - 1]};
    size[ndim - 1] = b->size[ndim - 1];
    n->out = reeli_empty(a->r, op->name, a->dtype, ndim, size);
    return reeli_apply(n);
}

/* C[m,n] = A[m,k] B[k,n]. With G = dL/dC: dA = G Bᵀ and dB = Aᵀ G. */
reel_tensor *reel_mm(reel_tensor *a, reel_tensor *b) { return multiply(&reeli_op_mm, 2, a, b); }

bool reeli_mm_forward(reeli_node *n)
{
    const reel_tensor *a = n->in[0].t, *b = n->in[1].t;
    const int64_t mnk[] = {a->size[0], b->size[1], a->size[1]};
    return product(n->out->r, "mm", a->dtype, mnk, a->data, a->stride, b->data, b->stride, NULL,
                   n->out->data);
}

reel_tensor *reeli_mm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return input == 0 ? reel_mm(g, reel_t(n->in[1].t)) : reel_mm(reel_t(n->in[0].t), g);
}

/* C[b,m,n] = A[b,m,k] B[b,k,n], a product for each b. */
reel_tensor *reel_bmm(reel_tensor *a, reel_tensor *b) { return multiply(&reeli_op_bmm, 3, a, b); }

bool reeli_bmm_forward(reeli_node *n)
{
    const reel_tensor *a = n->in[0].t, *b = n->in[1].t, *c = n->out;
    const int64_t mnk[] = {a->size[1], b->size[2], a->size[2]};
    const int64_t bytes = (int64_t)reeli_element_size(a->dtype);
    const bool plain =
        mnk[0] < PLAIN && mnk[1] < PLAIN && mnk[2] < PLAIN && mnk[0] * mnk[1] * mnk[2] < PLAIN;
    for (int64_t i = 0; i < a->size[0]; i++) {
        const char *left = (const char *)a->data + i * a->stride[0] * bytes;
        const char *right = (const char *)b->data + i * b->stride[0] * bytes;
        char *to = (char *)c->data + i * mnk[0] * mnk[1] * bytes;
        if (plain) {
            reeli_plain_product_loops[c->r->level][a->dtype](
                mnk[0], mnk[1], mnk[2], left, a->stride + 1, right, b->stride + 1, to);
        } else if (!product(c->r, "bmm", a->dtype, mnk, left, a->stride + 1, right, b->stride + 1,
                            NULL, to)) {
            return false;
        }
    }
    return true;
}

reel_tensor *reeli_bmm_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return input == 0 ? reel_bmm(g, reel_transpose(n->in[1].t, 1, 2))
                      : reel_bmm(reel_transpose(n->in[0].t, 1, 2), g);
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
    return reel_reshape(c, ndim + 2, size);
}

/* x as a matrix of rows: all dims but the last become one. */
static reel_tensor *rows_of(reel_tensor *x)
{
    int64_t rows = 1; /* counted, for without columns there are no elements to divide */
    for (int d = 0; d < x->ndim - 1; d++) {
        rows *= x->size[d];
    }
    return x->ndim == 2 ? x : reel_reshape(x, 2, (int64_t[]){rows, x->size[x->ndim - 1]});
}

/* Many matrices by one: their rows are the rows of a single product. */
static reel_tensor *matmul_rows(reel_tensor *a, reel_tensor *b)
{
    int64_t size[REEL_MAX_DIMS];
    memcpy(size, a->size, sizeof size);
    size[a->ndim - 1] = b->size[1];
    reel_tensor *rows =
        reel_reshape(a, 2, (int64_t[]){a->numel / a->size[a->ndim - 1], a->size[a->ndim - 1]});
    return reel_reshape(reel_mm(rows, b), a->ndim, size);
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
    return row ? reel_squeeze(c, column ? -1 : -2) : c;
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

/* Y[r,o] = X[r,i] W[o,i]ᵀ + bias[o]. With G = dL/dY: dX = G W, dW = Gᵀ X, dbias = Σ over rows of
 * G. */
reel_tensor *reel_linear(reel_tensor *x, reel_tensor *weight, reel_tensor *bias)
{
    reel_tensor *in[] = {x, weight, bias};
    const int inputs = bias ? 3 : 2;
    reeli_node *n = reeli_begin(&reeli_op_linear, inputs, in);
    if (n && !bias && weight->ndim == 1) {
        return reel_matmul(x, weight);
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
    return reeli_apply(n);
}

/* The strides of x's rows and columns where its leading dims can be seen as one; else false. */
static bool row_strides(const reel_tensor *x, int64_t *stride)
{
    const int last = x->ndim - 1;
    const bool seen = x->ndim <= 2 || (x->flags & REELI_CONTIGUOUS);
    if (seen) {
        stride[0] = last ? x->stride[last - 1] : x->numel;
        stride[1] = x->stride[last];
    }
    return seen;
}

bool reeli_linear_forward(reeli_node *n)
{
    const reel_tensor *x = n->in[0].t, *w = n->in[1].t, *bias = n->inputs == 3 ? n->in[2].t : NULL;
    int64_t x_stride[] = {w->size[1], 1};
    const int64_t w_stride[] = {w->stride[1], w->stride[0]};
    const void *rows = row_strides(x, x_stride) ? x->data : reeli_dense(x, "linear", x->dtype);
    const void *plus = bias ? reeli_dense(bias, "linear", bias->dtype) : NULL;
    if (!rows || (bias && !plus)) {
        return false;
    }
    const int64_t mnk[] = {w->size[1] ? x->numel / w->size[1]
                                      : n->out->numel / (w->size[0] ? w->size[0] : 1),
                           w->size[0], w->size[1]};
    return product(n->out->r, "linear", x->dtype, mnk, rows, x_stride, w->data, w_stride, plus,
                   n->out->data);
}

reel_tensor *reeli_linear_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    reel_tensor *rows = rows_of(g);
    if (reeli_bad(rows)) {
        return rows;
    }
    if (input == 0) {
        return reeli_reshape_like(reel_mm(rows, w), x);
    }
    return input == 1 ? reel_mm(reel_t(rows), rows_of(x)) : reeli_sum_dims(rows, 1, false);
}
