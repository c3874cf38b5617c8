/* SPDX-License-Identifier: MIT */
/* Metrics are sums over blocks of elements, converted to doubles: they need no memory, however many
 * elements there are. */
#include "kernels.h"
#include "selection.h"
#include "tensor.h"

#include <math.h>
#include <reel/metrics.h>

enum { BLOCK = 512 };

/* Two tensors of one shape, block by block. */
typedef struct pairs {
    const reel_tensor *prediction, *target;
    int64_t done, count; /* elements before the block, and in it */
    double p[BLOCK], t[BLOCK];
} pairs;

/* Whether the two can be compared; records the error in `what`'s name if not. */
static bool begin(pairs *it, const char *what, const reel_tensor *prediction,
                  const reel_tensor *target)
{
    if (!reeli_usable(what, prediction) ||
        !reeli_usable_as(prediction->r, what, "the target", target) ||
        REELI_REFUSE(prediction->r, what, "values cannot be read")) {
        return false;
    }
    if (!reeli_same_shape(prediction, target)) {
        reeli_error(prediction->r, REEL_ERR_SHAPE,
                    "%s: predictions of shape %s and targets of shape %s; they must be alike", what,
                    REELI_SHAPE_OF(prediction), REELI_SHAPE_OF(target));
        return false;
    }
    if (prediction->numel == 0) {
        reeli_error(prediction->r, REEL_ERR_VALUE, "%s: there are no predictions", what);
        return false;
    }
    it->prediction = prediction;
    it->target = target;
    it->done = it->count = 0;
    return true;
}

/* The elements [from, from + n) of t, row by row. */
static void read_block(const reel_tensor *t, int64_t from, int64_t n, double *to)
{
    if (t->flags & REELI_CONTIGUOUS) {
        const char *data = t->data;
        reeli_move(n, to, REEL_F64, 1, data + (size_t)from * reeli_element_size(t->dtype), t->dtype,
                   1);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        to[i] = reeli_load(t, reeli_element_offset(t, from + i));
    }
}

static bool next_block(pairs *it)
{
    it->done += it->count;
    const int64_t left = it->prediction->numel - it->done;
    it->count = left < BLOCK ? left : BLOCK;
    if (left == 0) {
        return false;
    }
    read_block(it->prediction, it->done, it->count, it->p);
    read_block(it->target, it->done, it->count, it->t);
    return true;
}

/* Σ term(p, t) in two levels, blocks and their sums: the error grows with the number of blocks. */
static double sum(pairs *it, double (*term)(double p, double t, double about), double about)
{
    double total = 0;
    it->done = it->count = 0;
    while (next_block(it)) {
        double block = 0;
        for (int64_t i = 0; i < it->count; i++) {
            block += term(it->p[i], it->t[i], about);
        }
        total += block;
    }
    return total;
}

static double mean(pairs *it, double (*term)(double p, double t, double about), double about)
{
    return sum(it, term, about) / (double)it->prediction->numel;
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

double reel_mean_absolute_error(const reel_tensor *prediction, const reel_tensor *target)
{
    pairs it;
    return begin(&it, "mean_absolute_error", prediction, target) ? mean(&it, distance, 0)
                                                                 : (double)NAN;
}

double reel_root_mean_squared_error(const reel_tensor *prediction, const reel_tensor *target)
{
    pairs it;
    return begin(&it, "root_mean_squared_error", prediction, target)
               ? sqrt(mean(&it, squared_distance, 0))
               : (double)NAN;
}

double reel_r2_score(const reel_tensor *prediction, const reel_tensor *target)
{
    pairs it;
    if (!begin(&it, "r2_score", prediction, target)) {
        return (double)NAN;
    }
    double first; /* the mean is counted from there: of equal targets it is exact */
    read_block(target, 0, 1, &first);
    const double unexplained = sum(&it, squared_distance, 0);
    const double all = sum(&it, squared_deviation, first + mean(&it, deviation, first));
    if (all == 0 && !isnan(unexplained)) {
        return unexplained == 0 ? 1 : 0;
    }
    return 1 - unexplained / all;
}

double reel_quantile_coverage(const reel_tensor *prediction, const reel_tensor *target)
{
    pairs it;
    return begin(&it, "quantile_coverage", prediction, target) ? mean(&it, covered, 0)
                                                               : (double)NAN;
}

/* The distances of the pairs, which are put in the predictions' place. */
static void begin_distances(void *of)
{
    pairs *it = of;
    it->done = it->count = 0;
}

static int64_t next_distances(void *of, const double **block)
{
    pairs *it = of;
    if (!next_block(it)) {
        return 0;
    }
    for (int64_t i = 0; i < it->count; i++) {
        it->p[i] = fabs(it->p[i] - it->t[i]);
    }
    *block = it->p;
    return it->count;
}

double reel_median_absolute_error(const reel_tensor *prediction, const reel_tensor *target)
{
    pairs it;
    if (!begin(&it, "median_absolute_error", prediction, target) || isnan(sum(&it, distance, 0))) {
        return (double)NAN;
    }
    const int64_t n = prediction->numel;
    const reeli_numbers distances = {&it, begin_distances, next_distances};
    const double middle = reeli_kth_number(&distances, n / 2);
    return n % 2 ? middle : (reeli_kth_number(&distances, n / 2 - 1) + middle) / 2;
}
