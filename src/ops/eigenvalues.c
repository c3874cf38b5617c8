/* SPDX-License-Identifier: MIT */
/* Eigenvalues of symmetric matrices. All is computed in doubles. */
#include "decompositions.h"
#include "matrices.h"

#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>

#define mm reel_matmul
#define T reel_mT

/* The other triangle becomes the mirror of that which counts. */
static void mirror(int64_t n, double *a, bool upper)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (upper) {
                a[i * n + j] = a[j * n + i];
            } else {
                a[j * n + i] = a[i * n + j];
            }
        }
    }
}

/* One matrix's values, then its vectors as columns, at y; work[n,n]. */
static bool take_apart(int64_t n, double *a, double *work, double *y)
{
    if (!reeli_eigh(n, a, work, y)) {
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            y[n + i * n + j] = work[j * n + i];
        }
    }
    return true;
}

bool reeli_eigh_forward(reeli_node *n)
{
    reel *r = n->out->r;
    reeli_matrices a;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const bool copied = reeli_copy_matrices(n->in[0].t, n->out, "eigh", &a);
    const int64_t size = a.rows * a.rows;
    double *work = copied ? reeli_doubles(r, "eigh", 2 * size + a.rows) : NULL;
    bool done = work != NULL;
    for (int64_t i = 0; done && i < a.count; i++) {
        double *own = a.data + i * size, *y = work + size;
        mirror(a.rows, own, reeli_triangle_of(n)->upper);
        done = take_apart(a.rows, own, work, y);
        if (done) {
            reeli_put_doubles(n->out, i * (size + a.rows), y, size + a.rows);
        } else {
            reeli_error(r, REEL_ERR_VALUE,
                        "eigh: matrix %lld of the batch has elements that are not finite",
                        (long long)i);
        }
    }
    reeli_arena_release(&r->arena, &mark);
    return done;
}

static reel_eigh parts_of(reel_tensor *whole, int64_t n)
{
    reel_tensor *vectors = reel_narrow(whole, -1, n, n * n);
    return (reel_eigh){reel_narrow(whole, -1, 0, n),
                       reel_unflatten(vectors, -1, 2, (int64_t[]){n, n})};
}

/* V (diag dL + M / E) Vᵀ with M = (Vᵀ dV - dVᵀ V) / 2, how V is turned, and E_ij = l_j - l_i; 0
 * where nothing comes. */
reel_tensor *reeli_eigh_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const int64_t size = reeli_rows(n->in[input].t);
    const reel_eigh y = parts_of(n->out, size), d = parts_of(g, size);
    reel_tensor *v = y.vectors, *l = y.values;
    reel_tensor *m = mm(T(v), d.vectors);
    m = reel_mul_scalar(reel_sub(m, T(m)), 0.5);
    reel_tensor *apart = reel_sub(reel_unsqueeze(l, -2), reel_unsqueeze(l, -1));
    reel_tensor *none = reel_eq_scalar(m, 0);
    reel_tensor *quotient = reel_div(m, reel_where(none, reeli_number_for(l, 1), apart));
    quotient = reel_where(none, reeli_number_for(l, 0), quotient);
    reel_tensor *along = mm(reel_mul(v, reel_unsqueeze(d.values, -2)), T(v));
    return reel_add(along, mm(mm(v, quotient), T(v)));
}

reel_eigh reel_linalg_eigh(reel_tensor *a, bool upper)
{
    int64_t size = 0;
    if (reeli_is_matrix("eigh", a, true)) {
        size = reeli_rows(a) * (reeli_rows(a) + 1);
    }
    reeli_node *n = reeli_begin_matrix(&reeli_op_eigh, a, true, 1, &size);
    if (n) {
        reeli_triangle_of(n)->upper = upper;
    }
    reel_tensor *whole = n ? reeli_apply(n) : reeli_poison_for(1, &a);
    if (reeli_bad(whole)) {
        return (reel_eigh){whole, whole};
    }
    const reel_eigh parts = parts_of(whole, reeli_rows(a));
    const reel_eigh own = {reel_clone(parts.values), reel_clone(parts.vectors)};
    reel_tensor *const poison = a->r->poison;
    return reeli_bad(own.values) || reeli_bad(own.vectors) ? (reel_eigh){poison, poison} : own;
}

reel_tensor *reel_linalg_eigvalsh(reel_tensor *a, bool upper)
{
    return reel_linalg_eigh(a, upper).values;
}
#undef mm
#undef T
