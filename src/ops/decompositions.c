/* SPDX-License-Identifier: MIT */
/*
 * Matrices taken apart: Cholesky, QR. All is computed in doubles. A decomposition of several parts
 * is one result in a row, of which they are views: so the tape knows but one operation, whose
 * gradient gets all their gradients at once.
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
    bool done = reeli_copy_matrices(n->in[0].t, n->out, "cholesky", &a);
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
    reeli_arena_release(&r->arena, &mark);
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

/* One matrix a[m,n], which lies transposed: Q[m,k] and R[k,n], k the smaller of the two. */
static void take_apart(int64_t m, int64_t n, double *at, double *diagonal, double *q, double *rr)
{
    const int64_t k = reeli_least(m, n);
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
    bool done = reeli_copy_matrices(n->in[0].t, n->out, "qr", &a);
    const int64_t rows = a.rows, columns = a.columns, k = reeli_least(rows, columns);
    double *at = done ? reeli_doubles(r, "qr", rows * columns + rows + k * (rows + columns)) : NULL;
    for (int64_t i = 0; at && i < a.count; i++) {
        double *diagonal = at + rows * columns, *q = diagonal + rows;
        turn(rows, columns, a.data + i * rows * columns, at);
        take_apart(rows, columns, at, diagonal, q, q + rows * k);
        reeli_put_doubles(n->out, i * k * (rows + columns), q, k * (rows + columns));
    }
    reeli_arena_release(&r->arena, &mark);
    return at != NULL;
}

static reel_qr qr_parts(reel_tensor *whole, const reel_tensor *x)
{
    const int64_t m = reeli_rows(x), n = reeli_columns(x), k = reeli_least(m, n);
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
        size = reeli_least(reeli_rows(a), reeli_columns(a)) * (reeli_rows(a) + reeli_columns(a));
    }
    reeli_node *n = reeli_begin_matrix(&reeli_op_qr, a, false, 1, &size);
    reel_tensor *whole = n ? reeli_apply(n) : reeli_poison_for(1, &a);
    if (reeli_bad(whole)) {
        return (reel_qr){whole, whole};
    }
    const reel_qr parts = qr_parts(whole, a);
    const reel_qr own = {reel_clone(parts.q), reel_clone(parts.r)};
    return reeli_bad(own.q) || reeli_bad(own.r) ? (reel_qr){a->r->poison, a->r->poison} : own;
}
#undef mm
#undef T
