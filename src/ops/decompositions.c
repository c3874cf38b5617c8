/* SPDX-License-Identifier: MIT */
/*
 * Matrices taken apart: Cholesky, QR, singular values; and determinants. All is computed in
 * doubles. A decomposition of several parts is one result in a row, of which they are views: so the
 * tape knows but one operation, whose gradient gets all their gradients at once.
 */
#include "decompositions.h"
#include "matrices.h"
#include "qr.h"

#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>

#define mm reel_matmul
#define T reel_mT

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Elements from..from + rows columns - 1 of the last dim as matrices. A result is a copy, of its
 * own memory; a gradient can do with the view. */
static reel_tensor *part(reel_tensor *whole, int64_t from, int64_t rows, int64_t columns)
{
    reel_tensor *row = reel_narrow(whole, -1, from, rows * columns);
    return reel_unflatten(row, -1, 2, (int64_t[]){rows, columns});
}

/* One matrix as it lies to its place in another order. */
static void turn(int64_t rows, int64_t columns, const double *x, double *y)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            y[j * rows + i] = x[i * columns + j];
        }
    }
}

bool reeli_cholesky_forward(reeli_node *n)
{
    reel *r = n->out->r;
    reeli_matrices a;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool done = reeli_copy_matrices(n->in[0].t, "cholesky", &a);
    for (int64_t i = 0; done && i < a.count; i++) {
        double *own = a.data + i * a.rows * a.rows;
        const int64_t minor = reeli_cholesky(a.rows, own);
        if (minor) {
            reeli_error(r, REEL_ERR_VALUE,
                        "cholesky: matrix %lld of the batch is not positive definite: its leading "
                        "minor of order %lld is not positive",
                        (long long)i, (long long)minor);
            done = false;
        }
        reeli_put_doubles(n->out, i * a.rows * a.rows, own, a.rows * a.rows);
    }
    reeli_arena_release(&r->arena, mark);
    return done;
}

/* dA = L⁻ᵀ Φ L⁻¹, with Φ the symmetric matrix of half the lower triangle of Lᵀ G. */
reel_tensor *reeli_cholesky_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *l = n->out, *m = mm(T(l), g);
    (void)input;
    reel_tensor *phi = reel_mul_scalar(reel_add(reel_tril(m, 0), T(reel_tril(m, -1))), 0.5);
    reel_tensor *left = reeli_solve_triangle(l, phi, false, true);
    return T(reeli_solve_triangle(l, T(left), false, true));
}

reel_tensor *reel_linalg_cholesky(reel_tensor *a, bool upper)
{
    const int64_t n = reeli_is_matrix("cholesky", a, true) ? reeli_rows(a) : 0;
    reel_tensor *lower = a && upper ? reel_mT(a) : a;
    reeli_node *node = reeli_begin_matrix(&reeli_op_cholesky, lower, true, 2, (int64_t[]){n, n});
    if (!node) {
        return reeli_poison_for(1, &a);
    }
    reel_tensor *l = reeli_apply(node);
    return upper ? reel_clone(reel_mT(l)) : l;
}

/* For each matrix: its determinant, or (y has its shape) its cofactors, dL/dA of the determinant.
 */
static bool determinants(reel_tensor *x, reel_tensor *y, bool cofactors);

bool reeli_det_forward(reeli_node *n) { return determinants(n->in[0].t, n->out, false); }

static bool compute_cofactors(const reeli_args *a) { return determinants(a->t[1], a->t[0], true); }

/* g times the cofactors, which there are of a singular matrix, too; to be differentiated again as
 * det A⁻ᵀ, which there is not. */
