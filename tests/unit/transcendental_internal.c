/* SPDX-License-Identifier: MIT */
/* exp, tanh, log, log1p and erf of floats, and the rows of domain LIBRARY, over all of their range,
 * beside the C library's of doubles. */
#include "check_reel.h"

#include "kernels.h"

#define REELI_CPU portable
#include <cpu/level.h>
#ifndef HAS_FMA
#define HAS_FMA /* FMAF is exact in any case */
#endif
#include <transcendental.h>

#include <float.h>

typedef struct function {
    const char *name;
    float (*own)(float x);
    double (*true_value)(double x);
    double ulps;
} function;

static const function functions[] = {{"exp", exp_float, exp, 1},
                                     {"tanh", tanh_float, tanh, 7},
                                     {"log", log_float, log, 1},
                                     {"log1p", log1p_float, log1p, 2},
                                     {"erf", erf_float, erf, 2}};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* What the last place of a float of this size is worth. */
static double last_place(double size)
{
    int exponent;
    frexp(size, &exponent);
    return ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static bool agree(float y, double expected, double ulps)
{
    if (isnan(expected) || fabs(expected) > (double)FLT_MAX || expected == 0) {
        const float nearest = (float)expected;
        return (isnan(y) && isnan(nearest)) || (y == nearest && !signbit(y) == !signbit(nearest));
    }
    return fabs((double)y - expected) <= ulps * last_place(fabs(expected));
}

static void compare_at(const function *f, float x)
{
    const float y = f->own(x);
    const double expected = f->true_value((double)x);
    assert_each(agree(y, expected, f->ulps), "%s(%a): %a, not %a", f->name, (double)x, (double)y,
                expected);
}

START_TEST(is_as_near_as_it_says)
{
    const function *f = &functions[_i];
    static const float ends[] = {
        0,        -0.0F,    1,         -1,  0x1p-149F, -0x1p-149F,    FLT_MIN,   FLT_MAX,
        -FLT_MAX, INFINITY, -INFINITY, NAN, 4,         0x1.fffffep1F, 0x1p-126F, 0x1.6a09e6p-1F};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        compare_at(f, ends[i]);
    }
    for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += 4099) {
        compare_at(f, float_of_bits((uint32_t)bits));
    }
    for (int i = 0; i < 200000; i++) { /* where they bend */
        const float x = 0.25F + (float)i * 0x1.8p-15F;
        compare_at(f, x);
        compare_at(f, -x);
    }
}
END_TEST

/* So that its slope, 1 - y², ends at 0. */
START_TEST(tanh_ends_at_one)
{
    static const float far[] = {9.02F, 10, 20, 100, FLT_MAX, INFINITY};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        ck_assert(tanh_float(far[i]) == (float)tanh((double)far[i]));
        ck_assert(tanh_float(-far[i]) == (float)tanh((double)-far[i]));
    }
}
END_TEST

/* The C library's, one by one or of vectors, as the level has them. */
/* clang-format off */
#define ROW(name) {#name, &reeli_formula_##name, name}
/* clang-format on */
static const struct {
    const char *name;
    const reeli_formula *formula;
    double (*true_value)(double x);
} rows[] = {ROW(exp2), ROW(expm1), ROW(log1p), ROW(log2),  ROW(log10), ROW(sin),
            ROW(cos),  ROW(tan),   ROW(asin),  ROW(acos),  ROW(atan),  ROW(sinh),
            ROW(cosh), ROW(asinh), ROW(acosh), ROW(atanh), ROW(erf),   ROW(erfc)};
enum { ROWS = sizeof rows / sizeof *rows, BLOCK = 37 };

/* A block that is no whole number of vectors, in place, and each of its elements alone. */
static void check_block(int row, int level, const float *x)
{
    const reeli_map map = reeli_value_map(rows[row].formula, level, REEL_F32);
    float y[BLOCK];
    memcpy(y, x, sizeof y);
    map(BLOCK, y, (const void *[]){y}, NULL);
    for (int i = 0; i < BLOCK; i++) {
        float alone;
        map(1, &alone, (const void *[]){x + i}, NULL);
        const double expected = rows[row].true_value((double)x[i]);
        assert_each(memcmp(&alone, &y[i], sizeof alone) == 0, "%s(%a), %s: %a, and alone %a",
                    rows[row].name, (double)x[i], reeli_level_names[level], (double)y[i],
                    (double)alone);
        assert_each(agree(y[i], expected, 4), "%s(%a), %s: %a, not %a", rows[row].name,
                    (double)x[i], reeli_level_names[level], (double)y[i], expected);
    }
}

START_TEST(is_as_near_in_vectors)
{
    for (int level = 0; level <= reeli_level_of_this_cpu(); level++) {
        for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += BLOCK * 20011) {
            float x[BLOCK] = {0};
            for (uint32_t i = 0; i < BLOCK; i++) {
                x[i] = float_of_bits((uint32_t)bits + i * 20011);
            }
            x[0] = bits % 2 ? 0.0F : -0.0F;
            x[BLOCK - 1] = bits % 2 ? INFINITY : -INFINITY;
            check_block(_i, level, x);
        }
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, is_as_near_in_vectors, 0, ROWS);
    tcase_add_loop_test(cases, is_as_near_as_it_says, 0, FUNCTIONS);
    tcase_add_test(cases, tanh_ends_at_one);
}

int main(void) { return run_suite("transcendental", add_cases); }
