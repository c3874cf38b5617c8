/* SPDX-License-Identifier: MIT */
/* Selection finds what stands at a place of numbers in order: of few and of many, of equal ones,
 * of both signs, and of all magnitudes. */
#include "check_reel.h"
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 10000, BLOCK = 300 };

typedef struct walk {
    const double *x;
    int64_t count, at;
} walk;

static void begin(void *of) { ((walk *)of)->at = 0; }

static int64_t next(void *of, const double **block)
{
    walk *it = of;
    const int64_t left = it->count - it->at, n = left < BLOCK ? left : BLOCK;
    *block = it->x + it->at;
    it->at += n;
    return n;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double kth(const double *x, int64_t count, int64_t k)
{
    walk all = {x, count, 0};
    return reeli_kth_number(&(reeli_numbers){&all, begin, next}, k, NULL);
}

static double before(const double *x, int64_t count, int64_t k)
{
    walk all = {x, count, 0};
    double found;
    reeli_kth_number(&(reeli_numbers){&all, begin, next}, k, &found);
    return found;
}

/* Number i of a kind: whole ones, many of them equal; of any size; next to one another. */
static double number(int kind, int i)
{
    const double x = (double)((i * 7919 + 17) % MOST) - MOST / 2.0;
    return kind == 0   ? floor(x / 1000)
           : kind == 1 ? x * ldexp(1, i % 2000 - 1000)
                       : 1 + x * 0x1p-52;
}

START_TEST(numbers_in_their_places)
{
    static const int64_t counts[] = {1, 2, 3, 2048, 2049, 5000, MOST};
    static double x[MOST], sorted[MOST];
    for (int kind = 0; kind < 3; kind++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            const int64_t n = counts[c], places[] = {0, n / 4, n / 2, n - 1};
            for (int i = 0; i < n; i++) {
                x[i] = number(kind, i);
            }
            memcpy(sorted, x, sizeof x);
            qsort(sorted, (size_t)n, sizeof *sorted, by_size);
            for (int i = 0; i < 4; i++) {
                ck_assert_double_eq(kth(x, n, places[i]), sorted[places[i]]);
                ck_assert(places[i] == 0 || before(x, n, places[i]) - sorted[places[i] - 1] == 0);
            }
            ck_assert_double_nan(kth(x, n, n));
        }
    }
    const double infinities[] = {(double)INFINITY, -(double)INFINITY, 0};
    ck_assert_double_eq(kth(infinities, 3, 0), -(double)INFINITY);
    ck_assert_double_eq(kth(infinities, 3, 2), (double)INFINITY);
    ck_assert_double_nan(kth(x, 0, 0));
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_test(cases, numbers_in_their_places); }

int main(void) { return run_suite("selection", add_cases); }