reel_tensor *reeli_det_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *a = n->in[input].t, *slope;
    if (g->r->grad_enabled) {
        slope = reel_mul(reel_unsqueeze(reel_unsqueeze(reel_linalg_det(a), -1), -1),
                         T(reel_linalg_inv(a)));
    } else {
        slope = reeli_empty(a->r, "det", a->dtype, a->ndim, a->size);
        if (reeli_bad(slope) ||
            !reeli_do(compute_cofactors, &(reeli_args){.r = a->r, .t = {slope, a}})) {
            return a->r->poison;
        }
    }
    return reel_mul(reel_unsqueeze(reel_unsqueeze(g, -1), -1), slope);
}

reel_tensor *reel_linalg_det(reel_tensor *a)
{
    reeli_node *n = reeli_begin_matrix(&reeli_op_det, a, true, 0, NULL);
    return n ? reeli_apply(n) : reeli_poison_for(1, &a);
}

/* The product of the diagonal of P A = L U. */
static double product_of_pivots(int64_t n, const double *lu, const int64_t *pivot)
{
    double product = 1;
    for (int64_t k = 0; k < n; k++) {
        product *= pivot[k] == k ? lu[k * n + k] : -lu[k * n + k];
    }
    return product;
}

/* det A of a matrix whose row `row` and column `column` are left out, up to the sign; work[n,n]. */
static double minor_of(int64_t n, const double *a, int64_t row, int64_t column, double *work,
                       int64_t *pivot)
{
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            if (i != row && j != column) {
                work[at++] = a[i * n + j];
            }
        }
    }
    reeli_lu(n - 1, work, pivot);
    return product_of_pivots(n - 1, work, pivot);
}

/* The cofactors of one matrix, whose LU is known: det A⁻ᵀ, or minor by minor if that is 0. */
static void find_cofactors(int64_t n, const double *a, const double *lu, int64_t *pivot,
                           double *work, double *y)
{
    const double det = product_of_pivots(n, lu, pivot);
    for (int64_t i = 0; i < n * n && det != 0; i++) {
        work[i] = i % (n + 1) == 0;
    }
    if (det != 0) {
        reeli_lu_solve(n, lu, pivot, n, work);
        turn(n, n, work, y);
    }
    for (int64_t i = 0; i < n * n; i++) {
        const double sign = (i / n + i % n) % 2 ? -1 : 1;
        y[i] = det != 0 ? y[i] * det : sign * minor_of(n, a, i / n, i % n, work, pivot);
    }
}

static bool determinants(reel_tensor *x, reel_tensor *y, bool cofactors)
{
    reel *r = x->r;
    reeli_matrices a;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool done = reeli_copy_matrices(x, "det", &a);
    const int64_t n = a.rows;
    double *room = done ? reeli_doubles(r, "det", 3 * n * n + n) : NULL;
    for (int64_t i = 0; room && i < a.count; i++) {
        double *lu = room, *work = lu + n * n, *result = work + n * n, *own = a.data + i * n * n;
        int64_t *pivot = (int64_t *)(void *)(result + n * n);
        for (int64_t k = 0; k < n * n; k++) {
            lu[k] = own[k];
        }
        reeli_lu(n, lu, pivot);
        if (cofactors) {
            find_cofactors(n, own, lu, pivot, work, result);
            reeli_put_doubles(y, i * n * n, result, n * n);
        } else {
            const double det = product_of_pivots(n, lu, pivot);
            reeli_put_doubles(y, i, &det, 1);
        }
    }
    reeli_arena_release(&r->arena, mark);
    return room != NULL;
}

/* One matrix a[m,n], which lies transposed: Q[m,k] and R[k,n], k the smaller of the two. */
static void take_apart(int64_t m, int64_t n, double *at, double *diagonal, double *q, double *rr)
{
    const int64_t k = smaller(m, n);
    reeli_qr(m, k, at, diagonal);
    for (int64_t j = k; j < n; j++) {
        reeli_qr_turn(m, k, at, at + j * m);
    }
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < n; j++) {
            rr[i * n + j] = j < i ? 0 : j == i ? diagonal[i] : at[j * m + i];
        }
    }
    for (int64_t j = 0; j < k; j++) { /* diagonal and what follows it is room for a column */
        for (int64_t i = 0; i < m; i++) {
            diagonal[i] = i == j;
        }
        reeli_qr_turn_back(m, k, at, diagonal);
        for (int64_t i = 0; i < m; i++) {
            q[i * k + j] = diagonal[i];
        }
    }
}

