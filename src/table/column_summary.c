/* SPDX-License-Identifier: MIT */
/* The extremes, the median, the mean and the deviation of a column of numbers. */
#include "column_summary.h"

#include <math.h>

static void swap(double *a, double *b)
{
    double was = *a;
    *a = *b;
    *b = was;
}

/* Moves the value that would be number k in order to x[k], smaller ones before it, larger ones
 * behind. Source: Hoare, Algorithm 65: Find, 1961; the pivot is a median of three. */
static void select_value(double *x, int64_t count, int64_t k)
{
    int64_t left = 0, right = count - 1;
    while (left < right) {
        int64_t middle = left + (right - left) / 2;
        if (x[middle] < x[left]) {
            swap(&x[middle], &x[left]);
        }
        if (x[right] < x[middle]) {
            swap(&x[right], &x[middle]);
            if (x[middle] < x[left]) {
                swap(&x[middle], &x[left]);
            }
        }
        double pivot = x[middle];
        int64_t i = left, j = right;
        while (i <= j) {
            for (; x[i] < pivot; i++) {
            }
            for (; pivot < x[j]; j--) {
            }
            if (i <= j) {
                swap(&x[i++], &x[j--]);
            }
        }
        left = i <= k ? i : left;
        right = k <= j ? j : right;
        if (j < k && k < i) {
            return;
        }
    }
}

/* The middle one, or half of the sum of the two in the middle. */
static double median(double *x, int64_t count)
{
    int64_t k = count / 2;
    select_value(x, count, k);
    if (count % 2) {
        return x[k];
    }
    double below = x[0];
    for (int64_t i = 1; i < k; i++) {
        below = x[i] > below ? x[i] : below;
    }
    return below / 2 + x[k] / 2;
}

int64_t reeli_without_outliers(double *values, int64_t count)
{
    select_value(values, count, count / 4);
    double low = values[count / 4];
    select_value(values, count, count - 1 - count / 4);
    double high = values[count - 1 - count / 4], fence = 3 * (high - low);
    int64_t kept = fence > 0 ? 0 : count;
    for (int64_t i = 0; i < count && fence > 0; i++) {
        if (values[i] >= low - fence && values[i] <= high + fence) {
            swap(&values[kept++], &values[i]);
        }
    }
    return kept;
}

/* A sum whose error does not grow with its terms. Source: Neumaier, 1974. */
typedef struct sum {
    double total, lost;
} sum;

static void add(sum *s, double x)
{
    double total = s->total + x;
    s->lost += fabs(s->total) >= fabs(x) ? (s->total - total) + x : (x - total) + s->total;
    s->total = total;
}

static double mean_of(const double *x, int64_t count, double unit, double median_times)
{
    sum s = {0, 0};
    for (int64_t i = 0; i < count; i++) {
        add(&s, x[i] / unit);
    }
    add(&s, median_times);
    return s.total + s.lost;
}

/* In units of the largest of them, so that no square overflows or vanishes; the deviation by the
 * corrected two-pass algorithm. Source: Chan, Golub, LeVeque, Algorithms for computing the sample
 * variance, 1983. */
static void moments(const double *x, int64_t count, reeli_summary *s)
{
    double n = (double)count + (double)s->missing;
    int exponent;
    frexp(fmax(fabs(s->lowest), fabs(s->highest)), &exponent);
    double unit = ldexp(1, exponent < -1021 ? -1021 : exponent - 1);
    double middle = s->median / unit;
    double mean = mean_of(x, count, unit, (double)s->missing * middle) / n;
    sum squares = {0, 0}, rest = {0, 0}; /* the distances' sum is what rounding took of the mean */
    for (int64_t i = 0; i < count; i++) {
        double distance = x[i] / unit - mean;
        add(&squares, distance * distance);
        add(&rest, distance);
    }
    add(&squares, (double)s->missing * (middle - mean) * (middle - mean));
    add(&rest, (double)s->missing * (middle - mean));
    double error = (rest.total + rest.lost) / n;
    s->mean = mean * unit;
    s->scale = sqrt((squares.total + squares.lost) / n - error * error) * unit;
}

reeli_summary reeli_summarise(double *values, int64_t count)
{
    int64_t there = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            values[there++] = values[i];
        }
    }
    reeli_summary s = {.missing = count - there, .lowest = values[0], .highest = values[0]};
    for (int64_t i = 1; i < there; i++) {
        s.lowest = values[i] < s.lowest ? values[i] : s.lowest;
        s.highest = values[i] > s.highest ? values[i] : s.highest;
    }
    s.median = median(values, there);
    moments(values, there, &s);
    return s;
}
