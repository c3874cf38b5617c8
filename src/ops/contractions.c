/* SPDX-License-Identifier: MIT */
/* Products that are put together from matrix products: m rows, n columns, k the depth, b the
 * batches. */
#include "ops.h"

#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>

/* Two operands of so many dims each. */
static bool ndims_are(const char *what, reel_tensor *a, int a_ndim, reel_tensor *b, int b_ndim)
{
    return reeli_all_usable(what, 2, (reel_tensor *[]){a, b}) &&
           reeli_has_ndim(what, "left operand", a, a_ndim) &&
           reeli_has_ndim(what, "right operand", b, b_ndim);
}

reel_tensor *reel_mv(reel_tensor *a, reel_tensor *x)
{
    reel_tensor *in[] = {a, x};
    if (!ndims_are("mv", a, 2, x, 1) || !reeli_one_dtype("mv", 2, in)) {
        return reeli_poison_for(2, in);
    }
    return a->size[1] == x->size[0] ? reel_matmul(a, x) : reeli_no_product("mv", a, x);
}

reel_tensor *reel_dot(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    if (!ndims_are("dot", a, 1, b, 1) || !reeli_one_dtype("dot", 2, in)) {
        return reeli_poison_for(2, in);
    }
    return a->size[0] == b->size[0] ? reel_matmul(a, b) : reeli_no_product("dot", a, b);
}

reel_tensor *reel_outer(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    if (!ndims_are("outer", a, 1, b, 1)) {
        return reeli_poison_for(2, in);
    }
    return reel_mul(reel_unsqueeze(a, 1), b);
}

/* The product, whatever the input; whose gradient is 0. */
static reel_tensor *instead_of(reel_tensor *input, reel_tensor *product)
{
    if (!reeli_requires_grad(input) || !input->r->grad_enabled) {
        return product;
    }
    return reel_where(reeli_scalar(input->r, "where", REEL_BOOL, 1), product, input);
}

static reel_tensor *scaled(reel_tensor *x, double factor)
{
    return factor == 1 ? x : reel_mul_scalar(x, factor);
}

/* beta * input + alpha * (a b), in the product's shape. A beta of 0 leaves even a NaN out. */
static reel_tensor *add_product(const char *what,
                                reel_tensor *(*multiply)(reel_tensor *a, reel_tensor *b),
                                reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                                double alpha)
{
    reel_tensor *in[] = {input, a, b};
    if (!reeli_all_usable(what, 3, in)) {
        return reeli_poison_for(3, in);
    }
    reel_tensor *product = multiply(a, b);
    if (reeli_bad(product)) {
        return product;
    }
    if (!reeli_whole_for(what, "beta", beta, product) ||
        !reeli_whole_for(what, "alpha", alpha, product)) {
        return input->r->poison;
    }
    bool fits = input->ndim <= product->ndim;
    for (int d = 1; fits && d <= input->ndim; d++) {
        int64_t own = input->size[input->ndim - d];
        fits = own == 1 || own == product->size[product->ndim - d];
    }
    if (!fits) {
        return reeli_fail(input->r, REEL_ERR_SHAPE,
                          "%s: input %s does not expand to the product's shape %s", what,
                          REELI_SHAPE_OF(input), REELI_SHAPE_OF(product));
    }
    if (product->dtype == REEL_BOOL && input->dtype == REEL_BOOL) {
        input = reel_to(scaled(input, beta), REEL_BOOL); /* "or", of what counts */
        return reel_add(input, reel_to(scaled(product, alpha), REEL_BOOL));
    }
    product = scaled(product, alpha);
    return beta == 0 ? instead_of(input, product) : reel_add(scaled(input, beta), product);
}

/* The same where all must have one dtype. */
static reel_tensor *add_strict(const char *what,
                               reel_tensor *(*multiply)(reel_tensor *a, reel_tensor *b),
                               reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                               double alpha)
{
    reel_tensor *in[] = {input, a, b};
    if (!reeli_all_usable(what, 3, in) || !reeli_one_dtype(what, 3, in)) {
        return reeli_poison_for(3, in);
    }
    return add_product(what, multiply, input, a, b, beta, alpha);
}

