/* SPDX-License-Identifier: MIT */
/* QR, singular values and what is made of them. Expected values: tests/generate/decompositions.py.
 */
#include "records.h"

#include <math.h>
#include <reel/autograd.h>
#include <reel/compare.h>
#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/gradcheck.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <stdlib.h>

enum { ROOM = 200 };

/* Weights, or right sides: small numbers of both signs. */
static reel_tensor *ramp(reel *r, int ndim, const int64_t *size)
{
    double x[ROOM];
    int64_t count = 1;
    for (int d = 0; d < ndim; d++) {
        count *= size[d];
    }
    for (int64_t i = 0; i < count; i++) {
        x[i] = (double)(i * 5 % 7 - 3) / 3;
    }
    return reel_from_f64(r, x, ndim, size);
}

static reel_tensor *ramp_like(reel_tensor *t)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < reel_ndim(t); d++) {
        size[d] = reel_size(t, d);
    }
    return ramp(reel_of(t), reel_ndim(t), size);
}

static reel_matrix_norm norm_named(const char *name)
{
    static const char *const names[] = {"fro", "nuc", "1", "-1", "2", "-2", "inf", "-inf"};
    int i = 0;
    while (strcmp(names[i], name) != 0) {
        i++;
    }
    return (reel_matrix_norm)i;
}

/* The results of the record's call; how many. */
static int call(const char *name, reel_tensor *x, reel_tensor **y)
{
    if (strcmp(name, "qr") == 0) {
        const reel_qr parts = reel_linalg_qr(x);
        y[0] = parts.q;
        y[1] = parts.r;
        return 2;
    }
    if (strncmp(name, "eigh_", 5) == 0) {
        const reel_eigh parts = reel_linalg_eigh(x, strcmp(name, "eigh_upper") == 0);
        y[0] = parts.values;
        y[1] = reel_abs(parts.vectors);
        return 2;
    }
    if (strcmp(name, "svd") == 0) {
        const reel_svd parts = reel_linalg_svd(x);
        y[0] = reel_abs(parts.u);
        y[1] = parts.s;
        y[2] = reel_abs(parts.vh);
        return 3;
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < reel_ndim(x); d++) {
        size[d] = d == reel_ndim(x) - 1 ? 2 : reel_size(x, d);
    }
    y[0] = strncmp(name, "norm_", 5) == 0 ? reel_linalg_matrix_norm(x, norm_named(name + 5))
           : strcmp(name, "pinv") == 0
               ? reel_linalg_pinv(x, 0)
               : reel_linalg_lstsq(x, ramp(reel_of(x), reel_ndim(x), size), 0);
    return 1;
}

static int shape_of(const char *text, int64_t *size)
{
    int ndim = 0;
    for (char *at = (char *)(uintptr_t)text; *at; at += *at == 'x') {
        size[ndim++] = strtol(at, &at, 10);
    }
    return ndim;
}

/* The record's values from *next on are t's. */
static void assert_elements(const record *it, int *next, reel_tensor *t)
{
    double x[ROOM];
    ck_assert_int_eq(reel_to_f64(t, x, reel_numel(t)), REEL_OK);
    for (int64_t i = 0; i < reel_numel(t); i++, ++*next) {
        const double expected = record_number(it, *next);
        ck_assert_msg(fabs(x[i] - expected) <= 1e-11 * fmax(1, fabs(expected)),
                      "%s %s: element %lld is %.17g, not %.17g", it->word[0], it->word[1],
                      (long long)i, x[i], expected);
    }
}

START_TEST(they_are_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("linalg/decompositions.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++, reel_rewind(r)) {
        int64_t size[REEL_MAX_DIMS];
        double values[ROOM];
        const int ndim = shape_of(it.word[1], size);
        reel_tensor *y[3], *sum = NULL, *x = ramp(r, ndim, size);
        int next = it.words;
        for (int64_t i = 0; i < reel_numel(x); i++) {
            values[i] = record_number(&it, next++);
        }
        memcpy(reel_data_f64(x), values, (size_t)reel_numel(x) * sizeof *values);
        reel_requires_grad_(x, true);
        const int results = call(it.word[0], x, y);
        for (int i = 0; i < results; i++) {
            assert_elements(&it, &next, y[i]);
            reel_tensor *part = reel_sum(reel_mul(y[i], ramp_like(y[i])));
            sum = sum ? reel_add(sum, part) : part;
        }
        reel_backward(sum);
        ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
        assert_elements(&it, &next, reel_grad(x));
        ck_assert_int_eq(next, it.words + it.values);
    }
    ck_assert_int_eq(count, 6 * 12 + 4 + 2);
    reel_free(r);
}
END_TEST

