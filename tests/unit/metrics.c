/* SPDX-License-Identifier: MIT */
/* Metrics: NumPy's values of scikit-learn's formulas, and what holds for any data. */
#include "records.h"

#include <reel/reel.h>

static reel *r;

static void set_up(void) { r = quiet_reel(); }
static void tear_down(void) { reel_free(r); }

typedef double (*metric)(const reel_tensor *prediction, const reel_tensor *target);

static const struct {
    const char *name;
    metric of;
} metrics[] = {{"mean_absolute_error", reel_mean_absolute_error},
               {"root_mean_squared_error", reel_root_mean_squared_error},
               {"r2_score", reel_r2_score},
               {"median_absolute_error", reel_median_absolute_error},
               {"quantile_coverage", reel_quantile_coverage}};
enum { METRICS = sizeof metrics / sizeof *metrics };

/* n values of a record, from its value `from` on, as a tensor. */
static reel_tensor *values(const record *it, int from, int64_t n)
{
    double x[RECORD_WORDS];
    for (int64_t i = 0; i < n; i++) {
        x[i] = record_number(it, it->words + from + (int)i);
    }
    return reel_to(reel_from_f64(r, x, 1, &n), record_dtype(it, 1));
}

START_TEST(numpys_values)
{
    FILE *file = open_records("metrics/cases.txt");
    int cases = 0;
    for (record it; next_record(file, &it); cases++) {
        const int64_t n = record_whole(&it, 2);
        ck_assert_int_eq(it.values, 2 * n + METRICS);
        reel_tensor *p = values(&it, 0, n), *t = values(&it, (int)n, n);
        for (int i = 0; i < METRICS; i++) {
            const double is = metrics[i].of(p, t);
            const double expected = record_number(&it, it.words + 2 * (int)n + i);
            ck_assert_msg(is_close(is, expected, 1e-13), "%s %s %d: %s is %.17g, not %.17g",
                          it.word[0], it.word[1], (int)n, metrics[i].name, is, expected);
        }
    }
    ck_assert_int_gt(cases, 40);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}
END_TEST

/* The shape, how the elements lie and in which order they come change nothing. */
START_TEST(layout_does_not_matter)
{
    enum { ROWS = 61, COLUMNS = 35 }; /* of several blocks */
    reel_tensor *p = reel_randn(r, REEL_F32, REEL_SHAPE(ROWS, COLUMNS));
    reel_tensor *t = reel_randn(r, REEL_F64, REEL_SHAPE(ROWS, COLUMNS));
    reel_tensor *p_strided = reel_transpose(reel_keep(reel_transpose(p, 0, 1)), 0, 1);
    reel_tensor *order = reel_randperm(r, ROWS);
    ck_assert(!reel_is_contiguous(p_strided));
    for (int i = 0; i < METRICS; i++) {
        const double plain = metrics[i].of(p, t);
        ck_assert(metrics[i].of(p_strided, t) == plain);
        ck_assert(metrics[i].of(reel_flatten(p, 0, 1), reel_flatten(t, 0, 1)) == plain);
        assert_close(metrics[i].of(reel_index_select(p, 0, order), reel_index_select(t, 0, order)),
                     plain, 1e-13);
    }
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}
END_TEST

/* Beside operations that compute the same: the losses, and a sort. */
START_TEST(they_are_what_operations_compute)
{
    const int64_t n = 5000 + _i;
    reel_tensor *p = reel_randn(r, REEL_F64, 1, &n), *t = reel_randn(r, REEL_F64, 1, &n);
    assert_close(reel_mean_absolute_error(p, t), reel_item(reel_l1_loss(p, t, REEL_MEAN)), 1e-13);
    assert_close(reel_root_mean_squared_error(p, t),
                 sqrt(reel_item(reel_mse_loss(p, t, REEL_MEAN))), 1e-13);
    reel_tensor *distances = reel_sort(reel_abs(reel_sub(p, t)), 0, false).values;
    const double low = reel_get(distances, (int64_t[]){(n - 1) / 2}),
                 high = reel_get(distances, (int64_t[]){n / 2});
    ck_assert(reel_median_absolute_error(p, t) == (low + high) / 2);
    ck_assert(reel_quantile_coverage(reel_full_like(t, DOUBLE_INFINITY), t) == 1);
    ck_assert(reel_quantile_coverage(reel_full_like(t, -DOUBLE_INFINITY), t) == 0);
}
END_TEST

/* Always predicting the targets' mean explains nothing. 0.1 is no number of 2s: the mean of a sum
 * of it is not it. */
START_TEST(r2_of_constants)
{
    reel_tensor *t = reel_randn(r, REEL_F64, REEL_SHAPE(1000));
    reel_tensor *mean = reel_full_like(t, reel_item(reel_mean(t)));
    ck_assert(fabs(reel_r2_score(mean, t)) < 1e-12);
    ck_assert(reel_r2_score(t, t) == 1);
    reel_tensor *tenths = reel_full(r, REEL_F64, 0.1, REEL_SHAPE(3));
    ck_assert(reel_r2_score(tenths, tenths) == 1);
    ck_assert(reel_r2_score(reel_zeros_like(tenths), tenths) == 0);
}
END_TEST

START_TEST(what_cannot_be_compared)
{
    reel_tensor *column = reel_zeros(r, REEL_F32, REEL_SHAPE(4, 1)),
                *flat = reel_zeros(r, REEL_F32, REEL_SHAPE(4)),
                *none = reel_zeros(r, REEL_F32, REEL_SHAPE(0));
    reel *other = quiet_reel();
    reel_tensor *strangers = reel_zeros(other, REEL_F32, REEL_SHAPE(4));
    const metric of = metrics[_i].of;
    ck_assert(isnan(of(column, flat)));
    assert_error(r, REEL_ERR_SHAPE, metrics[_i].name);
    ck_assert(isnan(of(column, flat)));
    assert_error(r, REEL_ERR_SHAPE, "predictions of shape (4, 1) and targets of shape (4,)");
    ck_assert(isnan(of(none, none)));
    assert_error(r, REEL_ERR_VALUE, "no predictions");
    ck_assert(isnan(of(flat, strangers)));
    assert_error(r, REEL_ERR_OWNER, "another reel");
    ck_assert(isnan(of(flat, NULL)));
    assert_error(r, REEL_ERR_OWNER, "NULL");
    ck_assert(isnan(of(NULL, flat)));
    ck_assert(!reel_failed(r));
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    ck_assert(isnan(of(flat, flat)));
    assert_error(r, REEL_ERR_STATE, "values cannot be read while a step is being captured");
    reel_free(other);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, numpys_values);
    tcase_add_test(cases, layout_does_not_matter);
    tcase_add_loop_test(cases, they_are_what_operations_compute, 0, 2);
    tcase_add_test(cases, r2_of_constants);
    tcase_add_loop_test(cases, what_cannot_be_compared, 0, METRICS);
}

int main(void) { return run_suite("metrics", add_cases); }