reel_tensor *reel_addmm(reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                        double alpha)
{
    return add_strict("addmm", reel_mm, input, a, b, beta, alpha);
}

reel_tensor *reel_addmv(reel_tensor *input, reel_tensor *a, reel_tensor *x, double beta,
                        double alpha)
{
    return add_strict("addmv", reel_mv, input, a, x, beta, alpha);
}

reel_tensor *reel_baddbmm(reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                          double alpha)
{
    return add_strict("baddbmm", reel_bmm, input, a, b, beta, alpha);
}

reel_tensor *reel_addr(reel_tensor *input, reel_tensor *a, reel_tensor *b, double beta,
                       double alpha)
{
    reel_tensor *in[] = {input, a, b},
                *y = add_product("addr", reel_outer, input, a, b, beta, alpha);
    /* An input that weighs 0 counts for the dtype still. */
    return reeli_bad(y) ? y : reel_to(y, (reel_dtype)reeli_promote(3, in));
}

reel_tensor *reel_inner(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    if (!reeli_all_usable("inner", 2, in)) {
        return reeli_poison_for(2, in);
    }
    if (a->ndim == 0 || b->ndim == 0) {
        return reel_mul(a, b);
    }
    if (a->size[a->ndim - 1] != b->size[b->ndim - 1]) {
        return reeli_fail(a->r, REEL_ERR_SHAPE, "inner: shapes %s and %s differ in their last size",
                          REELI_SHAPE_OF(a), REELI_SHAPE_OF(b));
    }
    return reel_tensordot(a, b, &(int64_t){-1}, &(int64_t){-1}, 1);
}

/* One operand of a tensordot: which of its dims are summed, in which order. */
typedef struct operand {
    reel_tensor *t;
    int64_t summed[REEL_MAX_DIMS];
    unsigned set;
} operand;

/* The dims that are summed, counted from 0: those given, or `count` of them from `first` on. */
static bool choose(operand *x, int count, const int64_t *dims, int64_t first)
{
    int64_t given[REEL_MAX_DIMS] = {0};
    for (int i = 0; i < count; i++) {
        given[i] = dims ? dims[i] : first + i;
    }
    return reeli_dims_once("tensordot", x->t, count, given, x->summed, &x->set);
}

/* Where only one operand has size 1 the other can be summed at once. */
static bool match(operand *a, operand *b, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t in_a = a->t->size[a->summed[i]], in_b = b->t->size[b->summed[i]];
        if (in_a != in_b && in_a != 1 && in_b != 1) {
            reeli_error(a->t->r, REEL_ERR_SHAPE,
                        "tensordot: dim %lld of shape %s and dim %lld of shape %s differ",
                        (long long)a->summed[i], REELI_SHAPE_OF(a->t), (long long)b->summed[i],
                        REELI_SHAPE_OF(b->t));
            return false;
        }
        operand *wide = in_a == in_b ? NULL : in_b == 1 ? a : b;
        if (wide) {
            wide->t = reeli_sum_dims(wide->t, 1u << wide->summed[i], true);
            if (reeli_bad(wide->t)) {
                return false;
            }
        }
    }
    return true;
}

/* The operand as a matrix, its summed dims as columns or as rows; the sizes of the other dims go to
 * the end of `size`. */
static reel_tensor *as_matrix(const operand *x, int count, bool summed_last, int64_t *size,
                              int *ndim)
{
    int64_t order[REEL_MAX_DIMS], kept = 1, depth = 1;
    int at = summed_last ? 0 : count;
    for (int d = 0; d < x->t->ndim; d++) {
        if (!(x->set >> d & 1)) {
            order[at++] = d;
            kept *= size[(*ndim)++] = x->t->size[d];
        }
    }
    for (int i = 0; i < count; i++) {
        order[(summed_last ? x->t->ndim - count : 0) + i] = x->summed[i];
        depth *= x->t->size[x->summed[i]];
    }
    return reel_reshape(reel_permute(x->t, order), 2,
                        summed_last ? (int64_t[]){kept, depth} : (int64_t[]){depth, kept});
}