/* What no file says: the parts multiply to the whole, and are orthogonal, of matrices of rank 0 and
 * 1, too. */
START_TEST(parts_make_the_whole)
{
    for (int k = 0; k < 3; k++) {
        reel *r = reel_new();
        reel_tensor *a = reel_randn(r, REEL_F64, REEL_SHAPE(5, 4));
        a = k == 0 ? a
                   : reel_mul_scalar(reel_matmul(reel_narrow(a, 1, 0, 1), reel_narrow(a, 0, 0, 1)),
                                     k == 1 ? 1e200 : 0);
        const reel_svd s = reel_linalg_svd(a);
        const reel_qr q = reel_linalg_qr(a);
        reel_tensor *eye = reel_eye(r, REEL_F64, 4, 4);
        const reel_closeness near = {.rtol = 1e-13, .atol = k == 1 ? 1e187 : 1e-13};
        reel_tensor *whole = reel_matmul(reel_mul(s.u, s.s), s.vh);
        ck_assert(reel_allclose(whole, a, near));
        ck_assert(
            reel_allclose(reel_matmul(reel_mT(s.u), s.u), eye, (reel_closeness){.atol = 1e-13}));
        ck_assert(
            reel_allclose(reel_matmul(s.vh, reel_mT(s.vh)), eye, (reel_closeness){.atol = 1e-13}));
        ck_assert(reel_allclose(reel_matmul(q.q, q.r), a, near));
        ck_assert(
            reel_allclose(reel_matmul(reel_mT(q.q), q.q), eye, (reel_closeness){.atol = 1e-13}));
        reel_free(r);
    }
}
END_TEST

/* The gradient of a determinant at a singular matrix is that of the polynomial. */
START_TEST(a_singular_determinant_has_a_gradient)
{
    reel *r = reel_new();
    reel_tensor *a = reel_from_f64(r, (double[]){1, 2, 3, 2, 4, 6, 1, 0, 1}, REEL_SHAPE(3, 3));
    reel_requires_grad_(a, true);
    reel_tensor *det = reel_linalg_det(a);
    reel_backward(det);
    const double cofactors[] = {4, 4, -4, -2, -2, 2, 0, 0, 0};
    ck_assert_double_eq(reel_item(det), 0);
    for (int64_t i = 0; i < 9; i++) {
        const int64_t at[] = {i / 3, i % 3};
        ck_assert_double_eq_tol(reel_get(reel_grad(a), at), cofactors[i], 1e-14);
    }
    reel_free(r);
}
END_TEST

/* Cofactors are there where the inverse, or the determinant itself, is beyond doubles. */
START_TEST(a_determinants_gradient_is_not_its_inverse)
{
    static const double diagonals[][2] = {{1e-310, 1}, {1e-310, 1e300}, {1e200, 1e200}};
    for (int i = 0; i < 3; i++) {
        reel *r = reel_new();
        const double *d = diagonals[i];
        reel_tensor *a = reel_from_f64(r, (double[]){d[0], 0, 0, d[1]}, REEL_SHAPE(2, 2));
        reel_requires_grad_(a, true);
        reel_backward(reel_linalg_det(a));
        ck_assert(reel_equal(reel_grad(a),
                             reel_from_f64(r, (double[]){d[1], 0, 0, d[0]}, REEL_SHAPE(2, 2))));
        reel_free(r);
    }
}
END_TEST

static reel_tensor *determinant(reel_tensor *const *inputs, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_linalg_det(inputs[0]);
}

/* It is a polynomial, whatever the rank: 2, 1 and 0. */
START_TEST(a_singular_determinant_has_a_second_derivative)
{
    static const double values[][9] = {
        {1, 2, 3, 2, 4, 6, 1, 0, 1}, {1, 2, 3, 2, 4, 6, -1, -2, -3}, {0}};
    for (int i = 0; i < 3; i++) {
        reel *r = reel_new();
        reel_tensor *a = reel_from_f64(r, values[i], REEL_SHAPE(3, 3));
        reel_requires_grad_(a, true);
        reel_gradgradcheck(determinant, NULL, &a, 1, NULL, NULL);
        ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
        reel_free(r);
    }
}
END_TEST

