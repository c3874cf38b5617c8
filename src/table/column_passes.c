/* SPDX-License-Identifier: MIT */
/* Values that memory does not hold: read block by block, in each pass anew. */
#include "column_summary.h"
#include "selection.h"

#include <math.h>

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
    *x = v->all ? v->all : v->room;
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

/* A pass over them. */
typedef struct pass {
    reeli_values *of;
    int64_t at;
} pass;

static void begin(void *of) { ((pass *)of)->at = 0; }

static int64_t next(void *of, const double **block)
{
    pass *it = of;
    double *x;
    const int64_t n = reeli_values_next(it->of, &it->at, &x);
    *block = x;
    return n;
}

double reeli_number_in_passes(reeli_values *v, int64_t k, double *before)
{
    pass it = {v, 0};
    return reeli_kth_number(&(reeli_numbers){&it, begin, next}, k, before);
}
