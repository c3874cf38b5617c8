/* SPDX-License-Identifier: MIT */
/* Reductions, scans and sorting against PyTorch's where elements are equal, 0, NaN or infinite:
 * values, places, gradients and gradients of gradients. Expected values:
 * tests/generate/reductions.py. */
#include "records.h"

#include <reel/activation.h>
#include <reel/autograd.h>
#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/sort.h>
#include <reel/views.h>

enum { ROWS = 3, COLUMNS = 4, ELEMENTS = ROWS * COLUMNS, ALL = 9, BASES = 8 };

typedef struct base {
    char name[16];
    double elements[ELEMENTS];
} base;

static reel_tensor *picked(reel_values v, reel_tensor **indices)
{
    *indices = v.indices;
    return v.values;
}

/* The operation that a case names; where it picks elements, their places too. */
static reel_tensor *result_of(const char *name, reel_tensor *x, int64_t d, reel_tensor **indices)
{
    const bool all = d == ALL;
    const int count = all ? 0 : 1;
#define IS(text) (strcmp(name, text) == 0)
    if (strncmp(name, "norm", 4) == 0) {
        return reel_norm_dim(x, strtod(name + 4, NULL), &d, count, false);
    }
    return IS("sum")           ? reel_sum_dim(x, &d, count, false)
           : IS("mean")        ? reel_mean_dim(x, &d, count, false)
           : IS("nansum")      ? reel_nansum_dim(x, &d, count, false)
           : IS("prod")        ? (all ? reel_prod(x) : reel_prod_dim(x, d, false))
           : IS("logsumexp")   ? reel_logsumexp(x, &d, count, false)
           : IS("amax")        ? reel_amax(x, &d, count, false)
           : IS("amin")        ? reel_amin(x, &d, count, false)
           : IS("max")         ? (all ? reel_max(x) : picked(reel_max_dim(x, d, false), indices))
           : IS("min")         ? (all ? reel_min(x) : picked(reel_min_dim(x, d, false), indices))
           : IS("median")      ? reel_median(x)
           : IS("var")         ? reel_var_dim(x, &d, count, 1, false)
           : IS("std")         ? reel_std_dim(x, &d, count, 1, false)
           : IS("cumsum")      ? reel_cumsum(x, d)
           : IS("cumprod")     ? reel_cumprod(x, d)
           : IS("softmax")     ? reel_softmax(x, d)
           : IS("log_softmax") ? reel_log_softmax(x, d)
           : IS("sort")        ? picked(reel_sort(x, d, false), indices)
           : IS("sort_descending") ? picked(reel_sort(x, d, true), indices)
           : IS("quantile")        ? reel_quantile(x, 0.3, (reel_quantile_options){.dim = &d})
                                   : NULL;
#undef IS
}

/* t's elements, row by row, are the record's. */
static void assert_elements(const record *it, const char *title, reel_tensor *t)
{
    double got[ELEMENTS];
    ck_assert_msg(!reel_is_poison(t), "%s: %s", title, reel_error(reel_of(t)));
    ck_assert_int_eq(it->values, reel_numel(t));
    ck_assert_int_eq(reel_to_f64(t, got, it->values), REEL_OK);
    for (int i = 0; i < it->values; i++) {
        const double expected = record_number(it, it->words + i);
        ck_assert_msg(is_close(got[i], expected, 1e-12) || fabs(got[i] - expected) < 1e-14,
                      "%s: %s %d is %.17g, not %.17g", title, it->word[0], i, got[i], expected);
    }
}

/* Σ t · (1, 2, 3, …). */
static reel_tensor *weighted(reel_tensor *t)
{
    double weight[ELEMENTS];
    int64_t size[REEL_MAX_DIMS];
    for (int i = 0; i < ELEMENTS; i++) {
        weight[i] = i + 1;
    }
    for (int d = 0; d < reel_ndim(t); d++) {
        size[d] = reel_size(t, d);
    }
    return reel_sum(reel_mul(t, reel_from_f64(reel_of(t), weight, reel_ndim(t), size)));
}

/* The gradient is that of one pass and of one that is recorded, which a second one goes through. */
static void check_gradients(const record *it, const char *title, reel_tensor *x, reel_tensor *loss,
                            reel_tensor **next)
{
    reel_tensor *gradient = NULL;
    const reel_backward_options plain = {.retain_graph = true}, recorded = {.create_graph = true};
    const reel_backward_options *options[] = {&plain, &recorded};
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(reel_gradients(loss, &x, 1, options[i], &gradient) == REEL_OK, "%s: %s",
                      title, reel_error(reel_of(x)));
        assert_elements(it, title, gradient ? gradient : reel_zeros_like(x));
    }
    *next = gradient ? weighted(gradient) : NULL;
}

