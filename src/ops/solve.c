/* SPDX-License-Identifier: MIT */
/*
 * Systems of linear equations. With A X = B and G = dL/dX: dB solves Aᵀ dB = G, and dA = -dB Xᵀ.
 * All is computed in doubles.
 */
#include "decompositions.h"
#include "matrices.h"

#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/views.h>

double *reeli_doubles(reel *r, const char *what, int64_t count)
{
    int64_t bytes;
    double *x = reeli_multiply(count, (int64_t)sizeof *x, &bytes)
                    ? reeli_arena_alloc(r, (size_t)bytes + sizeof *x)
                    : NULL;
    if (!x) {
        reeli_no_memory(r, what);
    }
    return x;
}

bool reeli_copy_matrices(const reel_tensor *x, const reel_tensor *y, const char *what,
                         reeli_matrices *m)
{
    *m = (reeli_matrices){.rows = reeli_rows(x), .columns = reeli_columns(x)};
    const int64_t size = m->rows * m->columns;
    m->count = x->numel > 0 || y->numel > 0;
    for (int d = 0; d < x->ndim - 2; d++) {
        m->count *= x->size[d];
    }
    m->data = reeli_doubles(x->r, what, m->count * size);
    if (m->data) {
        int64_t stride[REEL_MAX_DIMS];
        reeli_row_major(x->ndim, x->size, stride);
        reeli_move_strided(x->r, x->ndim, x->size, (reeli_operand){m->data, stride, REEL_F64},
                           (reeli_operand){x->data, x->stride, x->dtype});
    }
    return m->data != NULL;
}

void reeli_put_doubles(reel_tensor *y, int64_t at, const double *from, int64_t count)
{
    char *to = (char *)y->data + (size_t)at * reeli_element_size(y->dtype);
    reeli_move(count, to, y->dtype, 1, from, REEL_F64, 1);
}

bool reeli_is_matrix(const char *what, const reel_tensor *x, bool square)
{
    if (!reeli_usable(what, x) || !reeli_floating(what, "input", x)) {
        return false;
    }
    const bool fits = x->ndim >= 2 && (!square || reeli_rows(x) == reeli_columns(x));
    if (!fits) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: shape %s is not that of %s", what, REELI_SHAPE_OF(x),
                    square ? "square matrices" : "matrices");
    }
    return fits;
}

reeli_node *reeli_begin_matrix(const reeli_op *op, reel_tensor *x, bool square, int ndim,
                               const int64_t *size)
{
    int64_t all[REEL_MAX_DIMS + 2];
    reeli_node *n = reeli_is_matrix(op->name, x, square) ? reeli_begin(op, 1, &x) : NULL;
    for (int d = 0; n && d < x->ndim - 2 + ndim; d++) {
        all[d] = d < x->ndim - 2 ? x->size[d] : size[d - x->ndim + 2];
    }
    if (n) {
        n->out = reeli_empty(x->r, op->name, x->dtype, x->ndim - 2 + ndim, all);
    }
    return n;
}

/* Number `matrix` of input 0 solved for its columns of b, which become x. False after an error. */
typedef bool solver(const reeli_node *n, int64_t size, double *a, int64_t k, double *b,
                    int64_t matrix);

static bool solve_each(reeli_node *n, solver *solve)
{
    reel_tensor *y = n->out;
    reel *r = y->r;
    reeli_matrices a, b;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool done = reeli_copy_matrices(n->in[0].t, y, n->op->name, &a) &&
                reeli_copy_matrices(n->in[1].t, y, n->op->name, &b);
    for (int64_t i = 0; done && i < a.count; i++) {
        const int64_t size = b.rows * b.columns;
        done = solve(n, a.rows, a.data + i * a.rows * a.rows, b.columns, b.data + i * size, i);
        if (done) {
            reeli_put_doubles(y, i * size, b.data + i * size, size);
        }
    }
    reeli_arena_release(&r->arena, &mark);
    return done;
}

static bool solve_lu(const reeli_node *n, int64_t size, double *a, int64_t k, double *b,
                     int64_t matrix)
{
    reel *r = n->out->r;
    int64_t *pivot = (int64_t *)(void *)reeli_doubles(r, n->op->name, size);
    if (!pivot) {
        return false;
    }
    if (reeli_lu(size, a, pivot) == 0 && size > 0) {
        reeli_error(r, REEL_ERR_VALUE, "%s: matrix %lld of the batch is singular", n->op->name,
                    (long long)matrix);
        return false;
    }
    reeli_lu_solve(size, a, pivot, k, b);
    return true;
}

static bool solve_triangle(const reeli_node *n, int64_t size, double *a, int64_t k, double *b,
                           int64_t matrix)
{
    const reeli_triangle *how = reeli_triangle_of(n);
    (void)matrix;
    reeli_triangle_solve(size, a, how->upper, how->unit, k, b);
    return true;
}

