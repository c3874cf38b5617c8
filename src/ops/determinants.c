/* SPDX-License-Identifier: MIT */
/*
 * Determinants, and their logarithms. All is computed in doubles. A determinant's gradient is the
 * matrix of its cofactors, which there is of a singular matrix, too, and so are the derivatives of
 * that: they are polynomials.
 */
#include "decompositions.h"
#include "matrices.h"
#include "reduction.h"

#include <math.h>
#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>

#define mm reel_matmul
#define T reel_mT

/* What is asked of each matrix A: one number, or a matrix of its size. */
typedef enum asked { VALUE, SIGN, LOGARITHM, COFACTORS } asked;

/* The product of the diagonal of P A = L U. */
static double product_of_pivots(int64_t n, const double *lu, const int64_t *pivot)
{
    double product = 1;
    for (int64_t k = 0; k < n; k++) {
        product *= pivot[k] == k ? lu[k * n + k] : -lu[k * n + k];
    }
    return product;
}

/* The sign of that product, and the logarithm of its size, which no product of many overflows. */
static double sign_of_pivots(int64_t n, const double *lu, const int64_t *pivot)
{
    double sign = 1;
    for (int64_t k = 0; k < n; k++) {
        const double u = pivot[k] == k ? lu[k * n + k] : -lu[k * n + k];
        sign *= u > 0 ? 1 : u < 0 ? -1 : u;
    }
    return sign;
}

static double logarithm_of_pivots(int64_t n, const double *lu)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        sum += log(fabs(lu[k * n + k]));
    }
    return sum;
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

/* det A⁻ᵀ to y[n,n]; false if a number on the way there is not what doubles hold in full. */
static bool by_inverse(int64_t n, const double *lu, const int64_t *pivot, double *work, double *y)
{
    const double det = product_of_pivots(n, lu, pivot);
    bool sound = isnormal(det);
    if (det == 0) {
        return false;
    }
    for (int64_t i = 0; i < n * n; i++) {
        work[i] = i % (n + 1) == 0;
    }
    reeli_lu_solve(n, lu, pivot, n, work);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            y[i * n + j] = work[j * n + i] * det;
            sound = sound && isfinite(y[i * n + j]);
        }
    }
    return sound;
}

/* The cofactors of one matrix, whose LU is known; minor by minor if they are not to be had from
 * the inverse. */
static void find_cofactors(int64_t n, const double *a, const double *lu, int64_t *pivot,
                           double *work, double *y)
{
    const bool found = by_inverse(n, lu, pivot, work, y);
    for (int64_t i = 0; !found && i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            y[i * n + j] = ((i + j) % 2 ? -1 : 1) * minor_of(n, a, i, j, work, pivot);
        }
    }
}

static int64_t answer(asked what, int64_t n, const double *a, const double *lu, int64_t *pivot,
                      double *work, double *y)
{
    switch (what) {
    case VALUE:
        *y = product_of_pivots(n, lu, pivot);
        return 1;
    case SIGN:
        *y = sign_of_pivots(n, lu, pivot);
        return 1;
    case LOGARITHM:
        *y = logarithm_of_pivots(n, lu);
        return 1;
    case COFACTORS:
        break;
    }
    find_cofactors(n, a, lu, pivot, work, y);
    return n * n;
}

static bool each_matrix(const reel_tensor *x, reel_tensor *y, asked what)
{
    reel *r = x->r;
    reeli_matrices a;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const bool done = reeli_copy_matrices(x, y, "det", &a);
    const int64_t n = a.rows;
    double *room = done ? reeli_doubles(r, "det", 3 * n * n + n) : NULL;
    for (int64_t i = 0; room && i < a.count; i++) {
        double *lu = room, *work = lu + n * n, *result = work + n * n, *own = a.data + i * n * n;
        int64_t *pivot = (int64_t *)(void *)(result + n * n);
        for (int64_t k = 0; k < n * n; k++) {
            lu[k] = own[k];
        }
        reeli_lu(n, lu, pivot);
        const int64_t size = answer(what, n, own, lu, pivot, work, result);
        reeli_put_doubles(y, i * size, result, size);
    }
    reeli_arena_release(&r->arena, &mark);
    return room != NULL;
}

bool reeli_det_forward(reeli_node *n) { return each_matrix(n->in[0].t, n->out, VALUE); }
bool reeli_cofactors_forward(reeli_node *n) { return each_matrix(n->in[0].t, n->out, COFACTORS); }
bool reeli_logabsdet_forward(reeli_node *n) { return each_matrix(n->in[0].t, n->out, LOGARITHM); }

