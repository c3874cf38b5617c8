/* SPDX-License-Identifier: MIT */
/* Singular values, and what is made of them: pseudoinverses, least squares, norms of matrices. */
#include "decompositions.h"
#include "matrices.h"

#include <float.h>
#include <math.h>
#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>

#define mm reel_matmul
#define T reel_mT

/* Room for one matrix and its parts: u[k,big] and v[k,k] of the taller of it and its transpose. */
typedef struct singular {
    int64_t rows, columns, k, big;
    double *u, *v, *s;
} singular;

static bool find_room(singular *w, reel *r, const char *what, int64_t rows, int64_t columns)
{
    *w = (singular){.rows = rows, .columns = columns, .k = reeli_least(rows, columns)};
    w->big = rows + columns - w->k;
    w->u = reeli_doubles(r, what, w->k * (w->big + w->k + 1));
    w->v = w->u ? w->u + w->k * w->big : NULL;
    w->s = w->u ? w->v + w->k * w->k : NULL;
    return w->u != NULL;
}

/* Of matrix number i; false, and an error, if it is not finite. */
static bool take_apart(const singular *w, reel *r, const char *what, const double *a, int64_t i)
{
    for (int64_t row = 0; row < w->rows; row++) {
        for (int64_t column = 0; column < w->columns; column++) {
            const int64_t to =
                w->rows >= w->columns ? column * w->rows + row : row * w->columns + column;
            w->u[to] = a[row * w->columns + column];
        }
    }
    if (reeli_svd(w->k, w->big, w->u, w->v, w->s)) {
        return true;
    }
    reeli_error(r, REEL_ERR_VALUE, "%s: matrix %lld of the batch has elements that are not finite",
                what, (long long)i);
    return false;
}

/* Element (i, j) of U and of V. */
static double u_at(const singular *w, int64_t i, int64_t j)
{
    return w->rows >= w->columns ? w->u[j * w->big + i] : w->v[j * w->k + i];
}

static double v_at(const singular *w, int64_t i, int64_t j)
{
    return w->rows >= w->columns ? w->v[j * w->k + i] : w->u[j * w->big + i];
}

/* U, then S, then Vᵀ. */
static void put_parts(const singular *w, double *y)
{
    for (int64_t i = 0; i < w->rows; i++) {
        for (int64_t j = 0; j < w->k; j++) {
            *y++ = u_at(w, i, j);
        }
    }
    for (int64_t i = 0; i < w->k; i++) {
        *y++ = w->s[i];
    }
    for (int64_t i = 0; i < w->k; i++) {
        for (int64_t j = 0; j < w->columns; j++) {
            *y++ = v_at(w, j, i);
        }
    }
}

/* V S⁺ Uᵀ, without those singular values that are at most rtol of the largest. */
static void put_inverse(const singular *w, double rtol, double *y)
{
    for (int64_t i = 0; i < w->columns; i++) {
        for (int64_t j = 0; j < w->rows; j++, y++) {
            *y = 0;
            for (int64_t p = 0; p < w->k; p++) {
                *y += w->s[p] > rtol * w->s[0] ? v_at(w, i, p) * u_at(w, j, p) / w->s[p] : 0;
            }
        }
    }
}

/* Each matrix of input 0 taken apart, and what comes of it to the result: `size` elements. */
static bool each_matrix(reeli_node *n, int64_t size, bool inverse)
{
    reel *r = n->out->r;
    reeli_matrices a;
    singular w = {.rows = 0};
    double *y = NULL;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    bool done = reeli_copy_matrices(n->in[0].t, n->out, n->op->name, &a) &&
                find_room(&w, r, n->op->name, a.rows, a.columns) &&
                (y = reeli_doubles(r, n->op->name, size));
    for (int64_t i = 0; done && i < a.count; i++) {
        done = take_apart(&w, r, n->op->name, a.data + i * a.rows * a.columns, i);
        if (done && inverse) {
            put_inverse(&w, reeli_epsilon_of(n)->eps, y);
        } else if (done) {
            put_parts(&w, y);
        }
        if (done) {
            reeli_put_doubles(n->out, i * size, y, size);
        }
    }
    reeli_arena_release(&r->arena, &mark);
    return done;
}

bool reeli_svd_forward(reeli_node *n)
{
    return each_matrix(n, n->out->size[n->out->ndim - 1], false);
}

bool reeli_pinv_forward(reeli_node *n)
{
    return each_matrix(n, reeli_rows(n->out) * reeli_columns(n->out), true);
}