bool reeli_qr_forward(reeli_node *n)
{
    reel *r = n->out->r;
    reeli_matrices a;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool done = reeli_copy_matrices(n->in[0].t, "qr", &a);
    const int64_t rows = a.rows, columns = a.columns, k = smaller(rows, columns);
    double *at = done ? reeli_doubles(r, "qr", rows * columns + rows + k * (rows + columns)) : NULL;
    for (int64_t i = 0; at && i < a.count; i++) {
        double *diagonal = at + rows * columns, *q = diagonal + rows;
        turn(rows, columns, a.data + i * rows * columns, at);
        take_apart(rows, columns, at, diagonal, q, q + rows * k);
        reeli_put_doubles(n->out, i * k * (rows + columns), q, k * (rows + columns));
    }
    reeli_arena_release(&r->arena, mark);
    return at != NULL;
}

static reel_qr qr_parts(reel_tensor *whole, const reel_tensor *x)
{
    const int64_t m = reeli_rows(x), n = reeli_columns(x), k = smaller(m, n);
    return (reel_qr){part(whole, 0, m, k), part(whole, m * k, k, n)};
}

/* Of Q R with R square: (dQ + Q S) R⁻ᵀ, S the symmetric matrix that has the lower triangle of R dRᵀ
 * - dQᵀ Q. */
static reel_tensor *square_qr_gradient(reel_tensor *q, reel_tensor *r, reel_tensor *dq,
                                       reel_tensor *dr)
{
    reel_tensor *m = reel_sub(mm(r, T(dr)), mm(T(dq), q));
    reel_tensor *s = reel_add(reel_tril(m, 0), T(reel_tril(m, -1)));
    return T(reeli_solve_triangle(r, T(reel_add(dq, mm(q, s))), true, false));
}

/* A wide A is [X Y] = Q [U V]: V = Qᵀ Y, so dY = Q dV, and Y dVᵀ adds to dQ. */
reel_tensor *reeli_qr_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *a = n->in[input].t;
    const int64_t rows = reeli_rows(a), wide = reeli_columns(a) - rows;
    const reel_qr y = qr_parts(n->out, a), d = qr_parts(g, a);
    if (wide <= 0) {
        return square_qr_gradient(y.q, y.r, d.q, d.r);
    }
    reel_tensor *dv = reel_narrow(d.r, -1, rows, wide);
    reel_tensor *dq = reel_add(d.q, mm(reel_narrow(a, -1, rows, wide), T(dv)));
    reel_tensor *dx =
        square_qr_gradient(y.q, reel_narrow(y.r, -1, 0, rows), dq, reel_narrow(d.r, -1, 0, rows));
    return reel_cat((reel_tensor *[]){dx, mm(y.q, dv)}, 2, -1);
}

reel_qr reel_linalg_qr(reel_tensor *a)
{
    int64_t size = 0;
    if (reeli_is_matrix("qr", a, false)) {
        size = smaller(reeli_rows(a), reeli_columns(a)) * (reeli_rows(a) + reeli_columns(a));
    }
    reeli_node *n = reeli_begin_matrix(&reeli_op_qr, a, false, 1, &size);
    reel_tensor *whole = n ? reeli_apply(n) : reeli_poison_for(1, &a);
    if (reeli_bad(whole)) {
        return (reel_qr){whole, whole};
    }
    const reel_qr parts = qr_parts(whole, a);
    return (reel_qr){reel_clone(parts.q), reel_clone(parts.r)};
}
#undef mm
#undef T
