/* SPDX-License-Identifier: MIT */
/* Each metric is a mean of terms, or a number among them. */
#include "regression_metrics.h"
#include "selection.h"

#include <math.h>
#include <stddef.h>

static void begin(void *of)
{
    reeli_pairs *it = of;
    it->done = it->count = 0;
}

static bool next_block(reeli_pairs *it)
{
    it->done += it->count;
    const int64_t left = it->all - it->done;
    it->count = left < REELI_PAIRS ? left : REELI_PAIRS;
    if (left > 0) {
        it->read(it->of, it->done, it->count, it->p, it->t);
    }
    return left > 0;
}

/* Σ term(p, t) in two levels, blocks and their sums: the error grows with the number of blocks. */
static double sum(reeli_pairs *it, double (*term)(double p, double t, double about), double about)
{
    double total = 0;
    begin(it);
    while (next_block(it)) {
        double block = 0;
        for (int64_t i = 0; i < it->count; i++) {
            block += term(it->p[i], it->t[i], about);
        }
        total += block;
    }
    return total;
}

static double mean(reeli_pairs *it, double (*term)(double p, double t, double about), double about)
{
    return sum(it, term, about) / (double)it->all;
}

static double distance(double p, double t, double about)
{
    (void)about;
    return fabs(p - t);
}

static double squared_distance(double p, double t, double about)
{
    (void)about;
    return (p - t) * (p - t);
}

static double deviation(double p, double t, double about)
{
    (void)p;
    return t - about;
}

static double squared_deviation(double p, double t, double about)
{
    (void)p;
    return (t - about) * (t - about);
}

static double covered(double p, double t, double about)
{
    (void)about;
    return isnan(p) || isnan(t) ? (double)NAN : (double)(t <= p);
}

double reeli_mean_absolute_error(reeli_pairs *it) { return mean(it, distance, 0); }

double reeli_root_mean_squared_error(reeli_pairs *it)
{
    return sqrt(mean(it, squared_distance, 0));
}

double reeli_r2_score(reeli_pairs *it)
{
    double p, first; /* the mean is counted from there: of equal targets it is exact */
    it->read(it->of, 0, 1, &p, &first);
    const double unexplained = sum(it, squared_distance, 0);
    const double all = sum(it, squared_deviation, first + mean(it, deviation, first));
    if (all == 0 && !isnan(unexplained)) {
        return unexplained == 0 ? 1 : 0;
    }
    return 1 - unexplained / all;
}

double reeli_quantile_coverage(reeli_pairs *it) { return mean(it, covered, 0); }

/* The distances of the pairs, which are put in the predictions' place. */
static int64_t next_distances(void *of, const double **block)
{
    reeli_pairs *it = of;
    if (!next_block(it)) {
        return 0;
    }
    for (int64_t i = 0; i < it->count; i++) {
        it->p[i] = fabs(it->p[i] - it->t[i]);
    }
    *block = it->p;
    return it->count;
}

double reeli_median_absolute_error(reeli_pairs *it)
{
    const reeli_numbers distances = {it, begin, next_distances};
    const int64_t n = it->all;
    if (isnan(sum(it, distance, 0))) {
        return (double)NAN;
    }
    double below;
    const double middle = reeli_kth_number(&distances, n / 2, n % 2 ? NULL : &below);
    return n % 2 ? middle : (below + middle) / 2;
}