static reel_svd svd_parts(reel_tensor *whole, const reel_tensor *x)
{
    const int64_t m = reeli_rows(x), n = reeli_columns(x), k = reeli_least(m, n);
    reel_tensor *u = reel_narrow(whole, -1, 0, m * k);
    reel_tensor *vh = reel_narrow(whole, -1, m * k + k, k * n);
    return (reel_svd){reel_unflatten(u, -1, 2, (int64_t[]){m, k}), reel_narrow(whole, -1, m * k, k),
                      reel_unflatten(vh, -1, 2, (int64_t[]){k, n})};
}

/* (Xᵀ D - (Xᵀ D)ᵀ) / E with E_ij = s_j² - s_i²; 0 where nothing comes. */
static reel_tensor *turning(reel_tensor *x, reel_tensor *d, reel_tensor *s)
{
    reel_tensor *m = mm(T(x), d), *skew = reel_sub(m, T(m)), *squares = reel_square(s);
    reel_tensor *e = reel_sub(reel_unsqueeze(squares, -2), reel_unsqueeze(squares, -1));
    reel_tensor *none = reel_eq_scalar(skew, 0);
    reel_tensor *quotient = reel_div(skew, reel_where(none, reeli_number_for(s, 1), e));
    return reel_where(none, reeli_number_for(s, 0), quotient);
}

/* What of D is orthogonal to the columns of X, over s; 0 where nothing comes. */
static reel_tensor *beside(reel_tensor *x, reel_tensor *d, reel_tensor *s)
{
    reel_tensor *rest = reel_sub(d, mm(x, mm(T(x), d))), *none = reel_eq_scalar(rest, 0);
    reel_tensor *one = reeli_number_for(s, 1), *zero = reeli_number_for(s, 0);
    return reel_where(none, zero, reel_div(rest, reel_where(none, one, reel_unsqueeze(s, -2))));
}

/* U (turning(U, dU) S + S turning(V, dV) + dS) Vᵀ, and what U and V turn out of their spaces. */
reel_tensor *reeli_svd_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const reel_tensor *a = n->in[input].t;
    const int64_t rows = reeli_rows(a), columns = reeli_columns(a);
    const reel_svd y = svd_parts(n->out, a), d = svd_parts(g, a);
    reel_tensor *along = reel_unsqueeze(y.s, -2), *down = reel_unsqueeze(y.s, -1);
    reel_tensor *v = T(y.vh), *dv = T(d.vh);
    reel_tensor *core =
        reel_add(reel_mul(turning(y.u, d.u, y.s), along), reel_mul(turning(v, dv, y.s), down));
    reel_tensor *da =
        reel_add(mm(mm(y.u, core), y.vh), mm(reel_mul(y.u, reel_unsqueeze(d.s, -2)), y.vh));
    if (rows > columns) {
        da = reel_add(da, mm(beside(y.u, d.u, y.s), y.vh));
    } else if (columns > rows) {
        da = reel_add(da, mm(y.u, T(beside(v, dv, y.s))));
    }
    return da;
}

reel_svd reel_linalg_svd(reel_tensor *a)
{
    int64_t size = 0;
    if (reeli_is_matrix("svd", a, false)) {
        size =
            reeli_least(reeli_rows(a), reeli_columns(a)) * (reeli_rows(a) + reeli_columns(a) + 1);
    }
    reeli_node *n = reeli_begin_matrix(&reeli_op_svd, a, false, 1, &size);
    reel_tensor *whole = n ? reeli_apply(n) : reeli_poison_for(1, &a);
    if (reeli_bad(whole)) {
        return (reel_svd){whole, whole, whole};
    }
    const reel_svd parts = svd_parts(whole, a);
    const reel_svd own = {reel_clone(parts.u), reel_clone(parts.s), reel_clone(parts.vh)};
    reel_tensor *const poison = a->r->poison;
    const bool bad = reeli_bad(own.u) || reeli_bad(own.s) || reeli_bad(own.vh); /* then all are */
    return bad ? (reel_svd){poison, poison, poison} : own;
}

reel_tensor *reel_linalg_svdvals(reel_tensor *a) { return reel_linalg_svd(a).s; }

/* With P = A⁺ and K = Gᵀ P (or P Gᵀ where A is tall): what of A's own rank there is to
 * differentiate. Golub and Pereyra, 1973. */