static const double *elements_of(const base *bases, const char *name)
{
    int i = 0;
    while (strcmp(bases[i].name, name) != 0) {
        ck_assert_int_lt(++i, BASES);
    }
    return bases[i].elements;
}

START_TEST(as_pytorch)
{
    reel *r = reel_new();
    record it;
    base bases[BASES] = {{"", {0}}};
    char title[64] = "";
    int known = 0, cases = 0;
    reel_tensor *x = NULL, *loss = NULL, *indices = NULL;
    FILE *file = open_records("reductions/cases.txt");
    while (next_record(file, &it)) {
        const char *what = it.word[0];
        if (strcmp(what, "base") == 0) {
            snprintf(bases[known].name, sizeof bases[known].name, "%s", it.word[1]);
            for (int i = 0; i < ELEMENTS; i++) {
                bases[known].elements[i] = record_number(&it, it.words + i);
            }
            known++;
        } else if (strcmp(what, "case") == 0) {
            reel_rewind(r);
            x = reel_from_f64(r, elements_of(bases, it.word[2]), REEL_SHAPE(ROWS, COLUMNS));
            reel_requires_grad_(x, true);
            snprintf(title, sizeof title, "%s %s %s", it.word[1], it.word[2], it.word[3]);
            reel_tensor *y = result_of(it.word[1], x, record_whole(&it, 3), &indices);
            assert_elements(&it, title, y);
            loss = weighted(y);
            cases++;
        } else if (strcmp(what, "indices") == 0) {
            assert_elements(&it, title, indices);
        } else {
            check_gradients(&it, title, x, loss, &loss);
        }
    }
    ck_assert_int_gt(cases, 250);
    reel_free(r);
}
END_TEST

/* The derivative of a product is the product of the others, whatever the element itself is. */
START_TEST(product_of_the_others)
{
    reel *r = reel_new();
    const double elements[] = {2, DOUBLE_NAN, 3};
    reel_tensor *x = reel_requires_grad_(reel_from_f64(r, elements, REEL_SHAPE(3)), true);
    ck_assert_int_eq(reel_backward(reel_prod(x)), REEL_OK);
    ck_assert(isnan(reel_data_f64(reel_grad(x))[0]));
    ck_assert_double_eq(reel_data_f64(reel_grad(x))[1], 6);
    ck_assert(isnan(reel_data_f64(reel_grad(x))[2]));
    reel_free(r);
}
END_TEST

/* Sorting 0 … n-1 in random order gives them in order, and topk and the median what it starts
 * with. */
START_TEST(sorts_permutations)
{
    reel *r = reel_new();
    for (int64_t n = 1; n < 3000; n = n * 3 / 2 + 1) {
        reel_tensor *x = reel_randperm(r, n);
        const int64_t *sorted = reel_data_i64(reel_sort(x, 0, false).values);
        reel_values top = reel_topk(x, n / 2, 0, false);
        for (int64_t i = 0; i < n; i++) {
            ck_assert_int_eq(sorted[i], i);
        }
        for (int64_t i = 0; i < n / 2; i++) {
            ck_assert_int_eq(reel_data_i64(top.values)[i], n - 1 - i);
            ck_assert_int_eq(reel_data_i64(x)[reel_data_i64(top.indices)[i]], n - 1 - i);
        }
        ck_assert_double_eq(reel_item(reel_median(x)), (double)((n - 1) / 2));
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(refuses)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 0, 3));
    reel_tensor *whole = reel_zeros(r, REEL_I64, REEL_SHAPE(2, 3));
    ck_assert(reel_is_poison(reel_max(x)));
    assert_error(r, REEL_ERR_SHAPE, "max: dim 1 of shape (2, 0, 3)");
    ck_assert(reel_is_poison(reel_max_dim(x, 1, false).indices));
    assert_error(r, REEL_ERR_SHAPE, "max_dim: dim 1 of shape (2, 0, 3)");
    ck_assert(reel_is_poison(reel_sum_dim(x, (int64_t[]){1, -2}, 2, false)));
    assert_error(r, REEL_ERR_SHAPE, "sum: dim 1 is named twice");
    ck_assert(reel_is_poison(reel_softmax(whole, 0)));
    assert_error(r, REEL_ERR_DTYPE, "softmax: the input must be floating, and is int64");
    ck_assert(reel_is_poison(reel_topk(whole, 4, 1, false).values));
    assert_error(r, REEL_ERR_VALUE, "topk: there are no 4 elements in dim 1 of shape (2, 3)");
    reel_tensor *floating = reel_to(whole, REEL_F32);
    ck_assert(reel_is_poison(reel_quantile(floating, 1.5, (reel_quantile_options){0})));
    assert_error(r, REEL_ERR_VALUE, "quantile: q must lie in [0, 1], and is 1.5");
    reel_free(r);
}
END_TEST

