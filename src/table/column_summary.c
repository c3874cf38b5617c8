/* SPDX-License-Identifier: MIT */
/* The extremes, the median, the mean and the deviation of a column of numbers. */
#include "column_summary.h"

#include <math.h>
#include <stddef.h>

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

/* Moves the values from `low` to `high` to the front, and returns how many they are; `below` are
 * smaller. Where they are is noted first, a stretch at a time, without a branch on each. */
static int64_t move_between(double *x, int64_t count, double low, double high, int64_t *below)
{
    enum { STRETCH = 256 };
    int64_t at[STRETCH] = {0}, near = 0, others = 0;
    for (int64_t i = 0; i < count; i += STRETCH) {
        const int64_t n = count - i < STRETCH ? count - i : STRETCH;
        int64_t found = 0;
        for (int64_t k = i; k < i + n; k++) {
            const int reaches = x[k] >= low;
            at[found] = k;
            found += reaches & (int)(x[k] <= high);
            others += reaches;
        }
        for (int64_t k = 0; k < found; k++) {
            swap(&x[near++], &x[at[k]]);
        }
    }
    *below = count - others;
    return near;
}

/* Moves the values that are near number k > 0 in order to the front, and returns how many they are;
 * `below` others are smaller, among them neither number k nor number k - 1. What is near, a sample
 * says; where it is mistaken, and of few values, all are.
 * Source: Floyd and Rivest, Expected time bounds for selection, 1975. */
static int64_t move_near(double *x, int64_t count, int64_t k, int64_t *below)
{
    enum { SAMPLE = 512, AROUND = 34, FEW = 4 * SAMPLE }; /* three deviations of a middle's rank */
    double sample[SAMPLE];
    *below = 0;
    if (count < FEW) {
        return count;
    }
    for (int64_t i = 0; i < SAMPLE; i++) {
        sample[i] = x[(int64_t)((double)i / SAMPLE * (double)count)];
    }
    const int64_t middle = (int64_t)((double)k / (double)count * SAMPLE);
    const int64_t from = middle > AROUND ? middle - AROUND : 0;
    const int64_t to = middle + AROUND < SAMPLE ? middle + AROUND : SAMPLE - 1;
    select_value(sample, SAMPLE, from);
    select_value(sample + from, SAMPLE - from, to - from);
    const int64_t near = move_between(x, count, sample[from], sample[to], below);
    if (*below >= k || k >= *below + near) {
        *below = 0;
        return count;
    }
    return near;
}

/* Of values in memory number k in order, k > 0, and in *before number k - 1. */
static double number_in_memory(double *x, int64_t count, int64_t k, double *before)
{
    int64_t below, near = move_near(x, count, k, &below);
    while (near < count) {
        count = near;
        k -= below;
        near = move_near(x, count, k, &below);
    }
    select_value(x, count, k);
    *before = x[0];
    for (int64_t i = 1; i < k; i++) {
        *before = x[i] > *before ? x[i] : *before;
    }
    return x[k];
}

static double number(reeli_values *v, int64_t k)
{
    double before;
    return v->all ? number_in_memory(v->all, v->count, k, &before)
                  : reeli_number_in_passes(v, k, NULL);
}

/* Half of the sum of numbers k - 1 and k. */
static double between(reeli_values *v, int64_t k)
{
    double before;
    const double at = v->all ? number_in_memory(v->all, v->count, k, &before)
                             : reeli_number_in_passes(v, k, &before);
    return before / 2 + at / 2;
}

/* The middle one, or half of the sum of the two in the middle. */
static double median(reeli_values *v, const reeli_summary *s)
{
    return s->there == 1  ? s->lowest
           : s->there % 2 ? number(v, s->there / 2)
                          : between(v, s->there / 2);
}

void reeli_leave_out_outliers(reeli_values *v)
{
    const int64_t quarter = v->count / 4;
    const double low = quarter ? number(v, quarter) : 0;
    const double high = quarter ? number(v, v->count - 1 - quarter) : 0;
    const double fence = 3 * (high - low);
    int64_t kept = 0;
    if (!(fence > 0)) {
        return;
    }
    v->low = low - fence;
    v->high = high + fence;
    for (int64_t i = 0; v->all && i < v->count; i++) {
        if (v->all[i] >= v->low && v->all[i] <= v->high) {
            swap(&v->all[kept++], &v->all[i]);
        }
    }
    v->count = v->all ? kept : v->count;
}

/* Values are taken eight at a time, each into a sum of its own: vectors, whose order is the same on
 * every machine. */
enum { LANES = 8 };

/* Sums whose error does not grow with their terms; what each addition loses is exact, unless it
 * overflows. Source: Ogita, Rump, Oishi, Accurate sum and dot product, 2005. */
