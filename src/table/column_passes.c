/* SPDX-License-Identifier: MIT */
/* Values that memory does not hold: read block by block, ordered by passes over fewer and fewer of
 * them. Source: Munro and Paterson, Selection and sorting with limited storage, 1980. */
#include "column_summary.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

int64_t reeli_values_take(reeli_values *v, double *x, int64_t count)
{
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++) {
        v->missing += isnan(x[i]) != 0;
        x[n] = x[i];
        n += x[i] >= v->low && x[i] <= v->high;
    }
    return n;
}

int64_t reeli_values_next(reeli_values *v, int64_t *at, double **x)
{
    int64_t n = 0;
    v->missing = *at == 0 ? 0 : v->missing;
    *x = v->all ? v->all : v->room + v->most;
    if (v->all && *at == 0) {
        return *at = v->count;
    }
    while (n == 0 && *at < v->count) {
        const int64_t left = v->count - *at;
        n = left < REELI_VALUES_BLOCK ? left : REELI_VALUES_BLOCK;
        v->read(v->context, *at, n, *x);
        *at += n;
        n = reeli_values_take(v, *x, n);
    }
    return n;
}

/* Values of which number k is one: `inside` of them from low to high, `below` smaller ones, the
 * largest of which is `before`. */
typedef struct stretch {
    double low, high, before;
    int64_t below, inside;
} stretch;

/* A pass: counts the values of *it, and puts them into the room, or as many as it holds, at equal
 * distances. How many. */
static int64_t sift(reeli_values *v, stretch *it)
{
    int64_t held = 0, apart = 1, at = 0, n;
    double *x;
    it->below = it->inside = 0;
    it->before = -(double)INFINITY;
    while ((n = reeli_values_next(v, &at, &x)) > 0) {
        for (int64_t i = 0; i < n; i++) {
            if (x[i] < it->low) {
                it->before = x[i] > it->before ? x[i] : it->before;
                it->below++;
            } else if (x[i] <= it->high && it->inside++ % apart == 0) {
                if (held == v->most) {
                    for (held = 0; 2 * held < v->most; held++) {
                        v->room[held] = v->room[2 * held];
                    }
                    apart *= 2;
                }
                v->room[held] = x[i];
                held += (it->inside - 1) % apart == 0;
            }
        }
    }
    return held;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A narrower stretch that should have number k, as a sample of *it says; one value, if the sample
 * cannot tell. */
static stretch narrow(const double *sample, int64_t held, const stretch *it, int64_t k)
{
    const double rank = (double)(k - it->below) / (double)it->inside * (double)held;
    const int64_t around = 2 * (int64_t)sqrt((double)held) + 1, middle = (int64_t)rank;
    stretch to = *it;
    to.low = middle > around ? sample[middle - around] : it->low;
    to.high = middle + around < held ? sample[middle + around] : it->high;
    if (to.low == it->low && to.high == it->high) {
        to.low = to.high = sample[middle];
    }
    return to;
}

/* Not where a file could not be read amid the passes. */
static bool has(const stretch *it, int64_t k)
{
    return k >= it->below && k - it->below < it->inside;
}

double reeli_number_in_passes(reeli_values *v, int64_t k, double *before)
{
    stretch it = {.low = -(double)INFINITY, .high = (double)INFINITY};
    int64_t held = sift(v, &it);
    while (has(&it, k) && it.inside > held && it.low < it.high) {
        qsort(v->room, (size_t)held, sizeof *v->room, by_size);
        const stretch was = it;
        it = narrow(v->room, held, &was, k);
        held = sift(v, &it);
        if (!has(&it, k)) {
            const stretch now = it;
            const bool lower = k < now.below;
            it.low = lower ? was.low : nextafter(now.high, (double)INFINITY);
            it.high = lower ? nextafter(now.low, -(double)INFINITY) : was.high;
            held = sift(v, &it);
        }
    }
    if (!has(&it, k)) {
        return *before = (double)NAN;
    }
    const int64_t place = it.inside == held ? k - it.below : 0;
    qsort(v->room, (size_t)held, sizeof *v->room, by_size);
    *before = k == it.below ? it.before : v->room[place > 0 ? place - 1 : 0];
    return v->room[place];
}