/* Equal numbers have a variance of 0, whatever a sum of them rounds to; so has a constant
 * column. */
START_TEST(equal_numbers_do_not_vary)
{
    reel *r = reel_new();
    for (int64_t n = 2; n < 40; n++) {
        reel_tensor *x = reel_full(r, REEL_F64, 0.1, REEL_SHAPE(n, 3));
        ck_assert(reel_item(reel_var(x)) == 0);
        ck_assert(reel_item(reel_sum(reel_std_dim(x, &(int64_t){0}, 1, 1, false))) == 0);
        ck_assert(reel_item(reel_sum(reel_std_dim(x, &(int64_t){1}, 1, 1, false))) == 0);
    }
    reel_free(r);
}
END_TEST

static reel_tensor *mean_of(reel_tensor *x) { return reel_mean(x); }
static reel_tensor *std_of(reel_tensor *x) { return reel_std(x); }
static reel_tensor *det_of(reel_tensor *x)
{
    return reel_linalg_det(reel_reshape(x, REEL_SHAPE(1, 1)));
}
static reel_tensor *cumprod_of(reel_tensor *x) { return reel_cumprod(x, 0); }
/* Linear functions of what is empty or not finite: the slope of f(x) s is s f'(x), and d/ds of the
 * slopes' sum the sum of f'(x), which is 0 of none, and 1 of one number, whatever it is. PyTorch
 * has the same. */
START_TEST(slopes_of_none_and_of_one)
{
    const struct {
        const char *name;
        reel_tensor *(*f)(reel_tensor *x);
        int64_t n;
        double x, slope;
    } cases[] = {
        {"mean", mean_of, 0, 0, 0},
        {"std", std_of, 0, 0, 0},
        {"det", det_of, 1, (double)NAN, 1},
        {"cumprod", cumprod_of, 1, (double)NAN, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reel *r = reel_new();
        reel_tensor *x = reel_full(r, REEL_F64, cases[i].x, REEL_SHAPE(cases[i].n)),
                    *s = reel_full(r, REEL_F64, 2, 0, NULL), *in[] = {x, s}, *g[2], *second[2];
        reel_requires_grad_(x, true);
        reel_requires_grad_(s, true);
        reel_tensor *loss = reel_sum(reel_mul(cases[i].f(x), s));
        const reel_backward_options again = {.create_graph = true, .retain_graph = true};
        ck_assert_msg(reel_gradients(loss, in, 2, &again, g) == REEL_OK, "%s", reel_error(r));
        ck_assert_int_eq(reel_gradients(reel_sum(g[0]), in, 2, NULL, second), REEL_OK);
        ck_assert_msg(reel_item(second[1]) == cases[i].slope, "%s: %g", cases[i].name,
                      reel_item(second[1]));
        ck_assert(!second[0] || cases[i].n == 0 || reel_item(reel_sum(second[0])) == 0);
        reel_free(r);
    }
}
END_TEST

/* Above 0 prelu's slope is 1: its weight has no part in it, though what comes back is NaN. */
START_TEST(a_weight_that_is_not_used)
{
    reel *r = reel_new();
    reel_tensor *x = reel_full(r, REEL_F64, 3, REEL_SHAPE(2)),
                *w = reel_full(r, REEL_F64, 0.5, REEL_SHAPE(1)), *in[] = {x, w}, *g[2], *second[2];
    reel_requires_grad_(x, true);
    reel_requires_grad_(w, true);
    reel_tensor *loss = reel_mul_scalar(reel_sum(reel_prelu(x, w)), (double)NAN);
    const reel_backward_options again = {.create_graph = true, .retain_graph = true};
    ck_assert_int_eq(reel_gradients(loss, in, 2, &again, g), REEL_OK);
    ck_assert(reel_item(g[1]) == 0);
    ck_assert_int_eq(reel_gradients(reel_sum(g[0]), in, 2, NULL, second), REEL_OK);
    ck_assert(reel_item(second[1]) == 0);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, slopes_of_none_and_of_one);
    tcase_add_test(cases, a_weight_that_is_not_used);
    tcase_add_test(cases, equal_numbers_do_not_vary);
    tcase_add_test(cases, as_pytorch);
    tcase_add_test(cases, product_of_the_others);
    tcase_add_test(cases, sorts_permutations);
    tcase_add_test(cases, refuses);
}

int main(void) { return run_suite("reductions", add_cases); }