/* A determinant of -10^600, and one of 0. */
START_TEST(a_logarithm_does_not_overflow)
{
    reel *r = reel_new();
    const double diagonal[] = {1e200, 1e200, -1e200};
    reel_tensor *a = reel_diag(reel_from_f64(r, diagonal, REEL_SHAPE(3)), 0);
    const reel_slogdet s = reel_linalg_slogdet(a), zero = reel_linalg_slogdet(reel_sub(a, a));
    ck_assert(reel_item(s.sign) == -1);
    ck_assert_double_eq_tol(reel_item(s.logabsdet), 600 * log(10), 1e-12);
    ck_assert(reel_item(zero.sign) == 0 && reel_item(zero.logabsdet) == -(double)INFINITY);
    reel_free(r);
}
END_TEST

static void refuses(reel *r, const reel_tensor *y, reel_status status, const char *part)
{
    ck_assert(reel_is_poison(y));
    assert_error(r, status, part);
}

START_TEST(what_has_no_answer_is_refused)
{
    reel *r = quiet_reel();
    reel_tensor *zero = reel_zeros(r, REEL_F64, REEL_SHAPE(2, 2));
    reel_tensor *wide = reel_zeros(r, REEL_F64, REEL_SHAPE(2, 3));
    reel_tensor *nan = reel_full(r, REEL_F64, DOUBLE_NAN, REEL_SHAPE(2, 2));
    reel_tensor *whole = reel_ones(r, REEL_I64, REEL_SHAPE(2, 2));
    refuses(r, reel_linalg_solve(zero, wide), REEL_ERR_VALUE,
            "solve: matrix 0 of the batch is singular");
    refuses(r, reel_linalg_inv(wide), REEL_ERR_SHAPE, "inv");
    refuses(r, reel_linalg_inv(whole), REEL_ERR_DTYPE, "inv");
    refuses(r, reel_linalg_cholesky(zero, false), REEL_ERR_VALUE, "order 1 is not positive");
    refuses(r, reel_linalg_svdvals(nan), REEL_ERR_VALUE, "not finite");
    refuses(r, reel_linalg_lstsq(wide, reel_zeros(r, REEL_F64, REEL_SHAPE(3)), 0), REEL_ERR_SHAPE,
            "lstsq");
    reel_free(r);
}
END_TEST

/* A batch of 2^40 matrices without elements is no work. */
START_TEST(of_no_elements)
{
    reel *r = quiet_reel();
    const int64_t many = (int64_t)1 << 40;
    reel_tensor *tall = reel_zeros(r, REEL_F64, REEL_SHAPE(many, 3, 0));
    reel_tensor *square = reel_zeros(r, REEL_F64, REEL_SHAPE(many, 0, 0));
    ck_assert_int_eq(reel_numel(reel_linalg_svdvals(tall)), 0);
    ck_assert_int_eq(reel_numel(reel_linalg_qr(tall).q), 0);
    ck_assert_int_eq(reel_numel(reel_linalg_cholesky(square, false)), 0);
    ck_assert_int_eq(reel_numel(reel_linalg_eigvalsh(square, false)), 0);
    ck_assert_int_eq(reel_numel(reel_linalg_solve(square, square)), 0);
    ck_assert_double_eq(reel_item(reel_linalg_det(reel_zeros(r, REEL_F64, REEL_SHAPE(0, 0)))), 1);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, of_no_elements);
    tcase_add_test(cases, they_are_pytorchs);
    tcase_add_test(cases, parts_make_the_whole);
    tcase_add_test(cases, a_singular_determinant_has_a_gradient);
    tcase_add_test(cases, a_determinants_gradient_is_not_its_inverse);
    tcase_add_test(cases, a_singular_determinant_has_a_second_derivative);
    tcase_add_test(cases, a_logarithm_does_not_overflow);
    tcase_add_test(cases, what_has_no_answer_is_refused);
}

int main(void) { return run_suite("decompositions", add_cases); }