/* C[i…,j…] = Σ over s… of A[i…,s…] B[s…,j…]: one matrix product. */
reel_tensor *reel_tensordot(reel_tensor *a, reel_tensor *b, const int64_t *a_dims,
                            const int64_t *b_dims, int count)
{
    reel_tensor *in[] = {a, b};
    if (!reeli_all_usable("tensordot", 2, in) || !reeli_one_dtype("tensordot", 2, in)) {
        return reeli_poison_for(2, in);
    }
    if (count < 0 || count > a->ndim || count > b->ndim ||
        a->ndim + b->ndim - 2 * count > REEL_MAX_DIMS) {
        return reeli_fail(a->r, REEL_ERR_SHAPE,
                          "tensordot: %d dims of shapes %s and %s cannot be summed", count,
                          REELI_SHAPE_OF(a), REELI_SHAPE_OF(b));
    }
    operand left = {.t = a}, right = {.t = b};
    if (!choose(&left, count, a_dims, a->ndim - count) || !choose(&right, count, b_dims, 0) ||
        !match(&left, &right, count)) {
        return a->r->poison;
    }
    int64_t size[REEL_MAX_DIMS];
    int ndim = 0;
    reel_tensor *rows = as_matrix(&left, count, true, size, &ndim);
    reel_tensor *columns = as_matrix(&right, count, false, size, &ndim);
    return reeli_as_result(reel_reshape(reel_mm(rows, columns), ndim, size));
}

/* x1 and x2 agree in all dims but the last, and these fit the weight. */
static bool bilinear_fits(const reel_tensor *x1, const reel_tensor *x2, const reel_tensor *w,
                          const reel_tensor *bias)
{
    bool fits = w->ndim == 3 && x1->ndim > 0 && x1->ndim == x2->ndim &&
                x1->size[x1->ndim - 1] == w->size[1] && x2->size[x2->ndim - 1] == w->size[2];
    for (int d = 0; fits && d < x1->ndim - 1; d++) {
        fits = x1->size[d] == x2->size[d];
    }
    if (!fits || (bias && (bias->ndim != 1 || bias->size[0] != w->size[0]))) {
        reeli_error(x1->r, REEL_ERR_SHAPE,
                    "bilinear: inputs %s and %s, weight %s and bias %s do not fit",
                    REELI_SHAPE_OF(x1), REELI_SHAPE_OF(x2), REELI_SHAPE_OF(w),
                    bias ? REELI_SHAPE_OF(bias) : "none");
        return false;
    }
    return true;
}

/* y[r,o] = Σ_ij x1[r,i] w[o,i,j] x2[r,j]: first w times x2 for all o and i in one product. */
reel_tensor *reel_bilinear(reel_tensor *x1, reel_tensor *x2, reel_tensor *weight, reel_tensor *bias)
{
    reel_tensor *in[] = {x1, x2, weight, bias};
    const int count = bias ? 4 : 3;
    if (!reeli_all_usable("bilinear", count, in) || !bilinear_fits(x1, x2, weight, bias) ||
        !reeli_one_dtype("bilinear", count, in)) {
        return reeli_poison_for(count, in);
    }
    int64_t size[REEL_MAX_DIMS], rows = 1;
    for (int d = 0; d < x1->ndim - 1; d++) {
        rows *= size[d] = x1->size[d];
    }
    const int64_t o = size[x1->ndim - 1] = weight->size[0], i = weight->size[1],
                  j = weight->size[2];
    reel_tensor *flat = reel_reshape(weight, 2, (int64_t[]){o * i, j});
    reel_tensor *half = reel_mm(reel_reshape(x2, 2, (int64_t[]){rows, j}), reel_t(flat));
    reel_tensor *y = reel_bmm(reel_reshape(half, 3, (int64_t[]){rows, o, i}),
                              reel_reshape(x1, 3, (int64_t[]){rows, i, 1}));
    y = reeli_as_result(reel_reshape(y, x1->ndim, size));
    return bias ? reel_add(y, bias) : y;
}
