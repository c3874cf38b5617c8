/* SPDX-License-Identifier: MIT */
/*
 * Median, mean and deviation of long columns, which are found by samples and in vectors: beside
 * those of a sorted copy and of sums of twice the digits, whatever order the values come in.
 */
#include "table_file.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 8 };

/* Where a sample deceives: rows in a period, ties, two heaps, an outlier, an offset. */
static double value(int column, int64_t i, int64_t n)
{
    const double u = (double)(i * 7919 % n) / (double)n;
    switch (column) {
    case 0:
        return u;
    case 1: /* all that a sample of 512 sees is of another kind */
        return i % (n / 512 ? n / 512 : 5) == 0 ? 1e6 + u : u;
    case 2:
        return floor(5 * u);
    case 3:
        return u < 0.5 ? u - 1e3 : u + 1e3;
    case 4:
        return i == n / 3 ? 1e300 : u;
    case 5:
        return 1e9 + u;
    case 6:
        return (double)(i - n / 2); /* in order */
    default:
        return i % 3 ? exp(20 * u) : (double)NAN; /* a third is missing */
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* In two numbers, of which the second is what the first one has lost. Source: Knuth. */
static void add(double sum[2], double x)
{
    const double total = sum[0] + x, added = total - sum[0];
    sum[1] += (sum[0] - (total - added)) + (x - added);
    sum[0] = total;
}

static void check_column(const reel_encoder *e, int column, int64_t n)
{
    double *x = malloc((size_t)n * sizeof *x);
    int64_t there = 0;
    for (int64_t i = 0; i < n; i++) {
        const double v = value(column, i, n);
        if (!isnan(v)) {
            x[there++] = v;
        }
    }
    qsort(x, (size_t)there, sizeof *x, compare);
    const double median = there % 2 ? x[there / 2] : x[there / 2 - 1] / 2 + x[there / 2] / 2;
    const double unit = column == 4 ? 0x1p-990 : 1; /* so that squares are numbers */
    double sum[2] = {0, 0}, squares[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        add(sum, (i < there ? x[i] - median : 0) * unit);
    }
    const double off = (sum[0] + sum[1]) / (double)n, mean = median * unit + off;
    for (int64_t i = 0; i < n; i++) {
        const double d = (i < there ? x[i] - median : 0) * unit - off;
        add(squares, d * d);
    }
    const double scale = sqrt((squares[0] + squares[1]) / (double)n);
    ck_assert_double_eq(reel_encoder_median(e, (size_t)column), median);
    ck_assert_double_eq_tol(reel_encoder_mean(e, (size_t)column) * unit, mean,
                            1e-15 * fmax(fabs(mean), scale));
    ck_assert_double_eq_tol(reel_encoder_scale(e, (size_t)column) * unit, scale, 1e-14 * scale);
    free(x);
}

START_TEST(as_of_a_sorted_copy)
{
    static const int64_t rows[] = {11, 2047, 2048, 10240, 40960};
    const int64_t n = rows[_i];
    double *x = malloc((size_t)(n * (COLUMNS + 1)) * sizeof *x);
    for (int64_t i = 0; i < n; i++) {
        for (int column = 0; column < COLUMNS; column++) {
            x[i * (COLUMNS + 1) + column] = value(column, i, n);
        }
        x[i * (COLUMNS + 1) + COLUMNS] = (double)(i % 7);
    }
    reel_tensor *matrix = reel_from_f64(r, x, REEL_SHAPE(n, COLUMNS + 1));
    reel_table *t = reel_table_from_tensor(r, matrix, NULL);
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "9"});
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    ck_assert_uint_eq(reel_encoder_features(e), COLUMNS);
    for (int column = 0; column < COLUMNS; column++) {
        check_column(e, column, n);
    }
    free(x);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, as_of_a_sorted_copy, 0, 5);
}

int main(void) { return run_suite("column statistics", add_cases); }