static reel_tensor *cofactors(reel_tensor *a)
{
    const int64_t size[] = {reeli_rows(a), reeli_rows(a)};
    reeli_node *n = reeli_begin_matrix(&reeli_op_cofactors, a, true, 2, size);
    return n ? reeli_apply(n) : a->r->poison;
}

/* A number for each matrix, beside its elements. */
static reel_tensor *each(reel_tensor *g) { return reel_unsqueeze(reel_unsqueeze(g, -1), -1); }

reel_tensor *reeli_det_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t; /* of one number the cofactor is 1, whatever it is */
    return reeli_rows(x) == 1 ? each(g) : reel_mul(each(g), cofactors(x));
}

reel_tensor *reeli_logabsdet_gradient(reeli_node *n, int input, reel_tensor *g)
{
    return reel_mul(each(g), T(reel_linalg_inv(n->in[input].t)));
}

/* True on the diagonal of n by n. */
static reel_tensor *diagonal_mask(reel *r, int64_t n)
{
    reel_tensor *mask = reeli_zeros(r, "det", REEL_BOOL, 2, (int64_t[]){n, n});
    for (int64_t i = 0; !reeli_bad(mask) && i < n; i++) {
        reeli_store(mask, i * (n + 1), 1);
    }
    return mask;
}

/* π_ij, the product of all s but s_i and s_j; 0 for i = j. */
static reel_tensor *products_of_others(reel_tensor *s, reel_tensor *diagonal)
{
    reel_tensor *rows = reel_where(diagonal, reeli_number_for(s, 1), reel_unsqueeze(s, -2));
    const int64_t last = reeli_bad(rows) ? 0 : rows->ndim - 1;
    reel_tensor *others =
        reel_mul(reeli_product_before(rows, last, false), reeli_product_before(rows, last, true));
    return reel_where(diagonal, reeli_number_for(s, 0), others);
}

/* In the bases of A = U S Vᵀ, with M = Uᵀ G V: det U det V U K Vᵀ, K_ij = -π_ij M_ji beside the
 * diagonal and K_ii = Σ_j π_ij M_jj on it, as det (S + X) is ½ Σ π_ij (X_ii X_jj - X_ij X_ji) in
 * its second order. */
reel_tensor *reeli_cofactors_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *a = n->in[input].t;
    if (reeli_rows(a) < 2) {
        return reeli_zeros(a->r, "det", a->dtype, a->ndim, a->size);
    }
    const reel_svd w = reel_linalg_svd(a);
    reel_tensor *m = mm(mm(T(w.u), g), T(w.vh)), *diagonal = diagonal_mask(a->r, reeli_rows(a));
    if (reeli_bad(m) || reeli_bad(diagonal)) {
        return a->r->poison;
    }
    reel_tensor *others = products_of_others(w.s, diagonal);
    reel_tensor *on = mm(others, reel_unsqueeze(reel_diagonal(m, 0, -2, -1), -1));
    reel_tensor *k = reel_where(diagonal, on, reel_neg(reel_mul(others, T(m))));
    reel_tensor *sign = reel_sign(reel_linalg_det(mm(reel_detach(w.u), reel_detach(w.vh))));
    return reel_mul(each(sign), mm(mm(w.u, k), w.vh));
}

reel_tensor *reel_linalg_det(reel_tensor *a)
{
    reeli_node *n = reeli_begin_matrix(&reeli_op_det, a, true, 0, NULL);
    return n ? reeli_apply(n) : reeli_poison_for(1, &a);
}

static bool find_signs(const reeli_args *a) { return each_matrix(a->t[1], a->t[0], SIGN); }

reel_slogdet reel_linalg_slogdet(reel_tensor *a)
{
    reeli_node *n = reeli_begin_matrix(&reeli_op_logabsdet, a, true, 0, NULL);
    reel_tensor *logarithm = n ? reeli_apply(n) : reeli_poison_for(1, &a);
    reel_tensor *sign =
        reeli_bad(logarithm) ? logarithm : reeli_empty_like(logarithm, "slogdet", a->dtype);
    reel_tensor *plain = reeli_bad(sign) ? sign : reel_detach(a);
    if (reeli_bad(plain) || !reeli_do(find_signs, &(reeli_args){.r = a->r, .t = {sign, plain}})) {
        reel_tensor *const poison = reeli_bad(logarithm) ? logarithm : a->r->poison;
        return (reel_slogdet){poison, poison};
    }
    return (reel_slogdet){sign, logarithm};
}
#undef mm
#undef T
