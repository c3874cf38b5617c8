/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

/* A result in another dtype is that of x converted. */
static reel_tensor *in_dtype(call *c, int i)
{
    return GIVEN(i) ? reel_to(T(0), DTYPE_OF(i, REEL_F32)) : T(0);
}

/* keepdim without dims keeps all of them. */
#define OVER_DIMS(name, x) (GIVEN(1) || B(2, false) ? name##_dim(x, DIMS(1), B(2, false)) : name(x))
#define OVER_DIM(name, x) (GIVEN(1) ? name##_dim(x, I(1, 0), B(2, false)) : name(x))

static int two(call *c, reel_tensor *first, reel_tensor *second)
{
    c->result[0] = first;
    c->result[1] = second;
    return 2;
}

static int picked(call *c, reel_values v) { return two(c, v.values, v.indices); }
static int moments(call *c, reel_moments m) { return two(c, m.spread, m.mean); }

/* What was asked for of the distinct values. */
static int distinct(call *c, reel_distinct u, bool inverse, bool counts)
{
    int count = 0;
    c->result[count++] = u.values;
    if (inverse) {
        c->result[count++] = u.inverse;
    }
    if (counts) {
        c->result[count++] = u.counts;
    }
    return count;
}

static int histogram(call *c)
{
    const bool counted = IS_NUMBER(1);
    const reel_bins b =
        reel_histogram(T(0), (reel_histogram_options){.bins = counted ? I(1, 100) : 0,
                                                      .edges = counted ? NULL : T(1),
                                                      .min = GIVEN(2) ? (double)INTS(2)[0] : 0,
                                                      .max = GIVEN(2) ? (double)INTS(2)[1] : 0,
                                                      .weight = O(3),
                                                      .density = B(4, false)});
    return two(c, b.counts, b.edges);
}

static int median(call *c)
{
    if (GIVEN(1)) {
        return picked(c, reel_median_dim(T(0), I(1, 0), B(2, false)));
    }
    c->result[0] = reel_median(T(0));
    return 1;
}

/* var(input, unbiased) has its one flag where var(input, dim, unbiased, keepdim, correction) has
 * dim. */
static bool is_flag(const call *c) { return c->argument[1]->kind == BOOLEAN; }
static double correction(call *c) { return N(4, B(is_flag(c) ? 1 : 2, true)); }
#define SPREAD INTS(1), (is_flag(c) ? 0 : COUNT(1)), correction(c), B(3, false)

/* The number that quantile's q is, or the tensor. */
static reel_tensor *quantile(call *c)
{
    static const char *const names[] = {"linear", "lower", "higher", "midpoint", "nearest"};
    reel_quantile_options options = {.keepdim = B(3, false)};
    int64_t dim = I(2, 0);
    options.dim = GIVEN(2) ? &dim : NULL;
    for (int i = 0; i < 5; i++) {
        if (strcmp(TEXT_OF(4, "linear"), names[i]) == 0) {
            options.interpolation = (reel_interpolation)i;
        }
    }
    return IS_NUMBER(1) ? reel_quantile(T(0), N(1, 0), options)
                        : reel_quantile_tensor(T(0), T(1), options);
}

#define FAMILY reduction_rows
#define ROWS "reductions.def"
#include "family.h"