reel_tensor *reeli_pinv_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *a = n->in[input].t, *p = n->out;
    if (reeli_rows(a) <= reeli_columns(a)) {
        reel_tensor *k = mm(T(g), p), *kp = mm(k, T(p));
        reel_tensor *da = reel_sub(kp, T(mm(p, k)));
        da = reel_sub(da, mm(mm(a, p), kp));
        return reel_add(da, mm(mm(T(p), p), reel_sub(T(g), mm(k, a))));
    }
    reel_tensor *k = mm(p, T(g)), *pk = mm(T(p), k);
    reel_tensor *da = reel_sub(mm(mm(reel_sub(T(g), mm(a, k)), p), T(p)), T(mm(k, p)));
    return reel_add(da, reel_sub(pk, mm(mm(pk, p), a)));
}

static reel_tensor *pseudoinverse(const char *what, reel_tensor *a, double rtol)
{
    int64_t size[2] = {0, 0};
    if (!reeli_is_matrix(what, a, false)) {
        return reeli_poison_for(1, &a);
    }
    size[0] = reeli_columns(a);
    size[1] = reeli_rows(a);
    if (rtol == 0 && !signbit(rtol)) {
        rtol = (double)(size[0] > size[1] ? size[0] : size[1]) *
               (a->dtype == REEL_F32 ? (double)FLT_EPSILON : DBL_EPSILON);
    }
    if (!(rtol >= 0)) {
        return reeli_fail(a->r, REEL_ERR_VALUE, "%s: rtol must not be negative, and is %g", what,
                          rtol);
    }
    reeli_node *n = reeli_begin_matrix(&reeli_op_pinv, a, false, 2, size);
    if (!n) {
        return a->r->poison;
    }
    reeli_epsilon_of(n)->eps = rtol;
    return reeli_apply(n);
}

reel_tensor *reel_linalg_pinv(reel_tensor *a, double rtol)
{
    return pseudoinverse("pinv", a, rtol);
}

reel_tensor *reel_linalg_lstsq(reel_tensor *a, reel_tensor *b, double rtol)
{
    reel_tensor *in[] = {a, b};
    if (!reeli_all_usable("lstsq", 2, in) || !reeli_is_matrix("lstsq", a, false) ||
        !reeli_same_dtype("lstsq", "right side", b, a)) {
        return reeli_poison_for(2, in);
    }
    const bool vectors = b->ndim == a->ndim - 1;
    const int own = vectors ? 1 : 2;
    if (b->ndim < own || b->size[b->ndim - own] != reeli_rows(a)) {
        return reeli_fail(a->r, REEL_ERR_SHAPE, "lstsq: matrices %s and right sides %s do not fit",
                          REELI_SHAPE_OF(a), REELI_SHAPE_OF(b));
    }
    reel_tensor *x = mm(pseudoinverse("lstsq", a, rtol), vectors ? reel_unsqueeze(b, -1) : b);
    return vectors ? reel_clone(reel_squeeze(x, -1)) : x;
}

/* The most (or the least) of the sums of |x| along a dim of the last two. */
static reel_tensor *extreme_sum(reel_tensor *x, int64_t dim, bool least)
{
    const int64_t last = -1;
    reel_tensor *sums = reel_sum_dim(reel_abs(x), &dim, 1, false);
    return least ? reel_amin(sums, &last, 1, false) : reel_amax(sums, &last, 1, false);
}

reel_tensor *reel_linalg_matrix_norm(reel_tensor *x, reel_matrix_norm ord)
{
    const int64_t last = -1;
    if (!reeli_is_matrix("matrix_norm", x, false)) {
        return reeli_poison_for(1, &x);
    }
    switch (ord) {
    case REEL_NORM_FROBENIUS:
        return reel_norm_dim(x, 2, (int64_t[]){-2, -1}, 2, false);
    case REEL_NORM_NUCLEAR:
        return reel_sum_dim(reel_linalg_svdvals(x), &last, 1, false);
    case REEL_NORM_1:
    case REEL_NORM_MINUS_1:
        return extreme_sum(x, -2, ord == REEL_NORM_MINUS_1);
    case REEL_NORM_INFINITY:
    case REEL_NORM_MINUS_INFINITY:
        return extreme_sum(x, -1, ord == REEL_NORM_MINUS_INFINITY);
    case REEL_NORM_2:
        return reel_amax(reel_linalg_svdvals(x), &last, 1, false);
    case REEL_NORM_MINUS_2:
        return reel_amin(reel_linalg_svdvals(x), &last, 1, false);
    }
    return reeli_fail(x->r, REEL_ERR_VALUE, "matrix_norm: there is no norm %d", (int)ord);
}
#undef mm
#undef T