typedef struct sums {
    double total[LANES], lost[LANES];
} sums;

static inline void add(sums *s, int k, double x)
{
    const double total = s->total[k] + x, added = total - s->total[k];
    s->lost[k] += (s->total[k] - (total - added)) + (x - added);
    s->total[k] = total;
}

static double sum_of(sums *s)
{
    for (int k = 1; k < LANES; k++) {
        add(s, 0, s->total[k]);
        s->lost[0] += s->lost[k];
    }
    return s->total[0] + s->lost[0];
}

static double mean_of(reeli_values *v, double per_unit, double median_times)
{
    sums s = {{0}, {0}};
    int64_t at = 0, n;
    double *x;
    while ((n = reeli_values_next(v, &at, &x)) > 0) {
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            for (int k = 0; k < LANES; k++) {
                add(&s, k, x[i + k] * per_unit);
            }
        }
        for (; i < n; i++) {
            add(&s, 0, x[i] * per_unit);
        }
    }
    add(&s, 0, median_times);
    return sum_of(&s);
}

/* The sum of the squares of x - mean, and in *rest that of x - mean, which is what rounding took of
 * the mean. */
static double squares_of(reeli_values *v, double per_unit, double mean, double *rest)
{
    sums s = {{0}, {0}};
    double distances[LANES] = {0}, *x;
    int64_t at = 0, n;
    while ((n = reeli_values_next(v, &at, &x)) > 0) {
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            for (int k = 0; k < LANES; k++) {
                const double distance = x[i + k] * per_unit - mean;
                add(&s, k, distance * distance);
                distances[k] += distance;
            }
        }
        for (; i < n; i++) {
            const double distance = x[i] * per_unit - mean;
            add(&s, 0, distance * distance);
            distances[0] += distance;
        }
    }
    *rest = 0;
    for (int k = 0; k < LANES; k++) {
        *rest += distances[k];
    }
    return sum_of(&s);
}

/* In units of the largest of them, a power of two, so that no square overflows or vanishes; the
 * deviation by the corrected two-pass algorithm. Source: Chan, Golub, LeVeque, Algorithms for
 * computing the sample variance, 1983. */
static void moments(reeli_values *v, reeli_summary *s)
{
    const double n = (double)s->there + (double)s->missing, missing = (double)s->missing;
    int exponent;
    frexp(fmax(fabs(s->lowest), fabs(s->highest)), &exponent);
    const double unit = ldexp(1, exponent < -1021 ? -1021 : exponent - 1), per_unit = 1 / unit;
    const double middle = s->median * per_unit;
    const double mean = mean_of(v, per_unit, missing * middle) / n, off = middle - mean;
    double rest, squares = squares_of(v, per_unit, mean, &rest) + missing * off * off;
    const double error = (rest + missing * off) / n;
    s->mean = mean * unit;
    s->scale = sqrt(squares / n - error * error) * unit;
}

/* What is known of every eighth value. */
typedef struct range {
    double low[LANES], high[LANES];
    int64_t there[LANES];
} range;

static inline void look_at(range *r, int k, double x)
{
    r->low[k] = x < r->low[k] ? x : r->low[k];
    r->high[k] = x > r->high[k] ? x : r->high[k];
    r->there[k] += x == x; /* a missing one is not */
}

/* The lowest and the highest, and how many are there. */
static void find_range(reeli_values *v, reeli_summary *s)
{
    range r = {.there = {0}};
    int64_t at = 0, n;
    double *x;
    for (int k = 0; k < LANES; k++) {
        r.low[k] = (double)INFINITY;
        r.high[k] = -(double)INFINITY;
    }
    while ((n = reeli_values_next(v, &at, &x)) > 0) {
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            for (int k = 0; k < LANES; k++) {
                look_at(&r, k, x[i + k]);
            }
        }
        for (; i < n; i++) {
            look_at(&r, 0, x[i]);
        }
    }
    for (int k = 1; k < LANES; k++) {
        r.low[0] = r.low[k] < r.low[0] ? r.low[k] : r.low[0];
        r.high[0] = r.high[k] > r.high[0] ? r.high[k] : r.high[0];
        r.there[0] += r.there[k];
    }
    s->lowest = r.low[0];
    s->highest = r.high[0];
    s->there = r.there[0];
}

reeli_summary reeli_summarise(reeli_values *v)
{
    reeli_summary s = {.lowest = 0};
    find_range(v, &s);
    s.missing = v->all ? v->count - s.there : v->missing;
    v->count = v->all && s.missing ? reeli_values_take(v, v->all, v->count) : v->count;
    if (s.there > 0) {
        s.median = median(v, &s);
        moments(v, &s);
    }
    return s;
}