bool reeli_solve_forward(reeli_node *n) { return solve_each(n, solve_lu); }

bool reeli_solve_triangular_forward(reeli_node *n) { return solve_each(n, solve_triangle); }

/* A and B of one batch, which is what both broadcast to. */
static reeli_node *begin_solve(const reeli_op *op, reel_tensor **in)
{
    const char *what = op->name;
    if (!reeli_all_usable(what, 2, in) || !reeli_is_matrix(what, in[0], true) ||
        !reeli_same_dtype(what, "right side", in[1], in[0])) {
        return NULL;
    }
    if (in[1]->ndim < 2 || reeli_rows(in[1]) != reeli_rows(in[0])) {
        reeli_error(in[0]->r, REEL_ERR_SHAPE, "%s: matrices %s and right sides %s do not fit", what,
                    REELI_SHAPE_OF(in[0]), REELI_SHAPE_OF(in[1]));
        return NULL;
    }
    int64_t size[REEL_MAX_DIMS];
    const int ndim = reeli_broadcast_shapes(in[0]->r, what, in[0]->ndim - 2, in[0]->size,
                                            in[1]->ndim - 2, in[1]->size, size);
    if (ndim < 0 || ndim + 2 > REEL_MAX_DIMS) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        size[ndim] = reeli_rows(in[i]);
        size[ndim + 1] = reeli_columns(in[i]);
        in[i] = reel_expand(in[i], ndim + 2, size);
        if (reeli_bad(in[i])) {
            return NULL;
        }
    }
    reeli_node *n = reeli_begin(op, 2, in);
    if (n) {
        n->out = reeli_empty(in[1]->r, what, in[1]->dtype, ndim + 2, size);
    }
    return n;
}

static reel_tensor *triangular(reel_tensor *a, reel_tensor *b, bool upper, bool unit)
{
    reel_tensor *in[] = {a, b};
    reeli_node *n = begin_solve(&reeli_op_solve_triangular, in);
    if (!n) {
        return reeli_poison_for(2, (reel_tensor *[]){a, b});
    }
    *reeli_triangle_of(n) = (reeli_triangle){.upper = upper, .unit = unit};
    return reeli_apply(n);
}

reel_tensor *reeli_solve_triangle(reel_tensor *a, reel_tensor *b, bool upper, bool turned)
{
    return triangular(turned ? reel_mT(a) : a, b, upper != turned, false);
}

/* B is of matrices. */
static reel_tensor *solve(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    reeli_node *n = begin_solve(&reeli_op_solve, in);
    return n ? reeli_apply(n) : reeli_poison_for(2, (reel_tensor *[]){a, b});
}

reel_tensor *reeli_solve_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *db = solve(reel_mT(n->in[0].t), g);
    return input == 1 ? db : reel_neg(reel_matmul(db, reel_mT(n->out)));
}

reel_tensor *reeli_solve_triangular_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reeli_triangle *how = reeli_triangle_of(n);
    reel_tensor *db = triangular(reel_mT(n->in[0].t), g, !how->upper, how->unit);
    if (input == 1) {
        return db;
    }
    reel_tensor *da = reel_neg(reel_matmul(db, reel_mT(n->out)));
    return how->upper ? reel_triu(da, how->unit) : reel_tril(da, -(int64_t)how->unit);
}

reel_tensor *reel_linalg_solve(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    if (!reeli_all_usable("solve", 2, in)) {
        return reeli_poison_for(2, in);
    }
    bool vectors = b->ndim == 1 || (a->ndim == b->ndim + 1 && b->ndim > 0);
    for (int d = 0; vectors && b->ndim > 1 && d < b->ndim; d++) {
        vectors = a->size[d] == b->size[d];
    }
    return vectors ? reel_clone(reel_squeeze(solve(a, reel_unsqueeze(b, -1)), -1)) : solve(a, b);
}

reel_tensor *reel_linalg_solve_triangular(reel_tensor *a, reel_tensor *b,
                                          reel_solve_triangular_options o)
{
    return o.right
               ? reel_clone(reel_mT(triangular(reel_mT(a), reel_mT(b), !o.upper, o.unitriangular)))
               : triangular(a, b, o.upper, o.unitriangular);
}

reel_tensor *reel_linalg_inv(reel_tensor *a)
{
    if (!reeli_is_matrix("inv", a, true)) {
        return reeli_poison_for(1, &a);
    }
    const int64_t size[] = {reeli_rows(a), reeli_rows(a)};
    reel_tensor *eye = reeli_zeros(a->r, "inv", a->dtype, 2, size);
    if (reeli_bad(eye)) {
        return eye;
    }
    for (int64_t i = 0; i < size[0]; i++) {
        reeli_store(eye, i * (size[0] + 1), 1);
    }
    return solve(a, eye);
}
